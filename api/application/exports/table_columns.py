"""A table that can be exported: its columns, and what a cell of each holds. One declaration for CSV and XLSX.

A code is text whatever it looks like, a day is a day, points are numbers that are exactly what was recorded: a
spreadsheet guesses, and a credit code of 18 digits that was guessed to be a number has lost its last three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from domain.values import GRADE_LABELS, TIER_LABELS, Bilingual, Grade, Tier
from projections.answers.scalars import plain

Kind = Literal["text", "code", "points", "number", "day", "moment"]
"""`code`: never a number. `points`: a number of two decimals (R26). `moment`: an instant, told in Beijing time."""
KINDS: dict[Kind, Bilingual] = {
    "text": ("文字", "text"),
    "code": ("代码，文本", "code, as text"),
    "points": ("分，数值", "points, a number"),
    "number": ("整数", "a whole number"),
    "day": ("日期", "a day"),
    "moment": ("时刻（北京时间）", "an instant (Beijing time)"),
}
Row = Mapping[str, Any]
"""A row of a list as its JSON has it."""
Value = str | int | Bilingual | None
"""What a cell says; a pair where both languages have a word for it."""
NOT_SHOWN: Bilingual = ("（不公开）", "(not shown)")
ERASED: Bilingual = ("（已依法删除）", "(erased on request)")


class TableColumn(NamedTuple):
    """A column: its name for programs, its heading, what its cells are, and how a row says it."""

    name: str
    title: Bilingual
    kind: Kind
    value: Callable[[Row], Value]


class ExportTable(NamedTuple):
    """A table by its name; rows are numbered from 1 in the order of its list."""

    name: str
    title: Bilingual
    columns: Sequence[TableColumn]
    path: str | None = None
    """The question behind it, as the HTTP interface names it; None for what only pages list."""


def column(name: str, zh: str, en: str, kind: Kind = "text", value: Callable[[Row], Value] | str = "") -> TableColumn:
    """A column whose cells are `value`: a function of the row, or the dotted place where the row has it (`name`)."""
    found = at(value or name) if isinstance(value, str) else value
    return TableColumn(name, (zh, en), kind, found)


def at(path: str) -> Callable[[Row], Value]:
    """What stands at a dotted place of a row; nothing where the row has no such place."""
    names = path.split(".")

    def value(row: Row) -> Value:
        found: Any = row
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
        return said(found)

    return value


def both(name: str) -> Callable[[Row], Value]:
    """What a row says in both languages, which is a list of two in plain data."""

    def value(row: Row) -> Value:
        found: Any = row.get(name)
        return (found[0], found[1]) if isinstance(found, (list, tuple)) else found

    return value


def said(value: Any) -> Value:
    """Plain data as a cell says it: lists by a comma, marks in words, what has no words as JSON."""
    if value is None or (isinstance(value, (str, int)) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if value == {"withheld": True}:
        return NOT_SHOWN
    if value == {"erased": True}:
        return ERASED
    if isinstance(value, Sequence) and all(isinstance(one, str) for one in value):
        return "、".join(value) or None
    return msgspec.json.encode(value).decode()


def worded(path: str, words: Mapping[str, Bilingual]) -> Callable[[Row], Value]:
    """A code of a row by its words."""
    code = at(path)

    def value(row: Row) -> Value:
        found = code(row)
        return words.get(found, found) if isinstance(found, str) else found

    return value


TIERS: Mapping[str, Bilingual] = {str(one): (TIER_LABELS[one], str(one)) for one in Tier}
GRADES: Mapping[str, Bilingual] = {str(one): (GRADE_LABELS[one], str(one)) for one in Grade}
PROVISIONAL: Bilingual = ("暂计", "provisional")
UNGRADED: Bilingual = ("未评定", "not assessed")
OVERRIDES: Mapping[str, Bilingual] = {
    "blacklisted": ("列入黑名单（第二十五条）", "blacklisted (art.25)"),
    "penalty": ("行政处罚（第二十五条）", "penalty (art.25)"),
}
MISSING: Mapping[str, Bilingual] = {"quality": ("服务质量", "quality"), "effect": ("服务效果", "effect")}


def together(pairs: Sequence[Bilingual], *, by: Bilingual = ("、", ", ")) -> Bilingual | None:
    """Several things in one cell; nothing where there are none."""
    if not pairs:
        return None
    return by[0].join(zh for zh, _ in pairs), by[1].join(en for _, en in pairs)


def grade_said(of: Row) -> Bilingual | None:
    """The grade; none while the sheet is incomplete: it is provisional then (R44)."""
    if of.get("assessed") and of.get("provisional"):
        return PROVISIONAL
    grade = of.get("grade")
    return GRADES[grade] if grade else UNGRADED


def override_said(of: Row) -> Bilingual | None:
    """What made the year unqualified whatever the score (art.25)."""
    kinds = dict.fromkeys(one["kind"] for one in of.get("override") or ())
    return together([OVERRIDES[one] for one in kinds])


def missing_said(of: Row) -> Bilingual | None:
    """The parts for which nothing has come in (R25)."""
    return together([MISSING[one] for one in of.get("missing") or ()]) if of.get("assessed") else None


def as_row(item: Any) -> Row:
    """An item of a list, a struct or a named tuple as well, as plain data."""
    found: Row = plain(item._asdict() if hasattr(item, "_asdict") else item)
    return found


def as_text(value: Value, chinese: bool) -> str:
    """A cell's value as text in one language."""
    if value is None:
        return ""
    return str(value[0 if chinese else 1] if isinstance(value, tuple) else value)
