"""The score sheets of a year as one long table (annex 1): every agency's parts, deductions and additions, and total.

Of a published year the sheets as they were published, by rank; before that as of today. Sheet by sheet: however many
agencies there are, one of them is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from api.application.exports.exporting import FileForm, TableFile, TableWriting
from api.application.exports.stated import TableHeading, stated
from api.application.exports.table_columns import (
    ExportTable,
    Row,
    both,
    column,
    grade_said,
    missing_said,
    override_said,
    together,
)
from api.application.questions.inquiry import Inquiry, path_year
from api.application.questions.papers.issuing import prepared
from api.application.questions.papers.year_papers import sheets_of_year
from domain.errors import NotFound
from domain.values import Bilingual

LINE: Bilingual = ("计分项", "line")
PART: Bilingual = ("部分小计", "part")
TOTAL: Bilingual = ("总分", "total")
PARTS: Mapping[str, Bilingual] = {
    "conduct": ("服务规范", "conduct"),
    "quality": ("服务质量", "quality"),
    "effect": ("服务效果", "effect"),
    "honours": ("荣誉记录", "honours"),
    "total": ("总分", "total"),
}
TABLE = ExportTable(
    "score-sheets",
    ("年度考评打分表", "Score sheets of a year"),
    (
        column("name", "机构名称", "Agency"),
        column("uscc", "统一社会信用代码", "Credit code", "code"),
        column("kind", "行", "Row", "text", both("kind")),
        column("part", "部分", "Part", "text", both("part")),
        column("item", "附件1 序号", "Item of annex 1", "number"),
        column("text", "内容", "What for", "text", both("text")),
        column("occurred_on", "日期", "Day", "day"),
        column("points", "得分", "Points", "points"),
        column("nominal", "规定分值", "Set points", "points"),
        column("article", "条款", "Article"),
        column("grade", "结果", "Grade", "text", both("grade")),
        column("remarks", "备注", "Remarks", "text", both("remarks")),
        column("events", "所依据的记录", "Records", "code"),
    ),
)
Done = Callable[[int, int], None]


def sheets_given_out(
    inquiry: Inquiry,
    year: str,
    form: FileForm,
    known_at: str | None = None,
    *,
    chinese: bool = True,
    by: str | None = None,
    done: Done = lambda sheets, of: None,
) -> TableFile:
    """The table; `done` hears how many sheets are written. Raises: NotFound, Invalid."""
    at, number = prepared(inquiry, known_at), path_year(year)
    with inquiry.replaying() as (questions, reader):
        count, found = sheets_of_year(questions, reader, at, number)
        title = (f"{number} 年度考评打分表", f"Score sheets of {number}")
        place = f"log:{at.log_index}"
        of = stated(inquiry.service, None, place, place)
        writing = TableWriting(TABLE, form, chinese, TableHeading(title, by=by), of)
        written = 0
        try:
            for written, (sheet, _, _) in enumerate(found, 1):
                writing.add(sheet_rows(sheet))
                done(written, count)
        except BaseException:
            writing.abandon()
            raise
        if not written:
            writing.abandon()
            raise NotFound(f"{number} 年度没有机构的打分表", f"no agency has a sheet of {number}", cites=("R20",))
        return writing.done()


def sheet_rows(sheet: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of one sheet: its lines under their part, each part's points, the total."""
    whose = {"name": sheet["agency"]["name"], "uscc": sheet["agency"]["uscc"]}
    for part in sheet["categories"]:
        for line in (one for one in sheet["lines"] if one["category"] == part["name"]):
            yield {**whose, **_line(line)}
        said = {"kind": PART, "part": PARTS[part["name"]], "points": part["points"], "text": part["formula"]}
        yield {**whose, **said}
    for line in (one for one in sheet["lines"] if one["category"] == TOTAL[1]):
        yield {**whose, **_line(line)}
    yield {
        **whose,
        "kind": TOTAL,
        "part": PARTS["total"],
        "points": sheet["total"],
        "grade": grade_said(sheet),
        "remarks": _remarks(sheet),
    }


def _line(line: Mapping[str, Any]) -> Row:
    return {
        "kind": LINE,
        "part": PARTS[line["category"]],
        "item": line["item"],
        "text": (line["text"], line["text_en"]),
        "occurred_on": line["occurred_on"],
        "points": line["points"],
        "nominal": line["nominal"],
        "article": line["paragraph"] or line["article"],
        "events": "、".join(line["events"]),
    }


def _remarks(sheet: Mapping[str, Any]) -> Bilingual | None:
    """Why it was not assessed (R29), what decided outright (art.25), what is missing or waived (R25, R44)."""
    found = [(one["text"], one["text_en"]) for one in sheet["not_assessed"]]
    found += [one for one in (override_said(sheet),) if one is not None]
    missing = missing_said(sheet)
    found += [] if missing is None else [(f"尚缺：{missing[0]}", f"still missing: {missing[1]}")]
    found += [
        (f"{PARTS[one['part']][0]}缺项，经同意公布：{one['reason']}", f"without {one['part']}, waived: {one['reason']}")
        for one in sheet["waivers"]
    ]
    return together(found, by=("；", "; "))
