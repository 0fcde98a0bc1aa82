"""A table as CSV (RFC 4180): UTF-8 with a byte order mark, as the spreadsheets of an office expect it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import BinaryIO

from api.application.exports.table_columns import Row, TableColumn, Value, as_text

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so may be taken for a formula by who opens the file (CWE-1236)."""
_LONG_NUMBER = 12
"""From so many digits on a spreadsheet shows a number in powers of ten, and from 16 on it has lost some."""


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before it, as one would type it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def kept_whole(text: str) -> str:
    """A code that no spreadsheet takes for a number: one of digits alone ends with a tab, which nobody sees."""
    return f"{text}\t" if len(text) >= _LONG_NUMBER and text.isascii() and text.isdecimal() else text


def without_guards(text: str) -> str:
    """What was written before `neutral` and `kept_whole`: for who reads such a file again."""
    if text.startswith("'") and text[1:].startswith(FORMULA_STARTS):
        return text[1:]
    bare = text.removesuffix("\t")
    return bare if bare.isdecimal() else text


class CsvFile:
    """A CSV being written. Its first line are the headings; of the basis its name tells (a table stays one table)."""

    def __init__(self, file: BinaryIO, columns: Sequence[TableColumn], chinese: bool) -> None:
        self._columns, self._chinese = columns, chinese
        self._text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow([as_text(("序号", "No."), chinese), *(as_text(one.title, chinese) for one in columns)])
        self.rows = 0

    def add(self, rows: Sequence[Row]) -> None:
        """The next rows of the list."""
        for row in rows:
            self.rows += 1
            self._writer.writerow([self.rows, *(self._cell(one, one.value(row)) for one in self._columns)])

    def _cell(self, of: TableColumn, value: Value) -> str:
        text = as_text(value, self._chinese)
        if of.kind == "code":
            return kept_whole(neutral(text))
        return text if of.kind in ("points", "number") else neutral(text)

    def close(self) -> None:
        """All rows are in."""
        self._text.flush()
        self._text.detach()
