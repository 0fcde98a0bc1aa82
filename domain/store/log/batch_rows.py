"""Which facts were recorded together (`POST /v1/batches`), so that a batch can be shown again with its rows.

A row names its event and nothing more: what was recorded, by whom and when, the log says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from domain.events import Event
from domain.store.db.statements import Insert, run
from domain.store.log.mapper import EventMapper

_ROWS = (
    "SELECT b.number, e.topic, e.state, e.stream, e.originator_version AS version, "
    "EXISTS (SELECT 1 FROM annulled a WHERE a.originator_id = e.originator_id "
    "AND a.version = e.originator_version) AS gone "
    "FROM batch_rows b JOIN events e ON e.event_id = b.event_id WHERE b.batch = $1 ORDER BY b.number"
)


class BatchedEvent(NamedTuple):
    """One row of a recorded batch."""

    number: int
    """From 1, as it was sent."""
    event: Event
    counts: bool
    """Whether it has not been annulled by now."""


def rows_of_batch(batch: str, events: Iterable[tuple[int, Event]]) -> Insert:
    """What keeps the rows of a batch, to be written with its events."""
    rows = [(batch, number, event.id) for number, event in events]
    return Insert("batch_rows", ("batch", "number", "event_id"), ("text", "int", "text"), rows)


def recorded_rows(connection: Connection, mapper: EventMapper, batch: str) -> list[BatchedEvent]:
    """The rows of a recorded batch, in their order; none for an unknown one. Raises: Unreadable."""
    return [
        BatchedEvent(
            row.number, mapper.decode(row.topic, bytes(row.state), f"{row.stream} version {row.version}"), not row.gone
        )
        for row in run(connection, _ROWS, (batch,))
    ]
