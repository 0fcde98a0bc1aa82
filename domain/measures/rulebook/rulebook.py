"""The rulebook: every number and choice of the Measures as data, validated, hashed and chosen by date (R4, R5, R20)."""

from __future__ import annotations

import copy
import hashlib
import json
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from domain.measures.rulebook.kinds import DescribedValue
from domain.measures.rulebook.schema import Defect, Interpretation, RulebookInvalid, json_able, read_content
from domain.measures.rulebook.values_of_rules import LATER, PARAMETERS, Chapters
from domain.measures.text.implements import implements
from domain.measures.text.paragraphs import READING_REFS

__all__ = [
    "Defect",
    "Interpretation",
    "Rulebook",
    "RulebookInvalid",
    "Rulebooks",
    "assessment_year_of",
    "load_rulebook",
    "shipped_rulebook",
    "year_span",
]

_SHIPPED = Path(__file__).with_name("dayawan-2021.toml")
_ADDED = Path(__file__).with_name("added-later.toml")
_OVERRIDE = "+override"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rulebook(Chapters):
    """One rulebook, in force from `effective_from` until the next. Equal content makes equal rulebooks.

    The chapters hold the values as code uses them: points as exact fractions, periods in whole days or years.
    """

    id: str
    effective_from: date
    sha256: str
    """Digest of `canonical`; answers name it beside the id."""
    canonical: bytes = field(repr=False, compare=False)
    """The canonical JSON of the content: UTF-8, sorted keys, no spaces."""
    title: str = field(repr=False, compare=False)
    title_en: str = field(repr=False, compare=False)
    readings: tuple[Interpretation, ...] = field(repr=False, compare=False)
    defects: tuple[Defect, ...] = field(repr=False, compare=False)

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Rulebook:
        """A rulebook from what RulebookAdopted stores; `RulebookInvalid` names the first thing that is wrong."""
        found, chapters = read_content(content)
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        return cls(
            **vars(chapters),
            id=found.id,
            effective_from=found.effective_from,
            sha256=hashlib.sha256(canonical).hexdigest(),
            canonical=canonical,
            title=found.title,
            title_en=found.title_en,
            readings=_with_later_readings(tuple(found.reading)),
            defects=tuple(found.defect),
        )

    @classmethod
    def adopted(cls, content: Mapping[str, Any]) -> Rulebook:
        """What a ledger holds already, read in once a process, however many ledgers and readers ask."""
        return _adopted(json.dumps(content, sort_keys=True))

    @property
    def content(self) -> dict[str, Any]:
        """What the event RulebookAdopted stores, JSON-able; a fresh copy each time, so that this one cannot change."""
        loaded: dict[str, object] = json.loads(self.canonical)
        return loaded

    @implements("R5")
    def override(self, changes: Mapping[str, Any]) -> Rulebook:
        """This rulebook with other values, by name (`ladder.tag_term`) or parameter (`tag_term`), for what-if.

        Validated like any other and marked `<id>+override`; nothing is stored. A table is replaced as a whole.
        """
        content = self.content
        content["value"] = self._value_rows()
        rows: dict[str, DescribedValue] = {row["name"]: row for row in content["value"]}
        seen: set[str] = set()
        for given, value in changes.items():
            name = PARAMETERS.get(given, given)
            if name not in rows or name in seen:
                raise RulebookInvalid(
                    str(given)[:80],
                    "没有这个数值，或给了两次。",
                    "there is no such value, or it is given twice.",
                    f"可用的名称：{'、'.join(rows)}。",
                    f"The names are: {', '.join(rows)}.",
                )
            seen.add(name)
            rows[name]["value"] = copy.deepcopy(value)
        content["id"] = self.id.removesuffix(_OVERRIDE) + _OVERRIDE
        return Rulebook.from_content(content)

    def describe(self) -> list[DescribedValue]:
        """Every value for people, in the rulebook's order: name, value, unit, article, reading, notes, date, options.

        `options` is None where the value is no choice.
        """
        return [{"options": None, **row} for row in self._value_rows()]

    def _value_rows(self) -> list[DescribedValue]:
        """The rows of `content`, and what holds of values that came after this rulebook was adopted."""
        rows: list[DescribedValue] = self.content["value"]
        given = {row["name"] for row in rows}
        if missing := LATER.keys() - given:
            known: list[DescribedValue] = [*shipped_rulebook().content["value"], *_added().get("value", ())]
            later = [row for row in known if row["name"] in missing]
            rows += [{**row, "value": copy.deepcopy(LATER[row["name"]])} for row in later]
        return rows

    def reading(self, ref: str) -> Interpretation:
        """The reading `R16`; `KeyError` for one that does not exist."""
        for reading in self.readings:
            if reading.ref == ref:
                return reading
        raise KeyError(ref)


@lru_cache(maxsize=32)
def _adopted(content: str) -> Rulebook:
    return Rulebook.from_content(json.loads(content))


def load_rulebook(path: Path) -> Rulebook:
    """The rulebook of a TOML file; `RulebookInvalid` when it is wrong, `OSError` when it cannot be read."""
    with path.open("rb") as file:
        try:
            loaded = tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise RulebookInvalid(
                path.name,
                f"不是有效的 TOML：{error}。",
                f"not valid TOML: {error}.",
                "请改正文件。",
                "Correct the file.",
            ) from error
    return Rulebook.from_content(json_able(loaded))


@lru_cache(maxsize=1)
def shipped_rulebook() -> Rulebook:
    """The first rulebook, `dayawan-2021`, as this product ships it."""
    return load_rulebook(_SHIPPED)


@lru_cache(maxsize=1)
def _added() -> dict[str, Any]:
    """Values and readings that came after the shipped rulebook, whose content is adopted by its hash (R4)."""
    with _ADDED.open("rb") as file:
        found: dict[str, object] = json_able(tomllib.load(file))
    return found


def _with_later_readings(given: tuple[Interpretation, ...]) -> tuple[Interpretation, ...]:
    """The readings that a rulebook gives, and those that the code has followed since, unconfirmed: nobody was asked."""
    refs = {one.ref for one in given}
    if set(READING_REFS) <= refs:
        return given
    added = TypeAdapter(tuple[Interpretation, ...]).validate_python(_added()["reading"])
    missing = set(READING_REFS) - refs - {one.ref for one in added}
    shipped = shipped_rulebook().readings if missing else ()  # the shipped one itself lacks only what was added
    later = (one for one in (*shipped, *added) if one.ref not in refs)
    more = {one.ref: replace(one, confirmed_by="", confirmed_on=None) for one in later}
    every = [*given, *more.values()]
    return tuple(sorted(every, key=lambda one: READING_REFS.index(one.ref)))


class Rulebooks:
    """The rulebooks in force, by date, made from the adopted ones in the order of their adoption; immutable.

    One that is adopted again under the same id replaces the earlier; of two with the same date the later adopted rules.
    Iterating gives those that are in force on some day, by `effective_from`.
    `RulebookInvalid` when a change of the cycle's start would make an assessment year come back after the next began.
    """

    __slots__ = ("_all", "_spans", "_starts")

    def __init__(self, adopted: Iterable[Rulebook]) -> None:
        latest: dict[str, Rulebook] = {}
        for rulebook in adopted:
            latest.pop(rulebook.id, None)  # so that the dict keeps the order of the last adoptions
            latest[rulebook.id] = rulebook
        if not latest:
            raise ValueError("no rulebook has been adopted; adopt shipped_rulebook() first")
        by_day = {rulebook.effective_from: rulebook for rulebook in latest.values()}
        self._starts = tuple(sorted(by_day))
        self._all = tuple(by_day[day] for day in self._starts)
        self._spans: dict[int, tuple[date, date]] = {}
        self._refuse_years_that_return()

    def _refuse_years_that_return(self) -> None:
        for earlier, later in zip(self._all, self._all[1:], strict=False):
            eve = _eve(later.effective_from)
            if assessment_year_of(later.effective_from, later) < assessment_year_of(eve, earlier):
                raise RulebookInvalid(
                    f"{later.id} assessment.cycle_start",
                    f"自 {later.effective_from} 改变起点，会使已结束的考评年度重新开始。",
                    f"a new start from {later.effective_from} on would bring back an assessment year that was over.",
                    "请让它在新周期的起始日到当年12月31日之间，或在1月1日生效。",
                    "Let it take effect between the new cycle's first day and 31 December, or on 1 January.",
                )

    def __iter__(self) -> Iterator[Rulebook]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @implements("R4")
    def on(self, day: date) -> Rulebook:
        """The rulebook in force on `day`; before the first one, the first (where nothing counts, see `first_day`)."""
        return self._all[max(bisect_right(self._starts, day) - 1, 0)]

    @property
    def first_day(self) -> date:
        """The day on which the first rulebook takes effect: nothing before it costs or earns a point or a tag (R4)."""
        return self._starts[0]

    @implements("R4", "R20")
    def for_sheet(self, year: int, as_of: date) -> Rulebook:
        """The rulebook of year `year`'s sheet as of a day: the one in force on min(`as_of`, last day of the year)."""
        return self.on(min(as_of, self.span_of(year)[1]))

    def span_of(self, year: int) -> tuple[date, date]:
        """What `year_span` says; kept, because every sheet asks for it."""
        if year not in self._spans:
            self._spans[year] = self._span(year)
        return self._spans[year]

    def _span(self, year: int) -> tuple[date, date]:
        """From the earliest to the latest day that a rulebook, while in force, gives to this year."""
        first, last = date.max, date.min
        for index, rulebook in enumerate(self._all):
            begins = _cycle_day(year, rulebook.assessment.cycle_start)
            ends = _eve(_cycle_day(year + 1, rulebook.assessment.cycle_start))
            if index > 0:
                begins = max(begins, rulebook.effective_from)
            if index + 1 < len(self._all):
                ends = min(ends, _eve(self._starts[index + 1]))
            if begins <= ends:
                first, last = min(first, begins), max(last, ends)
        return max(first, self.first_day), last

    def override(self, changes: Mapping[str, Any]) -> Rulebooks:
        """All of them with the same other values (see `Rulebook.override`), for what-if over a whole history."""
        return Rulebooks(rulebook.override(changes) for rulebook in self._all)


def _cycle_day(year: int, cycle_start: tuple[int, int]) -> date:
    """The first day of the cycle that starts in `year`; years beyond the calendar end at its ends."""
    if year < date.min.year:
        return date.min
    return date.max if year > date.max.year else date(year, *cycle_start)


def _eve(day: date) -> date:
    """The day before; the calendar's last day stands for a cycle that would start after it, so it is its own eve."""
    return day if day in (date.min, date.max) else day - _DAY


@implements("art.20", "R20")
def assessment_year_of(day: date, rulebook: Rulebook) -> int:
    """The label of the assessment year in which `day` lies: the calendar year in which its cycle starts.

    Give the rulebook in force on that day: `assessment_year_of(day, rulebooks.on(day))`.
    """
    return day.year if (day.month, day.day) >= rulebook.assessment.cycle_start else day.year - 1


@implements("art.20", "art.28", "R20")
def year_span(year: int, rulebooks: Rulebooks) -> tuple[date, date]:
    """First and last day of an assessment year, both included; the first year starts with the first rulebook.

    These are exactly the days that `assessment_year_of` gives this label, from `first_day` on. A year that was over
    before the first rulebook gets a span whose first day lies after its last: no day is in it, so nothing counts.
    """
    return rulebooks.span_of(year)
