"""One writing transaction: streams are locked first, then commands decide on what the lock protects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from eventsourcing.persistence import ApplicationRecorder
from msgspec.structs import replace

from domain.agency import Agency, is_agency_stream, unknown_agency
from domain.commands.base import Command, Recording
from domain.errors import Contradiction
from domain.events import AgencySucceeded, CalendarAdopted, Event, LedgerOpened, RulebookAdopted, Via
from domain.law import Law, must_go_with
from domain.ledger.inherited_projects import Carrying
from domain.ledger.inheriting import BEARING, passed_on
from domain.ledger.memory import LedgerMemory
from domain.ledger.prepared import Clock, LockedStreams, PreparedEvents
from domain.ledger.read_models import Projected, ReadModels
from domain.ledger.reader import CrossAgency, Reader
from domain.measures.calendar import Calendar
from domain.measures.rulebook.rulebook import Rulebook
from domain.measures.text.implements import implements
from domain.similar import content_key
from domain.store.db.dialect import transaction_clock
from domain.store.db.engine import Connection
from domain.store.db.statements import Insert, Staged, write
from domain.store.files.papers import StoredPapers
from domain.store.keys.vault import Vault
from domain.store.log.clock import ClockWatch
from domain.store.log.event_index_sql import MOST_SIMILAR, StoredEntries, alike
from domain.store.log.person_index import indexed
from domain.store.log.recorder import event_rows
from domain.store.log.stream_heads import advanced, head_changes
from domain.store.log.streams_by_key import streams_under
from domain.trail.indexed_trail import IndexedTrail
from domain.trail.keys import type_key
from domain.trail.trail import Trail
from domain.values import LEDGER_STREAM, Instant, Role, agency_stream, new_id, next_instant, stream_id


class UnitOfWork(LockedStreams):
    """What one transaction records; see the module."""

    def __init__(
        self,
        connection: Connection,
        memory: LedgerMemory,
        read_models: ReadModels,
        recorder: ApplicationRecorder,
        clock: Clock | None,
        clock_watch: ClockWatch | None,
    ) -> None:
        super().__init__(connection, clock, clock_watch)
        self.memory, self._read_models, self._recorder = memory, read_models, recorder
        self.vault = Vault(connection, later=True)
        self.papers = StoredPapers(connection, self.vault)
        self.reader = Reader(memory, connection)
        self._agencies: dict[str, Agency] = {}
        self._entries: dict[str, StoredEntries] = {}
        self._pending: dict[str, list[Event]] = {}
        self.beside: list[Insert] = []
        """What else is to be written with the events."""
        self._law: Law | None = None
        self._published_here: frozenset[int] = frozenset()
        """Years that this transaction itself publishes: what it records after that can touch their results."""
        self._projected: Projected | None = None
        self._law_since: Instant = ""

    def demonstration_or_new(self) -> bool:
        """Whether an injected clock is allowed: the ledger is a demonstration, or has not been opened yet."""
        own = self.reader.events(LEDGER_STREAM)
        return not own or (isinstance(own[0], LedgerOpened) and own[0].demonstration)

    def append(
        self, kind: type[Event], stream: str, /, *, actor: str, via: Via, occurred_on: date, own_id: str, **fields: Any
    ) -> Event:
        """Append a fact that is decided already, to a locked stream. Its instant follows the last of the stream.

        `own_id`: of the fact itself (an annulment has an `event_id` among its fields).
        """
        waiting = self._pending.setdefault(stream, [])
        head = self._heads[stream]
        since = max(self._last[stream] or "", self._law_since)
        event = kind(
            stream=stream,
            version=head.version + len(waiting) + 1,
            id=own_id,
            occurred_on=occurred_on,
            recorded_at=next_instant(self._now(head), since),
            actor=actor,
            via=via,
            **fields,
        )
        self._last[stream] = event.recorded_at
        waiting.append(event)
        self._projected = None
        if stream in self._agencies:
            self._agencies[stream].apply(event)
        elif is_agency_stream(stream):
            self.entries(stream).add(event)
        return event

    def put(self, prepared: PreparedEvents, known_at: Instant, year: int) -> tuple[dict[str, bytes], set[str]]:
        """Write events prepared for many agencies, each as the next of its stream. Takes the district's lock.

        They are recorded at one instant after `known_at`. Gives the leaf hashes of what was written, by stream; and the
        streams to which something was appended meanwhile: nothing is written for those, `append` does it.
        """
        now = self.clock() if self.clock else self.believed(transaction_clock(self.connection))
        at = next_instant(now, known_at)
        ready = prepared.at(at)
        staged = Staged(self.connection, [event_rows(list(ready.stored.values())), *ready.inserts])
        self.lock_district(year)
        self._require_own_rows()
        heads = self.take(ready.stored, year)
        overtaken = ready.overtaken(heads, at)
        # Rows are closed before their successors are there: one that begins on the same day must not be closed with it.
        write(self.connection, ready.changes_without(overtaken))
        staged.put({stream_id(stream).hex for stream in overtaken})
        written = {stream: one for stream, one in ready.stored.items() if stream not in overtaken}
        moves = [(heads[stream], advanced(heads[stream], [one])) for stream, one in written.items()]
        write(self.connection, [head_changes(moves)])
        self.reader.may_cache, self._published_here = False, self._published_here | {year}
        for (_, after), stream in zip(moves, written, strict=True):
            self._heads[stream], self._last[stream] = after, at
        return {stream: one.leaf_hash for stream, one in written.items()}, overtaken

    def leaf_of(self, event: Event) -> bytes:
        """The leaf hash (RFC 6962) of an event of this transaction."""
        return self.memory.mapper.to_stored_event(event).leaf_hash

    def entries(self, stream: str) -> StoredEntries:
        """The events of an agency's stream by key, read as they are asked for."""
        if stream not in self._entries:
            is_new = self._heads[stream].version == 0
            self._entries[stream] = StoredEntries(self.connection, stream, self.memory.mapper, is_new=is_new)
        return self._entries[stream]

    def agency(self, uscc: str, *, new: bool = False) -> Agency:
        """The agency as it stands under the lock, with what this transaction has recorded so far."""
        stream = agency_stream(uscc)
        agency = self._agencies.get(stream)
        if agency is None:
            head = self.lock(stream)
            self._require_own_rows()  # the keys by which events are found are of the same version as the rows
            agency = Agency.of(uscc)
            agency.trail, agency.version = IndexedTrail(self.entries(stream)), head.version
            self._agencies[stream] = agency
        if agency.version == 0 and not new:
            raise unknown_agency(uscc)
        return agency

    def expect(self, commands: Iterable[tuple[str, Command, str | None]]) -> None:
        """Read ahead what these commands (USCC, command, id of its path) will look up: in a few queries an agency.

        Of a place that several will look at, all is read.
        """
        ahead: dict[str, tuple[set[str], set[str], set[str]]] = {}
        for uscc, command, path_id in commands:
            keys, ids, places = ahead.setdefault(uscc, (set(), set(), set()))
            more_keys, more_ids, windows = self._read_models.looked_up(command, path_id)
            keys.update(more_keys)
            ids.update(more_ids)
            places.update(window.all_of_a_kind for window in windows)
        for uscc in sorted(ahead):
            keys, ids, places = ahead[uscc]
            entries = self._entries[self.agency(uscc, new=True).stream]
            entries.read(keys, ids)
            entries.within(*places)

    def law(self) -> Law:
        """The law adopted by now."""
        if self._law is None:
            known, at = self._around.law_version, self._around.law_at
            own = self.reader.up_to(LEDGER_STREAM, known, at) if known else self.reader.events(LEDGER_STREAM)
            found = self.memory.law_of(own)
            if found is None:
                raise Contradiction(
                    "账本尚未启用",
                    "the ledger has not been opened",
                    remedy="请先启动服务",
                    remedy_en="Start the service first.",
                )
            self._law, self._law_since = found, own[-1].recorded_at
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
        new: bool = False,
        appeal_id: str | None = None,
        replaced: tuple[str, ...] = (),
    ) -> Event:
        """Record one command. Raises a `Refusal`, then nothing of this transaction may be committed.

        `new`: the command may create the agency (art.8). `appeal_id`, `replaced`: see `Recording`. It may be called any
        number of times, for any agencies; who records at several locks their streams first, by name.
        """
        agency = self.agency(uscc, new=new)
        stream = agency.stream
        self._entries[stream].read(*self._read_models.looked_up(command, path_id))
        law = self.law()
        at = next_instant(self._now(self._heads[stream]), max(self._last[stream] or "", self._law_since))
        recording = Recording(
            actor=actor,
            role=role,
            via=via,
            law=law,
            recorded_at=at,
            event_id=event_id or new_id(),
            vault=self.vault,
            path_id=path_id,
            enterprise=enterprise,
            appeal_id=appeal_id,
            replaced=replaced,
            elsewhere=CrossAgency(self.reader, stream),
            papers=self.papers,
        )
        event = command.record(agency, recording)
        self._last[stream] = at
        self._pending.setdefault(stream, []).append(event)
        self._projected = None
        return event

    def similar(self, events: Sequence[Event]) -> list[Event]:
        """The counting facts that were there before these of one agency and say the same (R46), in recording order.

        Looked up by key, the latest few of each.
        """
        found: dict[str, Event] = {}
        for place, event in enumerate(events):
            key = content_key(event)
            if key is None:
                continue
            before = [one for one in events[:place] if content_key(one) == key]
            before += self.entries(event.stream).latest(key, MOST_SIMILAR)
            found |= {one.id: one for one in alike(self.vault, event, before)}
        return sorted(found.values(), key=lambda one: one.version)

    def adopt(self, kind: type[Event], actor: str, occurred_on: date, via: Via = "api", /, **fields: Any) -> Event:
        """Append an event to the ledger's own stream."""
        head = self.lock(LEDGER_STREAM)
        waiting = self._pending.setdefault(LEDGER_STREAM, [])
        at = next_instant(self._now(head), self._last[LEDGER_STREAM])
        event = kind(
            stream=LEDGER_STREAM,
            version=head.version + len(waiting) + 1,
            id=new_id(),
            occurred_on=occurred_on,
            recorded_at=at,
            actor=actor,
            via=via,
            **fields,
        )
        self._last[LEDGER_STREAM] = at
        waiting.append(event)
        return event

    def adopt_rulebook(self, rulebook: Rulebook, actor: str) -> Event:
        """A rulebook comes into force on its effective date, known from now on (R4, R5).

        Refused when it does not go with those adopted before: an adoption cannot be annulled.
        """
        self.lock(LEDGER_STREAM)
        must_go_with(rulebook, self.reader.events(LEDGER_STREAM))
        return self.adopt(
            RulebookAdopted,
            actor,
            rulebook.effective_from,
            rulebook_id=rulebook.id,
            sha256=rulebook.sha256,
            content=rulebook.content,
        )

    def adopt_calendar(self, calendar: Calendar, actor: str, via: Via = "api") -> Event:
        """A holiday calendar replaces the one before, known from now on (R2, R4)."""
        return self.adopt(
            CalendarAdopted,
            actor,
            self.today(),
            via,
            calendar_id=calendar.id,
            sha256=calendar.sha256,
            content=calendar.content,
        )

    def projected(self) -> Projected:
        """What the facts recorded so far change of the rows, and which published results they touch (R36)."""
        if self._projected is None:
            self._pass_on()
            recorded = {
                stream: (self._pending[stream], self.entries(stream))
                for stream in sorted(self._pending)
                if is_agency_stream(stream) and self._pending[stream]
            }
            if not recorded:
                return Projected([], [])
            models, years = self._read_models, self._around.published | self._published_here
            self._require_own_rows()
            self._projected = models.recorded(self.connection, recorded, self.law(), years)
        return self._projected

    def _require_own_rows(self) -> None:
        """What follows rests on keys and rows of this version. Raises: RowsOfAnother.

        Who lets another version take over has the law's lock, which every recorder shares, until it has committed.
        """
        self._read_models.require_own(self.connection, self._around.rows_by)

    @implements("art.12", "R43")
    def _pass_on(self) -> None:
        """Record at successors what a predecessor's facts of this transaction change of what they have of it.

        A successor may be a predecessor itself: what reaches it goes on. Commands refuse circles.
        """
        pending = sorted(self._pending.items())
        waiting = [stream for stream, events in pending if any(isinstance(one, BEARING) for one in events)]
        while waiting:
            stream = waiting.pop(0)
            if not is_agency_stream(stream):
                continue
            for entry in self.entries(stream).under([type_key(AgencySucceeded)]):
                if isinstance(entry.event, AgencySucceeded):
                    waiting += self._pass_on_to(entry.event, self._pending[stream][-1])

    def _pass_on_to(self, one: AgencySucceeded, cause: Event) -> list[str]:
        """To the successors of one succession; gives those of which something has changed."""
        changed = []
        for stream in sorted(map(agency_stream, one.successors)):
            if stream == one.stream:
                continue
            self.lock(stream)
            theirs, here = self._all_of(one.stream), self._all_of(stream)
            carrying = Carrying(one, theirs, here, cause.occurred_on, new_id, self.vault.seal)
            for new in passed_on(carrying, self.law(), stream.removeprefix("agency/")):
                by: dict[str, Any] = {"actor": cause.actor, "via": cause.via, "own_id": new.event_id}
                self.append(new.kind, stream, occurred_on=new.occurred_on, **by, **new.fields)
                changed.append(stream)
        return list(dict.fromkeys(changed))

    def _all_of(self, stream: str) -> Trail:
        return Trail([*self.reader.events(stream), *self._pending.get(stream, ())])

    @implements("art.12", "R4", "R43")
    def _judge_successions_again(self, actor: str) -> None:
        """Another rulebook may let other things go over: successors learn it as soon as it is known."""
        self._law = None
        for stream in streams_under(self.connection, type_key(AgencySucceeded)):
            self.judge_succession_again(stream, actor)
        self.flush()

    @implements("art.12", "R43")
    def judge_succession_again(self, stream: str, actor: str) -> None:
        """Let the successors of one agency have what goes over to them. Raises: Unreadable."""
        today = self.day_at(self.lock(stream))
        for entry in self.entries(stream).under([type_key(AgencySucceeded)]):
            if isinstance(entry.event, AgencySucceeded) and entry.gone_at is None:
                self._pass_on_to(entry.event, replace(entry.event, actor=actor, occurred_on=today))

    def flush(self) -> None:
        """Write what has been recorded: events, heads, and the rows that follow from them. Once, before the commit."""
        self._pass_on()
        streams = sorted(stream for stream, events in self._pending.items() if events)
        events = [event for stream in streams for event in self._pending[stream]]
        if not events:
            return
        self.reader.may_cache = False
        stored = [self.memory.mapper.to_stored_event(event) for event in events]
        moves = [
            (head, advanced(head, [one for one in stored if one.stream == head.stream]))
            for head in map(self._heads.__getitem__, streams)
        ]
        people = indexed(self.vault, events)
        files = self.papers.attached(events)
        beside = [*self.beside, self.vault.unwritten(), people, files, *self.projected().writes]
        self._recorder.insert_events(stored, connection=self.connection, heads=moves, beside=beside)
        self._heads |= {after.stream: after for _, after in moves}
        adopted = [one for one in events if isinstance(one, (RulebookAdopted, CalendarAdopted))]
        for event in adopted:
            law = self.memory.law_of(self.reader.events(LEDGER_STREAM), event.recorded_at)
            self._require_own_rows()
            if law is not None:
                self._read_models.adopted(self.reader, law, event.recorded_at)
        self._pending.clear()
        self._projected = None
        if any(isinstance(one, RulebookAdopted) for one in adopted):
            self._judge_successions_again(adopted[-1].actor)
