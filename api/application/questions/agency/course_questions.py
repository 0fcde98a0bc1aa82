"""The course of one agency's standing, quick and small: for pictures of it, and for stepping through its days."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec.structs import asdict

from api.application.questions.inquiry import Answer, Inquiry, never_changes, path_uscc, question
from domain.errors import Invalid
from domain.ledger.reader import Reader
from projections.answers.scalars import plain
from projections.replay.basis import Basis
from projections.replay.standing import agency_name
from projections.rows.read.replayed_summary import Replayed
from projections.rows.read.row_summary import Course
from projections.rows.read.timeline_summary import course, default_span, latest_result, rows_of, stops


@question("/v1/agencies/{uscc}/course")
def course_between(
    inquiry: Inquiry,
    uscc: str,
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
    known_at: str | None = None,
) -> Answer:
    """Score, tier and facts over a stretch, drawn together for a picture.

    `score` is by day and stops at a year's end. `ended_years`: each year that is over by `as_of`, with its sheet of
    that day, in which what came in after the year's end counts too, and its published `result` (null: none).
    """
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        from_, to = _span(basis, first, last or basis.as_of)
        found = course(basis, _rows(reader, basis, known_at), from_, to)
        days = [basis.trail.day_of(event) for event in basis.trail.events]
        content = {
            "agency": agency_name(basis),
            **_echo(basis),
            "first_fact": min(days).isoformat(),
            "last_fact": max(days).isoformat(),
            **plain(found),
            "latest_result": latest_result(basis.trail, basis.as_of),
        }
        as_of_named = None if None in (first, last) else as_of
        return Answer(content, never_changes(reader, as_of_named, known_at, basis.known_at))


@question("/v1/agencies/{uscc}/stops")
def stops_around(inquiry: Inquiry, uscc: str, as_of: date | None = None, known_at: str | None = None) -> Answer:
    """Beside a day: the previous and next day with facts, and with a change of the standing."""
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        last = max(questions.today, basis.as_of, *(basis.trail.day_of(event) for event in basis.trail.events))
        content = {
            "agency": agency_name(basis),
            **_echo(basis),
            **asdict(stops(basis, _rows(reader, basis, known_at), basis.as_of, last)),
        }
    return Answer(content)


def _rows(reader: Reader, basis: Basis, known_at: str | None) -> Course | Replayed:
    """What stood on each day; for who is told survey forms by month, by replay: the rows know the days (R39)."""
    rows = rows_of(reader, basis, known_at)
    return rows if basis.trail.veil is None else Replayed(basis, rows)


def _span(basis: Basis, first: date | None, last: date) -> tuple[date, date]:
    """The days in question. Raises: Invalid for an end before the beginning."""
    if first is None:
        return default_span(basis, last)
    if last < first:
        raise Invalid(
            f"to（{last}）早于 from（{first}）",
            f"to ({last}) lies before from ({first})",
            remedy="请对调两个日期",
            remedy_en="Swap the two dates.",
            pointer="?to",
        )
    return first, last


def _echo(basis: Basis) -> dict[str, Any]:
    """The echo of a basis that has no day."""
    echo = basis.echo(basis.rulebook)
    return {name: value for name, value in echo.items() if name not in ("as_of", "projected")}
