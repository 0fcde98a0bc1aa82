"""Who is on file and who is blacklisted, looked up for the public: leaner than the lists of `district.py`.

Anybody may ask, so nothing is worked out that is not shown: no score, no counts. Pages go on after a USCC, so that a
page far down the list costs what the first one does, and none is missed when another agency leaves the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, Date, Text, column, text

from domain.events import AgencyFiled
from domain.measures.rulebook.kinds import Known, heading
from domain.measures.text.implements import implements
from domain.store.db.column_types import InstantColumn
from domain.store.db.dialect import by_code_points, dialect_of
from domain.store.db.statements import run
from domain.trail.keys import field_keys, type_key
from domain.values import FOREVER, Instant, Tier, agency_stream, instant, midnight, moment
from projections.replay.known_at import EARLIEST
from projections.rows.read.row_sql import aliases, grouped, row_on, withheld
from projections.rows.read.searching import Ordering, named_so, searched_for
from projections.rows.write.current_rows import ALWAYS, NEVER, ONE_DAY
from projections.rows.write.result_rows import UNLISTED, WITHHELD_RESULT
from projections.rows.write.status_rows import SANCTIONS, STATUS

SHOWN_FIELDS = ("name", "category", "address", "scope", "qualifications")
"""What the register shows of an agency's particulars (art.9)."""
_CHANGES_WHAT_IS_SHOWN = (type_key(AgencyFiled), *field_keys(SHOWN_FIELDS))
_FIRST, _END = "agency/", "agency0"
"""Streams of agencies lie between the two: `0` follows `/`."""


AND_PUBLIC = " AND f.filing = 'filed'"
"""Of the names that an agency has had, those under which it stood on the public register: no other is told."""


NOT_TOLD = withheld(WITHHELD_RESULT, "r", " AND w.about_year = r.year")
"""That a result `r` is not public any more (R42)."""


class OnDay(NamedTuple):
    """The day and the instant that a list is of."""

    day: date
    known_at: Instant
    repairs: bool = False
    """Whether what has ended its publicity is left out: the association has confirmed R42."""


class RegisterFilter(NamedTuple):
    """Which part of a list: after a USCC, so many; filters narrow it, None does not."""

    limit: int
    after: str | None = None
    category: str | None = None
    q: str | None = None
    """Fragments of a name that it has or, on the register, has had; or of its code."""
    uscc: str | None = None
    """Only this agency."""
    order: Ordering | None = None
    """By which column; None: by code."""
    offset: int = 0


class Listed(NamedTuple):
    """An agency on a list. `known_from`: when the ledger last learned something of what the list shows.

    `since` and `until`: the term of its blacklisting, if it is blacklisted.
    """

    uscc: str
    name: str
    category: str
    known_from: Instant
    since: date | None = None
    until: date | None = None


def on_file(
    connection: Connection, on: OnDay, wanted: RegisterFilter, known: Known, *, newest_first: bool = False
) -> list[Listed]:
    """The agencies whose filing stands (R6), by USCC; or those of which the ledger learned last.

    `wanted.category` is a group of the categories as they are `known` (R47).
    """
    dialect, conditions = dialect_of(connection), _on_file(connection, wanted, known)
    blacklisted_ = f"CASE WHEN {listed_openly(on)} THEN sa.{{0}} END AS {{0}}"
    terms = ", ".join(map(blacklisted_.format, ("since", "until")))
    learned = _LEARNED if newest_first else "st.known_from"
    query = (
        f"SELECT h.stream AS stream, st.name AS name, st.category AS category, {terms}, {learned} AS known_from "  # noqa: S608
        f"FROM stream_heads h {row_on(dialect, STATUS, 'st')} {row_on(dialect, SANCTIONS, 'sa')}"
    )
    return _listed(connection, on, wanted, query, conditions, newest_first, aliases(known))


def on_file_counted(connection: Connection, on: OnDay, wanted: RegisterFilter, known: Known) -> int:
    """How many agencies are on file, in all parts of the list."""
    where = " AND ".join(["h.stream > :after", "h.stream < :end", *_on_file(connection, wanted, known)])
    described = row_on(dialect_of(connection), STATUS, "st", many=True)
    query = f"SELECT count(*) FROM stream_heads h {described} WHERE {where}"  # noqa: S608  # names of ours
    values = {**_values(on, wanted._replace(after=None)), **aliases(known)}
    return int(connection.execute(text(query), values).scalar_one())


def _on_file(connection: Connection, wanted: RegisterFilter, known: Known) -> list[str]:
    """What a row of the register has to be."""
    dialect = dialect_of(connection)
    conditions = ["st.filing = 'filed'"]
    if wanted.category is not None:
        conditions.append(f"{grouped(known)} = :category")
    if wanted.q is not None:
        conditions.append(named_so(dialect, searched_for(wanted.q), AND_PUBLIC))
    if wanted.uscc is not None:
        conditions.append("h.stream = :only")
    return conditions


def categories_on_file(connection: Connection, on: OnDay, known: Known) -> list[str]:
    """The categories of the agencies whose filing stands, in the order of their code points; one of each (R47)."""
    query = (
        f"SELECT {grouped(known)} AS found, min(st.category) AS words FROM stream_heads h "  # noqa: S608  # names of ours
        f"{row_on(dialect_of(connection), STATUS, 'st')} "
        "WHERE h.stream > :after AND h.stream < :end AND st.filing = 'filed' AND st.category IS NOT NULL GROUP BY 1"
    )
    values = {"day": on.day.isoformat(), "known": on.known_at, "after": _FIRST, "end": _END}
    found = connection.execute(text(query), values | aliases(known))
    return sorted(str(heading(row.found, row.words, known)) for row in found)


_IN_USE = (
    f"SELECT category_key, min(category) AS words FROM {STATUS} WHERE category_key IS NOT NULL "  # noqa: S608  # names of ours
    "AND originator_id <> $1 AND known_to > $2 AND valid_to > $3 GROUP BY category_key"
)


def categories_in_use(connection: Connection, but: str) -> dict[str, str]:
    """What agencies other than this one are, or will be, as is known now: words by folded spelling (R47)."""
    standing = instant(moment(FOREVER) - timedelta(microseconds=1))
    rows = run(connection, _IN_USE, (but, standing, (NEVER - ONE_DAY).isoformat()))
    return {row.category_key: row.words for row in rows}


def blacklisted(
    connection: Connection, on: OnDay, wanted: RegisterFilter, *, newest_first: bool = False
) -> list[Listed]:
    """The agencies whose tier is blacklisted (R16), on file or not, by USCC; or those of which it was learned last."""
    dialect = dialect_of(connection)
    columns = "h.stream AS stream, st.name AS name, st.category AS category, sa.since AS since, sa.until AS until"
    query = (
        f"SELECT {columns}, sa.known_from AS known_from FROM stream_heads h "  # noqa: S608  # names of ours
        f"{row_on(dialect, SANCTIONS, 'sa')} {row_on(dialect, STATUS, 'st')}"
    )
    conditions = [listed_openly(on), "st.warning IS NOT NULL"]
    if wanted.q is not None:  # the names that it had on the register, and the one that this list tells
        told = " AND (f.filing = 'filed' OR f.valid_to > :day)"
        conditions.append(named_so(dialect, searched_for(wanted.q), told))
    return _listed(connection, on, wanted, query, conditions, newest_first)


@implements("art.17(3)", "art.27", "R42")
def listed_openly(on: OnDay) -> str:
    """The condition that an agency is blacklisted and the public is told so."""
    listed = f"sa.tier = '{Tier.BLACKLISTED}'"
    return f"({listed} AND NOT {withheld(UNLISTED)})" if on.repairs else listed


class Left(NamedTuple):
    """An agency that was on the blacklist and is not any more. `at`: the instant from which the list lacks it."""

    uscc: str
    name: str
    category: str
    at: Instant
    annulled: bool
    """Whether what had put it there does not count any more, instead of its term being over, or it being taken off."""


def left_the_blacklist(connection: Connection, on: OnDay, since: Instant, most: int) -> list[Left]:
    """Who left the list after `since`, the last ones first; derived from the rows that had shown them on it.

    A row showed an agency from the instant at which it was known and its days had begun until either ended (R16: a
    term, a delisting, an annulment, whichever came first); the last such instant is when it left.
    """
    dialect = dialect_of(connection)
    query = (
        "SELECT h.stream AS stream, st.name AS name, st.category AS category, sb.valid_from AS valid_from, "  # noqa: S608
        "sb.valid_to AS valid_to, sb.known_from AS known_from, sb.known_to AS known_to FROM stream_heads h "
        f"{row_on(dialect, SANCTIONS, 'sa')} {row_on(dialect, STATUS, 'st')} "
        f"JOIN sanction_status sb ON sb.originator_id = h.originator_id AND sb.tier = '{Tier.BLACKLISTED}' "
        f"WHERE h.stream > :after AND h.stream < :end AND sa.tier <> '{Tier.BLACKLISTED}' AND st.warning IS NOT NULL"
        f"{f' AND NOT {withheld(UNLISTED)}' if on.repairs else ''}"
    )
    values = {"day": on.day.isoformat(), "known": on.known_at, "after": _FIRST, "end": _END}
    last: dict[str, Left] = {}
    listed_still = set()
    for row in connection.execute(text(query).columns(*_SHOWN_TYPES), values):
        uscc = row.stream.removeprefix(_FIRST)
        if row.known_from <= on.known_at < row.known_to:
            listed_still.add(uscc)  # on some day, as it is known now
        ended = midnight(row.valid_to) if row.valid_to < NEVER else FOREVER
        begun = midnight(row.valid_from) if row.valid_from > ALWAYS else EARLIEST
        at = min(ended, row.known_to)
        if max(begun, row.known_from) < at <= on.known_at and (uscc not in last or last[uscc].at < at):
            last[uscc] = Left(uscc, row.name, row.category, at, annulled=False)
    found = [one._replace(annulled=one.uscc not in listed_still) for one in last.values() if one.at > since]
    return sorted(found, key=lambda one: (one.at, one.uscc), reverse=True)[:most]


_LEARNED = (
    "(SELECT e.recorded_at FROM events e WHERE e.originator_id = h.originator_id AND e.originator_version = "  # noqa: S608
    "(SELECT max(coalesce(a.by_version, k.version)) FROM event_keys k LEFT JOIN annulled a "
    "ON a.originator_id = k.originator_id AND a.version = k.version WHERE k.originator_id = h.originator_id "
    f"AND k.key IN ({', '.join(f':key_{number}' for number in range(len(_CHANGES_WHAT_IS_SHOWN)))})))"
)
"""When the last filing decision or change of what is shown came in, or the annulment of one."""


def _listed(
    connection: Connection,
    on: OnDay,
    wanted: RegisterFilter,
    query: str,
    conditions: Sequence[str],
    newest_first: bool,
    more: Mapping[str, str] = MappingProxyType({}),
) -> list[Listed]:
    where = " AND ".join(["h.stream > :after", "h.stream < :end", *conditions])
    order = "known_from DESC, stream" if newest_first else "stream"
    if wanted.order is not None:
        names = by_code_points(dialect_of(connection), "st.name"), by_code_points(dialect_of(connection), "st.category")
        order = wanted.order.sql({"code": "h.stream", "name": names[0], "category": names[1]}, "h.stream")
    values = {**_values(on, wanted), **more}
    found = text(f"{query} WHERE {where} ORDER BY {order} LIMIT :limit OFFSET :offset").columns(*_TYPES)
    return [
        Listed(row.stream.removeprefix(_FIRST), row.name, row.category, row.known_from, row.since, row.until)
        for row in connection.execute(found, values)
    ]


def _values(on: OnDay, wanted: RegisterFilter) -> Mapping[str, Any]:
    """The parameters of a list."""
    return {
        "day": on.day.isoformat(),
        "known": on.known_at,
        "end": _END,
        "limit": wanted.limit,
        "offset": wanted.offset,
        "after": _FIRST if wanted.after is None else agency_stream(wanted.after),
        "category": wanted.category,
        "only": None if wanted.uscc is None else agency_stream(wanted.uscc),
        **({} if wanted.q is None else searched_for(wanted.q)),
        **{f"key_{number}": key for number, key in enumerate(_CHANGES_WHAT_IS_SHOWN)},
    }


_TYPES = (
    column("stream", Text),
    column("name", Text),
    column("category", Text),
    column("since", Date),
    column("until", Date),
    column("known_from", InstantColumn),
)
_SHOWN_TYPES = (
    column("stream", Text),
    column("name", Text),
    column("category", Text),
    column("valid_from", Date),
    column("valid_to", Date),
    column("known_from", InstantColumn),
    column("known_to", InstantColumn),
)
