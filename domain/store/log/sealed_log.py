"""The sealed log, read in its order: what downstream systems follow (events.md, Order)."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select

from domain.store.db.schema import events, log_index
from domain.values import Instant


class LogEntry(NamedTuple):
    """A sealed event as it is stored. `leaf_hash` is SHA-256 over a zero byte and `state` (RFC 6962, 2.1)."""

    log_index: int
    id: str
    stream: str
    originator_id: UUID
    version: int
    topic: str
    recorded_at: Instant
    state: bytes
    leaf_hash: bytes


def sealed_entries(connection: Connection, after: int, up_to: int, limit: int) -> list[LogEntry]:
    """At most `limit` entries with `after < log index <= up_to`, in order. The index is dense: none is ever put in."""
    index, of = log_index.c.log_index, events.c
    query = (
        select(
            index,
            of.event_id,
            of.stream,
            of.originator_id,
            of.originator_version,
            of.topic,
            of.recorded_at,
            of.state,
            of.leaf_hash,
        )
        .join_from(log_index, events, of.position == log_index.c.position)
        .where(index > after, index <= up_to)
        .order_by(index)
        .limit(limit)
    )
    return [LogEntry._make((*row[:7], bytes(row.state), bytes(row.leaf_hash))) for row in connection.execute(query)]
