"""Events made ready before anybody has to wait, with the rows that follow from them: one for each of many agencies.

The instant of recording is known only in the transaction that puts them in place (`UnitOfWork.put`).

The streams that one transaction has locked: how each stood under the lock, and what time it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from domain.events import Event
from domain.law import Law
from domain.ledger.memory import LedgerMemory
from domain.ledger.read_models import ReadModels
from domain.proof.check import leaf_hash
from domain.store.db.dialect import lock_law
from domain.store.db.engine import Connection
from domain.store.db.statements import Insert, RowUpdate
from domain.store.log.clock import ClockWatch
from domain.store.log.event_index_sql import StoredEntries
from domain.store.log.mapper import LedgerStoredEvent
from domain.store.log.stream_heads import (
    LedgerSnapshot,
    StreamHead,
    heads_of,
    last_recorded_at,
    lock_for_recording,
    lock_head,
)
from domain.values import LEDGER_STREAM, Instant, assessment_stream, next_instant, shanghai_date, stream_id

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


Clock = Callable[[], datetime]


class LockedStreams:
    """Locks streams until the end of its transaction. Each instant given follows the last one of its stream."""

    def __init__(self, connection: Connection, clock: Clock | None, clock_watch: ClockWatch | None) -> None:
        self.connection, self.clock, self._clock_watch = connection, clock, clock_watch
        self._heads: dict[str, StreamHead] = {}
        self._last: dict[str, Instant | None] = {}
        self._around = LedgerSnapshot()

    def lock(self, stream: str) -> StreamHead:
        """Lock a stream for this transaction; who locks several does it in the order of their names."""
        head = self._heads.get(stream)
        if head is None:
            if stream == LEDGER_STREAM:
                lock_law(self.connection)
                head = lock_head(self.connection, stream)
                # A law is known from an instant after all that was decided under the one before it.
                self._last[stream] = last_recorded_at(self.connection)
            else:
                head, self._around = lock_for_recording(self.connection, stream)
                self._last[stream] = head.last_recorded_at
            self._heads[stream] = head
        return head

    def lock_district(self, year: int) -> StreamHead:
        """Have the whole district alone until the end of the transaction, for an act on a year's assessment.

        Nobody records meanwhile, so what is read of any agency from now on is all there is. Gives the head of the
        year's round. To be held shortly: work out beforehand what can be.
        """
        stream = assessment_stream(year)
        if stream not in self._heads:
            lock_law(self.connection)
            self._heads[stream] = lock_head(self.connection, stream)  # its clock is read after the lock
            self._last[stream] = last_recorded_at(self.connection)
        return self._heads[stream]

    def take(self, streams: Iterable[str], year: int) -> dict[str, StreamHead]:
        """The heads of agencies that events are to be appended to, in few queries. Needs `lock_district`."""
        around = self.lock_district(year)
        wanted = [stream for stream in streams if stream not in self._heads]
        for stream, head in heads_of(self.connection, wanted, around.db_now).items():
            self._heads[stream], self._last[stream] = head, self._last[around.stream]
        return self._heads

    def _now(self, head: StreamHead) -> datetime:
        return self.clock() if self.clock is not None else self.believed(head.db_now)

    def believed(self, now: datetime) -> datetime:
        """The database's clock, just read. Raises: ClockDoubted when it is not where it should be."""
        if self._clock_watch is not None:
            self._clock_watch.require(now, lambda: last_recorded_at(self.connection))
        return now

    def day_at(self, head: StreamHead) -> date:
        """The Shanghai date by this transaction's clock, as it was read with the head's lock."""
        return shanghai_date(next_instant(self._now(head), None))

    def today(self) -> date:
        """The Shanghai date by this transaction's clock."""
        return self.day_at(self.lock(LEDGER_STREAM))
