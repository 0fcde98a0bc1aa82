"""Rows of published results (R32, R34), one each; the one of a year that was recorded last stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from domain.events import Event, ResultPublished, ResultRevised
from domain.law import Law
from domain.measures.rulebook.kinds import group_of
from domain.measures.text.implements import implements
from projections.rows.write.current_rows import NEVER, Period, RowKey
from projections.rows.write.row_context import Context

RESULTS = "published_result"
OF_RESULTS = frozenset({ResultPublished, ResultRevised})


class Result(NamedTuple):
    """What was published of an agency's year."""

    version: int
    """Of the agency: a later one stands in place of an earlier."""
    name: str | None
    category: str | None
    grade: str | None
    total: str | None
    hundredths: int | None
    """The total in hundredths of a point, to rank by."""
    rank: int | None
    assessed: bool
    deadline: date | None
    revised: bool
    category_key: str | None
    """The category in which it was ranked, as the law of that moment has it (R47)."""

    @property
    def is_graded(self) -> bool:
        """Whether it is a result, and not that an agency was not assessed (R28, R29)."""
        return self.assessed or self.grade is not None


@implements("art.19", "art.20", "R30", "R32", "R34")
def update_results(context: Context, changed: Iterable[Event]) -> None:
    """A row for each result; nothing is read, as no other event changes it."""
    for event in changed:
        if isinstance(event, (ResultPublished, ResultRevised)):
            step = Period(event.occurred_on, NEVER, result_of(event, context.law))
            context.live.replace(RowKey(RESULTS, event.year, event.id), [step], context.at)


def result_of(event: ResultPublished | ResultRevised, law: Law) -> Result:
    """The row that a result makes."""
    agency, total = event.sheet.get("agency", {}), event.sheet.get("total")
    category = event.sheet.get("category", agency.get("category"))
    known = law.rulebooks.for_sheet(event.year, event.occurred_on).categories.known
    return Result(
        event.version,
        agency.get("name"),
        category,
        event.grade,
        total,
        None if total is None else int(Fraction(total) * 100),
        event.rank,
        bool(event.sheet.get("assessed")),
        event.deadline,
        isinstance(event, ResultRevised),
        group_of(category, known),
    )
