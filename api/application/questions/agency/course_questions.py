"""The course of one agency's standing, quick and small: for pictures of it, and for stepping through its days.

The worklist of hints (R37): of one agency and of the district, answered by replay.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict, replace

from api.application.privacy.authorisation import Reach
from api.application.questions.agency.district_questions import listed, of_now
from api.application.questions.inquiry import Answer, Inquiry, never_changes, path_uscc, question
from api.application.questions.pagination import page
from domain.errors import Invalid
from domain.ledger.reader import Reader
from projections.answers.districts import HintFound
from projections.answers.scalars import plain
from projections.replay.known_at import Basis
from projections.replay.queries import Hints
from projections.replay.standing import agency_name
from projections.rows.read.row_queries import RowQueries
from projections.rows.read.row_summary import Course, Replayed
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


CHECK = "check"
"""In place of a code: hints that suggest no behaviour but something to look at."""


@question("/v1/hints")
def hints_listed(
    inquiry: Inquiry,
    as_of: date | None = None,
    known_at: str | None = None,
    status: str = "open",
    behaviour: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The worklist of hints (R37): facts to be looked into; they never count."""
    wanted = page(cursor, limit, question=("hints", status, behaviour), as_of=as_of, at=known_at)
    with inquiry.replaying() as (questions, reader):
        basis = RowQueries(reader, questions.now).district(wanted.as_of, wanted.known_at)
        if of_now(questions, wanted):
            every = inquiry.service.remembered.hints(questions)
        else:
            found = Hints(reader, wanted.known_at)
            every = [row for one in questions.district(wanted.as_of, wanted.known_at) for row in found.of(one)]
        rows = _asked(every, status, behaviour)
        rows.sort(key=lambda row: (row.day, row.id))
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        return listed(reader, basis.echo(), part, as_of, known_at)


@question("/v1/agencies/{uscc}/hints")
def hints_of(
    inquiry: Inquiry,
    uscc: str,
    as_of: date | None = None,
    known_at: str | None = None,
    status: str = "open",
    behaviour: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The hints at one agency (R37); an agency sees nothing of others."""
    question = ("agency_hints", path_uscc(uscc), status, behaviour)
    wanted = page(cursor, limit, question=question, as_of=as_of, at=known_at)
    with inquiry.replaying() as (questions, reader):
        basis = questions.basis(path_uscc(uscc), wanted.as_of, wanted.known_at)
        rows = _asked(Hints(reader, wanted.known_at).of(basis), status, behaviour)
        if inquiry.reach is Reach.OWN:
            hidden = set() if inquiry.veil is None else inquiry.veil.ids  # what a form suggests names it (R39)
            rows = [replace(row, elsewhere=UNSET) for row in rows if hidden.isdisjoint(row.events)]
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        echo = {"agency": agency_name(basis), **basis.echo(basis.rulebook)}
        return listed(reader, echo, part, as_of, known_at)


def _asked(rows: Iterable[HintFound], status: str, behaviour: str | None) -> list[HintFound]:
    code = None if behaviour == CHECK else behaviour
    return [row for row in rows if status in ("all", row.status) and (behaviour is None or row.behaviour == code)]
