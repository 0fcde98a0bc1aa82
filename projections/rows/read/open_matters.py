"""What waits, of every kind, from the rows as they are known now: one query for a page, one for all counts (R40).

Each kind is a branch of its own, read from its index in the order of the list and no further than the page reaches:
so a page costs the same however much waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Text, Uuid, bindparam, text

from domain.store.db.dialect import dialect_of, not_by_index, read_day
from domain.values import FOREVER, agency_stream, stream_id
from projections.answers.matters import MatterKind, MatterState, Urgency
from projections.rows.read.published import ALL_KNOWN, LATEST
from projections.rows.read.searching import Ordering, agencies_in_order, of_named, searched_for

PROJECT_DAYS, QUALIFICATION_DAYS, WEEK_DAYS, ACKNOWLEDGED_DAYS = 30, 60, 7, 60
"""How long before its last day a project and a qualification begin to wait, what "this week" means, and how long
after its sending a notice waits to be acknowledged (R41)."""

_PUBLISHED = """(WITH RECURSIVE y(year) AS (SELECT min(year) FROM published_result UNION ALL
SELECT (SELECT min(r.year) FROM published_result r WHERE r.year > y.year) FROM y WHERE y.year IS NOT NULL)
SELECT year FROM y WHERE year IS NOT NULL)"""
"""The years that are published, one probe of the index each."""
_BY_DAY, _BY_YEAR = "m.due_on < :today", f"m.about_year IN {_PUBLISHED}"
_LAPSED = dict.fromkeys(("submission", "project", "invitation"), _BY_DAY) | dict.fromkeys(
    ("survey", "effect"), _BY_YEAR
)
_LAPSED["acknowledgement"] = "m.begun_on < :acknowledged_day"
"""What can no longer be done: the point is lost (R8, R9), the link is void, the year is published (R32)."""
_MORE: dict[str, str] = {
    "project": "m.due_on <= :project_day",
    "qualification": "m.due_on <= :qualification_day",
    "certificate": "m.due_on <= :qualification_day",
    "appeal": "m.status <> 'awaiting_admission'",
    "admission": "m.status = 'awaiting_admission'",
}
"""A late appeal waits to be admitted first (R33)."""
_STORED: dict[MatterKind, str] = {"admission": "appeal"}
"""Under which kind the rows keep what is told under another."""
_WITHOUT_DAY = frozenset({"appeal", "admission", "hint"})
"""Of an appeal the row keeps the week in which it could be filed (R3): it sets the committee no day."""
_OWN = frozenset({"own_complaint", "own_report"})
"""What became of their own complaints and reports is told to who made them; other matters are gone once done."""
_STANDS = "m.known_to = :forever AND m.valid_from <= :today AND m.valid_to > :today"
_NO_DAY = "CAST(NULL AS date)"
_INDEXED = "m.due_on, m.begun_on, m.key, m.originator_id"
_IN_ORDER = "m.begun_on, m.key, m.originator_id"
_LIST = """SELECT h.stream, (SELECT s.name FROM agency_status s WHERE s.originator_id = m.originator_id
AND s.known_to = :forever AND s.valid_from <= :today AND s.valid_to > :today) AS name, m.kind, m.key, m.status,
m.begun_on, m.due_on, CASE WHEN m.kind = 'hint' THEN (SELECT t.details FROM hint t WHERE t.id = substr(m.key, 6))
ELSE (SELECT a.about FROM matter a WHERE a.originator_id = m.originator_id AND a.key = m.key
AND a.known_to = :forever AND a.valid_from = m.ended_on) END AS about, m.about_year, m.ended_on, m.state
FROM (SELECT m.* FROM ({all}) m {joined} ORDER BY {order}{part}) m
JOIN stream_heads h ON h.originator_id = m.originator_id ORDER BY {order}"""
_COUNT = """SELECT '{kind}' AS kind, count(*) FILTER (WHERE {state} = 'open' AND {due} < :today),
count(*) FILTER (WHERE {state} = 'open' AND {due} = :today),
count(*) FILTER (WHERE {state} = 'open' AND {due} > :today AND {due} <= :week),
count(*) FILTER (WHERE {state} = 'open' AND ({due} IS NULL OR {due} > :week)),
count(*) FILTER (WHERE {state} = 'lapsed') {source}"""
_AMONG = """ AND m.originator_id IN
(SELECT s.originator_id FROM stream_heads s WHERE s.stream >= :begin AND s.stream <= :end)"""
_FIRSTS = "SELECT * FROM ({rows}) m"


class _Branch(NamedTuple):
    """The matters of one kind in one state, as a query takes them."""

    kind: MatterKind
    state: str
    due: str
    source: str
    """From FROM on."""

    def rows(self, more: str = "") -> str:
        """A part of a union."""
        if self.kind == "hint":
            return (
                "SELECT m.originator_id, 'hint' AS kind, 'hint:' || m.id AS key, m.status, m.day AS begun_on, "
                f"{_NO_DAY} AS due_on, m.year AS about_year, m.day AS ended_on, 'open' AS state {self.source}{more}"
            )
        return (
            f"SELECT m.originator_id, '{self.kind}' AS kind, m.key, m.status, m.begun_on, {self.due} AS due_on, "
            f"m.about_year, m.valid_from AS ended_on, {self.state} AS state {self.source}{more}"
        )

    def firsts(self) -> Iterator[str]:
        """Queries for the first rows in the order of the list, as indexes give them: with a day, then without one."""
        if self.kind == "hint":
            parts = [" ORDER BY m.day, m.id"]
        elif self.kind in _WITHOUT_DAY:
            parts = [f" ORDER BY {_IN_ORDER}"]
        else:
            parts = [f" AND m.due_on IS {is_set} ORDER BY {_INDEXED}" for is_set in ("NOT NULL", "NULL")]
        for part in parts:
            yield _FIRSTS.format(rows=self.rows(f"{part} LIMIT :most"))


BY_DUE = Ordering("due")


class MatterFilter(NamedTuple):
    """Which matters are asked for, on which day."""

    today: date
    kinds: tuple[MatterKind, ...]
    uscc: str | None = None
    client: tuple[str, ...] = ()
    """Only what is about this enterprise: by its code, or the keyed hash of it."""
    year: int | None = None
    state: str | None = None
    """`open`, `lapsed` or `done`; None: all of them."""
    urgency: str | None = None
    q: str | None = None
    """Fragments of a name that the agency has or has had, or of its code."""
    among: tuple[str, str] | None = None
    """Only agencies whose streams lie between these two, both included."""


class MatterRow(NamedTuple):
    """A matter as a row says it."""

    uscc: str | None
    """None: it is the whole district's."""
    name: str | None
    kind: MatterKind
    key: str
    status: str
    since: date
    due_on: date | None
    about: str | None
    year: int | None
    ended_on: date
    """Of what is done, the day on which it was."""
    state: MatterState


class CountedMatters(NamedTuple):
    """How many of a kind wait."""

    kind: MatterKind
    overdue: int
    today: int
    this_week: int
    later: int
    lapsed: int


def open_matters(
    connection: Connection, wanted: MatterFilter, order: Ordering = BY_DUE, *, offset: int = 0, limit: int | None = None
) -> list[MatterRow]:
    """The matters of agencies that wait, what is due first first, or by another column; a page of them."""
    if order.by != "agency" or limit is None or wanted.uscc is not None or wanted.q is not None:
        return _listed(connection, wanted, order, offset, limit)
    found = []
    for some in agencies_in_order(connection, descending=order.descending):
        found = _listed(connection, wanted._replace(among=some), order, offset, limit)
        if len(found) == limit:
            break
    return found


def _listed(
    connection: Connection, wanted: MatterFilter, order: Ordering, offset: int, limit: int | None
) -> list[MatterRow]:
    values = _values(wanted)
    branches = list(_branches(connection, wanted, values))
    if not branches:
        return []
    parts: Iterable[str] = (one.rows() for one in branches)
    if limit is not None:
        values |= {"limit": limit, "offset": offset, "most": offset + limit}
        if order == BY_DUE:
            parts = (one for branch in branches for one in branch.firsts())
    columns = {"due": "m.due_on", "agency": "h.stream", "kind": "m.kind", "since": "m.begun_on"}
    query = _LIST.format(
        all=" UNION ALL ".join(parts),
        joined="JOIN stream_heads h ON h.originator_id = m.originator_id" if order.by == "agency" else "",
        order=order.sql(columns, _IN_ORDER),
        part="" if limit is None else " LIMIT :limit OFFSET :offset",
    )
    return [_row(row) for row in connection.execute(_bound(query, values), values)]


def _row(row: Row[Any]) -> MatterRow:
    stream, name, kind, key, status, since, due, about, year, ended, state = row
    due_on, uscc = None if due is None else read_day(due), stream.removeprefix("agency/")
    return MatterRow(uscc, name, kind, key, status, read_day(since), due_on, about, year, read_day(ended), state)


def matter_counts(
    connection: Connection, wanted: MatterFilter, others: Iterable[MatterRow] = ()
) -> list[CountedMatters]:
    """How many matters of each kind wait, by when they are due: one query, and those of the whole district."""
    values = _values(wanted)
    branches = [one for one in _branches(connection, wanted, values) if one.state != "'done'"]
    query = " UNION ALL ".join(_COUNT.format(**one._asdict()) for one in branches)
    rows = connection.execute(_bound(query, values), values).all() if branches else []
    found = {kind: [int(count) for count in counts] for kind, *counts in rows if any(counts)}
    places = CountedMatters._fields[1:]
    for one in others:
        of_kind = found.setdefault(one.kind, [0] * len(places))
        if one.state != "done":
            of_kind[places.index("lapsed" if one.state == "lapsed" else urgency_of(one.due_on, wanted.today))] += 1
    return [CountedMatters(kind, *found[kind]) for kind in wanted.kinds if kind in found]


def urgency_of(due_on: date | None, today: date) -> Urgency:
    """`overdue`, `today`, `this_week` (within seven days) or `later`, also where no day is set."""
    if due_on is None or due_on > today + timedelta(days=WEEK_DAYS):
        return "later"
    return "overdue" if due_on < today else "today" if due_on == today else "this_week"


def _values(wanted: MatterFilter) -> dict[str, object]:
    """What the branches name; `_bound` leaves out what a query does not."""
    today = wanted.today
    return {
        "today": today.isoformat(),
        "forever": FOREVER,
        "acknowledged_day": (today - timedelta(days=ACKNOWLEDGED_DAYS)).isoformat(),
        "project_day": (today + timedelta(days=PROJECT_DAYS)).isoformat(),
        "qualification_day": (today + timedelta(days=QUALIFICATION_DAYS)).isoformat(),
        "week": (today + timedelta(days=WEEK_DAYS)).isoformat(),
        "agency": None if wanted.uscc is None else stream_id(agency_stream(wanted.uscc)),
        "client": list(wanted.client),
        "year": wanted.year,
        "day": LATEST.isoformat(),
        "known": ALL_KNOWN,
        **dict(zip(("begin", "end"), wanted.among or (), strict=False)),
    }


def _branches(connection: Connection, wanted: MatterFilter, values: dict[str, object]) -> Iterator[_Branch]:
    """The matters asked for, kind by kind; what they are narrowed by is put to the values."""
    narrowed = ("" if wanted.uscc is None else " AND m.originator_id = :agency") + (_AMONG if wanted.among else "")
    if wanted.q is not None:
        narrowed += f" AND {of_named(connection, 'm', searched_for(wanted.q), values)}"
    dialect, is_of_few = dialect_of(connection), wanted.uscc or wanted.among or "named" in values
    of_kind, of_status = (not_by_index(dialect, one) if is_of_few else one for one in ("m.kind", "m.status"))
    about = " AND m.about IN :client" if wanted.client else ""
    about += "" if wanted.year is None else " AND m.about_year = :year"
    for kind in wanted.kinds:
        urgency = _due_so(wanted.urgency, kind)
        if urgency is None:
            continue
        if kind == "hint":
            if wanted.state in (None, "open") and not wanted.client:
                year = "" if wanted.year is None else " AND m.year = :year"
                source = f"FROM hint m WHERE {of_status} = 'open' AND m.day <= :today{year}{narrowed}"
                yield _Branch(kind, "'open'", _NO_DAY, source)
            continue
        source = f"FROM matter m WHERE {of_kind} = '{_STORED.get(kind, kind)}' AND {_STANDS}{narrowed}{about}{urgency}"
        due = _NO_DAY if kind in _WITHOUT_DAY else "m.due_on"
        if wanted.state in (None, "done") and kind in _OWN:
            yield _Branch(kind, "'done'", due, f"{source} AND m.is_open = 0")
        if wanted.state != "done":
            yield from _open(kind, wanted.state, due, f"{source} AND m.is_open = 1")


def _open(kind: MatterKind, state: str | None, due: str, source: str) -> Iterator[_Branch]:
    """What is not done: what can still be done, what has lapsed, or both."""
    if kind in _MORE:
        source += f" AND {_MORE[kind]}"
    lapsed = _LAPSED.get(kind)
    if lapsed is None:
        if state != "lapsed":
            yield _Branch(kind, "'open'", due, source)
    elif state is None:
        yield _Branch(kind, f"CASE WHEN {lapsed} THEN 'lapsed' ELSE 'open' END", due, source)
    else:
        wanted = lapsed if state == "lapsed" else f"({lapsed}) IS NOT TRUE"
        yield _Branch(kind, f"'{state}'", due, f"{source} AND {wanted}")


def _due_so(urgency: str | None, kind: MatterKind) -> str | None:
    """The condition that a matter is due so soon; None where none of a kind can be."""
    if urgency is None:
        return ""
    if kind in _WITHOUT_DAY:
        return "" if urgency == "later" else None
    return f" AND {_URGENCY[urgency]}"


_URGENCY = {"overdue": "m.due_on < :today", "today": "m.due_on = :today"}
_URGENCY |= {"this_week": "m.due_on > :today AND m.due_on <= :week", "later": "(m.due_on IS NULL OR m.due_on > :week)"}


def _bound(query: str, values: dict[str, object]) -> Any:
    """The query with its lists; what it does not name is left out of the values."""
    for name in [name for name in values if f":{name}" not in query]:
        del values[name]
    types: dict[str, Any] = {"agency": Uuid, "named": Uuid, "client": Text}
    own = (bindparam(name, type_=types[name], expanding=name != "agency") for name in types if name in values)
    return text(query).bindparams(*own)
