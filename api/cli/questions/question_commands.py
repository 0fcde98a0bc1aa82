"""`standing`, `sheet`, `timeline`: the questions of the HTTP interface, asked of the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.database import existing_ledger
from api.cli.options import AsOf, Database, FirstDay, Json, KnownAt, LastDay, Uscc
from api.cli.output import new_file, note, pairs, print_json, table
from api.cli.running import say
from domain.values import instant
from projections.answers.scalars import plain
from projections.paper.cover import Heading
from projections.paper.heads import with_issuer
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries
from projections.rows.read.row_queries import RowQueries

MISSING = {"quality": "服务质量（满意度调查）", "effect": "服务效果评分"}
OVERRIDES = {"blacklisted": "列入黑名单", "penalty": "行政处罚"}


@contextmanager
def asking(database: str | None) -> Iterator[ReplayQueries]:
    """Questions to one snapshot at this moment's clock."""
    with existing_ledger(database) as ledger, ledger.reading() as reader:
        yield ReplayQueries(reader, instant(datetime.now(UTC)))


def heading(content: dict[str, Any]) -> str:
    """Who and on what basis."""
    agency = content["agency"]
    as_of = f"截至 {content['as_of']}，" if "as_of" in content else ""
    demonstration = "【演示数据 demonstration】" if content.get("demonstration") else ""
    return f"{demonstration}{agency['name']}（{agency['uscc']}）{as_of}按 {content['known_at']} 所知"


def standing(
    uscc: Uscc, database: Database = None, as_of: AsOf = None, known_at: KnownAt = None, as_json: Json = False
) -> None:
    """一家机构的惩戒等级、不良信息和考评得分 / An agency's sanction tier, bad records and score."""
    with existing_ledger(database) as ledger, ledger.reading() as reader:
        content = plain(RowQueries(reader, instant(datetime.now(UTC))).standing(uscc, as_of, known_at))
    if as_json:
        print_json(content)
        return
    sanction, records, assessed = content["sanction"], content["bad_records"], content["assessment"]
    since = "" if sanction["since"] is None else f"（{sanction['since']} 起，至 {sanction['until'] or '无期限'}）"
    agency = content["agency"]
    pairs(
        heading(content),
        [
            ("类型 category", agency["category"]),
            ("备案 filing", agency["filing_label"]),
            ("惩戒等级 tier", f"{sanction['label']} {sanction['tier']}{since}"),
            ("一年内有效投诉 verified complaints", sanction["verified_complaints"]),
            ("不良信息 bad records", f"本年度 {records['year']}，累计 {records['total']}"),
            *_assessment_pairs(assessed),
            ("事故建议 advisories", len(content["advisories"]) or None),
            ("规则 rulebook", f"{content['rulebook']['id']} {content['rulebook']['sha256'][:12]}"),
            ("日历 calendar", f"{content['calendar']['id']}（{content['calendar']['status']}）"),
            ("记录版本 version", content["version"]),
        ],
    )
    if content["projected"]:
        note("所查日期晚于知悉时刻：仅为推算 / the day lies after what was known: a projection")


def _label(assessed: dict[str, Any]) -> str | None:
    """The grade; none while the sheet is incomplete: it is provisional then (R44)."""
    return "暂计 provisional" if assessed["assessed"] and assessed["provisional"] else assessed["label"]


def _assessment_pairs(assessed: dict[str, Any]) -> list[tuple[str, object]]:
    parts = f"服务规范 {assessed['conduct']} + 服务质量 {assessed['quality']} + 服务效果 {assessed['effect']}"
    override = "；".join(
        f"{OVERRIDES.get(one['kind'], one['kind'])}（{one['article']}）" for one in assessed["override"]
    )
    missing = "、".join(MISSING.get(one, one) for one in assessed["missing"])
    return [
        (
            f"{assessed['year']} 年度得分 score",
            assessed["total"] or ("不参与考评" if not assessed["assessed"] else None),
        ),
        ("分项 parts", f"{parts} + 荣誉记录 {assessed['honours']}"),
        ("考评结果 grade", _label(assessed)),
        ("直接认定 override", override or None),
        ("尚缺 missing", missing or None),
    ]


Year = Annotated[int, typer.Argument(metavar="YEAR", min=2000, max=2199, help="考评年度 / the assessment year")]


Pdf = Annotated[
    Path | None,
    typer.Option(
        "--pdf",
        metavar="FILE",
        dir_okay=False,
        writable=True,
        help="另存为可打印的 PDF（附件1版式）；同一问题得到逐字节相同的文件 / "
        "also write it as a printable PDF in the layout of annex 1; the same question gives the same bytes",
    ),
]


def _print_sheet(content: dict[str, object], basis: Basis, heading: Heading, path: Path) -> None:
    """Writes the sheet as a PDF, whole or not at all, and says on standard error where it is. Raises: BadParameter."""
    from projections.paper.citing import cited, unconfirmed_note  # fonts load slowly: only who prints waits
    from projections.paper.sheet_pdf import sheet_pdf

    readings = unconfirmed_note(cited(basis.law.read_on(basis.as_of), content))
    printed = sheet_pdf(content, {**heading, "notes": [readings]})
    with new_file(path, "--pdf") as written:
        written.write(printed)
    say(f"已写入 written: {path}")


def sheet(
    uscc: Uscc,
    year: Year,
    database: Database = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    as_json: Json = False,
    pdf: Pdf = None,
) -> None:
    """附件1 考评打分表，逐项说明 / The score sheet of annex 1, every number explained."""
    with asking(database) as questions:
        basis = questions.basis(uscc, as_of, known_at)
        content = plain(questions.sheet(basis, year))
        said = with_issuer(questions.reader, content, {})
    if pdf is not None:
        _print_sheet(content, basis, said, pdf)
    if as_json:
        print_json(content)
        return
    table(
        heading(content),
        ("项目 category", "得分 points", "算式 formula"),
        [(one["label"], one["points"], one["formula"]) for one in content["categories"]],
    )
    table(
        "扣分与加分 lines",
        ("项 item", "条款 article", "日期 date", "分 points", "事由 ground"),
        [(one["item"], one["article"], one["occurred_on"], one["points"], one["text"]) for one in content["lines"]],
    )
    if content["considered"]:
        table(
            "未计入的 considered, not counted",
            ("项 item", "日期 date", "原因 reason"),
            [(one["item"], one["occurred_on"], one["reason"]) for one in content["considered"]],
        )
    pairs(f"{year} 年度（{content['from']} 至 {content['to']}）", _assessment_pairs(content))
    for one in content["not_assessed"]:
        note(f"不参与考评：{one['text']} / {one['text_en']}")
    if content["rounding"]:
        note(content["rounding"]["text"])


def timeline(
    uscc: Uscc,
    database: Database = None,
    first: FirstDay = None,
    last: LastDay = None,
    known_at: KnownAt = None,
    as_json: Json = False,
) -> None:
    """状态发生变化的每一天及其原因 / Every day on which something of the standing changes, and why."""
    with asking(database) as questions:
        content = plain(questions.timeline(questions.basis(uscc, None, known_at), first, last))
    if as_json:
        print_json(content)
        return
    table(
        f"{heading(content)}，{content['from']} 至 {content['to']}",
        ("日期 date", *STANDING_HEADINGS, "原因 why"),
        [
            (one["date"], *standing_cells(one["standing"]), "；".join(why["text"] for why in one["why"]) or None)
            for one in (content["start"], *content["items"])
        ],
    )


STANDING_HEADINGS = ("备案 filing", "等级 tier", "不良 年/总", "得分 total", "结果 grade")


def standing_cells(content: dict[str, Any]) -> tuple[object, ...]:
    """A standing in one line of a table."""
    records, assessed = content["bad_records"], content["assessment"]
    return (
        content["agency"]["filing_label"],
        content["sanction"]["label"],
        f"{records['year']}/{records['total']}",
        assessed["total"],
        _label(assessed),
    )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for question in (standing, sheet, timeline):
        app.command()(question)
