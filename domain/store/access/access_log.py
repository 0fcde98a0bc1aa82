"""Who read what about which agency: written behind the answers in batches, kept for a time, changed by nobody.

The log says who recorded what; this says who looked. It is no part of the log: it may be thrown away after its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, select

from domain.store.access.access_audit import name_of_person
from domain.store.db.schema import consultations
from domain.store.db.statements import Insert, write
from domain.values import Instant, instant, midnight

LEAST_DAYS = 30
"""A trigger of the database refuses to delete a younger row, whoever asks (migration 0007)."""
PIECE = 5_000
"""Rows deleted in one transaction."""


class Consultation(NamedTuple):
    """One answered question about one agency."""

    at: Instant
    person_id: str
    role: str
    via: str
    uscc: str
    route: str
    """Method and path as declared, without what was filled in."""
    as_of: str | None
    known_at: str | None
    asked: str | None
    """What else of the basis was asked for, as `name=value&…`."""


class LogFilter(NamedTuple):
    """Which consultations are asked for: of an agency, by a person, from a Shanghai day to another, both included."""

    uscc: str | None = None
    person_id: str | None = None
    first: date | None = None
    last: date | None = None
    sought: str | None = None
    """Only searches for a person with this hash (`api/application/questions/agency/people_questions.py`)."""


SOUGHT, SUBJECT = "sought=", "subject="
"""What `asked` says of a search for a person: in its own row the hash, at an agency whom it found there."""
_TYPES = ("timestamptz", *("text",) * (len(Consultation._fields) - 1))


def note(connection: Connection, rows: Sequence[Consultation]) -> None:
    """Write consultations down, in one statement."""
    write(connection, [Insert("consultations", Consultation._fields, _TYPES, rows)])


def newest(connection: Connection) -> int:
    """The id of the last one that was written down; 0 when there is none."""
    return connection.scalar(select(func.max(consultations.c.id))) or 0


def found(
    connection: Connection,
    sought: LogFilter,
    *,
    up_to: int,
    offset: int,
    limit: int,
    by: str = "at",
    descending: bool = True,
) -> list[tuple[int, Consultation]]:
    """What was consulted, with ids, the last written first, among those up to an id; a page of it.

    `by`: another column, `person` (by name) or `agency`; between equals the last written comes first.
    """
    c = consultations.c
    column: ColumnElement[Any] = {"at": c.id, "agency": c.uscc, "person": name_of_person(c.person_id)}[by]
    query = select(consultations).where(*_conditions(sought, up_to))
    query = query.order_by(column.desc() if descending else column.asc(), c.id.desc()).offset(offset).limit(limit)
    return [(row.id, Consultation(*row[1:])) for row in connection.execute(query)]


def counted(connection: Connection, sought: LogFilter, up_to: int) -> int:
    """How much was consulted, among what was written up to an id."""
    return connection.scalar(select(func.count()).select_from(consultations).where(*_conditions(sought, up_to))) or 0


def _conditions(sought: LogFilter, up_to: int) -> list[ColumnElement[bool]]:
    c = consultations.c
    conditions: list[ColumnElement[bool]] = [c.id <= up_to]
    conditions += [c.uscc == sought.uscc] if sought.uscc is not None else []
    conditions += [c.person_id == sought.person_id] if sought.person_id is not None else []
    conditions += [c.at >= midnight(sought.first)] if sought.first is not None else []
    conditions += [c.at < midnight(sought.last + timedelta(days=1))] if sought.last is not None else []
    conditions += [c.asked.like(f"%{SOUGHT}{sought.sought}")] if sought.sought is not None else []
    return conditions


def prune(connection: Connection, days: int, now: datetime) -> int:
    """Delete a piece of what is older than so many days; how many rows it was. Call again until it is none."""
    before = instant(now.astimezone(UTC) - timedelta(days=max(days, LEAST_DAYS)))
    old = select(consultations.c.id).where(consultations.c.at < before).limit(PIECE)
    return connection.execute(delete(consultations).where(consultations.c.id.in_(old))).rowcount
