"""What a value of a rulebook may be: whole numbers, points, choices, tables. Each kind reads JSON and says its wish.

Numbers that count are integers or decimal text ("2.5"), never binary floating point (R26).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from domain.errors import Invalid

_DECIMAL = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,4})?", re.ASCII)
_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})", re.ASCII)


class RulebookInvalid(Invalid):
    """A rulebook that cannot be used: `name` is the value, reading or field, then what is wrong and the remedy."""

    def __init__(self, name: str, problem: str, problem_en: str, remedy: str, remedy_en: str) -> None:
        super().__init__(f"规则库 {name}：{problem}", f"Rulebook, {name}: {problem_en}", ("R4",), remedy, remedy_en)
        self.name = name

    def __str__(self) -> str:
        return f"{self.text}{self.remedy} / {self.text_en} {self.remedy_en}"


class NotAcceptedError(ValueError):
    """Raised by a kind's `read`; turned into `RulebookInvalid` where the value's name is known."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one value is read from JSON, and what is wanted, in both languages."""

    read: Callable[[object], Any]
    wanted: str
    wanted_en: str
    options: tuple[str, ...] = ()
    """The choices that the code knows; empty where the value is no choice."""


def whole(low: int, high: int) -> Kind:
    """A whole number from `low` to `high`, both included."""

    def read(raw: object) -> int:
        if type(raw) is not int or not low <= raw <= high:  # `type`, because a bool is an int and no number of days
            raise NotAcceptedError
        return raw

    return Kind(read, f"{low} 到 {high} 的整数", f"a whole number from {low} to {high}")


def number(low: int | str, high: int, places: int = 4) -> Kind:
    """A number from `low` to `high`, both included, as an integer or decimal text; read as an exact fraction.

    `places`: of decimals at most. Two where it is part of a score of record by itself, which has two (R26).
    """
    lowest = Fraction(low)

    def read(raw: object) -> Fraction:
        if type(raw) is not int and not (isinstance(raw, str) and _DECIMAL.fullmatch(raw)):
            raise NotAcceptedError
        value = Fraction(raw)
        if not lowest <= value <= high or (value * 10**places).denominator != 1:
            raise NotAcceptedError
        return value

    return Kind(
        read,
        f"{low} 到 {high} 的整数或带引号的小数，至多 {places} 位小数",
        f"an integer or a decimal in quotation marks, from {low} to {high}, with up to {places} decimals",
    )


def number_or_none(low: int, high: int) -> Kind:
    """A number as `number` reads it, or the word `none`, read as None."""
    inner = number(low, high, places=2)

    def read(raw: object) -> Fraction | None:
        return None if raw == "none" else inner.read(raw)

    return Kind(read, f"none，或{inner.wanted}", f"none, or {inner.wanted_en}", ("none", "number"))


def _read_month_day(raw: object) -> tuple[int, int]:
    match = _MONTH_DAY.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise NotAcceptedError
    try:
        day = date(2023, int(match[1]), int(match[2]))  # no leap year: the day must exist in every year
    except ValueError:
        raise NotAcceptedError from None
    return day.month, day.day


MONTH_DAY = Kind(_read_month_day, "每年都有的日期，写作 MM-DD", "a day that every year has, written MM-DD")


def one_of(*options: str) -> Kind:
    """One choice of the set."""

    def read(raw: object) -> str:
        if not isinstance(raw, str) or raw not in options:
            raise NotAcceptedError
        return raw

    return Kind(read, f"{'、'.join(options)} 之一", f"one of {', '.join(options)}", options)


def some_of(*options: str) -> Kind:
    """One or more choices of the set, each once; read as a frozen set."""

    def read(raw: object) -> frozenset[str]:
        return frozenset(_choices(raw, options, repeats=False))

    return Kind(read, f"{'、'.join(options)} 中的一个或多个", f"a list of one or more of {', '.join(options)}", options)


def steps(*options: str) -> Kind:
    """One to nine steps, never going down in the order of the options; read as a tuple."""

    def read(raw: object) -> tuple[str, ...]:
        chosen = _choices(raw, options, repeats=True)
        if len(chosen) > 9 or sorted(chosen, key=options.index) != chosen:
            raise NotAcceptedError
        return tuple(chosen)

    return Kind(
        read, f"由轻到重排列的 {'、'.join(options)}", f"a list of {', '.join(options)}, never going down", options
    )


def _choices(raw: object, options: Iterable[str], *, repeats: bool) -> list[str]:
    if not isinstance(raw, list) or not raw or any(not isinstance(item, str) or item not in options for item in raw):
        raise NotAcceptedError
    if not repeats and len(set(raw)) != len(raw):
        raise NotAcceptedError
    return raw


def table(keys: Iterable[str], inner: Kind, key: Callable[[str], Any] = str) -> Kind:
    """A table with exactly these keys, each of the inner kind; `key` turns a key's text into what code uses."""
    names = tuple(keys)

    def read(raw: object) -> Mapping[Any, Any]:
        if not isinstance(raw, dict) or set(raw) != set(names):
            raise NotAcceptedError
        return MappingProxyType({key(name): inner.read(raw[name]) for name in names})

    return Kind(
        read,
        f"表，键为 {'、'.join(names)}，值为{inner.wanted}",
        f"a table of exactly {', '.join(names)}, each {inner.wanted_en}",
    )


def named_lists(most: int) -> Kind:
    """A table of up to `most` names, each with a list of other words for it; no word stands twice; may be empty."""

    def read(raw: object) -> Mapping[str, tuple[str, ...]]:
        if not isinstance(raw, dict) or len(raw) > most or not all(isinstance(row, list) for row in raw.values()):
            raise NotAcceptedError
        words = [*raw, *(word for row in raw.values() for word in row)]
        if not all(isinstance(word, str) and word.strip() for word in words) or len(set(words)) != len(words):
            raise NotAcceptedError
        return MappingProxyType({name: tuple(row) for name, row in raw.items()})

    return Kind(
        read,
        f"表，至多 {most} 个名称，各附其别称的列表，任何词不得重复",
        f"a table of at most {most} names, each with the list of its other words, no word twice",
    )


def read_value(name: str, kind: Kind, raw: object) -> Any:
    """The value as code uses it; `RulebookInvalid` names it, shows what was given and says what is wanted."""
    shown = repr(raw) if len(repr(raw)) <= 80 else repr(raw)[:77] + "..."
    try:
        return kind.read(raw)
    except NotAcceptedError:
        raise RulebookInvalid(
            name, f"不接受 {shown}。", f"{shown} is not accepted.", f"请填写{kind.wanted}。", f"Give {kind.wanted_en}."
        ) from None
