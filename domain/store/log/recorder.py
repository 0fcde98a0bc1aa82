"""The recorder of `eventsourcing` on our tables: rows in, rows out, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

import psycopg2
from eventsourcing.persistence import ApplicationRecorder, IntegrityError, Notification, ProgrammingError, StoredEvent
from sqlalchemy import Connection, Engine, Row, Select, exc, func, select

from domain.errors import Unreadable
from domain.store.db.engine import reading
from domain.store.db.schema import events, log_index
from domain.store.db.statements import Insert, RowUpdate, run, write
from domain.store.log.mapper import LedgerStoredEvent, StateRow
from domain.store.log.stream_heads import StreamHead, head_changes
from domain.values import Instant, stream_id

PAGE = 1000
_bound: ContextVar[Connection | None] = ContextVar("steward_connection", default=None)

_COLUMNS = (
    "originator_id",
    "originator_version",
    "topic",
    "state",
    "stream",
    "event_id",
    "occurred_on",
    "recorded_at",
    "actor",
    "leaf_hash",
)
_TYPES = ("uuid", "int", "text", "bytea", "text", "text", "date", "timestamptz", "text", "bytea")


@dataclass(frozen=True)
class LogEntry(Notification):
    """A sealed event as it is stored; its `id` is the log index. The index is dense: none is ever put in between."""

    event_id: str
    stream: str
    recorded_at: Instant
    leaf_hash: bytes
    """SHA-256 over a zero byte and `state` (RFC 6962, 2.1)."""


class LedgerRecorder(ApplicationRecorder):
    """Inserts and selects stored events. Heads are moved by `stream_heads.py`, the log is ordered by `sequencer.py`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def within(self, connection: Connection) -> Iterator[None]:
        """Let everything that the library asks of this recorder in the block happen on `connection`.

        The library's repository passes no connection along, and an aggregate must be read in the transaction that
        locked it. Holds for the thread or task that runs the block.
        """
        token = _bound.set(connection)
        try:
            yield
        finally:
            _bound.reset(token)

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        connection: Connection | None = None,
        heads: Sequence[tuple[StreamHead, StreamHead]] = (),
        beside: Sequence[Insert | RowUpdate] = (),
        **kwargs: Any,  # the library passes `tracking` along
    ) -> None:
        """Insert rows, in order, in the transaction of `connection`, else of `within`, with all that goes with them.

        `heads`: the heads of their streams, before and after. `beside`: rows of the read models. Always returns None,
        never positions: the library would take them for notification ids, but an event's place in the log is known
        only once it is sealed. Raises: the library's IntegrityError when a version or an id is taken, or a head has
        moved (the transaction is then to be rolled back); ProgrammingError when there is no transaction.
        """
        connection = connection or self._within()
        if connection is None:
            raise ProgrammingError("events are inserted within a transaction: pass connection=, or use within()")
        writes = [one for one in (event_rows(stored_events), head_changes(heads), *beside) if one.rows]
        try:
            done = write(connection, writes)
        except (exc.IntegrityError, psycopg2.IntegrityError) as error:
            raise IntegrityError(str(error)) from error
        for one, count in zip(writes, done, strict=True):
            if count == len(one.rows):
                continue
            if one.table == "stream_heads":
                names = ", ".join(f"{before.stream!r} at version {before.version}" for before, _ in heads)
                raise IntegrityError(f"a stream has moved meanwhile: {names}")
            raise Unreadable(f"{one.table}: {len(one.rows)} rows were to be closed, {count} stood: run steward rebuild")

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[LedgerStoredEvent]:
        """The rows of one stream with `gt < version <= lte`, all at once; `events_of` reads long ones in pages."""
        query = _of_originator(originator_id if isinstance(originator_id, UUID) else UUID(originator_id), gt, lte)
        version = events.c.originator_version
        query = query.order_by(version.desc() if desc else version).limit(limit)
        with self.connected() as connection:
            return [_stored(row) for row in connection.execute(query)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[LogEntry]:
        """Sealed events by log index, which is the notification's id; what is not sealed yet is not there yet."""
        index = log_index.c.log_index
        query = _ENTRIES.order_by(index).limit(limit)
        if start is not None:
            query = query.where(index >= start if inclusive_of_start else index > start)
        if stop is not None:
            query = query.where(index <= stop)
        if topics:
            query = query.where(events.c.topic.in_(topics))
        with self.connected() as connection:
            return [LogEntry(*row) for row in connection.execute(query)]

    def max_notification_id(self) -> int | None:
        """The last sealed log index; None when nothing is sealed."""
        with self.connected() as connection:
            found: int | None = connection.scalar(select(func.max(log_index.c.log_index)))
            return found

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> NoReturn:
        """Not offered: events have no place in the log before they are sealed, and SQLite cannot notify."""
        raise NotImplementedError("read the sealed log by select_notifications: nothing notifies of unsealed events")

    def _within(self) -> Connection | None:
        connection = _bound.get()
        return connection if connection is not None and connection.engine is self.engine else None

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """The connection of the block we are in, else a reading transaction of our own."""
        if (connection := self._within()) is not None:
            yield connection
        else:
            with reading(self.engine) as connection:
                yield connection


def event_rows(stored_events: Sequence[StoredEvent]) -> Insert:
    """The rows of `events` for these events, in order."""
    return Insert("events", _COLUMNS, _TYPES, [_row(one) for one in stored_events])


def events_of(connection: Connection, stream: str, gt: int = 0, lte: int | None = None) -> Iterator[LedgerStoredEvent]:
    """The rows of a stream with `gt < version <= lte`, in order, in pages: memory does not grow with the stream.

    All of one moment when the transaction is one of `reading`, or holds the stream's lock.
    """
    while True:
        query = _of_originator(stream_id(stream), gt, lte).order_by(events.c.originator_version).limit(PAGE)
        rows = connection.execute(query).all()
        yield from map(_stored, rows)
        if len(rows) < PAGE:
            return
        gt = rows[-1].originator_version


def states_of(connection: Connection, stream: str, gt: int, lte: int) -> Iterator[StateRow]:
    """What `EventMapper.decode_all` takes of the events with `gt < version <= lte`, in order, in pages."""
    return states_of_originator(connection, stream_id(stream), gt, lte)


def states_of_originator(connection: Connection, originator: UUID, gt: int, lte: int | None) -> Iterator[StateRow]:
    """What `EventMapper.decode_all` takes of one stream, in pages. Without `lte`: up to a page that is not full."""
    while lte is None or gt < lte:
        upto = gt + PAGE if lte is None else min(lte, gt + PAGE)
        rows = list(run(connection, _STATES, (originator.hex, gt, upto)))
        yield from rows
        if lte is None and len(rows) < PAGE:
            return
        gt = upto


_ENTRIES: Select[Any] = select(
    events.c.originator_id,
    events.c.originator_version,
    events.c.topic,
    events.c.state,
    log_index.c.log_index,
    events.c.event_id,
    events.c.stream,
    events.c.recorded_at,
    events.c.leaf_hash,
).join_from(log_index, events, events.c.position == log_index.c.position)

_STATES = (
    "SELECT originator_version, topic, state, event_id, stream, position FROM events "
    "WHERE originator_id = $1 AND originator_version > $2 AND originator_version <= $3 ORDER BY originator_version"
)


def states_named(connection: Connection, event_ids: Sequence[str]) -> Iterator[StateRow]:
    """What `EventMapper.decode_all` takes of the events of these ids, of any stream, in pages."""
    columns = (events.c[name] for name in ("originator_version", "topic", "state", "event_id", "stream", "position"))
    query = select(*columns)
    for start in range(0, len(event_ids), PAGE):
        for row in connection.execute(query.where(events.c.event_id.in_(event_ids[start : start + PAGE]))):
            version, topic, state, event_id, stream, position = row
            yield version, topic, bytes(state), event_id, stream, position


def recorded_of(connection: Connection, stream: str, version: int) -> Instant | None:
    """When an event of a stream was recorded; None where there is none of this version."""
    of_version = (events.c.originator_id == stream_id(stream)) & (events.c.originator_version == version)
    found: Instant | None = connection.scalar(select(events.c.recorded_at).where(of_version))
    return found


def find_event(connection: Connection, event_id: str) -> tuple[str, int] | None:
    """The stream and version of an event; None when there is no such event."""
    query = select(events.c.stream, events.c.originator_version).where(events.c.event_id == event_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.stream, row.originator_version)


def _of_originator(originator_id: UUID, gt: int | None, lte: int | None) -> Select[Any]:
    query = select(events).where(events.c.originator_id == originator_id)
    if gt is not None:
        query = query.where(events.c.originator_version > gt)
    if lte is not None:
        query = query.where(events.c.originator_version <= lte)
    return query


def _row(stored: StoredEvent) -> tuple[Any, ...]:
    """The columns in the order of `_COLUMNS`, as both drivers take them."""
    if not isinstance(stored, LedgerStoredEvent):
        raise TypeError("the ledger stores what EventMapper makes, nothing else")
    return (
        stored.originator_id.hex,
        stored.originator_version,
        stored.topic,
        stored.state,
        stored.stream,
        stored.event_id,
        stored.occurred_on.isoformat(),
        stored.recorded_at,
        stored.actor,
        stored.leaf_hash,
    )


def _stored(row: Row[Any]) -> LedgerStoredEvent:
    return LedgerStoredEvent(
        originator_id=row.originator_id,
        originator_version=row.originator_version,
        topic=row.topic,
        state=bytes(row.state),
        stream=row.stream,
        event_id=row.event_id,
        occurred_on=row.occurred_on,
        recorded_at=row.recorded_at,
        actor=row.actor,
        leaf_hash=bytes(row.leaf_hash),
        position=row.position,
    )
