"""Stream heads: one row per stream, which appenders lock, and which counts and chains its events (events.md, Order)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from eventsourcing.persistence import IntegrityError
from sqlalchemy import Connection, func, select

from domain.proof.check import NO_EVENTS, chained
from domain.store.db.column_types import as_instant
from domain.store.db.dialect import LAW_LOCK, dialect_of, insert_new
from domain.store.db.schema import events, log_index, stream_heads
from domain.store.db.statements import RowUpdate, run
from domain.store.log.mapper import LedgerStoredEvent
from domain.values import Instant, instant, stream_id

"""The chain hash of a stream without events."""
PAGE = 1000


@dataclass(frozen=True)
class StreamHead:
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


def last_recorded_at(connection: Connection) -> Instant | None:
    """The latest instant at which anything was recorded in any stream."""
    found: Instant | None = connection.scalar(select(func.max(stream_heads.c.last_recorded_at)))
    return found


@dataclass(frozen=True)
class LedgerSnapshot:
    """What a recorder learns of the whole ledger with the lock of its stream, in the same round trip."""

    law_version: int = 0
    """The version of the law's own stream."""
    law_at: Instant | None = None
    """When the last of it was recorded."""
    published: frozenset[int] = frozenset()
    """The years whose assessment has begun to be published: only these have results that a fact could touch."""
    rows_by: int | None = None
    """The version of the projections that made the rows; None where it was not asked for."""


def lock_head(connection: Connection, stream: str) -> StreamHead:
    """Lock a stream until the end of the transaction, making its head if it has none, and say how it stands.

    Other writers of the stream wait; what is read of it from now on in this transaction is all there is. A caller that
    locks more than one takes `lock_heads`. End the transaction by an error when nothing is appended: then no head of
    version 0 is left behind.
    """
    return _lock(connection, stream)[0]


def lock_for_recording(connection: Connection, stream: str) -> tuple[StreamHead, LedgerSnapshot]:
    """Hold the law still and lock a stream, in one round trip; the head, and what is to be known of the ledger."""
    return _lock(connection, stream, first=f"SELECT pg_advisory_xact_lock_shared({LAW_LOCK});")


def _lock(connection: Connection, stream: str, first: str = "") -> tuple[StreamHead, LedgerSnapshot]:
    found = _locked(connection, stream, first)
    if found is None:
        row = {"originator_id": stream_id(stream), "stream": stream, "version": 0, "count": 0, "hash": NO_EVENTS}
        insert_new(connection, stream_heads, row)
        found = _locked(connection, stream)
    if found is None:
        raise IntegrityError(f"the head of stream {stream!r} cannot be locked: another stream has its originator id")
    return found


def lock_heads(connection: Connection, streams: Iterable[str]) -> dict[str, StreamHead]:
    """Lock several streams in one order, by name, so that no two transactions wait for each other."""
    return {stream: lock_head(connection, stream) for stream in sorted(set(streams))}


def heads_of(connection: Connection, streams: Sequence[str], now: datetime) -> dict[str, StreamHead]:
    """How many streams stand, some hundreds a query, for who has the whole district alone (`lock_law`)."""
    found = {}
    for start in range(0, len(streams), PAGE):
        ids = [stream_id(stream) for stream in streams[start : start + PAGE]]
        for row in connection.execute(select(stream_heads).where(stream_heads.c.originator_id.in_(ids))):
            count = row._mapping["count"]
            found[row.stream] = StreamHead(row.stream, row.version, count, row.last_recorded_at, row.hash, now)
    return found


def advanced(head: StreamHead, events: Sequence[LedgerStoredEvent]) -> StreamHead:
    """The head past events that this transaction inserts; `LedgerRecorder.insert_events` writes it down.

    Raises: ValueError when the events do not follow the head one by one, each recorded later than the one before.
    """
    last = head.last_recorded_at
    for version, event in enumerate(events, start=head.version + 1):
        if event.stream != head.stream or event.originator_version != version:
            raise ValueError(f"{event.stream} {event.originator_version} does not follow {head.stream} {version - 1}")
        if last is not None and event.recorded_at <= last:
            raise ValueError(f"{event.stream} {version} is recorded at {event.recorded_at}, not after {last}")
        last = event.recorded_at
    return replace(
        head,
        version=head.version + len(events),
        count=head.count + len(events),
        last_recorded_at=last,
        hash=chained(head.hash, (event.leaf_hash for event in events)),
    )


def head_changes(moves: Iterable[tuple[StreamHead, StreamHead]]) -> RowUpdate:
    """What to write for heads that move, from what they were; a head that somebody else has moved is not touched."""
    rows = [
        (to.version, to.count, to.last_recorded_at, to.hash, before.originator_id.hex, before.version)
        for before, to in moves
    ]
    return RowUpdate(
        "stream_heads",
        ("version", "count", "last_recorded_at", "hash"),
        ("originator_id", "version"),
        ("int", "int", "timestamptz", "bytea", "uuid", "int"),
        rows,
    )


def head_of(connection: Connection, stream: str) -> StreamHead | None:
    """How a stream stands, without locking it; None when nothing was ever recorded in it."""
    row = next(iter(run(connection, _HEAD, (stream_id(stream).hex,))), None)
    if row is None:
        return None
    at = as_instant(row.last_recorded_at)
    return StreamHead(row.stream, row.version, row.count, at, bytes(row.hash), datetime.now(UTC))


_HEAD = (
    "SELECT stream, version, count, last_recorded_at, hash FROM stream_heads WHERE originator_id = $1 AND version > 0"
)


class AllRecorded(NamedTuple):
    """How far the whole ledger has come."""

    events: int
    """Of all streams together: it grows with whatever is recorded."""
    last_at: Instant | None
    """The latest instant at which anything was recorded in any of them."""


def recorded_in_all(connection: Connection) -> AllRecorded:
    """How many events all streams have, and when the last of them was recorded."""
    of = stream_heads.c
    count, last = connection.execute(select(func.sum(of.version), func.max(of.last_recorded_at))).one()
    return AllRecorded(int(count or 0), last)


def versions(connection: Connection, prefix: str) -> dict[str, tuple[int, Instant | None]]:
    """How far every stream has come that begins with `prefix`, and when; by name in order of their code points."""
    end, of = prefix[:-1] + chr(ord(prefix[-1]) + 1), stream_heads.c
    query = select(of.stream, of.version, of.last_recorded_at).where(
        of.stream >= prefix, of.stream < end, of.version > 0
    )
    return dict(sorted((stream, (version, at)) for stream, version, at in connection.execute(query)))


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


_LOCK = (
    "SELECT h.version, h.count, h.last_recorded_at, h.hash, {clock} AS db_now, "
    "(SELECT version FROM stream_heads WHERE stream = 'ledger') AS law_version, "
    "(SELECT last_recorded_at FROM stream_heads WHERE stream = 'ledger') AS law_at, "
    "(SELECT {list} FROM stream_heads WHERE stream > 'assessment/' AND stream < 'assessment0' AND version > 0) "
    "AS published, (SELECT made_by FROM read_model_build) AS rows_by FROM "
    "(SELECT * FROM stream_heads WHERE originator_id = $1 AND stream = $2{lock}) h"
)
_LOCKING = {
    # The clock is asked outside the sub-query, so after the wait for the lock.
    "postgresql": _LOCK.format(
        clock="clock_timestamp()", lock=" FOR UPDATE", list="string_agg(substr(stream, 12), ',')"
    ),
    "sqlite": _LOCK.format(
        clock="NULL", lock="", list="group_concat(substr(stream, 12))"
    ),  # the whole database is locked by BEGIN IMMEDIATE
}


def _locked(connection: Connection, stream: str, first: str = "") -> tuple[StreamHead, LedgerSnapshot] | None:
    """The row, locked, and what is around it."""
    query = _LOCKING[dialect_of(connection)]
    row = next(iter(run(connection, query, (stream_id(stream).hex, stream), first=first)), None)
    if row is None:
        return None
    last = row.last_recorded_at
    head = StreamHead(
        stream,
        row.version,
        row.count,
        instant(last) if isinstance(last, datetime) else last,
        bytes(row.hash),
        row.db_now or datetime.now(UTC),
    )
    years = frozenset(int(year) for year in (row.published or "").split(",") if year)
    return head, LedgerSnapshot(row.law_version or 0, as_instant(row.law_at), years, row.rows_by or 0)


def sealed_id(connection: Connection, index: int) -> str | None:
    """The id of the event at this place of the log; None where the log does not reach so far."""
    both = events.join(log_index, log_index.c.position == events.c.position)
    return connection.scalar(select(events.c.event_id).select_from(both).where(log_index.c.log_index == index))
