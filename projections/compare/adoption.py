"""What adopting a rulebook or a calendar would change of days gone by: asked before it is adopted (R2, R4, R5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain.assessment import AssessmentRound
from domain.law import Law
from domain.measures.calendar import FIRST_YEAR, Calendar
from domain.measures.rulebook.rulebook import Rulebook, Rulebooks
from domain.measures.text.implements import implements
from domain.values import assessment_stream
from projections.answers.comparisons import ChangesUnder
from projections.compare.replay_under import replay_under
from projections.replay.queries import ReplayQueries

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class AdoptionChange:
    """A value or a reading of which two rulebooks say something else. `reading` is what it is read by (`R16`)."""

    name: str
    reading: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Adoption:
    """What a rulebook would change of what has been: both empty where it only judges days to come."""

    replaces: Rulebook | None
    """The rulebook adopted under the same id with another content."""
    changes: tuple[AdoptionChange, ...]
    """What it says otherwise than the rulebook in whose place it judges."""
    years: dict[int, ChangesUnder]
    """Published years whose sheets it would judge from now on, each with the sums of `replay_under`."""

    @property
    def must_be_confirmed(self) -> bool:
        """Whether somebody has to say that this is meant."""
        return self.replaces is not None or bool(self.years)


@implements("R4", "R5")
def adoption_of(questions: ReplayQueries, book: Rulebook) -> Adoption:
    """What adopting this rulebook would change of published years, and which adopted one it would replace.

    Raises: RulebookInvalid when it does not go with those adopted before.
    """
    law = questions.reader.law(questions.now)
    if law is None:
        return Adoption(None, (), {})
    adopted = list(law.rulebooks)
    with_it = Rulebooks([*adopted, book])
    replaces = next((one for one in adopted if one.id == book.id and one.sha256 != book.sha256), None)
    years = {
        year: replay_under(questions, book, year).sum
        for year, day in _published(questions, law)
        if with_it.for_sheet(year, day).sha256 != law.rulebooks.for_sheet(year, day).sha256
    }
    return Adoption(replaces, tuple(_changes(replaces or law.rulebooks.on(book.effective_from), book)), years)


@implements("R2")
def days_changed(questions: ReplayQueries, calendar: Calendar) -> list[date]:
    """Days up to today that this calendar takes otherwise than the adopted one: deadlines that were may move."""
    law = questions.reader.law(questions.now)
    if law is None:
        return []
    first = date(FIRST_YEAR, 1, 1)
    days = (first + _DAY * number for number in range((questions.today - first).days + 1))
    return [day for day in days if law.calendar.is_working_day(day) != calendar.is_working_day(day)]


def _published(questions: ReplayQueries, law: Law) -> Iterator[tuple[int, date]]:
    """The published years, each with the day on which its sheets were asked."""
    for year in range(law.rulebooks.first_day.year, questions.today.year + 1):
        published = AssessmentRound.of(year, questions.reader.events(assessment_stream(year))).published
        if published is not None:
            yield year, published.occurred_on


def _changes(before: Rulebook, after: Rulebook) -> Iterator[AdoptionChange]:
    values = {row["name"]: row["value"] for row in before.describe()}
    for row in after.describe():
        if row["value"] != values[row["name"]]:
            yield AdoptionChange(row["name"], row["reading"], values[row["name"]], row["value"])
    notes = {one.ref: (one.note, one.confirmed_on) for one in before.readings}
    for one in after.readings:
        if (one.note, one.confirmed_on) != notes.get(one.ref):
            yield AdoptionChange(one.ref, one.ref, notes.get(one.ref, ("",))[0], one.note)
