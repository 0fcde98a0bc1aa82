"""`replay-under`: what another rulebook would have made of a year, agency by agency (R5). Nothing is written."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.adopting import BookFile
from api.cli.options import Database, Json
from api.cli.output import note, print_json, table
from api.cli.questions.question_commands import asking
from domain.measures.rulebook.rulebook import load_rulebook
from projections.answers.scalars import plain
from projections.compare.replay_under import replay_under as replay

Year = Annotated[int, typer.Option("--year", metavar="YEAR", min=2000, max=2199, help="考评年度 / the assessment year")]
All = Annotated[
    bool, typer.Option("--all", help="列出全部机构，不只列有变化的 / list all agencies, not only those that change")
]
HEADINGS = ("机构 agency", "类型 category", "得分 total", "结果 grade", "名次 rank", "等级 tier")


def replay_under(
    file: BookFile, year: Year, database: Database = None, every: All = False, as_json: Json = False
) -> None:
    """按另一规则库重算某年度，不写入任何内容 / What another rulebook would have made of a year; nothing is written.

    截至该年度最后一日（未到则为今天），按现在所知；该规则库视为自办法施行之日起适用。
    As known now, on the year's last day or today if earlier; the rulebook judges from the Measures' first day on.
    """
    book = load_rulebook(file)
    with asking(database) as questions:
        content = plain(replay(questions, book, year))
    if not every:
        content["items"] = [one for one in content["items"] if one["changed"]]
    if as_json:
        print_json(content)
        return
    adopted = "、".join(one["id"] for one in content["adopted"])
    demonstration = "【演示数据 demonstration】" if content.get("demonstration") else ""
    table(
        f"{demonstration}{year} 年度截至 {content['as_of']}，{adopted} → {content['amendment']['id']}",
        HEADINGS,
        [_cells(one) for one in content["items"]],
    )
    note(
        "合计 sum：机构 agencies {agencies}，有变化 changed {changed}（得分 total {totals}，结果 grade {grades}，"
        "名次 rank {ranks}，等级 tier {tiers}）".format(**content["sum"])
    )


def _cells(one: dict[str, Any]) -> tuple[object, ...]:
    """One agency in a line: what it is and, where the amendment changes it, what it would have been."""
    agency, before, after = one["agency"], one["before"], one["after"]
    cells: list[object] = [f"{agency['name']}（{agency['uscc']}）", agency["category"]]
    for name, shown in (("total", "total"), ("grade", "grade_label"), ("rank", "rank"), ("tier", "tier_label")):
        changed = name in one["changed"]
        cells.append(f"{before[shown] or '—'} → {after[shown] or '—'}" if changed else before[shown])
    return tuple(cells)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay_under)
