"""Workbooks that go out to be filled in or corrected: the template of a kind; a file with its wrong cells marked."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

import xlsxwriter

from api.application.exports.csv_file import FORMULA_STARTS
from api.application.workbooks.kinds.sheet_kinds import ROW, CellKind, SheetColumn, SheetKind
from api.application.workbooks.reading_books import Book, SheetRow
from api.application.workbooks.row_bodies import RowFault
from domain.values import Bilingual

PROBLEM: Bilingual = ("问题", "Problem")
_TEMPLATE_ROWS = 5_000
"""So many rows of a template have drop-downs and formats."""
_MOST_CHARACTERS, _MOST_COMMENT = 32_767, 1_000
_NO_DAY = datetime.fromisoformat("2026-01-01")
"""Of making, so that a template is always the same bytes."""
_WIDTHS: dict[CellKind, int] = {
    "code": 24,
    "reference": 24,
    "day": 13,
    "year": 10,
    "number": 9,
    "choice": 16,
    "answer": 8,
    "skipped": 7,
}
_HOW: Sequence[Bilingual] = (
    (
        "带 * 的列必须填写；列的次序可以改变，多余的列不读。",
        "Columns with a * have to be filled in; columns may be in any order.",
    ),
    ("第一行数据是示例（序号为“示例”），导入时跳过，可以删去。", "The first row is an example and is skipped."),
    (
        "日期写作 2025-03-04、2025/3/4、2025.3.4 或 2025年3月4日。",
        "Days: 2025-03-04, 2025/3/4, 2025.3.4 or 2025年3月4日.",
    ),
    (
        "代码、证书、电话的列已设为文本：请勿改为数字，否则末几位会丢失。",
        "Codes and phone numbers are text: as numbers they lose digits.",
    ),
    (
        "不要合并单元格、隐藏行或使用公式；只有一行表头。",
        "No merged cells, hidden rows or formulas; one row of headings.",
    ),
    (
        "先检查全部单元格，有错的标红并写明原因；您确认之前什么都不登记；同一行重复导入只登记一次。",
        "All cells are checked first, wrong ones are marked; nothing is recorded before you confirm; each row once.",
    ),
)


def template(kind: SheetKind) -> bytes:
    """The workbook to be filled in: headings, drop-downs, notes, an example."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    book.set_properties({"title": kind.title[0], "created": _NO_DAY})
    sheet = book.add_worksheet(kind.title[0].replace("、", "")[:31])
    texts, numbers = book.add_format({"num_format": "@"}), book.add_format({"num_format": "0.##"})
    days = book.add_format({"num_format": "yyyy-mm-dd"})
    head = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#E7F1EC", "bottom": 1, "valign": "vcenter"})
    must = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#CFE6DA", "bottom": 1, "valign": "vcenter"})
    example = book.add_format({"italic": True, "font_color": "#777777", "num_format": "@"})
    for place, one in enumerate(kind.columns):
        formats: dict[CellKind, Any] = {"day": days, "number": numbers, "year": None, "skipped": None}
        sheet.set_column(place, place, _WIDTHS.get(one.kind, 20), formats.get(one.kind, texts))
        sheet.write_string(0, place, one.heading, must if one.required else head)
        sheet.write_comment(0, place, _note(one), {"x_scale": 2})
        sheet.write_string(1, place, one.example, example)
        offered = _offered(one)
        if offered:
            said = {"error_title": "请从列表中选择", "error_message": "、".join(offered)[:255]}
            listed = {"validate": "list", "source": offered, **said}
            sheet.data_validation(1, place, _TEMPLATE_ROWS, place, listed)
    sheet.freeze_panes(1, 0)
    about = book.add_worksheet("填写说明")
    about.set_column(0, 0, 110)
    for line, (zh, en) in enumerate(_HOW):
        about.write_string(line, 0, f"{zh} {en}")
    book.close()
    return made.getvalue()


def _note(one: SheetColumn) -> str:
    required = "必填 required" if one.required else "选填 optional"
    return "\n".join(filter(None, (f"{one.title[0]} {one.title[1]}", required, *one.note)))


def _offered(one: SheetColumn) -> list[str]:
    """What a drop-down offers: the first word of each value."""
    if one.kind == "answer":
        return ["A", "B", "C"]
    if one.kind == "yes":
        return ["是", "否"]
    first: dict[Any, str] = {}
    for word, value in one.choices.items():
        first.setdefault(value, word)
    return list(first.values())


def marked(book: Book, faults: Mapping[int, Sequence[RowFault]], file: BinaryIO) -> None:
    """A file's rows with the wrong cells marked and commented, and what is wrong at the end of each row."""
    marking = _Marking(book, file)
    for row in book.all_rows():
        marking.row(row, faults.get(row.number, ()))
    marking.close()


class _Marking:
    """A marked workbook being written, row by row; hidden rows stay hidden, merged cells do not stay merged."""

    def __init__(self, book: Book, file: BinaryIO) -> None:
        self._book, self._end = book, len(book.headed.headings)
        self._made = made = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_urls": False})
        self._sheet = made.add_worksheet((book.headed.sheet or "数据")[:31])
        self._places = {column.field: place for place, column in book.headed.columns.items()}
        red = {"bg_color": "#F8D7DA", "border": 1, "border_color": "#B02A37"}
        self._head = made.add_format({"bold": True, "num_format": "@"})
        self._quoted = made.add_format({"num_format": "@", "quote_prefix": True})
        self._texts = made.add_format({"num_format": "@"}), made.add_format({**red, "num_format": "@"})
        self._days = (
            made.add_format({"num_format": "yyyy-mm-dd"}),
            made.add_format({**red, "num_format": "yyyy-mm-dd"}),
        )

    def row(self, row: SheetRow, faults: Sequence[RowFault]) -> None:
        """The next row, with what is wrong with it."""
        line, at = row.number - 1, dict[int, list[str]]()
        for fault in faults:
            at.setdefault(self._places.get(fault.field, self._end), []).append(" ".join(fault.said))
        if row.number in self._book.headed.unseen.hidden:
            self._sheet.set_row(line, None, None, {"hidden": True})
        cells = [*row.cells, *[None] * (self._end - len(row.cells))]
        for place, cell in enumerate(cells):
            self._cell(line, place, cell, place in at and place < self._end)
        for place, said in at.items():
            if place < self._end:
                self._sheet.write_comment(line, place, "\n".join(said)[:_MOST_COMMENT], {"x_scale": 2})
        if row.number == self._book.headed.row:
            self._sheet.write_string(line, self._end, PROBLEM[0], self._head)
        elif faults:
            problem = "；".join(f"{_title(self._book, one)}{one.said[0]}" for one in faults)
            self._sheet.write_string(line, self._end, problem[:_MOST_CHARACTERS], self._texts[1])

    def _cell(self, line: int, place: int, cell: Any, wrong: bool) -> None:
        """A cell as it was, of its kind; never a formula."""
        if isinstance(cell, (date, datetime)):
            self._sheet.write_datetime(line, place, cell, self._days[wrong])
        elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
            self._sheet.write_number(line, place, cell, self._texts[1] if wrong else None)
        elif cell is not None or wrong:
            text = "" if cell is None else str(cell)[:_MOST_CHARACTERS]
            guarded = self._quoted if text.startswith(FORMULA_STARTS) and not wrong else self._texts[wrong]
            self._sheet.write_string(line, place, text, guarded)

    def close(self) -> None:
        """All rows are in."""
        self._sheet.set_column(self._end, self._end, 60)
        self._sheet.freeze_panes(self._book.headed.row, 0)
        self._made.close()


def _title(book: Book, fault: RowFault) -> str:
    if fault.field == ROW:
        return ""
    found = next((one for one in book.headed.columns.values() if one.field == fault.field), None)
    return "" if found is None else f"{found.title[0]}："
