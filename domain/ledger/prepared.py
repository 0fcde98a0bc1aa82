"""Events made ready before anybody has to wait, with the rows that follow from them: one for each of many agencies.

The instant of recording is known only in the transaction that puts them in place (`UnitOfWork.put`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import NamedTuple, TypeVar

from domain.events import Event
from domain.law import Law
from domain.ledger.memory import LedgerMemory
from domain.ledger.read_models import ReadModels
from domain.proof.check import leaf_hash
from domain.store.db.engine import Connection
from domain.store.db.statements import Insert, RowUpdate
from domain.store.log.event_index_sql import StoredEntries
from domain.store.log.mapper import LedgerStoredEvent
from domain.store.log.stream_heads import StreamHead
from domain.values import Instant, stream_id

W = TypeVar("W", Insert, RowUpdate)

NOT_YET: Instant = "0001-01-01T00:00:00.000001Z"
"""Stands for the instant of recording while events are prepared."""
_NOT_YET = NOT_YET.encode()


class PreparedEvents(NamedTuple):
    """Stored events of many streams, one each, and their rows."""

    stored: dict[str, LedgerStoredEvent]
    """By stream."""
    inserts: list[Insert]
    changes: list[RowUpdate]

    def at(self, instant: Instant) -> PreparedEvents:
        """These events as recorded at an instant."""
        return PreparedEvents(
            {stream: _stored_at(one, instant) for stream, one in self.stored.items()},
            [_rows_at(one, instant) for one in self.inserts],
            [_rows_at(one, instant) for one in self.changes],
        )

    def overtaken(self, heads: dict[str, StreamHead], instant: Instant) -> set[str]:
        """The streams to which something was appended since, or at that instant: their events do not fit any more."""
        return {
            stream
            for stream, one in self.stored.items()
            if heads[stream].version + 1 != one.originator_version or (heads[stream].last_recorded_at or "") >= instant
        }

    def changes_without(self, streams: Collection[str]) -> list[RowUpdate]:
        """The changes of rows, but for those of these streams."""
        gone = {stream_id(stream).hex for stream in streams}
        return [_without(one, gone) for one in self.changes]


def prepare(
    connection: Connection, memory: LedgerMemory, read_models: ReadModels, events: Iterable[Event], law: Law
) -> PreparedEvents:
    """Make these events and their rows ready, reading only. Each is of another agency, and recorded at `NOT_YET`."""
    recorded: dict[str, tuple[list[Event], StoredEntries]] = {}
    for event in events:
        entries = StoredEntries(connection, event.stream, memory.mapper)
        entries.add(event)
        recorded[event.stream] = ([event], entries)
    writes = read_models.recorded(connection, recorded, law, frozenset()).writes
    return PreparedEvents(
        {stream: memory.mapper.to_stored_event(own[0]) for stream, (own, _) in recorded.items()},
        [one for one in writes if isinstance(one, Insert)],
        [one for one in writes if isinstance(one, RowUpdate)],
    )


def _stored_at(stored: LedgerStoredEvent, instant: Instant) -> LedgerStoredEvent:
    if stored.state.count(_NOT_YET) != 1:
        raise ValueError(f"{stored.stream}: the place of the instant is not found once in what is to be stored")
    state = stored.state.replace(_NOT_YET, instant.encode())
    return replace(stored, state=state, recorded_at=instant, leaf_hash=leaf_hash(state))


def _rows_at(one: W, instant: Instant) -> W:
    return one._replace(rows=[tuple(instant if value == NOT_YET else value for value in row) for row in one.rows])


def _without(one: RowUpdate, originators: set[str]) -> RowUpdate:
    index = len(one.values) + one.keys.index("originator_id")
    return one._replace(rows=[row for row in one.rows if row[index] not in originators])
