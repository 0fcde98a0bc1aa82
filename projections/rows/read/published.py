"""Published results and waiting matters of the whole district: one query each, paged in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, bindparam, text

from domain.store.db.dialect import read_day
from domain.values import FOREVER, Instant, agency_stream, instant, moment
from projections.rows.write.current_rows import NEVER, ONE_DAY
from projections.rows.write.result_rows import RESULTS, Result
from projections.rows.write.status_rows import STATUS
from projections.rows.write.tables import SHAPES
from projections.rows.write.worklist_rows import MATTERS, Matter

LATEST = NEVER - ONE_DAY
ALL_KNOWN = instant(moment(FOREVER) - timedelta(microseconds=1))
"""A day and an instant after all that was ever recorded: what stands at last."""


class StandingResult(NamedTuple):
    """The result of an agency's year that stands at a basis."""

    uscc: str
    event_id: str
    published_on: date
    known_from: Instant
    result: Result


_KNOWN = "{a}.year = :year AND {a}.valid_from <= :day AND {a}.known_from <= :known"
_COLUMNS = ", ".join(f"r.{column}" for column in SHAPES[RESULTS].columns)
_LAST = (
    f"{_KNOWN.format(a='r')} AND NOT EXISTS ("  # noqa: S608  # names of ours
    f"SELECT 1 FROM {RESULTS} s WHERE s.originator_id = r.originator_id AND {_KNOWN.format(a='s')} "
    "AND s.version > r.version)"
)
_GRADED = "(r.assessed = 1 OR r.grade IS NOT NULL)"
_WINDOWS = (
    f"SELECT count(*), max(r.deadline) FROM {RESULTS} r "  # noqa: S608  # names of ours
    f"WHERE {_LAST} AND r.revised = 1 AND r.deadline >= :today"
)
_RESULTS = (
    f"SELECT h.stream, r.key, r.valid_from, r.known_from, {_COLUMNS} FROM {RESULTS} r "  # noqa: S608  # names of ours
    f"JOIN stream_heads h ON h.originator_id = r.originator_id WHERE {_LAST}{{own}} "
    "ORDER BY r.category_key, CASE WHEN r.rank IS NULL THEN 1 ELSE 0 END, r.rank, h.stream"
)


def results_of_year(
    connection: Connection,
    year: int,
    as_of: date = LATEST,
    known_at: Instant = ALL_KNOWN,
    *,
    uscc: str | None = None,
    graded: bool | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[StandingResult]:
    """The standing results of a year on a day as known at an instant, per category by rank; a page, or one agency.

    `graded`: only those, or only who was not assessed (R29); by default both.
    """
    values: dict[str, Any] = {"year": year, "day": as_of.isoformat(), "known": known_at}
    own = "" if uscc is None else " AND h.stream = :stream"
    query = _RESULTS.replace("{own}", own + ("" if graded is None else f" AND {'' if graded else 'NOT '}{_GRADED}"))
    if uscc is not None:
        values["stream"] = f"agency/{uscc}"
    if limit is not None:
        query, values = f"{query} LIMIT :limit OFFSET :offset", values | {"limit": limit, "offset": offset}
    for row in connection.execute(text(query), values):
        stream, event_id, day, known_from, *rest = row
        yield standing_result(stream, event_id, day, known_from, rest)


def standing_result(stream: str, event_id: str, day: Any, known_from: Any, columns: Sequence[Any]) -> StandingResult:
    """A row of the results, as either database gives it."""
    return StandingResult(
        stream.removeprefix("agency/"), event_id, read_day(day), _instant(known_from), SHAPES[RESULTS].back(columns)
    )


class Windows(NamedTuple):
    """How many revised results of a year can still be appealed, and until when the last of them (R3, R34)."""

    results: int
    last: date


def revised_windows(
    connection: Connection, year: int, today: date, as_of: date = LATEST, known_at: Instant = ALL_KNOWN
) -> Windows | None:
    """The weeks of revised results of a year that are not over on a day; None where there is none."""
    values = {"year": year, "day": as_of.isoformat(), "known": known_at, "today": today.isoformat()}
    count, last = connection.execute(text(_WINDOWS), values).one()
    return Windows(int(count), read_day(last)) if count else None


_STANDS = "m.valid_from <= :day AND m.valid_to > :day AND m.known_from <= :known AND m.known_to > :known"


class OpenMatter(NamedTuple):
    """A matter as it stands at a basis."""

    uscc: str
    id: str
    since: date
    """The day from which it is in this state."""
    matter: Matter


class WorklistFilter(NamedTuple):
    """Which matters are asked for."""

    kind: str
    status: str | None = None
    """None: those that are open; `all`: every one."""
    due_before: date | None = None
    uscc: str | None = None
    id: str | None = None
    year: int | None = None


def matters(
    connection: Connection,
    wanted: WorklistFilter,
    as_of: date = LATEST,
    known_at: Instant = ALL_KNOWN,
    *,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[OpenMatter]:
    """Reports, appeals, objections, impacts or submissions at a basis, what is due first first; a page of them."""
    conditions = {
        "status": "m.is_open = 1"
        if wanted.status is None
        else "1 = 1"
        if wanted.status == "all"
        else "m.status = :status",
        "due_before": "m.due_on < :due_before",
        "uscc": "h.stream = :stream",
        "id": "m.key = :key",
        "year": "m.about_year = :year",
    }
    given: dict[str, Any] = {name: value for name, value in wanted._asdict().items() if value is not None}
    where = " AND ".join(conditions[name] for name in ("status", *given) if name in conditions)
    values: dict[str, Any] = {"kind": wanted.kind, "day": as_of.isoformat(), "known": known_at}
    values |= {
        "status": wanted.status,
        "due_before": str(wanted.due_before),
        "stream": f"agency/{wanted.uscc}",
        "key": f"{wanted.kind}:{wanted.id}",
        "year": wanted.year,
    }
    query = (
        f"SELECT h.stream, m.key, m.valid_from, {', '.join(f'm.{one}' for one in SHAPES[MATTERS].columns)} "  # noqa: S608
        f"FROM {MATTERS} m JOIN stream_heads h ON h.originator_id = m.originator_id WHERE m.kind = :kind "
        f"AND {_STANDS} AND {where} ORDER BY CASE WHEN m.due_on IS NULL THEN 1 ELSE 0 END, m.due_on, m.begun_on, m.key"
    )
    used = {name: value for name, value in values.items() if f":{name}" in query}
    if limit is not None:
        query, used = f"{query} LIMIT :limit OFFSET :offset", used | {"limit": limit, "offset": offset}
    for row in connection.execute(text(query), used):
        stream, key, since, *rest = row
        yield OpenMatter(
            stream.removeprefix("agency/"),
            key.removeprefix(f"{wanted.kind}:"),
            read_day(since),
            SHAPES[MATTERS].back(rest),
        )


class Waits(NamedTuple):
    """How many matters of a kind are open, and of how many the day has passed on which they were due."""

    kind: str
    open: int
    overdue: int

    def numbers(self) -> dict[str, int]:
        """Both counts of a published year, as an answer shows them."""
        return {"open": self.open, "overdue": self.overdue}


def waiting(
    connection: Connection, today: date, known_at: Instant = ALL_KNOWN, *, uscc: str | None = None
) -> list[Waits]:
    """The open matters of the district, or of one agency, counted by kind."""
    values = {"day": LATEST.isoformat(), "known": known_at, "today": today.isoformat(), "stream": f"agency/{uscc}"}
    query = (
        "SELECT m.kind, count(*), sum(CASE WHEN m.due_on < :today THEN 1 ELSE 0 END) "  # noqa: S608  # names of ours
        f"FROM {MATTERS} m JOIN stream_heads h ON h.originator_id = m.originator_id WHERE m.is_open = 1 AND {_STANDS} "
        "AND m.kind IN ('report', 'appeal', 'objection', 'impact', 'submission')"
        + ("" if uscc is None else " AND h.stream = :stream")
        + " GROUP BY m.kind ORDER BY m.kind"
    )
    used = {name: value for name, value in values.items() if f":{name}" in query}
    return [Waits(kind, int(count), int(late)) for kind, count, late in connection.execute(text(query), used)]


def names_on(connection: Connection, usccs: Collection[str], day: date, known_at: Instant) -> dict[str, str | None]:
    """The names of these agencies on a day as known at an instant."""
    query = text(
        f"SELECT h.stream, m.name FROM {STATUS} m JOIN stream_heads h ON h.originator_id = m.originator_id "  # noqa: S608
        f"WHERE h.stream IN :streams AND {_STANDS}"
    ).bindparams(bindparam("streams", type_=Text, expanding=True))
    values = {"streams": sorted(map(agency_stream, usccs)), "day": day.isoformat(), "known": known_at}
    return {stream.removeprefix("agency/"): name for stream, name in connection.execute(query, values)}


def _instant(value: Any) -> Instant:
    return value if isinstance(value, str) else instant(value)
