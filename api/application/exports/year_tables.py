"""Tables of a year: the notice board's results, the ranking, the desk of the committee."""

from __future__ import annotations

from typing import Any

from api.application.exports.agency_tables import CATEGORY, IDENTITY, NAME, USCC
from api.application.exports.table_columns import (
    MISSING,
    ExportTable,
    Row,
    TableColumn,
    Value,
    column,
    grade_said,
    missing_said,
    override_said,
    together,
)
from domain.values import Bilingual


def _parts(place: str) -> tuple[TableColumn, ...]:
    """The four parts of annex 1."""
    return (
        column("conduct", "服务规范", "Conduct", "points", f"{place}conduct"),
        column("quality", "服务质量", "Quality", "points", f"{place}quality"),
        column("effect", "服务效果", "Effect", "points", f"{place}effect"),
        column("honours", "荣誉记录", "Honours", "points", f"{place}honours"),
    )


def _remarks(of: Any, *, revised: bool) -> Value:
    """备注: waived parts with their reasons (R44), why it was not assessed (R29), revisions and appeals (R34)."""
    found: list[Bilingual] = [(one["text"], one["text_en"]) for one in of.get("reasons") or ()]
    for one in of.get("waivers") or ():
        part = MISSING[one["part"]]
        found.append(
            (f"{part[0]}缺项，经委员会同意公布：{one['reason']}", f"without {part[1]}, waived: {one['reason']}")
        )
    for one in of.get("revisions") or ():
        found.append((f"{one['published_on']} 修订", f"revised {one['published_on']}"))
    if revised and not of.get("revisions"):
        found.append(("经修订", "revised"))
    if of.get("appeal_pending"):
        found.append(("有异议尚未决定", "an appeal is pending"))
    return together(found, by=("；", "; "))


RESULTS = ExportTable(
    "results",
    ("年度考评结果", "Results of a year"),
    (
        column("category", *CATEGORY),
        column("name", *NAME),
        column("uscc", *USCC, "code"),
        *_parts("said.parts."),
        column("total", "总分", "Total", "points"),
        column("grade", "结果", "Grade", "text", grade_said),
        column("rank", "名次", "Rank", "number"),
        column(
            "override", "直接认定依据", "Decided outright by", "text", lambda row: override_said(row.get("said") or {})
        ),
        column(
            "remarks",
            "备注",
            "Remarks",
            "text",
            lambda row: _remarks(row.get("said") or {}, revised=bool(row.get("revised"))),
        ),
        column("published_on", "公布日", "Published", "day"),
        column("deadline", "异议期限", "Appeals until", "day"),
    ),
    "/v1/public/results/{year}",
)


def _preview_remarks(row: Row) -> Value:
    missing = missing_said(row)
    lacking: list[Bilingual] = [] if missing is None else [(f"尚缺：{missing[0]}", f"still missing: {missing[1]}")]
    if row.get("assessed") is False:
        lacking.append(("当年不参与考评", "not assessed"))
    said = _remarks(row, revised=bool(row.get("revised")))
    return together([*lacking, said] if isinstance(said, tuple) else lacking, by=("；", "; "))


_STOOD = (
    column("total", "总分", "Total", "points"),
    column("grade", "结果", "Grade", "text", grade_said),
    column("rank", "名次", "Rank", "number"),
    column("override", "直接认定依据", "Decided outright by", "text", override_said),
    column("remarks", "备注", "Remarks", "text", _preview_remarks),
)
_BOARD = (
    column("category", *CATEGORY),
    column("name", *NAME, "text", "agency.name"),
    column("uscc", *USCC, "code", "agency.uscc"),
    *_parts(""),
    *_STOOD,
)
YEAR = ExportTable(
    "year",
    ("年度考评", "Assessment of a year"),
    (*_BOARD, column("deadline", "异议期限", "Appeals until", "day", "deadline.day")),
    "/v1/assessments/{year}",
)
RANKING = ExportTable("ranking", ("年度排名", "Ranking of a year"), _BOARD, "/v1/rankings/{year}")
BAD_RECORDS = ExportTable(
    "bad-records",
    ("年度不良信息", "Bad records of a year"),
    (
        *IDENTITY,
        column("day", "记入之日", "Entered on", "day"),
        column("behaviour", "行为（第十六条）", "Behaviour (art.16)", "code"),
        column("text", "说明", "What", "text", lambda row: (row["text"], row["text_en"])),
        column("content", "情况说明", "What happened"),
        column("derived", "自动产生", "Derived"),
        column("unlawful", "涉及违法违规", "Unlawful"),
        column("not_public_from", "不再对外提供自", "Not given out from", "day"),
        column("events", "所依据的记录", "Records", "code"),
    ),
    "/v1/bad-records/{year}",
)


def _of_answer(place: int, letter: str) -> TableColumn:
    """How many gave an answer to a question."""

    def value(row: Row) -> Value:
        answers = row.get("answers") or ()
        return answers[place][letter] if answers else None

    zh, en = f"第{place + 1}题 {letter.upper()}", f"Question {place + 1} {letter.upper()}"
    return column(f"q{place + 1}{letter}", zh, en, "number", value)


SURVEYS = ExportTable(
    "survey-summaries",
    ("年度满意度汇总", "Surveys of a year"),
    (
        *IDENTITY,
        column("served", "服务对象数", "Clients served", "number"),
        column("asked", "已邀请", "Asked", "number"),
        column("answered", "已回收", "Answered", "number"),
        column("forms", "有效问卷", "Forms that count", "number"),
        column("mean", "满意度均值", "Mean", "points"),
        column("exact_mean", "均值（精确）", "Mean, exact"),
        column("closed_on", "截止日", "Closed on", "day"),
        *(_of_answer(place, letter) for place in range(10) for letter in "abc"),
    ),
    "/v1/survey-summaries/{year}",
)
