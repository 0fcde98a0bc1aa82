"""What one process keeps of a ledger between its transactions: decoded events, and the laws that they make."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from domain.events import Event
from domain.law import Law
from domain.store.log.mapper import EventMapper
from domain.trail.trail import Trail
from domain.values import FOREVER, Instant

CACHED_EVENTS = 400_000
"""How many decoded events are kept in memory for reading, in all."""


class StreamCache:
    """Decoded events by stream. Events never change, so a cached stream only grows; the least recently used goes."""

    def __init__(self, most_events: int = CACHED_EVENTS) -> None:
        self._streams: OrderedDict[str, tuple[Event, ...]] = OrderedDict()
        self._most, self._held, self._lock = most_events, 0, Lock()

    def get(self, stream: str) -> tuple[Event, ...]:
        """What is cached of a stream: its events from the first on, maybe none."""
        with self._lock:
            events = self._streams.get(stream, ())
            if events:
                self._streams.move_to_end(stream)
            return events

    def put(self, stream: str, events: tuple[Event, ...]) -> None:
        """Keep a stream's events; they begin with the first one."""
        with self._lock:
            self._held += len(events) - len(self._streams.get(stream, ()))
            self._streams[stream] = events
            self._streams.move_to_end(stream)
            while self._held > self._most and len(self._streams) > 1:
                _, gone = self._streams.popitem(last=False)
                self._held -= len(gone)


class LedgerMemory:
    """Given to every reader and unit of work of one ledger. Safe to share: events never change once recorded."""

    def __init__(self) -> None:
        self.mapper = EventMapper()
        self.streams = StreamCache()
        self.last_trail: tuple[tuple[str, int, str], Trail] | None = None
        """Of the first events of a stream, up to the one of this version and id (`Reader.trail_of`)."""
        self._laws: dict[tuple[str, ...], Law | None] = {}

    def law_of(self, own: tuple[Event, ...], known_at: Instant = FOREVER) -> Law | None:
        """The law that these events of the ledger's own stream make; reading a rulebook in is slow, so it is kept."""
        known = [event for event in own if event.recorded_at <= known_at]
        key = tuple(event.id for event in known)
        if key not in self._laws:
            self._laws[key] = Law.of(known)
        return self._laws[key]
