"""A table as an XLSX workbook, written row by row: no more than a row of it is in memory.

The first sheet says what the list is and of which basis, the second has the rows. Nothing in it is a formula: every
text is written as text, and what looks like a formula is marked as typed text besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter

from api.application.exports.csv_file import FORMULA_STARTS
from api.application.exports.stated import Stated, TableHeading, lines_of
from api.application.exports.table_columns import KINDS, Kind, Row, TableColumn, Value, as_text
from domain.values import SHANGHAI, Bilingual, moment

MOST_ROWS = 1_048_575
"""Of one sheet, below its headings."""
MOST_CHARACTERS = 32_767
"""Of one cell."""
_CUT: Bilingual = ("…（单元格放不下，全文见 CSV）", "… (more than a cell holds: the CSV has all of it)")
_WIDTHS: dict[Kind, int] = {"text": 26, "code": 22, "points": 10, "number": 10, "day": 12, "moment": 20}
_ABOUT_WIDTH, _LINE_HEIGHT = 100, 15
"""Of what the first sheet says: characters of a line, a Chinese one being two, and points."""
_EXACT: Bilingual = ("（文本）", " (text)")
_SHEETS: tuple[Bilingual, Bilingual] = ("说明", "About"), ("数据", "Data")


class XlsxFile:
    """A workbook being written. Columns of points come once more at the end of the row, as the exact text."""

    def __init__(
        self, file: BinaryIO, columns: Sequence[TableColumn], chinese: bool, heading: TableHeading, of: Stated
    ) -> None:
        self._columns, self._chinese, self._heading, self._of = columns, chinese, heading, of
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_urls": False})
        created = moment(of.known_at).astimezone(SHANGHAI).replace(tzinfo=None)
        self._book.set_properties({"title": self._said(heading.title), "created": created})
        self._formats()
        self._about = self._book.add_worksheet(self._said(_SHEETS[0]))
        self._titles = [self._said(("序号", "No.")), *(self._said(one.title) for one in columns)]
        self._points = [one for one in columns if one.kind == "points"]
        self._titles += [self._said(one.title) + self._said(_EXACT) for one in self._points]
        self.rows = self._line = self._sheets = 0
        self._sheet = self._new_sheet()

    def _said(self, words: Bilingual) -> str:
        return words[0 if self._chinese else 1]

    def _formats(self) -> None:
        add = self._book.add_format
        self._head = add({"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#E7F1EC", "bottom": 1})
        self._label = add({"bold": True, "valign": "top"})
        self._wrapped = add({"text_wrap": True, "valign": "top", "num_format": "@"})
        self._texts, self._quoted = add({"num_format": "@"}), add({"num_format": "@", "quote_prefix": True})
        self._numbers, self._decimals = add({"num_format": "0"}), add({"num_format": "0.00"})
        self._days = add({"num_format": "yyyy-mm-dd"})

    def _new_sheet(self) -> Any:
        self._sheets += 1
        name = self._said(_SHEETS[1]) + ("" if self._sheets == 1 else f" {self._sheets}")
        sheet = self._book.add_worksheet(name)
        for place, one in enumerate(self._columns, 1):
            sheet.set_column(place, place, _WIDTHS[one.kind])
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer(self._said(("&C第 &P 页，共 &N 页", "&C&P of &N")))
        for place, title in enumerate(self._titles):
            sheet.write_string(0, place, title, self._head)
        self._line = 0
        return sheet

    def add(self, rows: Sequence[Row]) -> None:
        """The next rows of the list."""
        for row in rows:
            if self._line == MOST_ROWS:
                self._end_sheet()
                self._sheet = self._new_sheet()
            self._line, self.rows = self._line + 1, self.rows + 1
            self._sheet.write_number(self._line, 0, self.rows, self._numbers)
            for place, one in enumerate(self._columns, 1):
                self._write(place, one.kind, one.value(row))
            for place, one in enumerate(self._points, len(self._columns) + 1):
                self._write(place, "text", one.value(row))

    def _write(self, place: int, kind: Kind, value: Value) -> None:
        """A cell of its kind; what is no number or no day after all (a month, a mark) is written as its text."""
        text = as_text(value, self._chinese)
        if not text:
            return
        if kind == "day" and len(text) == len("2024-12-31"):
            self._sheet.write_datetime(self._line, place, date.fromisoformat(text), self._days)
        elif kind == "points" and isinstance(value, str):
            self._sheet.write_number(self._line, place, Decimal(text), self._decimals)
        elif kind == "number" and isinstance(value, int):
            self._sheet.write_number(self._line, place, value, self._numbers)
        else:
            if len(text) > MOST_CHARACTERS:
                text = text[: MOST_CHARACTERS - len(self._said(_CUT))] + self._said(_CUT)
            guarded = self._quoted if text.startswith(FORMULA_STARTS) else self._texts
            self._sheet.write_string(self._line, place, text, guarded)

    def _end_sheet(self) -> None:
        self._sheet.autofilter(0, 0, max(self._line, 1), len(self._titles) - 1)

    def close(self) -> None:
        """All rows are in: say on the first sheet what they are, and how many."""
        self._end_sheet()
        self._about.set_column(0, 0, 18)
        self._about.set_column(1, 1, _ABOUT_WIDTH)
        self._about.set_paper(9)
        self._about.fit_to_pages(1, 0)
        line = 0
        for label, words in lines_of(self._heading, self._of, self.rows):
            text = self._said(words)
            lines = -(-len(text.encode("gb18030")) // _ABOUT_WIDTH)
            self._about.set_row(line, _LINE_HEIGHT * max(lines, 1))  # not every program makes a row as high as its text
            self._about.write_string(line, 0, self._said(label), self._label)
            self._about.write_string(line, 1, text, self._wrapped)
            line += 1
        self._about.write_string(line + 1, 0, self._said(("列", "TableColumn")), self._head)
        self._about.write_string(line + 1, 1, self._said(("内容", "What it holds")), self._head)
        for place, one in enumerate(self._columns, line + 2):
            self._about.write_string(place, 0, self._said(one.title), self._label)
            self._about.write_string(
                place, 1, f"{one.title[0]} {one.title[1]}：{' '.join(KINDS[one.kind])}", self._wrapped
            )
        self._book.close()
