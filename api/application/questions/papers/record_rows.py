"""Records in the annex of a paper: numbered, what they say, who recorded them when, with what evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from projections.paper.letters.letter import LetterTable, beijing

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


class RecordNumbers:
    """The records that a paper names, each with its number in the annex."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = rows
        self._number = {one["id"]: number for number, one in enumerate(rows, 1)}

    def said(self, text: str) -> str:
        """A sentence with the numbers of the annex in place of ids."""
        return _ID.sub(lambda found: self._named(found.group()), text)

    def listed(self, ids: Iterable[str]) -> str:
        """记录 1、3."""
        numbers = [str(self._number[one]) for one in ids if one in self._number]
        return f"记录 {'、'.join(sorted(numbers, key=int))}" if numbers else "（记录不提供给本件的读者）"

    def number_of(self, id_: str) -> int:
        """The number of a record. KeyError for one that the paper does not name."""
        return self._number[id_]

    def _named(self, id_: str) -> str:
        return f"记录 {self._number[id_]}" if id_ in self._number else id_


def record_grid(numbers: RecordNumbers) -> LetterTable:
    """All records as a table."""
    rows = [_row(number, one, numbers) for number, one in enumerate(numbers.rows, 1)]
    return LetterTable(("序号", "日期", "记录", "内容", "登记", "证据"), (0.5, 1.0, 1.1, 2.6, 1.8, 1.8), rows)


def _row(number: int, one: Mapping[str, Any], numbers: RecordNumbers) -> tuple[str, ...]:
    state = "" if one.get("annulled_by") is None else f"\n已撤销（{numbers.said(one['annulled_by'])}）"
    said = "\n".join(numbers.said(text) for text in _words(one["fact"]))
    recorded = "—" if one["recorded_at"] is None else beijing(one["recorded_at"]).split("（")[0]
    return (
        str(number),
        str(one["occurred_on"] or "—"),
        f"{one['label']}{state}",
        said or "—",
        f"{recorded}\n{_recorder(one)}",
        "\n".join(map(_evidence, one["evidence"])) or "无",
    )


def _recorder(one: Mapping[str, Any]) -> str:
    """Who recorded it, by name; by the end of an id where the reader is not told names (R39)."""
    if one.get("actor_name"):
        return f"登记人 {one['actor_name']}"
    return f"登记人 {one['actor'][-8:]}" if isinstance(one["actor"], str) else "登记人不公开"


def _evidence(one: Mapping[str, Any]) -> str:
    """Title, size and digest of a piece of evidence, or where it lies."""
    size = one.get("size")
    where = one.get("uri")
    parts = [str(one.get("title") or "证据")]
    parts += [f"{size} 字节"] if size else []
    parts += [f"SHA-256 {one['sha256'][:16]}…"] if one.get("sha256") else []
    parts += [str(where)] if where else []
    return "，".join(parts)


def _words(fact: Mapping[str, Any]) -> Iterable[str]:
    """What the record says in words."""
    for value in fact.values():
        if isinstance(value, str) and _CHINESE.search(value):
            yield value
        elif isinstance(value, Mapping) and value.get("erased"):
            yield "（已依法删除）"
        elif isinstance(value, Mapping) and value.get("withheld"):
            yield "（不提供给本件的读者）"
