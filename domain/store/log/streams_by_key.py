"""The look-ups by key that go across agencies: events of several, and which agencies have one under a key."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Text, bindparam, text

from domain.events import Event
from domain.store.db.dialect import DIALECTS, among, dialect_of, many
from domain.store.db.statements import run
from domain.store.log.event_index_sql import GONE, OF_KEYS
from domain.store.log.mapper import EventMapper
from domain.trail.keys import certificate_key
from domain.values import stream_id

_COUNTING = (
    "SELECT e.originator_version AS version, e.topic, e.state, e.event_id, e.stream, e.position FROM "  # noqa: S608
    "(SELECT DISTINCT originator_id, version FROM event_keys WHERE {of_streams} AND {of_keys}) k {source} "
    f"WHERE NOT EXISTS (SELECT 1 {GONE.format(more='')}) ORDER BY e.stream, e.originator_version"  # names of ours
)
_COUNTING_UNDER = {
    dialect: _COUNTING.format(
        of_streams=among(dialect, "originator_id", "$1", "uuid"),
        of_keys=among(dialect, "key", "$2"),
        source=source.removeprefix("event_keys k "),
    )
    for dialect, source in OF_KEYS.items()
}


def counting_under(
    connection: Connection, mapper: EventMapper, streams: Sequence[str], keys: Sequence[str]
) -> dict[str, list[Event]]:
    """The events of several agencies under these keys that have not been annulled, by stream, in recording order.

    One query, however many streams; those without such an event are left out. Raises: Unreadable.
    """
    values = many(connection, [stream_id(stream).hex for stream in streams]), many(connection, keys)
    found: dict[str, list[Event]] = {}
    for event in mapper.decode_all(run(connection, _COUNTING_UNDER[dialect_of(connection)], values)):
        found.setdefault(event.stream, []).append(event)
    return found


_STREAMS = {
    dialect: (
        "SELECT DISTINCT h.stream FROM event_keys k JOIN stream_heads h ON h.originator_id = k.originator_id "  # noqa: S608
        "WHERE k.originator_id <> $1 AND k.key LIKE 'cert:%' "
        f"AND {among(dialect, 'k.key', '$2')} ORDER BY h.stream"  # names of ours
    )
    for dialect in DIALECTS
}
"""The LIKE is the condition of the index: without it the planner could not use it."""


def streams_with(connection: Connection, certificates: Collection[str], *, besides: str) -> list[str]:
    """The streams, other than `besides`, of agencies that have ever had one of these certificates on the staff."""
    keys = [certificate_key(one) for one in certificates]
    values = (stream_id(besides).hex, many(connection, keys))
    return [row.stream for row in run(connection, _STREAMS[dialect_of(connection)], values)]


_UNDER = text(
    "SELECT DISTINCT h.stream FROM event_keys k JOIN stream_heads h ON h.originator_id = k.originator_id "
    "WHERE k.key = :key ORDER BY h.stream"
)


def streams_under(connection: Connection, key: str) -> list[str]:
    """The streams with an event under a key: those of all streams are looked through, so it is not for every day."""
    return list(connection.scalars(_UNDER, {"key": key}))


_SHARING = text(
    "SELECT DISTINCT h.stream FROM stream_heads c JOIN event_keys k ON k.originator_id = c.originator_id "
    "JOIN event_keys o ON o.key = k.key JOIN stream_heads h ON h.originator_id = o.originator_id "
    "WHERE c.stream IN :streams AND k.key LIKE 'cert:%' AND o.key LIKE 'cert:%'"
).bindparams(bindparam("streams", type_=Text, expanding=True))


def streams_sharing(connection: Connection, of: Collection[str]) -> list[str]:
    """The streams of agencies that have ever had a certificate on the staff that one of these had, these included."""
    return list(connection.scalars(_SHARING, {"streams": list(of)}))
