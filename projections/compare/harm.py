"""What stands without a decision and with it: the tier on every day, the outcome of every year (R34 compares them)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from domain.measures.calendar import add_years
from domain.measures.chapter3_sanctions import sanction, tags
from domain.measures.chapter4_appeals import Outcome
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.values import Tier
from projections.replay.basis import Basis
from projections.replay.sheet import Sheet


def tiers(before: Basis, after: Basis) -> Iterator[tuple[Tier, Tier]]:
    """The tier without and with it, on every day on which it can change."""
    for day in sorted(_days(before) | _days(after)):
        yield _tier(before, day), _tier(after, day)


def outcomes(before: Basis, after: Basis, year: int) -> Iterator[tuple[int, Outcome, Outcome]]:
    """The outcome without and with it, of every year from this one to that of the bases."""
    for number in range(year, assessment_year_of(before.as_of, before.rulebook) + 1):
        yield number, _outcome(Sheet(before, number)), _outcome(Sheet(after, number))


def _outcome(sheet: Sheet) -> Outcome:
    return Outcome(None if sheet.grade is None else sheet.grade.value, sheet.score)


def _days(basis: Basis) -> set[date]:
    """The day of the basis, and the days on which a tag begins or is over, or its complaint leaves the window (R16)."""
    days, window = {basis.as_of}, basis.rulebook.ladder.window_years
    for tag in tags(basis.facts, basis.rulebook, basis.law.rulebooks):
        ends = (tag.last_day, add_years(tag.first_day, window))
        days |= {tag.first_day, *(one + timedelta(days=1) for one in ends if one is not None)}
    return days


def _tier(basis: Basis, day: date) -> Tier:
    on_day = replace(basis, as_of=day)
    return sanction(on_day.facts, basis.rulebook, basis.law.rulebooks).tier
