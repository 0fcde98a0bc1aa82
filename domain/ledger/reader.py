"""Questions to one snapshot of the ledger: streams, the law, the sealed log, the other agencies of the district."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from domain.errors import Unreadable
from domain.events import Event
from domain.law import Law
from domain.ledger.memory import LedgerMemory
from domain.measures.staff import Stay, stays
from domain.store.db.engine import Connection
from domain.store.keys.vault import Vault
from domain.store.log.recorder import recorded_of, states_named, states_of
from domain.store.log.sequencer import sealed_at_index, sealed_place, sealed_until, sealed_versions
from domain.store.log.stream_heads import AllRecorded, StreamHead, head_of, recorded_in_all, sealed_id, streams
from domain.store.log.streams_by_key import counting_under, streams_with
from domain.trail.trail import Trail
from domain.values import LEDGER_STREAM, Instant, agency_stream


class Reader:
    """Questions to one snapshot."""

    def __init__(self, memory: LedgerMemory, connection: Connection, *, is_snapshot: bool = False) -> None:
        """`is_snapshot`: nothing that is recorded meanwhile is seen; a transaction that writes may see it."""
        self.memory, self.connection = memory, connection
        self._is_snapshot = is_snapshot
        self._recorded: AllRecorded | None = None
        self._heads: dict[str, StreamHead | None] = {}
        self.vault = Vault(connection)
        self.may_cache = True
        """Not once this transaction has written: what it sees may be rolled back."""

    def events(self, stream: str) -> tuple[Event, ...]:
        """All events of a stream in this snapshot; empty for an unknown one. Raises `Unreadable`."""
        head = self.head(stream)
        return () if head is None else self.up_to(stream, head.version, head.last_recorded_at)

    def head(self, stream: str) -> StreamHead | None:
        """How a stream stands: in a snapshot asked for once, however many questions need it."""
        if stream in self._heads:
            return self._heads[stream]
        found = head_of(self.connection, stream)
        if self._is_snapshot:
            self._heads[stream] = found
        return found

    def up_to(self, stream: str, version: int, recorded_at: Instant | None) -> tuple[Event, ...]:
        """The first `version` events of a stream that this snapshot is known to hold; when the last was recorded.

        What is remembered may be of a history that was lost: a replica or a primary has shown an event that no server
        has after a failover. So it counts only where its last event is the one that stands here: of one id, or of one
        microsecond of the same version.
        """
        cached = self.memory.streams.get(stream)
        if len(cached) >= version and cached[version - 1].recorded_at != recorded_at:
            cached = ()
        if len(cached) < version:
            stored = states_of(self.connection, stream, gt=max(0, len(cached) - 1), lte=version)
            found = tuple(self.memory.mapper.decode_all(stored))
            if cached and (not found or found[0].id != cached[-1].id):
                cached = ()
                found = tuple(self.memory.mapper.decode_all(states_of(self.connection, stream, gt=0, lte=version)))
            cached = (*cached[:-1], *found)
            if [event.version for event in cached] != list(range(1, version + 1)):
                raise Unreadable(f"{stream}: its head is at version {version}, but not all events up to it are there")
            if self.may_cache:
                self.memory.streams.put(stream, cached)
        return cached[:version]

    def trail_of(self, first: Sequence[Event]) -> Trail:
        """The trail of the first so many events of a stream. The last one that was made is kept: a page asks thrice."""
        last, kept = first[-1], self.memory.last_trail
        key = (last.stream, last.version, last.id)
        if last.version != len(first):
            return Trail(first)
        if kept is None or kept[0] != key:
            kept = key, Trail(first)
            if self.may_cache:
                self.memory.last_trail = kept
        return kept[1]

    def agency_events(self, uscc: str) -> tuple[Event, ...]:
        """All events of an agency in this snapshot."""
        return self.events(agency_stream(uscc))

    def named(self, event_ids: Iterable[str]) -> dict[str, Event]:
        """The events of these ids, of whatever stream, in this order; those that do not exist are not there."""
        ids = list(dict.fromkeys(event_ids))
        found = {event.id: event for event in self.memory.mapper.decode_all(states_named(self.connection, ids))}
        return {one: found[one] for one in ids if one in found}

    def recorded(self) -> AllRecorded:
        """How far the whole ledger has come: in a snapshot asked for once, however many questions want to know."""
        if self._recorded is None or not self._is_snapshot:
            self._recorded = recorded_in_all(self.connection)
        return self._recorded

    def streams_under(self, key: str, among: Sequence[str]) -> list[str]:
        """Which of these streams have a counting event under a key."""
        return list(counting_under(self.connection, self.memory.mapper, among, [key])) if among else []

    def agencies(self, only: Iterable[str] | None = None) -> Iterator[tuple[Event, ...]]:
        """The events of every agency, or of these streams, by USCC."""
        for stream in streams(self.connection, "agency/") if only is None else sorted(only):
            yield self.events(stream)

    def sealed(self) -> tuple[int, Instant | None]:
        """The last log index, and the instant before which nothing more will be recorded (events.md, Order)."""
        return sealed_until(self.connection)

    def versions_in_log(self, stream: str, up_to: int) -> set[int]:
        """Which versions of a stream are among the first `up_to` entries of the sealed log."""
        return sealed_versions(self.connection, stream, up_to)

    def log_index_of(self, stream: str, version: int) -> int | None:
        """The place of an event in the sealed log; None before it is sealed, moments after it was recorded."""
        return sealed_place(self.connection, stream, version)

    def id_in_log(self, log_index: int) -> str | None:
        """The id of the event at this place of the sealed log; None where the log does not reach so far."""
        return sealed_id(self.connection, log_index)

    def recorded_in_log(self, log_index: int) -> Instant | None:
        """When the event at this place of the sealed log was recorded."""
        return sealed_at_index(self.connection, log_index)

    def law(self, known_at: Instant) -> Law | None:
        """What the ledger had adopted by an instant (R4)."""
        return self.memory.law_of(self.events(LEDGER_STREAM), known_at)

    def law_in_log(self, up_to: int) -> Law | None:
        """What the ledger had adopted among the first `up_to` entries of the sealed log (R4)."""
        versions = self.versions_in_log(LEDGER_STREAM, up_to)
        return self.memory.law_of(tuple(event for event in self.events(LEDGER_STREAM) if event.version in versions))

    def law_recorded_in_log(self, up_to: int) -> Instant | None:
        """When the last of those was recorded."""
        versions = self.versions_in_log(LEDGER_STREAM, up_to)
        own = self.events(LEDGER_STREAM)
        return max((event.recorded_at for event in own if event.version in versions), default=None)

    def recorded_of(self, stream: str, version: int) -> Instant | None:
        """When an event of a stream was recorded; None where there is none of this version."""
        return recorded_of(self.connection, stream, version)


class CrossAgency:
    """The other agencies that one agency's hints depend on, found by key: the district is not replayed (R37).

    Implements `Elsewhere` for the agency of one stream, in the snapshot or transaction of a reader.

    `trail_of`: the trail of another agency's stream at the same basis, None where it was not known then.
    """

    def __init__(self, reader: Reader, stream: str, trail_of: Callable[[str], Trail | None] | None = None) -> None:
        self._reader, self._stream = reader, stream
        self._trail_of = trail_of or (lambda other: Trail(reader.events(other)))

    def stays(self, certificates: Collection[str]) -> Iterator[Stay]:
        """When these certificates were on the staff of other agencies, at the same basis (R37)."""
        for other in streams_with(self._reader.connection, certificates, besides=self._stream):
            trail = self._trail_of(other)
            if trail is not None:
                yield from (stay for stay in stays(trail) if stay.certificate in certificates)

    def trail(self, uscc: str) -> Trail | None:
        """The trail of another agency at the same basis; None where nothing was known of it."""
        found = self._trail_of(agency_stream(uscc))
        return found if found is not None and found.events else None
