"""What waits, of every kind, from the rows as they are known now: one query for a page, one for all counts (R40)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, bindparam, text

from domain.store.db.dialect import read_day
from domain.values import FOREVER, agency_stream
from projections.answers.matters import MatterKind, Urgency

PROJECT_DAYS, QUALIFICATION_DAYS, WEEK_DAYS = 30, 60, 7
"""How long before its last day a project and a qualification begin to wait, and what "this week" means."""

_LAPSED = """CASE WHEN m.kind IN ('submission', 'project', 'invitation') AND m.due_on < :today THEN 1
WHEN m.kind IN ('survey', 'effect') AND m.about_year IN (SELECT DISTINCT year FROM published_result) THEN 1
ELSE 0 END"""
"""A day passed for good: the point is lost (R8, R9), the link is void, the year is published (R32)."""
_DUE = "CASE WHEN m.kind = 'appeal' THEN NULL ELSE m.due_on END"
"""Of an appeal the row keeps the week in which it could be filed (R3): it sets the committee no day."""
_STANDS = """m.is_open = 1 AND m.known_to = :forever AND m.valid_from <= :today AND m.valid_to > :today
AND m.kind IN :kinds AND (m.kind NOT IN ('project', 'qualification')
OR (m.kind = 'project' AND m.due_on <= :project_day)
OR (m.kind = 'qualification' AND m.due_on <= :qualification_day))"""
_LIST = """SELECT h.stream, s.name, m.kind, m.key, m.begun_on, {due}, m.about, m.about_year, {lapsed}
FROM matter m JOIN stream_heads h ON h.originator_id = m.originator_id
LEFT JOIN agency_status s ON s.originator_id = m.originator_id AND s.known_to = :forever
AND s.valid_from <= :today AND s.valid_to > :today WHERE {where}
ORDER BY CASE WHEN {due} IS NULL THEN 1 ELSE 0 END, {due}, m.begun_on, m.key, h.stream"""
_COUNTS = """SELECT m.kind, {lapsed}, CASE WHEN {due} IS NULL THEN 'later' WHEN m.due_on < :today THEN 'overdue'
WHEN m.due_on = :today THEN 'today' WHEN m.due_on <= :week THEN 'this_week' ELSE 'later' END, count(*)
FROM matter m {joined} WHERE {where} GROUP BY 1, 2, 3"""


class MatterFilter(NamedTuple):
    """Which matters are asked for, on which day."""

    today: date
    kinds: tuple[MatterKind, ...]
    uscc: str | None = None
    client: str | None = None
    """Only invitations of this enterprise."""
    year: int | None = None
    lapsed: bool | None = None
    urgency: str | None = None


class MatterRow(NamedTuple):
    """A matter as a row says it."""

    uscc: str
    name: str | None
    kind: MatterKind
    key: str
    since: date
    due_on: date | None
    about: str | None
    year: int | None
    lapsed: bool


class CountedMatters(NamedTuple):
    """How many of a kind wait."""

    kind: MatterKind
    overdue: int
    today: int
    this_week: int
    later: int
    lapsed: int


def open_matters(
    connection: Connection, wanted: MatterFilter, *, offset: int = 0, limit: int | None = None
) -> Iterator[MatterRow]:
    """The matters that wait, what is due first first; a page of them."""
    where, values = _where(wanted)
    query = _LIST.format(due=_DUE, lapsed=_LAPSED, where=where)
    if limit is not None:
        query, values = f"{query} LIMIT :limit OFFSET :offset", values | {"limit": limit, "offset": offset}
    for row in connection.execute(_bound(query), values):
        stream, name, kind, key, since, due, about, year, lapsed = row
        yield MatterRow(
            stream.removeprefix("agency/"),
            name,
            kind,
            key,
            read_day(since),
            due and read_day(due),
            about,
            year,
            bool(lapsed),
        )


def matter_counts(connection: Connection, wanted: MatterFilter) -> list[CountedMatters]:
    """How many matters of each kind wait, by when they are due. One query."""
    where, values = _where(wanted)
    joined = "" if wanted.uscc is None else "JOIN stream_heads h ON h.originator_id = m.originator_id"
    query = _COUNTS.format(due=_DUE, lapsed=_LAPSED, joined=joined, where=where)
    found: dict[str, dict[str, int]] = {}
    for kind, lapsed, urgency, count in connection.execute(_bound(query), values | {"week": _week(wanted.today)}):
        of_kind = found.setdefault(kind, dict.fromkeys(CountedMatters._fields[1:], 0))
        of_kind["lapsed" if lapsed else urgency] += int(count)
    return [CountedMatters(kind, **found[kind]) for kind in wanted.kinds if kind in found]


def urgency_of(due_on: date | None, today: date) -> Urgency:
    """`overdue`, `today`, `this_week` (within seven days) or `later`, also where no day is set."""
    if due_on is None or due_on > today + timedelta(days=WEEK_DAYS):
        return "later"
    return "overdue" if due_on < today else "today" if due_on == today else "this_week"


def _where(wanted: MatterFilter) -> tuple[str, dict[str, Any]]:
    today = wanted.today
    values: dict[str, Any] = {
        "today": today.isoformat(),
        "forever": FOREVER,
        "kinds": list(wanted.kinds),
        "project_day": (today + timedelta(days=PROJECT_DAYS)).isoformat(),
        "qualification_day": (today + timedelta(days=QUALIFICATION_DAYS)).isoformat(),
    }
    conditions = [_STANDS]
    for name, value, condition in (
        ("stream", wanted.uscc and agency_stream(wanted.uscc), "h.stream = :stream"),
        ("client", wanted.client, "m.about = :client"),
        ("year", wanted.year, "m.about_year = :year"),
        ("lapsed", None if wanted.lapsed is None else int(wanted.lapsed), f"{_LAPSED} = :lapsed"),
    ):
        if value is not None:
            conditions.append(condition)
            values[name] = value
    if wanted.urgency is not None:
        conditions.append(_URGENCY[wanted.urgency])
        if ":week" in _URGENCY[wanted.urgency]:
            values["week"] = _week(today)
    return " AND ".join(conditions), values


_URGENCY = {
    "overdue": f"{_DUE} < :today",
    "today": f"{_DUE} = :today",
    "this_week": f"{_DUE} > :today AND {_DUE} <= :week",
    "later": f"({_DUE} IS NULL OR {_DUE} > :week)",
}


def _week(today: date) -> str:
    return (today + timedelta(days=WEEK_DAYS)).isoformat()


def _bound(query: str) -> Any:
    return text(query).bindparams(bindparam("kinds", type_=Text, expanding=True))
