"""What a value of a rulebook may be: whole numbers, points, choices, tables; pydantic reads each, from JSON's types.

Numbers that count are integers or decimal text ("2.5"), never binary floating point (R26).

Categories of agencies (服务机构类型, art.19): which spellings are one, and which are taken at all (R47).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Any, Literal, NotRequired, TypedDict, get_args, get_origin

from annotated_types import Predicate
from pydantic import AfterValidator, Field, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema

from domain.errors import Invalid
from domain.folding import category_fold
from domain.measures.text.implements import implements

_Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}(?:\.[0-9]{1,4})?$")]
_MonthDay = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}-[0-9]{2}$")]
_Word = Annotated[str, Predicate(lambda word: bool(word.strip()))]


@dataclass(frozen=True, slots=True)
class Kind:
    """How pydantic reads a value from JSON, and what is wanted, in both languages: for `Annotated[…]`."""

    type: Any
    wanted: str
    wanted_en: str
    options: tuple[str, ...] = ()
    """The choices that the code knows; empty where the value is no choice."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(self.type)


def kind_of(hint: Any) -> Kind:
    """The kind of a value by the type of its field: what `Annotated` says, or one choice of a `Literal`."""
    if get_origin(hint) is Literal:
        options = get_args(hint)
        return Kind(hint, f"{'、'.join(options)} 之一", f"one of {', '.join(options)}", options)
    found: Kind = get_args(hint)[1]
    return found


def whole(low: int, high: int) -> Kind:
    """A whole number from `low` to `high`, both included."""
    checked = Annotated[int, Field(strict=True, ge=low, le=high)]  # strict: a bool is an int and no number of days
    return Kind(checked, f"{low} 到 {high} 的整数", f"a whole number from {low} to {high}")


def number(low: str, high: int, places: int = 4) -> Kind:
    """A number from `low` to `high`, both included, as an integer or decimal text; read as an exact fraction.

    `places`: of decimals at most. Two where it is part of a score of record by itself, which has two (R26).
    """
    bounds = Predicate(lambda value: Fraction(low) <= value <= high and (value * 10**places).denominator == 1)
    return Kind(
        Annotated[Annotated[int, Field(strict=True)] | _Digits, AfterValidator(Fraction), bounds],
        f"{low} 到 {high} 的整数或带引号的小数，至多 {places} 位小数",
        f"an integer or a decimal in quotation marks, from {low} to {high}, with up to {places} decimals",
    )


def number_or_none(low: str, high: int) -> Kind:
    """A number as `number` reads it, or the word `none`, read as None."""
    inner = number(low, high, places=2)
    none = Annotated[Literal["none"], AfterValidator(lambda _: None)]
    return Kind(none | inner.type, f"none，或{inner.wanted}", f"none, or {inner.wanted_en}", ("none", "number"))


def _month_day(text: str) -> tuple[int, int]:
    day = date.fromisoformat(f"2023-{text}")  # no leap year: the day must exist in every year
    return day.month, day.day


MONTH_DAY = Kind(
    Annotated[_MonthDay, AfterValidator(_month_day)],
    "每年都有的日期，写作 MM-DD",
    "a day that every year has, written MM-DD",
)


def some_of(*options: str) -> Kind:
    """One or more choices of the set, each once; read as a frozen set."""
    once = Predicate(lambda chosen: len(set(chosen)) == len(chosen))
    return Kind(
        Annotated[_choices(options), once, AfterValidator(frozenset)],
        f"{'、'.join(options)} 中的一个或多个",
        f"a list of one or more of {', '.join(options)}",
        options,
    )


def steps(*options: str) -> Kind:
    """One to nine steps, never going down in the order of the options; read as a tuple."""
    rising = Predicate(lambda chosen: sorted(chosen, key=options.index) == chosen)
    return Kind(
        Annotated[_choices(options), Field(max_length=9), rising, AfterValidator(tuple)],
        f"由轻到重排列的 {'、'.join(options)}",
        f"a list of {', '.join(options)}, never going down",
        options,
    )


def _choices(options: tuple[str, ...]) -> Any:
    return Annotated[list[Annotated[str, Predicate(options.__contains__)]], Field(strict=True, min_length=1)]


def table(keys: Iterable[str], inner: Kind, key: Callable[[str], Any] = str) -> Kind:
    """A table with exactly these keys, each of the inner kind; `key` turns a key's text into what code uses."""
    names = tuple(keys)

    def read(rows: Mapping[str, object]) -> Mapping[Any, Any]:
        return MappingProxyType({key(name): rows[name] for name in names})

    of_inner: Any = dict.__class_getitem__((str, inner.type))
    return Kind(
        Annotated[of_inner, Predicate(lambda rows: rows.keys() == set(names)), AfterValidator(read)],
        f"表，键为 {'、'.join(names)}，值为{inner.wanted}",
        f"a table of exactly {', '.join(names)}, each {inner.wanted_en}",
    )


def named_lists(most: int) -> Kind:
    """A table of up to `most` names, each with a list of other words for it; no word stands twice; may be empty."""

    def once(rows: dict[str, list[str]]) -> bool:
        words = [*rows, *(word for row in rows.values() for word in row)]
        return len(set(words)) == len(words)

    def read(rows: dict[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
        return MappingProxyType({name: tuple(row) for name, row in rows.items()})

    return Kind(
        Annotated[dict[_Word, list[_Word]], Field(max_length=most), Predicate(once), AfterValidator(read)],
        f"表，至多 {most} 个名称，各附其别称的列表，任何词不得重复",
        f"a table of at most {most} names, each with the list of its other words, no word twice",
    )


Known = Mapping[str, tuple[str, ...]]
"""The categories that a rulebook lists, each with its other words; empty: any is taken."""


@implements("art.19", "R47")
def group_of(words: str | None, known: Known) -> str | None:
    """按照服务机构类型: the category that words mean, by which results are ranked: as listed, else folded."""
    return None if words is None else others(known).get(category_fold(words), category_fold(words))


def others(known: Known) -> dict[str, str]:
    """By folded spelling the listed name; empty where none is listed."""
    found = {category_fold(word): name for name, words in known.items() for word in words}
    return found | {category_fold(name): name for name in known}


def heading(group: str | None, words: str | None, known: Known = MappingProxyType({})) -> str | None:
    """How a group is headed: by the listed name, else by the words of one in it."""
    return words if words is not None and group not in known and category_fold(words) == group else group


@implements("R47")
def must_be_known(words: str, known: Known, pointer: str) -> None:
    """Refuse what the rulebook's list does not have. Raises: Invalid."""
    if not known or category_fold(words) in others(known):
        return
    listed = "、".join(known)
    raise Invalid(
        f"规则没有列出这一机构类型；可用的：{listed}",
        f"the rulebook lists no such category; it lists: {', '.join(known)}",
        cites=("art.19", "R47"),
        remedy="请选用列出的类型；确需新的类型，先修订规则",
        remedy_en="Choose one of them; a new one is adopted with a rulebook first.",
        pointer=pointer,
    )


class DescribedValue(TypedDict):
    """A value of a rulebook as its content has it: what it is called and worth, under which article and reading."""

    name: str
    value: Any
    unit: str
    article: str
    reading: str
    note: str
    note_en: str
    in_force: str
    options: NotRequired[list[str] | None]
