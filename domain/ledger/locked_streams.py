"""The streams that one transaction has locked: how each stood under the lock, and what time it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from domain.store.db.dialect import lock_law
from domain.store.db.engine import Connection
from domain.store.log.clock import ClockWatch
from domain.store.log.stream_heads import (
    LedgerSnapshot,
    StreamHead,
    heads_of,
    last_recorded_at,
    lock_for_recording,
    lock_head,
)
from domain.values import LEDGER_STREAM, Instant, assessment_stream, next_instant, shanghai_date

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
