"""Which agencies have had a certificate on their staff: the one look-up by key that goes across agencies (R37)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Text, bindparam, text

from domain.store.db.dialect import DIALECTS, among, dialect_of, many
from domain.store.db.statements import run
from domain.trail.keys import certificate_key
from domain.values import stream_id

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


_SHARING = text(
    "SELECT DISTINCT h.stream FROM stream_heads c JOIN event_keys k ON k.originator_id = c.originator_id "
    "JOIN event_keys o ON o.key = k.key JOIN stream_heads h ON h.originator_id = o.originator_id "
    "WHERE c.stream IN :streams AND k.key LIKE 'cert:%' AND o.key LIKE 'cert:%'"
).bindparams(bindparam("streams", type_=Text, expanding=True))


def streams_sharing(connection: Connection, of: Collection[str]) -> list[str]:
    """The streams of agencies that have ever had a certificate on the staff that one of these had, these included."""
    return list(connection.scalars(_SHARING, {"streams": list(of)}))
