"""Rows pasted from a spreadsheet: tabs between cells, headings in any order and language, or none at all.

What was pasted is kept as it is; only days and numbers that can mean one thing are read as the forms read them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from api.web.grid.grid_matters import columns_of, heading_of
from domain.folding import compared, seen
from domain.values import Bilingual

AGENCY = "agency"
_AGENCY_WORDS = (
    "统一社会信用代码",
    "信用代码",
    "代码",
    "机构代码",
    "机构",
    "机构名称",
    "名称",
    "单位",
    "单位名称",
    "服务机构",
    "uscc",
    "code",
    "credit code",
    "unified social credit code",
    "agency",
    "name",
    "agency name",
)
_CODES = ("代码", "code", "uscc")
_DOUBTFUL = re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*(\d{4}|\d{2})", re.ASCII)
"""A day that does not begin with its year: which number is the month, nobody can tell."""
FORMULA: Bilingual = (
    "这是公式（以 = 开头），台账只收值：请在表格里复制后选“粘贴值”，再贴到这里",
    "this is a formula (it begins with =): paste its value instead",
)
DOUBTFUL: Bilingual = (
    "这个日期分不清月和日：请把年写在前面，如 2025-03-04 或 2025年3月4日",
    "which number is the month cannot be told: begin with the year, as in 2025-03-04",
)


class PastedRow(NamedTuple):
    """One line: whose it is, as it was pasted, and the cells by column."""

    agency: str
    cells: dict[str, str]


class Pasted(NamedTuple):
    """The lines, and headings that no column bears."""

    rows: list[PastedRow]
    unknown: list[str]


def pasted_rows(matter: str, text: str) -> Pasted:
    """The rows of a text out of a spreadsheet, for the columns of a matter."""
    lines = [_cells(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    if not lines:
        return Pasted([], [])
    heading = [_column(matter, cell) for cell in lines[0]]
    if AGENCY not in heading:
        order = [AGENCY, *(one.path for one in columns_of(matter))]
        return Pasted([_row(zip(order, line, strict=False)) for line in lines], [])
    unknown = [cell for cell, column in zip(lines[0], heading, strict=True) if column is None and cell]
    named = [_is_code(cell) if column == AGENCY else False for cell, column in zip(lines[0], heading, strict=True)]
    return Pasted([_row(_by_heading(heading, named, line)) for line in lines[1:]], unknown)


def _cells(line: str) -> list[str]:
    return [
        cell[1:-1].replace('""', '"') if re.fullmatch('".*"', cell) else cell for cell in map(_trim, line.split("\t"))
    ]


def _trim(cell: str) -> str:
    return seen(cell).strip().strip("\u3000")


def _column(matter: str, cell: str) -> str | None:
    words = compared(cell)
    for one in columns_of(matter):
        if words and words in (compared(text) for text in (*one.text.label, *heading_of(matter, one.path), one.path)):
            return one.path
    return AGENCY if words in map(compared, _AGENCY_WORDS) else None


def _is_code(cell: str) -> bool:
    return any(word in compared(cell) for word in _CODES)


def _by_heading(heading: list[str | None], named: list[bool], line: list[str]) -> list[tuple[str, str]]:
    """Column and cell; of two columns that say whose the row is the code comes first, where it is filled in."""
    pairs = [(column, cell, code) for column, cell, code in zip(heading, line, named, strict=False) if column]
    agencies = sorted((one for one in pairs if one[0] == AGENCY and one[1]), key=lambda one: not one[2])
    return [(AGENCY, agencies[0][1] if agencies else ""), *((one, cell) for one, cell, _ in pairs if one != AGENCY)]


def _row(pairs: Iterable[tuple[str, str]]) -> PastedRow:
    given = dict(pairs)
    return PastedRow(given.pop(AGENCY, ""), {path: cell for path, cell in given.items() if cell})


def cell_problem(kind: str, text: str) -> Bilingual | None:
    """What is wrong with a cell before anybody asks what its command says of it."""
    plain = unicodedata.normalize("NFKC", seen(text)).strip()
    if plain.startswith("="):
        return FORMULA
    return DOUBTFUL if kind == "day" and _DOUBTFUL.fullmatch(plain) else None
