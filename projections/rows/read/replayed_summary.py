"""The course of a standing by replay, asked like the rows: for who is told survey forms by the month alone (R39)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from projections.answers.standings import AssessmentSummary
from projections.replay.basis import Basis
from projections.replay.sheet import Sheet
from projections.replay.timeline import timeline
from projections.rows.read.row_summary import Course, Lapsed, StoodOn


class Replayed:
    """What stood on each day, asked like the rows and answered by replay."""

    def __init__(self, basis: Basis, rows: Course) -> None:
        self._basis, self._rows = basis, rows

    def between(self, first: date, last: date) -> Iterator[StoodOn]:
        """As `Course.between`."""
        found = timeline(self._basis, first, last)
        yield StoodOn(first, found.start.standing)
        for one in found.items:
            yield StoodOn(one.date, one.standing)

    def lapses(self, first: date, last: date) -> list[Lapsed]:
        """As `Course.lapses`: no survey bears on them."""
        return self._rows.lapses(first, last)

    def of_year(self, year: int, day: date) -> AssessmentSummary:
        """As `Course.of_year`."""
        return Sheet(replace(self._basis, as_of=day), year).summary()
