"""One writing transaction: streams are locked first, then commands decide on what the lock protects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection

from domain.agency import Agency, unknown_agency
from domain.commands.base import Command, Recording
from domain.elsewhere import OtherAgencies
from domain.errors import Contradiction, Moved
from domain.events import CalendarAdopted, Event, LedgerOpened, RulebookAdopted, Via
from domain.law import Law
from domain.lazy_trail import LazyTrail
from domain.measures.calendar import Calendar
from domain.measures.rulebook import Rulebook, Rulebooks
from domain.reader import Reader
from domain.store.entries import StoredEntries
from domain.store.heads import Head, advanced, last_recorded_at, lock_for_recording, lock_head, lock_law
from domain.store.statements import Change, Insert
from domain.store.vault import Vault
from domain.values import LEDGER_STREAM, Instant, Role, agency_stream, new_id, next_instant, shanghai_date

if TYPE_CHECKING:
    from domain.ledger import Ledger

Clock = Callable[[], datetime]


Recorded = dict[str, tuple[list[Event], StoredEntries]]
"""What one transaction records, by stream, with the entries in which the events stand already."""


class ReadModels(Protocol):
    """What keeps the rows that answer questions in step with the events, in the same transaction."""

    def looked_up(self, command: Command, path_id: str | None) -> tuple[Iterable[str], Iterable[str]]:
        """Keys and ids of the events that the command's decision and rows will need: a hint, read in one query."""
        ...

    def opened(self, connection: Connection) -> None:
        """The ledger is new: there is nothing to build."""
        ...

    def recorded(
        self, connection: Connection, recorded: dict[str, tuple[list[Event], StoredEntries]], law: Law
    ) -> list[Insert | Change]:
        """What these events change, to be written with them."""
        ...

    def adopted(self, reader: Reader, law: Law, at: Instant) -> None:
        """Another law is known from an instant on: every agency is judged anew (R4)."""
        ...


class Unit:
    """What one transaction records; see the module."""

    def __init__(self, ledger: Ledger, connection: Connection, clock: Clock | None) -> None:
        self.ledger, self.connection, self.clock = ledger, connection, clock
        self.vault = Vault(connection, later=True)
        self.reader = Reader(ledger, connection)
        self._heads: dict[str, Head] = {}
        self._agencies: dict[str, Agency] = {}
        self._entries: dict[str, StoredEntries] = {}
        self._last: dict[str, Instant | None] = {}
        self._pending: dict[str, list[Event]] = {}
        self.beside: list[Insert] = []
        """What else is to be written with the events."""
        self._law: Law | None = None
        self._law_version = 0
        self._law_since: Instant = ""

    def demonstration_or_new(self) -> bool:
        """Whether an injected clock is allowed: the ledger is a demonstration, or has not been opened yet."""
        own = self.reader.events(LEDGER_STREAM)
        return not own or (isinstance(own[0], LedgerOpened) and own[0].demonstration)

    def lock(self, stream: str) -> Head:
        """Lock a stream for this transaction; who locks several does it in the order of their names."""
        head = self._heads.get(stream)
        if head is None:
            if stream == LEDGER_STREAM:
                lock_law(self.connection)
                head = lock_head(self.connection, stream)
                # A law is known from an instant after all that was decided under the one before it.
                self._last[stream] = last_recorded_at(self.connection)
            else:
                head, self._law_version = lock_for_recording(self.connection, stream)
                self._last[stream] = head.last_recorded_at
            self._heads[stream] = head
        return head

    def _now(self, head: Head) -> datetime:
        return self.clock() if self.clock is not None else head.db_now

    def agency(self, uscc: str, *, new: bool = False) -> Agency:
        """The agency as it stands under the lock, with what this transaction has recorded so far."""
        stream = agency_stream(uscc)
        agency = self._agencies.get(stream)
        if agency is None:
            head = self.lock(stream)
            entries = StoredEntries(self.connection, stream, self.ledger.events_mapper, is_new=head.version == 0)
            agency = Agency.of(uscc)
            agency.trail, agency.version = LazyTrail(entries), head.version
            self._agencies[stream], self._entries[stream] = agency, entries
        if agency.version == 0 and not new:
            raise unknown_agency(uscc)
        return agency

    def expect(self, commands: Iterable[tuple[str, Command, str | None]]) -> None:
        """Read ahead what these commands (USCC, command, id of its path) will look up: a query an agency."""
        ahead: dict[str, tuple[set[str], set[str]]] = {}
        for uscc, command, path_id in commands:
            keys, ids = ahead.setdefault(uscc, (set(), set()))
            more_keys, more_ids = self.ledger.read_models.looked_up(command, path_id)
            keys.update(more_keys)
            ids.update(more_ids)
        for uscc in sorted(ahead):
            self._entries[self.agency(uscc, new=True).stream].read(*ahead[uscc])

    def law(self) -> Law:
        """The law adopted by now."""
        if self._law is None:
            known = self._law_version
            own = self.reader.up_to(LEDGER_STREAM, known) if known else self.reader.events(LEDGER_STREAM)
            found = self.ledger.law_of(own)
            if found is None:
                raise Contradiction("账本尚未启用", "the ledger has not been opened", remedy="请先启动服务",
                                    remedy_en="Start the service first.")  # fmt: skip
            self._law, self._law_since = found, own[-1].recorded_at
        return self._law

    def require_version(self, uscc: str, expected: int, *, new: bool = False) -> None:
        """Lock an agency that has to be at the version that If-Match names. Raises: Moved."""
        agency = self.agency(uscc, new=new)
        if expected != agency.version:
            raise Moved(
                f"机构记录已是第 {agency.version} 版，不是 {expected}",
                f"the agency is at version {agency.version}, not {expected}",
                remedy="请重新读取后再决定",
                remedy_en="Read it again and decide anew.",
            )

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
    ) -> Event:
        """Record one command. Raises a `Refusal`, then nothing of this transaction may be committed.

        `new`: the command may create the agency (art.8). It may be called any number of times, for any agencies; who
        records at several locks their streams first, by name.
        """
        agency = self.agency(uscc, new=new)
        stream = agency.stream
        self._entries[stream].read(*self.ledger.read_models.looked_up(command, path_id))
        law = self.law()
        at = next_instant(self._now(self._heads[stream]), max(self._last[stream] or "", self._law_since))
        event = agency.record(
            command,
            Recording(
                actor=actor, role=role, via=via, today=shanghai_date(at), recorded_at=at,
                event_id=event_id or new_id(), vault=self.vault, rulebooks=law.rulebooks, calendar=law.calendar,
                path_id=path_id, enterprise=enterprise, elsewhere=OtherAgencies(self.reader, stream),
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
        """Write what has been recorded: events, heads, and the rows that follow from them. Once, before the commit."""
        streams = sorted(stream for stream, events in self._pending.items() if events)
        events = [event for stream in streams for event in self._pending[stream]]
        if not events:
            return
        self.reader.may_cache = False
        stored = [self.ledger.events_mapper.to_stored_event(event) for event in events]
        moves = [
            (head, advanced(head, [one for one in stored if one.stream == head.stream]))
            for head in map(self._heads.__getitem__, streams)
        ]
        recorded = {
            stream: (self._pending[stream], self._entries[stream]) for stream in streams if stream != LEDGER_STREAM
        }
        rows = self.ledger.read_models.recorded(self.connection, recorded, self.law()) if recorded else []
        beside = [*self.beside, self.vault.unwritten(), *rows]
        self.ledger.recorder.insert_events(stored, connection=self.connection, heads=moves, beside=beside)
        for event in self._pending.get(LEDGER_STREAM, ()):
            if isinstance(event, (RulebookAdopted, CalendarAdopted)):
                law = self.ledger.law_of(self.reader.events(LEDGER_STREAM), event.recorded_at)
                if law is not None:
                    self.ledger.read_models.adopted(self.reader, law, event.recorded_at)
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
