"""What stood on each day of a stretch of time, from the rows: the steps of `timeline` without a replay (ADR 5).

The course of a standing by replay, asked like the rows: for who is told survey forms by the month alone (R39).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from domain.law import Law
from domain.measures.chapter3_sanctions import Advisory
from domain.measures.rulebook.rulebook import Rulebook
from domain.store.db.dialect import read_day
from domain.values import Instant, stream_id
from projections.answers.standings import (
    AgencyIdentity,
    AssessmentSummary,
    BadRecordCounts,
    StandingParts,
    StandingWarning,
)
from projections.replay.known_at import Basis
from projections.replay.sheet import Sheet
from projections.replay.timeline import timeline
from projections.rows.read.row_answers import (
    RowValues,
    advice_of,
    agency_part,
    assessment_answer,
    sanction_answer,
    warning_of,
)
from projections.rows.read.row_sql import QueryBasis, asked, asked_of_year
from projections.rows.score_values import NO_SCORE, SCORES
from projections.rows.write.conduct_rows import FILED, LAPSES, PROJECTS, RECORDS
from projections.rows.write.status_rows import NOTHING, SANCTIONS, STATUS
from projections.rows.write.tables import SHAPES

_TABLES = (STATUS, SANCTIONS, SCORES, RECORDS, LAPSES, PROJECTS, FILED)


class ValidValue(NamedTuple):
    """A value from a day on, up to the day before another."""

    since: date
    until: date
    value: Any
    key: str = ""


class StoodOn(NamedTuple):
    """The standing from a day on."""

    day: date
    parts: StandingParts


class Lapsed(NamedTuple):
    """A lapse that costs points from a day on."""

    day: date
    item: int
    ground: str
    """The event it rests on."""


class _Describing(NamedTuple):
    """What of a standing follows from the status alone."""

    agency: AgencyIdentity
    warning: StandingWarning | None
    advice: tuple[Advisory, ...]


class Course:
    """The rows of one agency as known at an instant, to be asked about any day. Read once, then all in memory."""

    def __init__(self, connection: Connection, stream: str, law: Law, known_at: Instant) -> None:
        self._uscc, self._law, self._known_at = stream.removeprefix("agency/"), law, known_at
        self._kept: dict[tuple[str, int], list[ValidValue]] = {}
        for table in _TABLES:
            for year, held in _rows(connection, stream, table, known_at):
                self._kept.setdefault((table, year), []).append(held)
        self._starts = {place: [held.since for held in rows] for place, rows in self._kept.items()}
        self._record_years = sorted(year for table, year in self._kept if table == RECORDS)
        self._costs: dict[tuple[int, Rulebook], list[int]] = {}
        self._begun: dict[date, date | None] = {}
        self._said: dict[ValidValue, _Describing] = {}

    def between(self, first: date, last: date) -> Iterator[StoodOn]:
        """The standing on `first`, then on each later day up to `last` on which it is another one."""
        before = self._on(first)
        yield StoodOn(first, before)
        for day in self._edges(first, last):
            after = self._on(day)
            if after != before:
                yield StoodOn(day, after)
                before = after

    def lapses(self, first: date, last: date) -> list[Lapsed]:
        """The lapses that begin to cost points on these days."""
        found = [
            Lapsed(held.since, held.value, held.key.partition(":")[2])
            for (table, _), rows in self._kept.items()
            if table == LAPSES
            for held in rows
            if first <= held.since <= last and held.value
        ]
        return sorted(found)

    def _edges(self, first: date, last: date) -> list[date]:
        """Days after `first` on which something can change."""
        days = {day for rows in self._kept.values() for held in rows for day in (held.since, held.until)}
        days |= {book.effective_from for book in self._law.rulebooks}
        for year in range(first.year - 1, last.year + 2):
            days.add(self._law.rulebooks.span_of(year)[0])
        return sorted(day for day in days if first < day <= last)

    def _held(self, table: str, day: date, year: int = 0) -> ValidValue | None:
        rows = self._kept.get((table, year))
        if rows is None:
            return None
        found = rows[max(0, bisect_right(self._starts[table, year], day) - 1)]
        return found if found.since <= day < found.until else None

    def _value(self, table: str, day: date, default: Any, year: int = 0) -> Any:
        held = self._held(table, day, year)
        return default if held is None else held.value

    def _on(self, day: date) -> StandingParts:
        basis = asked(self._law, day, self._known_at)
        status, year = self._status(day), basis.year
        found = self._found(status, basis)
        total = sum(self._value(RECORDS, day, 0, one) for one in self._record_years if one <= year)
        said = self._describing(status)
        return StandingParts(
            said.agency,
            sanction_answer(found.sanction),
            BadRecordCounts(found.records, total),
            assessment_answer(found, year, basis.book),
            said.warning,
            said.advice,
        )

    def of_year(self, year: int, day: date) -> AssessmentSummary:
        """The `assessment` of a year as of a day, which may lie after the year's end (R20)."""
        basis = asked_of_year(self._law, day, self._known_at, year)
        return assessment_answer(self._found(self._status(day), basis), year, basis.book)

    def _status(self, day: date) -> ValidValue:
        status = self._held(STATUS, day)
        if status is None:
            raise LookupError(f"no status of {self._uscc} on {day}: run steward check")
        return status

    def _found(self, status: ValidValue, basis: QueryBasis) -> RowValues:
        day, year = basis.as_of, basis.year
        return RowValues(
            status=status.value,
            sanction=self._value(SANCTIONS, day, NOTHING),
            score=self._value(SCORES, day, NO_SCORE, year),
            records=self._value(RECORDS, day, 0, year),
            lapse_cost=self._cost(day, year, basis.book),
            assessed=self._assessed(basis),
        )

    def _describing(self, held: ValidValue) -> _Describing:
        if held not in self._said:
            status = held.value
            self._said[held] = _Describing(
                agency_part(self._uscc, status), warning_of(status.warning), advice_of(status.advice)
            )
        return self._said[held]

    def _cost(self, day: date, year: int, book: Rulebook) -> int:
        """What the lapses of the year cost up to the day, in hundredths of a point."""
        rows = self._kept.get((LAPSES, year))
        if rows is None:
            return 0
        if (year, book) not in self._costs:
            sums, points = [0], book.conduct.lapse_points
            for held in rows:
                sums.append(sums[-1] + int(points.get(held.value, 0) * 100))
            self._costs[year, book] = sums
        return self._costs[year, book][bisect_right(self._starts[LAPSES, year], day)]

    def _assessed(self, basis: QueryBasis) -> bool:
        """Whether a project and a filing hold some day of the year up to the day asked about (R29)."""
        first, last = self._law.rulebooks.span_of(basis.year)
        upto = min(last, basis.as_of)
        if first > upto:
            return False
        if first not in self._begun:
            begun = [self._earliest(table, first) for table in (PROJECTS, FILED)]
            self._begun[first] = None if None in begun else max(day for day in begun if day is not None)
        since = self._begun[first]
        return since is not None and since <= upto

    def _earliest(self, table: str, first: date) -> date | None:
        """When the first of the periods began that reach into the time from `first` on."""
        return min((held.since for held in self._kept.get((table, 0), ()) if held.until > first), default=None)


def _rows(connection: Connection, stream: str, table: str, known_at: Instant) -> Iterator[tuple[int, ValidValue]]:
    """The rows of a table that are known, with their year (0 where the table has none), by their first day."""
    shape = SHAPES[table]
    names = ", ".join((*shape.keys, "valid_from", "valid_to", *shape.columns))
    query = text(
        f"SELECT {names} FROM {table} WHERE originator_id = :id "  # noqa: S608  # names of ours
        "AND known_from <= :known AND known_to > :known ORDER BY valid_from, known_from"
    )
    many = len(shape.keys)
    for row in connection.execute(query, {"id": stream_id(stream).hex, "known": known_at}):
        keys = dict(zip(shape.keys, row, strict=False))
        value = row[many + 2] if table == LAPSES else shape.back(tuple(row)[many + 2 :])
        yield keys.get("year", 0), ValidValue(read_day(row[many]), read_day(row[many + 1]), value, keys.get("key", ""))


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
