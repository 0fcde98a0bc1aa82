"""The ledger: the library's Application over our store. Load, decide and append happen in one transaction.

Writers meet only on the head row of their stream (events.md). The ledger's own stream holds what it has adopted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from threading import Lock
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.utils import EnvType
from sqlalchemy import Connection, Engine

from domain.agency import Agency, unknown_agency
from domain.commands.base import Command, Recording
from domain.errors import Contradiction, Moved, Unreadable
from domain.events import CalendarAdopted, Event, LedgerOpened, RulebookAdopted, Via
from domain.law import Law
from domain.measures.calendar import Calendar
from domain.measures.rulebook import Rulebook, Rulebooks
from domain.store.engine import reading, writing
from domain.store.factory import LedgerFactory
from domain.store.heads import Head, advance_head, head_of, lock_head, streams
from domain.store.mapper import EventMapper
from domain.store.recorder import events_of
from domain.store.sealer import sealed_at_index, sealed_until, sealed_versions
from domain.store.vault import Vault
from domain.values import (
    FOREVER,
    LEDGER_STREAM,
    Instant,
    Role,
    agency_stream,
    new_id,
    next_instant,
    shanghai_date,
)

Clock = Callable[[], datetime]
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


class Ledger(Application[UUID]):
    """All that has been recorded. One instance per process and database."""

    name = "steward"

    def __init__(self, engine: Engine, env: EnvType | None = None) -> None:
        self.engine = engine
        super().__init__(env)
        self.events_mapper = EventMapper()
        self.cache = StreamCache()
        self._laws: dict[tuple[str, ...], Law | None] = {}

    def construct_factory(self, env: Any) -> LedgerFactory:
        """The library's own extension point: our mapper and recorder on our engine."""
        return LedgerFactory(env, self.engine)

    # ---- reading ----

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One consistent snapshot of the whole ledger."""
        with reading(self.engine) as connection:
            yield Reader(self, connection)

    def law_of(self, own: tuple[Event, ...], known_at: Instant = FOREVER) -> Law | None:
        """The law that these events of the ledger's own stream make; reading a rulebook in is slow, so it is kept."""
        known = [event for event in own if event.recorded_at <= known_at]
        key = tuple(event.id for event in known)
        if key not in self._laws:
            self._laws[key] = Law.of(known)
        return self._laws[key]

    # ---- writing ----

    @contextmanager
    def writing(self, clock: Clock | None = None) -> Iterator[Unit]:
        """One transaction: everything recorded in it is committed together at the end, or nothing is.

        `clock` is for ledgers opened as a demonstration; any other ledger refuses it.
        """
        with writing(self.engine) as connection:
            unit = Unit(self, connection, clock)
            if clock is not None and not unit.demonstration_or_new():
                raise no_clock()
            yield unit
            unit.flush()

    def open(
        self,
        rulebook: Rulebook,
        calendar: Calendar,
        *,
        actor: str,
        demonstration: bool = False,
        clock: Clock | None = None,
    ) -> bool:
        """Open a new ledger and adopt its first law by events (R4). False when it was opened before.

        Only a demonstration can be given a clock.
        """
        if clock is not None and not demonstration:
            raise no_clock()
        with self.writing(clock) as unit:
            if unit.lock(LEDGER_STREAM).version > 0:
                return False
            unit.adopt(LedgerOpened, actor, unit.today(), demonstration=demonstration)
            unit.adopt_rulebook(rulebook, actor)
            unit.adopt_calendar(calendar, actor)
        return True


class Reader:
    """Questions to one snapshot."""

    def __init__(self, ledger: Ledger, connection: Connection) -> None:
        self.ledger, self.connection = ledger, connection
        self.vault = Vault(connection)
        self.may_cache = True
        """Not once this transaction has written: what it sees may be rolled back."""

    def events(self, stream: str) -> tuple[Event, ...]:
        """All events of a stream in this snapshot; empty for an unknown one. Raises `Unreadable`."""
        head = head_of(self.connection, stream)
        return () if head is None else self.up_to(stream, head.version)

    def up_to(self, stream: str, version: int) -> tuple[Event, ...]:
        """The first `version` events of a stream that this snapshot is known to hold."""
        cached = self.ledger.cache.get(stream)
        if len(cached) < version:
            decode = self.ledger.events_mapper.to_domain_event
            stored = events_of(self.connection, stream, gt=len(cached), lte=version)
            cached = (*cached, *map(decode, stored))
            if [event.version for event in cached] != list(range(1, version + 1)):
                raise Unreadable(f"{stream}: its head is at version {version}, but not all events up to it are there")
            if self.may_cache:
                self.ledger.cache.put(stream, cached)
        return cached[:version]

    def agency_events(self, uscc: str) -> tuple[Event, ...]:
        """All events of an agency in this snapshot."""
        return self.events(agency_stream(uscc))

    def agencies(self) -> Iterator[tuple[Event, ...]]:
        """The events of every agency, by USCC."""
        for stream in streams(self.connection, "agency/"):
            yield self.events(stream)

    def sealed(self) -> tuple[int, Instant | None]:
        """The last log index, and the instant before which nothing more will be recorded (events.md, Order)."""
        return sealed_until(self.connection)

    def versions_in_log(self, stream: str, up_to: int) -> set[int]:
        """Which versions of a stream are among the first `up_to` entries of the sealed log."""
        return set(self.connection.scalars(sealed_versions(stream, up_to)))

    def recorded_in_log(self, log_index: int) -> Instant | None:
        """When the event at this place of the sealed log was recorded."""
        return self.connection.scalar(sealed_at_index(log_index))

    def law(self, known_at: Instant) -> Law | None:
        """What the ledger had adopted by an instant (R4)."""
        return self.ledger.law_of(self.events(LEDGER_STREAM), known_at)

    def law_in_log(self, up_to: int) -> Law | None:
        """What the ledger had adopted among the first `up_to` entries of the sealed log (R4)."""
        versions = self.versions_in_log(LEDGER_STREAM, up_to)
        return self.ledger.law_of(tuple(event for event in self.events(LEDGER_STREAM) if event.version in versions))


class Unit:
    """One writing transaction: streams are locked first, then commands decide on what the lock protects."""

    def __init__(self, ledger: Ledger, connection: Connection, clock: Clock | None) -> None:
        self.ledger, self.connection, self.clock = ledger, connection, clock
        self.vault = Vault(connection)
        self.reader = Reader(ledger, connection)
        self._heads: dict[str, Head] = {}
        self._agencies: dict[str, Agency] = {}
        self._last: dict[str, Instant | None] = {}
        self._pending: dict[str, list[Event]] = {}
        self._law: Law | None = None

    def demonstration_or_new(self) -> bool:
        """Whether an injected clock is allowed: the ledger is a demonstration, or has not been opened yet."""
        own = self.reader.events(LEDGER_STREAM)
        return not own or (isinstance(own[0], LedgerOpened) and own[0].demonstration)

    def lock(self, stream: str) -> Head:
        """Lock a stream for this transaction; who locks several does it in the order of their names."""
        head = self._heads.get(stream)
        if head is None:
            head = self._heads[stream] = lock_head(self.connection, stream)
            self._last[stream] = head.last_recorded_at
        return head

    def _now(self, head: Head) -> datetime:
        return self.clock() if self.clock is not None else head.db_now

    def agency(self, uscc: str, *, new: bool = False) -> Agency:
        """The agency as it stands under the lock, with what this transaction has recorded so far."""
        stream = agency_stream(uscc)
        agency = self._agencies.get(stream)
        if agency is None:
            head = self.lock(stream)
            if head.version == 0 and not new:
                raise unknown_agency(uscc)
            agency = Agency.of(uscc)
            for event in self.reader.up_to(stream, head.version):
                agency.apply(event)
            self._agencies[stream] = agency
        return agency

    def law(self) -> Law:
        """The law adopted by now."""
        if self._law is None:
            found = self.ledger.law_of(self.reader.events(LEDGER_STREAM))
            if found is None:
                raise Contradiction("账本尚未启用", "the ledger has not been opened", remedy="请先启动服务",
                                    remedy_en="Start the service first.")  # fmt: skip
            self._law = found
        return self._law

    def record(
        self,
        uscc: str,
        command: Command,
        *,
        actor: str,
        role: Role,
        via: Via,
        path_id: str | None = None,
        enterprise: str | None = None,
        event_id: str | None = None,
        expected: int | None = None,
        new: bool = False,
    ) -> Event:
        """Record one command. Raises a `Refusal`, then nothing of this transaction may be committed.

        `expected`: the version that If-Match names. `new`: the command may create the agency (art.8).
        """
        agency = self.agency(uscc, new=new)
        if expected is not None and expected != agency.version:
            raise Moved(
                f"机构记录已是第 {agency.version} 版，不是 {expected}",
                f"the agency is at version {agency.version}, not {expected}",
                remedy="请重新读取后再决定",
                remedy_en="Read it again and decide anew.",
            )
        stream = agency.stream
        at = next_instant(self._now(self._heads[stream]), self._last[stream])
        law = self.law()
        event = agency.record(
            command,
            Recording(
                actor=actor, role=role, via=via, today=shanghai_date(at), recorded_at=at,
                event_id=event_id or new_id(), vault=self.vault, rulebooks=law.rulebooks, calendar=law.calendar,
                path_id=path_id, enterprise=enterprise,
            ),
        )  # fmt: skip
        self._last[stream] = at
        self._pending.setdefault(stream, []).append(event)
        return event

    def today(self) -> date:
        """The Shanghai date by this transaction's clock."""
        return shanghai_date(next_instant(self._now(self.lock(LEDGER_STREAM)), None))

    def adopt(self, kind: type[Event], actor: str, occurred_on: date, **fields: Any) -> Event:
        """Append an event to the ledger's own stream."""
        head = self.lock(LEDGER_STREAM)
        waiting = self._pending.setdefault(LEDGER_STREAM, [])
        at = next_instant(self._now(head), self._last[LEDGER_STREAM])
        event = kind(
            stream=LEDGER_STREAM, version=head.version + len(waiting) + 1, id=new_id(), occurred_on=occurred_on,
            recorded_at=at, actor=actor, via="api", **fields,
        )  # fmt: skip
        self._last[LEDGER_STREAM] = at
        waiting.append(event)
        return event

    def adopt_rulebook(self, rulebook: Rulebook, actor: str) -> Event:
        """A rulebook comes into force on its effective date, known from now on (R4, R5).

        Refused when it does not go with those adopted before: an adoption cannot be annulled.
        """
        self.lock(LEDGER_STREAM)
        own = self.reader.events(LEDGER_STREAM)
        adopted = [Rulebook.from_content(event.content) for event in own if isinstance(event, RulebookAdopted)]
        if adopted and rulebook.effective_from < min(book.effective_from for book in adopted):
            raise Contradiction(
                f"规则 {rulebook.id} 自 {rulebook.effective_from} 起，早于办法施行之日",
                f"rulebook {rulebook.id} would take effect on {rulebook.effective_from}, before the Measures",
                cites=("art.28", "R4"),
                remedy="请填写施行之日或更晚的日期",
                remedy_en="Give the day of the Measures or a later one.",
            )
        Rulebooks([*adopted, rulebook])  # raises what they contradict each other in
        return self.adopt(
            RulebookAdopted, actor, rulebook.effective_from,
            rulebook_id=rulebook.id, sha256=rulebook.sha256, content=rulebook.content,
        )  # fmt: skip

    def adopt_calendar(self, calendar: Calendar, actor: str) -> Event:
        """A holiday calendar replaces the one before, known from now on (R2, R4)."""
        return self.adopt(
            CalendarAdopted, actor, self.today(),
            calendar_id=calendar.id, sha256=calendar.sha256, content=calendar.content,
        )  # fmt: skip

    def flush(self) -> None:
        """Write what has been recorded: all events in one insert, then the heads. Called once, before the commit."""
        streams = sorted(stream for stream, events in self._pending.items() if events)
        events = [event for stream in streams for event in self._pending[stream]]
        if not events:
            return
        self.reader.may_cache = False
        stored = [self.ledger.events_mapper.to_stored_event(event) for event in events]
        self.ledger.recorder.insert_events(stored, connection=self.connection)
        for stream in streams:
            own = [one for one in stored if one.stream == stream]
            advance_head(self.connection, self._heads[stream], own)
        self._pending.clear()


def no_clock() -> Contradiction:
    """A ledger that records what really happens takes its time from the database and from nobody else."""
    return Contradiction(
        "只有演示账本可以指定时钟",
        "only a ledger opened as a demonstration can be given a clock",
        cites=("events.md",),
        remedy="请另建一个演示账本",
        remedy_en="Open a new ledger as a demonstration.",
    )
