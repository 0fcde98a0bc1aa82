"""Stream heads: one row per stream, which appenders lock, and which counts and chains its events (events.md, Order)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import IntegrityError
from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.store.mapper import LedgerStoredEvent
from domain.store.schema import stream_heads
from domain.values import Instant, stream_id

NO_HASH = bytes(32)
"""The chain hash of a stream without events."""
PAGE = 1000


@dataclass(frozen=True)
class Head:
    """A stream as it stands in this transaction; version 0 when nothing was recorded in it yet."""

    stream: str
    version: int
    count: int
    last_recorded_at: Instant | None
    hash: bytes
    db_now: datetime
    """The database server's clock, read after the lock was obtained (aware)."""

    @property
    def originator_id(self) -> UUID:
        """The library's name for the stream."""
        return stream_id(self.stream)


def chained(previous: bytes, leaves: Iterable[bytes]) -> bytes:
    """The stream's hash after further leaf hashes: SHA-256(previous || leaf), one after the other."""
    for leaf in leaves:
        previous = hashlib.sha256(previous + leaf).digest()
    return previous


LAW_LOCK = 0x57E7A2D_0003


def lock_law(connection: Connection, *, exclusively: bool) -> None:
    """Hold the law still until the end of the transaction: recorders share this lock, an adoption has it alone.

    So no fact is judged by a law that somebody is replacing. On SQLite the write lock does it. Raises: Busy.
    """
    if connection.dialect.name == "postgresql":
        kind = "" if exclusively else "_shared"
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock{kind}(%s)", (LAW_LOCK,))


def last_recorded_at(connection: Connection) -> Instant | None:
    """The latest instant at which anything was recorded in any stream."""
    found: Instant | None = connection.scalar(select(func.max(stream_heads.c.last_recorded_at)))
    return found


def lock_head(connection: Connection, stream: str) -> Head:
    """Lock a stream until the end of the transaction, making its head if it has none, and say how it stands.

    Other writers of the stream wait; what is read of it from now on in this transaction is all there is. A caller that
    locks more than one takes `lock_heads`. End the transaction by an error when nothing is appended: then no head of
    version 0 is left behind.
    """
    head = _locked(connection, stream)
    if head is None:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        row = {"originator_id": stream_id(stream), "stream": stream, "version": 0, "count": 0, "hash": NO_HASH}
        connection.execute(insert(stream_heads).values(row).on_conflict_do_nothing())
        head = _locked(connection, stream)
    if head is None:
        raise IntegrityError(f"the head of stream {stream!r} cannot be locked: another stream has its originator id")
    return head


def lock_heads(connection: Connection, streams: Iterable[str]) -> dict[str, Head]:
    """Lock several streams in one order, by name, so that no two transactions wait for each other."""
    return {stream: lock_head(connection, stream) for stream in sorted(set(streams))}


def advance_head(connection: Connection, head: Head, events: Sequence[LedgerStoredEvent]) -> Head:
    """Move a head past events that this transaction inserts; the new head.

    Raises: ValueError when the events do not follow the head one by one, each recorded later than the one before;
    the library's IntegrityError when somebody else has moved the head meanwhile.
    """
    last = head.last_recorded_at
    for version, event in enumerate(events, start=head.version + 1):
        if event.stream != head.stream or event.originator_version != version:
            raise ValueError(f"{event.stream} {event.originator_version} does not follow {head.stream} {version - 1}")
        if last is not None and event.recorded_at <= last:
            raise ValueError(f"{event.stream} {version} is recorded at {event.recorded_at}, not after {last}")
        last = event.recorded_at
    moved = replace(
        head,
        version=head.version + len(events),
        count=head.count + len(events),
        last_recorded_at=last,
        hash=chained(head.hash, (event.leaf_hash for event in events)),
    )
    done = connection.execute(
        update(stream_heads)
        .where(stream_heads.c.originator_id == head.originator_id, stream_heads.c.version == head.version)
        .values(version=moved.version, count=moved.count, last_recorded_at=last, hash=moved.hash)
    )
    if done.rowcount != 1:
        raise IntegrityError(f"stream {head.stream!r} is no longer at version {head.version}")
    return moved


def head_of(connection: Connection, stream: str) -> Head | None:
    """How a stream stands, without locking it; None when nothing was ever recorded in it."""
    query = select(stream_heads).where(stream_heads.c.originator_id == stream_id(stream), stream_heads.c.version > 0)
    row = connection.execute(query).one_or_none()
    return None if row is None else _head(row, datetime.now(UTC))


def streams(connection: Connection, prefix: str = "") -> Iterator[str]:
    """Names of all streams that begin with `prefix`, in order of their code points, a page at a time."""
    last = ""
    while True:
        query = (
            select(stream_heads.c.stream)
            .where(stream_heads.c.stream > last, stream_heads.c.stream >= prefix, stream_heads.c.version > 0)
            .order_by(stream_heads.c.stream)
            .limit(PAGE)
        )
        names = connection.scalars(query).all()
        for name in names:
            if not name.startswith(prefix):
                return
            yield name
        if len(names) < PAGE:
            return
        last = names[-1]


def _locked(connection: Connection, stream: str) -> Head | None:
    """The row, locked. PostgreSQL's clock is asked outside the sub-query, so after the wait for the lock."""
    row_of_stream = select(stream_heads).where(
        stream_heads.c.originator_id == stream_id(stream), stream_heads.c.stream == stream
    )
    if connection.dialect.name == "sqlite":  # the whole database is locked by BEGIN IMMEDIATE
        row = connection.execute(row_of_stream).one_or_none()
        return None if row is None else _head(row, datetime.now(UTC))
    locked = row_of_stream.with_for_update().subquery()
    row = connection.execute(select(locked, func.clock_timestamp().label("db_now"))).one_or_none()
    return None if row is None else _head(row, row.db_now)


def _head(row: Row[Any], now: datetime) -> Head:
    return Head(row.stream, row.version, row._mapping["count"], row.last_recorded_at, row.hash, now)
