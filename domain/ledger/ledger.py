"""The ledger: the Application of `eventsourcing` over our store. Load, decide and append happen in one transaction.

Writers meet only on the head row of their stream (events.md). The ledger's own stream holds what it has adopted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.utils import EnvType

from domain.agency import Agency, project_agency
from domain.errors import Contradiction, Unreadable
from domain.events import AgencySucceeded, Event, LedgerOpened
from domain.law import Law
from domain.ledger.memory import LedgerMemory
from domain.ledger.prepared import Clock, PreparedEvents, prepare
from domain.ledger.read_models import ReadModels
from domain.ledger.reader import Reader
from domain.ledger.unit_of_work import UnitOfWork
from domain.measures.calendar import Calendar
from domain.measures.rulebook.rulebook import Rulebook
from domain.store.db.engine import Engine, reading, writing
from domain.store.log.clock import ClockWatch
from domain.store.log.factory import LedgerFactory
from domain.store.log.recorder import LedgerRecorder, LogEntry
from domain.store.log.streams_by_key import streams_under
from domain.trail.keys import type_key
from domain.values import LEDGER_STREAM, agency_stream, stream_id

__all__ = ["Clock", "Ledger", "ReadModels", "Reader", "UnitOfWork"]


class Ledger(Application[UUID]):
    """All that has been recorded. One instance per process and database, made by `projections.rows.write.projector`."""

    name = "steward"
    log_section_size = 1000
    """How many entries of the sealed log are read at once, at most."""
    recorder: LedgerRecorder

    def __init__(self, engine: Engine, read_models: ReadModels, env: EnvType | None = None) -> None:
        self.engine = engine
        self.read_models = read_models
        super().__init__(env)
        self.memory = LedgerMemory()
        self.own_rows_only = False
        """Set where questions are answered: rows of another version of the software are refused (docs/upgrades.md)."""
        self.clock_watch: ClockWatch | None = None
        """Set where facts are recorded as they happen: no clock is watched in a demonstration."""

    def construct_factory(self, env: Any) -> LedgerFactory:
        """The library's own extension point: our mapper and recorder on our engine."""
        return LedgerFactory(env, self.engine)

    # ---- reading ----

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One consistent snapshot of the whole ledger. Raises: RowsOfAnother, where only own rows are answered from."""
        with reading(self.engine) as connection:
            if self.own_rows_only:
                self.read_models.require_own(connection)
            yield Reader(self.memory, connection, is_snapshot=True)

    def agency(self, reader: Reader, uscc: str) -> Agency:
        """An agency with its whole trail as the snapshot shows it, by the library's repository.

        Version 0 where nothing is recorded of it. A single command does not need it: it asks the event index by key.
        Raises: Unreadable.
        """
        with self.recorder.within(reader.connection):
            try:
                return self.repository.get(stream_id(agency_stream(uscc)), projector_func=project_agency)
            except AggregateNotFoundError:
                return Agency.of(uscc)

    def log_entries(self, reader: Reader, after: int, up_to: int, limit: int) -> Sequence[LogEntry]:
        """At most `limit` sealed events with `after < log index <= up_to`, in order: the library's notification log."""
        with self.recorder.within(reader.connection):
            entries = self.notification_log.select(after, limit, up_to, inclusive_of_start=False)
        return cast("Sequence[LogEntry]", entries)  # our recorder gives no other notifications

    # ---- writing ----

    @contextmanager
    def writing(self, clock: Clock | None = None) -> Iterator[UnitOfWork]:
        """One transaction: everything recorded in it is committed together at the end, or nothing is.

        `clock` is for ledgers opened as a demonstration; any other ledger refuses it.
        """
        with writing(self.engine) as connection:
            unit = UnitOfWork(connection, self.memory, self.read_models, self.recorder, clock, self.clock_watch)
            if clock is not None and not unit.demonstration_or_new():
                raise no_clock()
            yield unit
            unit.flush()

    def judge_successions_again(self, actor: str) -> list[Unreadable]:
        """What an earlier version of this program let go over otherwise is recorded as this one has it (R43).

        A predecessor at a time: what an event that cannot be read bears on stays as it is, and keeps nobody from the
        others, nor the service from starting. Gives what could not be read.
        """
        with self.reading() as reader:
            streams = streams_under(reader.connection, type_key(AgencySucceeded))
        unreadable = []
        for stream in streams:
            try:
                with self.writing() as unit:
                    unit.judge_succession_again(stream, actor)
            except Unreadable as error:
                unreadable.append(error)
        return unreadable

    def prepare(self, reader: Reader, events: Iterable[Event], law: Law) -> PreparedEvents:
        """Make events of many agencies and their rows ready, for `UnitOfWork.put`: nobody has to wait meanwhile."""
        return prepare(reader.connection, self.memory, self.read_models, events, law)

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
            self.read_models.opened(unit.connection)
        return True


def no_clock() -> Contradiction:
    """A ledger that records what really happens takes its time from the database and from nobody else."""
    return Contradiction(
        "只有演示账本可以指定时钟",
        "only a ledger opened as a demonstration can be given a clock",
        cites=("events.md",),
        remedy="请另建一个演示账本",
        remedy_en="Open a new ledger as a demonstration.",
    )
