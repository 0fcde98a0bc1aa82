"""Published results and waiting matters of the whole district: one query each, paged in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, Uuid, bindparam, text

from domain.store.db.dialect import Dialect, by_code_points, dialect_of, read_day
from domain.values import FOREVER, Instant, agency_stream, instant, moment, stream_id
from projections.rows.read.register import NOT_TOLD
from projections.rows.read.searching import Ordering, named_so, searched_for
from projections.rows.write.current_rows import NEVER, ONE_DAY
from projections.rows.write.result_rows import RESULTS, Result
from projections.rows.write.status_rows import STATUS
from projections.rows.write.tables import SHAPES
from projections.rows.write.worklist_rows import MATTERS, Matter

BY_PLACE, BY_DUE = Ordering("rank"), Ordering("due")
_COLUMNS_OF_LISTS = {"due": "m.due_on", "agency": "h.stream", "since": "m.begun_on"}
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
LAST = (
    f"{_KNOWN.format(a='r')} AND NOT EXISTS ("  # noqa: S608  # names of ours
    f"SELECT 1 FROM {RESULTS} s WHERE s.originator_id = r.originator_id AND {_KNOWN.format(a='s')} "
    "AND s.version > r.version)"
)
_GRADED = "(r.assessed = 1 OR r.grade IS NOT NULL)"
TOLD = " ".join(
    (
        "f.filing = 'filed' OR EXISTS (SELECT 1",
        f"FROM {RESULTS} t WHERE t.originator_id = f.originator_id",
        "AND t.valid_from <= :day AND t.known_from <= :known",
        "AND t.valid_from >= f.valid_from AND t.valid_from < f.valid_to)",
    )
)
"""Of the names that an agency has had, those under which it stood on the register or in a published result."""
_WINDOWS = (
    f"SELECT count(*), max(r.deadline) FROM {RESULTS} r "  # noqa: S608  # names of ours
    f"WHERE {LAST} AND r.revised = 1 AND r.deadline >= :today"
)
_RESULTS = (
    f"SELECT h.stream, r.key, r.valid_from, r.known_from, {_COLUMNS} FROM {RESULTS} r "  # noqa: S608  # names of ours
    f"JOIN stream_heads h ON h.originator_id = r.originator_id WHERE {LAST}{{own}} "
    "ORDER BY r.category_key, "
)


def results_of_year(
    connection: Connection,
    year: int,
    as_of: date = LATEST,
    known_at: Instant = ALL_KNOWN,
    repairs: bool = False,
    *,
    uscc: str | None = None,
    graded: bool | None = None,
    q: str | None = None,
    order: Ordering = BY_PLACE,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[StandingResult]:
    """The standing results of a year on a day as known at an instant, per category by rank; a page, or one agency.

    `repairs`: without those whose publicity has ended (R42). `graded`: only those, or only who was not assessed (R29);
    by default both. `q`: fragments of a name or code, of the names that public lists tell (R7)."""
    values: dict[str, object] = {"year": year, "day": as_of.isoformat(), "known": known_at}
    own = ("" if uscc is None else " AND h.stream = :stream") + (f" AND NOT {NOT_TOLD}" if repairs else "")
    query = _RESULTS.replace("{own}", own + ("" if graded is None else f" AND {'' if graded else 'NOT '}{_GRADED}"))
    columns = {"rank": "r.rank", "name": by_code_points(dialect_of(connection), "r.name"), "total": "r.hundredths"}
    query += order.sql(columns, "h.stream")
    if uscc is not None:
        values["stream"] = f"agency/{uscc}"
    if q is not None:
        fragments = searched_for(q)
        named = named_so(dialect_of(connection), fragments, f" AND ({TOLD})")
        query, values = query.replace(" ORDER BY ", f" AND {named} ORDER BY ", 1), values | fragments
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


STANDS = "m.valid_from <= :day AND m.valid_to > :day AND m.known_from <= :known AND m.known_to > :known"


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
    """None: those that are open; `lapsed`: those of which the day has passed; `all`: every one."""
    due_before: date | None = None
    uscc: str | None = None
    id: str | None = None
    year: int | None = None
    q: str | None = None
    """Fragments of a name that the agency has or has had, or of its code."""
    lapsing_on: date | None = None
    """What was due before this day is no longer open: its point is lost (R8, R40). None where nothing lapses."""


def matters(
    connection: Connection,
    wanted: WorklistFilter,
    as_of: date = LATEST,
    known_at: Instant = ALL_KNOWN,
    order: Ordering = BY_DUE,
    *,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[OpenMatter]:
    """Reports, appeals, objections, impacts or submissions at a basis, what is due first first; a page of them."""
    narrowed, used = _narrowed(dialect_of(connection), wanted, as_of, known_at)
    query = (
        f"SELECT h.stream, m.key, m.valid_from, {', '.join(f'm.{one}' for one in SHAPES[MATTERS].columns)} "
        f"{narrowed} ORDER BY {order.sql(_COLUMNS_OF_LISTS, 'm.begun_on, m.key')}"
    )
    if limit is not None:
        query, used = f"{query} LIMIT :limit OFFSET :offset", {**used, "limit": limit, "offset": offset}
    for row in connection.execute(text(query), used):
        stream, key, since, *rest = row
        yield OpenMatter(
            stream.removeprefix("agency/"),
            key.removeprefix(f"{wanted.kind}:"),
            read_day(since),
            SHAPES[MATTERS].back(rest),
        )


def matters_counted(
    connection: Connection, wanted: WorklistFilter, as_of: date = LATEST, known_at: Instant = ALL_KNOWN
) -> int:
    """How many matters a list has that is not cut into pages."""
    narrowed, used = _narrowed(dialect_of(connection), wanted, as_of, known_at)
    return int(connection.execute(text(f"SELECT count(*) {narrowed}"), used).scalar_one())  # names of ours


_STATES: dict[str | None, str] = {
    None: "m.is_open = 1",
    "all": "1 = 1",
    "lapsed": "m.is_open = 1 AND m.due_on < :lapsing_on",
}
"""States that no row says, as conditions."""


def _narrowed(
    dialect: Dialect, wanted: WorklistFilter, as_of: date, known_at: Instant
) -> tuple[str, Mapping[str, Any]]:
    """From where a query takes the matters that are asked for, and its parameters."""
    conditions = {
        "status": _STATES.get(wanted.status, "m.status = :status"),
        "due_before": "m.due_on < :due_before",
        "uscc": "h.stream = :stream",
        "id": "m.key = :key",
        "year": "m.about_year = :year",
    }
    given: dict[str, object] = {name: value for name, value in wanted._asdict().items() if value is not None}
    fragments = {} if wanted.q is None else searched_for(wanted.q)
    conditions["q"] = named_so(dialect, fragments)
    conditions |= {"lapsing_on": "m.due_on >= :lapsing_on"} if wanted.status is None else {}
    where = " AND ".join(conditions[name] for name in dict.fromkeys(("status", *given)) if name in conditions)
    values: dict[str, object] = {"kind": wanted.kind, "day": as_of.isoformat(), "known": known_at}
    values |= {
        "status": wanted.status,
        "due_before": str(wanted.due_before),
        "stream": f"agency/{wanted.uscc}",
        "key": f"{wanted.kind}:{wanted.id}",
        "year": wanted.year,
        "lapsing_on": str(wanted.lapsing_on),
    }
    narrowed = (
        f"FROM {MATTERS} m JOIN stream_heads h ON h.originator_id = m.originator_id WHERE m.kind = :kind "
        f"AND {STANDS} AND {where}"
    )
    return narrowed, {name: value for name, value in values.items() if f":{name}" in narrowed} | fragments


class Waits(NamedTuple):
    """How many matters of a kind are open, and of how many the day has passed on which they were due."""

    kind: str
    open: int
    overdue: int

    def numbers(self) -> dict[str, int]:
        """Both counts of a published year, as an answer shows them."""
        return {"open": self.open, "overdue": self.overdue}


_WAITING = """SELECT m.kind, count(*), sum(CASE WHEN m.due_on < :today THEN 1 ELSE 0 END) FROM matter m
WHERE m.is_open = 1 AND m.kind IN ('report', 'appeal', 'objection', 'impact', 'submission')
AND (m.kind <> 'submission' OR m.due_on >= :today)
AND m.known_to = :forever AND m.valid_from <= :day AND m.valid_to > :day{own} GROUP BY m.kind ORDER BY m.kind"""


def waiting(connection: Connection, today: date, *, uscc: str | None = None) -> list[Waits]:
    """The matters that are open at last as is known now, by kind, of all or of one agency; no lapsed materials (R8)."""
    values: dict[str, object] = {"day": LATEST.isoformat(), "forever": FOREVER, "today": today.isoformat()}
    query = text(_WAITING.format(own="" if uscc is None else " AND m.originator_id = :agency"))
    if uscc is not None:
        query = query.bindparams(bindparam("agency", type_=Uuid))
        values["agency"] = stream_id(agency_stream(uscc))
    return [Waits(kind, int(count), int(late)) for kind, count, late in connection.execute(query, values)]


def last_deadline(connection: Connection, year: int) -> date | None:
    """The last day on which some result of a year can be appealed, first or revised (R3, R34); None: none is there."""
    query = text("SELECT max(deadline) FROM published_result WHERE year = :year")
    found = connection.scalar(query, {"year": year})
    return None if found is None else read_day(found)


def open_appeals(connection: Connection, year: int, today: date) -> int:
    """How many appeals against results of a year are not decided, late ones that await admission among them (R36)."""
    query = text(
        "SELECT count(*) FROM matter WHERE kind = 'appeal' AND is_open = 1 AND known_to = :forever "
        "AND valid_from <= :today AND valid_to > :today AND about_year = :year"
    )
    return int(connection.scalar(query, {"year": year, "today": today.isoformat(), "forever": FOREVER}) or 0)


def names_on(connection: Connection, usccs: Collection[str], day: date, known_at: Instant) -> dict[str, str | None]:
    """The names of these agencies on a day as known at an instant."""
    query = text(
        f"SELECT h.stream, m.name FROM {STATUS} m JOIN stream_heads h ON h.originator_id = m.originator_id "  # noqa: S608
        f"WHERE h.stream IN :streams AND {STANDS}"
    ).bindparams(bindparam("streams", type_=Text, expanding=True))
    values = {"streams": sorted(map(agency_stream, usccs)), "day": day.isoformat(), "known": known_at}
    return {stream.removeprefix("agency/"): name for stream, name in connection.execute(query, values)}


def codes_named(connection: Connection, words: str, day: date, known_at: Instant) -> set[str]:
    """The agencies with these fragments in a name that they have on a day or have had, or in the code."""
    fragments = searched_for(words)
    query = " ".join(
        (
            "SELECT h.stream FROM stream_heads h WHERE h.stream > 'agency/' AND h.stream < 'agency0'",
            f"AND {named_so(dialect_of(connection), fragments)}",
        )
    )
    values = {"day": day.isoformat(), "known": known_at, **fragments}
    return {stream.removeprefix("agency/") for stream in connection.scalars(text(query), values)}


def _instant(value: Any) -> Instant:
    return value if isinstance(value, str) else instant(value)
