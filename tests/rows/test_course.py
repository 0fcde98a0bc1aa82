"""The course from the rows is the timeline from the replay, on both databases; and what is drawn together is whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from domain.ledger.ledger import Ledger
from domain.ledger.reader import Reader
from domain.store.log.sequencer import seal
from domain.values import instant
from projections.answers.scalars import plain
from projections.pictures.timeline_axis import LANES
from projections.replay.queries import ReplayQueries
from projections.replay.sheet import Sheet
from projections.rows.read.timeline_summary import COLUMNS, MOST_MARKS, course, default_span, rows_of, stops
from tests.databases import Databases
from tests.plain_answers import summary
from tests.rows.ledgers import BOTH, Recordable, new_ledger, record
from tests.specification import uscc

CODES = [uscc(5000 + number) for number in range(8)]


@pytest.fixture(scope="module", params=BOTH)
def ledger(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Ledger]:
    """Eight agencies of generated histories, with annulments, delistings, terminations."""
    with new_ledger(request.param, databases) as made:
        for number, code in enumerate(CODES):
            record(made, Recordable(700 + number, 50 + 12 * number).sent, code)
        while seal(made.engine):
            pass
        yield made


def bases(reader: Reader, code: str) -> list[str | None]:
    """Now, a version in the middle, an instant, a place of the log."""
    events = reader.agency_events(code)
    middle = events[len(events) // 2]
    sealed, _ = reader.sealed()
    return [None, f"version:{len(events) // 3 + 1}", middle.recorded_at, f"log:{sealed - 3}"]


def test_the_rows_change_on_the_days_on_which_the_replay_changes(ledger: Ledger) -> None:
    """Same days, same parts, same values, whatever was known; from before the first fact to after the last."""
    seen = 0
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(datetime.now(UTC)))
        for code in CODES:
            for known_at in bases(reader, code):
                basis = questions.basis(code, None, known_at)
                days = [event.occurred_on for event in basis.trail.events]
                first, last = min(days) - timedelta(days=40), max(days) + timedelta(days=1200)
                replayed = questions.timeline(basis, first, last)
                stood = list(rows_of(reader, basis, known_at).between(first, last))
                assert stood[0].parts == replayed.start.standing
                by_rows = [(one.day, one.parts) for one in stood[1:]]
                assert by_rows == [(one.date, one.standing) for one in replayed.items]
                seen += len(by_rows)
    assert seen > 400


def test_nothing_is_lost_when_facts_are_drawn_together(ledger: Ledger) -> None:
    """Over a week or over all years, marks hold every fact of the stretch once; the score's least and greatest stay."""
    brought = 0
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(datetime.now(UTC)))
        for code in CODES:
            basis = questions.basis(code)
            rows = rows_of(reader, basis, None)
            days = sorted(event.occurred_on for event in basis.trail.events)
            for first, last in ((days[0], days[-1]), (days[20], days[20] + timedelta(days=6))):
                found = plain(course(basis, rows, first, last))
                inside = [event for event in basis.trail.events if first <= event.occurred_on <= last]
                timed = sum(one["kinds"].get("lapse", 0) for one in found["marks"])
                assert found["facts"] == len(inside)
                assert sum(one["count"] for one in found["marks"]) == len(inside) + timed
                brought += timed
                gone = sum(not basis.trail.counts(event) for event in inside)
                assert sum(one["annulled"] for one in found["marks"]) == gone
                totals = [one.parts.assessment.total for one in rows.between(first, last)]
                kept = [one["total"] for one in found["score"]]
                assert extremes(kept) == extremes(totals)
                assert len(kept) <= 4 * COLUMNS
    assert brought > 0


def extremes(totals: list[str | None]) -> tuple[float, float] | None:
    numbers = [float(one) for one in totals if one is not None]
    return (min(numbers), max(numbers)) if numbers else None


def test_stops_lead_through_the_history_and_back(ledger: Ledger) -> None:
    """From the first day, `next` visits every day on which the standing changes, in order, and `previous` goes back."""
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(datetime.now(UTC)))
        basis = questions.basis(CODES[3])
        rows = rows_of(reader, basis, None)
        last = date(2026, 1, 1)
        days = [event.occurred_on for event in basis.trail.events]
        items = plain(questions.timeline(basis, min(days) - timedelta(days=1), last))["items"]
        expected = [one["date"] for one in items]
        visited, day = [], plain(stops(basis, rows, date(1990, 1, 1), last))["changes"]["first"]
        while day is not None:
            visited.append(day)
            beside = plain(stops(basis, rows, date.fromisoformat(day), last))["changes"]
            assert (beside["place"], beside["count"]) == (len(visited), len(expected))
            assert beside["previous"] == (visited[-2] if len(visited) > 1 else None)
            day = beside["next"]
        assert visited == expected


def test_marks_of_a_lane_keep_their_distance(ledger: Ledger) -> None:
    """Two marks of a lane begin so far apart that each can be hit; within a month every day has marks of its own."""
    with ledger.reading() as reader:
        basis = ReplayQueries(reader, instant(datetime.now(UTC))).basis(CODES[7])
        rows = rows_of(reader, basis, None)
        day = sorted(event.occurred_on for event in basis.trail.events)[40]
        for days in (1, 7, 31, 90, 365, 3650):
            found = plain(course(basis, rows, day, day + timedelta(days=days - 1)))
            for lane in LANES:
                begins = [date.fromisoformat(one["from"]) for one in found["marks"] if one["lane"] == lane]
                assert all((then - now).days * MOST_MARKS >= days - 1 for now, then in pairwise(begins))
                assert len(begins) <= MOST_MARKS + 1
            if days <= MOST_MARKS:
                assert all(one["from"] == one["to"] for one in found["marks"])


def test_the_span_without_a_wish_has_something_in_it(ledger: Ledger) -> None:
    """A year up to the day; the whole history where nothing happened in that year."""
    with ledger.reading() as reader:
        basis = ReplayQueries(reader, instant(datetime.now(UTC))).basis(CODES[0])
        days = [event.occurred_on for event in basis.trail.events]
        assert default_span(basis, max(days)) == (max(days) - timedelta(days=364), max(days))
        assert default_span(basis, max(days) + timedelta(days=900)) == (min(days), max(days) + timedelta(days=900))
        assert default_span(basis, min(days) - timedelta(days=9)) == (min(days) - timedelta(days=9),) * 2


def test_a_year_that_is_over_is_told_as_its_sheet_tells_it(ledger: Ledger) -> None:
    """What came in after a year's end counts for it (R20): told is its sheet of the day of the basis."""
    moved = 0
    with ledger.reading() as reader:
        questions = ReplayQueries(reader, instant(datetime.now(UTC)))
        for code in CODES:
            for known_at in bases(reader, code):
                for as_of in (date(2024, 12, 31), date(2025, 1, 1), date(2026, 3, 1)):
                    basis = questions.basis(code, as_of, known_at)
                    first = min(event.occurred_on for event in basis.trail.events)
                    found = plain(course(basis, rows_of(reader, basis, known_at), first, date(2026, 12, 31)))
                    assert [one["year"] for one in found["ended_years"]] == list(range(first.year, as_of.year))
                    last_days = {one["year"]: one for one in found["score"]}
                    for one in found["ended_years"]:
                        sheet = summary(Sheet(basis, one["year"]))
                        assert one["override"] == bool(sheet["override"])
                        told = {name: one[name] for name in ("year", "total", "grade", "label")}
                        assert told == {name: sheet[name] for name in told}
                        assert one["as_of"] == as_of.isoformat()
                        moved += one["total"] != last_days[one["year"]]["total"]
    assert moved > 0
