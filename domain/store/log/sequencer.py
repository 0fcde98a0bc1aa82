"""Giving committed events their place in the log: dense, from 1, for ever (events.md, Order).

Why nothing is lost, doubled or put in between later, on PostgreSQL:

1. Each event carries the id of the transaction that inserted it. Ids are given out in increasing order and never again.
2. `pg_snapshot_xmin(pg_current_snapshot())`, the horizon, is the smallest id of a transaction still running anywhere
   in the cluster, or the next one to be given out. So every transaction below it has committed or aborted, and any that
   begins to write later has an id at or above it.
3. One run seals the events with `transaction_id < new horizon` that have no place yet (`NOT EXISTS`), ordered by
   (transaction_id, position). They are all there (2), and none can appear below the horizon afterwards (2). Hence every
   event is sealed once, and the order of log indexes is that of transaction ids. Nothing is left out because of where
   an older horizon stood; `floor` only says up to which position nothing needs to be looked for.
4. Runs exclude each other by an advisory lock and move the horizon in the transaction that writes the indexes: a run
   that is killed leaves nothing behind.
5. All of this holds within one cluster, which counts its own ids: `cluster` names it (`pg_control_system()`). In
   another one (a dump that was loaded there, an upgrade with pg_upgrade) nothing is sealed and the service does not
   start, until somebody has begun a new horizon there (`new_horizon.py`).

Position alone would lose events: writer 1 takes transaction 725, writer 2 takes 726 and position 1, writer 1 takes
position 2 and commits first; a reader past position 2 never sees position 1.

A transaction that writes for long, in any database of the cluster, holds the horizon back: events wait, that is all.
On SQLite writers exclude each other, so positions are given out in the order of commits: that order is the log's.

`sealed_at` promises that no event yet to be sealed carries an earlier `recorded_at`, as long as the database's clock
is not set back and appenders read it after locking a head (`heads.lock_head`), hence after getting their transaction
id. A run that writes notes the time and then its own id (`waiting_since`, `waiting_for`); once the horizon has passed
that id, whatever is not sealed has a greater id, got it after that time, and read its clock later still. The same
holds of positions, which are given out after the id: the highest one at that time (`waiting_position`) is the floor.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    ScalarSelect,
    bindparam,
    exists,
    func,
    select,
    text,
    update,
)

from domain.store.db.column_types import Transaction
from domain.store.db.db_errors import DatabaseRefused
from domain.store.db.dialect import is_postgresql
from domain.store.db.engine import reading, writing
from domain.store.db.schema import events, log_index, sealer
from domain.store.db.statements import run
from domain.store.db.write_guard import OtherCluster, guard_of
from domain.values import Instant, instant, moment, stream_id

SEALER_LOCK = 0x57E7A2D_0002
IDLE = timedelta(seconds=5)
"""How often `sealed_at` moves on while nothing is recorded."""


class SealingError(Exception):
    """The log cannot be ordered: stop, never guess (design.md, 6)."""


class UnsequencedEvents(DatabaseRefused):
    """The log went past events of an agency: nothing can be certified as complete before they have their place."""


_NEW_HORIZON = (
    "若确由 pg_dump 恢复或升级到此集群：请停掉其他进程，运行 steward restore sequence --as 经办人 --reason 事由",
    "If it was restored from a dump, or upgraded, into this cluster on purpose: stop all other processes and run "
    "steward restore sequence --as PERSON --reason REASON",
)
"""The remedy, in both languages."""


def seal(engine: Engine) -> int:
    """Seal every event that can be sealed; how many were. 0 also when another process is sealing at this moment.

    Call it after commits, or every fraction of a second. Raises: Busy; OtherCluster when the rows come from another
    PostgreSQL cluster, whose transaction ids mean nothing here.
    """
    if is_postgresql(engine):
        return _seal_here(engine)
    with reading(engine) as connection:
        waiting = select(func.coalesce(func.max(events.c.position), 0)).scalar_subquery() - _last_sealed_position()
        if not connection.scalar(select(waiting)) and not _idle_for_long(_row(connection), datetime.now(UTC)):
            return 0
    with writing(engine, beside=True) as connection:
        return _seal_sqlite(connection)


def _seal_here(engine: Engine) -> int:
    """On PostgreSQL. In a cluster that is not the horizon's, nothing is recorded any more either, until it is."""
    guard = guard_of(engine)
    try:
        with writing(engine, beside=True) as connection:
            sealed = _seal_postgresql(connection)
    except OtherCluster as other:
        guard.stop(other)
        raise
    guard.go_on(OtherCluster)
    return sealed


def sealed_until(connection: Connection) -> tuple[int, Instant | None]:
    """The last log index, and the instant up to which no further event will be recorded (None before the first run)."""
    row = _row(connection)
    return row.last_log_index, row.sealed_at


def unsealed(connection: Connection) -> tuple[int, Instant | None]:
    """How many committed events have no place in the log yet, and since when the first of them waits."""
    query = select(func.count(), func.min(events.c.recorded_at))
    row = connection.execute(query.where(events.c.position > _floor(connection), without_place())).one()
    return row[0], row[1]


def to_be_sealed(connection: Connection) -> int:
    """A mark of all that is committed in this snapshot, for `has_sealed`."""
    return int(connection.scalar(select(func.max(events.c.position))) or 0)


def has_sealed(connection: Connection, mark: int) -> bool:
    """Whether all that was committed when the mark was taken has its place in the log."""
    waiting = select(events.c.position).where(
        events.c.position > _floor(connection), events.c.position <= mark, without_place()
    )
    return connection.execute(waiting.limit(1)).first() is None


def skipped(connection: Connection, stream: str | None = None) -> int:
    """How many events the log went past without giving them a place: of a stream, or (slow) of all. None should be.

    That is where ids of another cluster's transactions, or positions, were taken for later than they are.
    """
    query = select(func.count()).select_from(events).where(without_place())
    if stream is not None:
        query = query.where(events.c.originator_id == stream_id(stream))
    if not is_postgresql(connection):
        return int(connection.scalar(query.where(events.c.position < _last_sealed_position())) or 0)
    horizon = bindparam("horizon", _row(connection).horizon or 0, type_=Transaction)
    return int(connection.scalar(query.where(events.c.transaction_id < horizon)) or 0)


def require_nothing_left_out(connection: Connection, stream: str) -> None:
    """No event of this stream is missing from the log though later ones are there. Raises: LeftOut."""
    if count := skipped(connection, stream):
        raise UnsequencedEvents(
            f"{stream} 有 {count} 条记录被日志漏过", f"the log went past {count} events of {stream}", (), *_NEW_HORIZON
        )


def without_place() -> ColumnElement[bool]:
    """An event of the query around it has no place in the log."""
    return ~exists().where(log_index.c.position == events.c.position)


def sealed_versions(connection: Connection, stream: str, up_to: int) -> set[int]:
    """Which versions of a stream are among the first `up_to` entries of the log."""
    return {version for (version,) in run(connection, _SEALED_VERSIONS, (stream_id(stream).hex, up_to))}


_SEALED_VERSIONS = """SELECT e.originator_version FROM events e JOIN log_index l ON l.position = e.position
WHERE e.originator_id = $1 AND l.log_index <= $2"""


def sealed_place(connection: Connection, stream: str, version: int) -> int | None:
    """The place of an event in the log; None while it has none."""
    found: int | None = connection.scalar(
        select(log_index.c.log_index)
        .join(events, log_index.c.position == events.c.position)
        .where(events.c.originator_id == stream_id(stream), events.c.originator_version == version)
    )
    return found


def sealed_at_index(connection: Connection, index: int) -> Instant | None:
    """When the event at this place of the log was recorded; None where the log does not reach so far."""
    both = events.join(log_index, log_index.c.position == events.c.position)
    return connection.scalar(select(events.c.recorded_at).select_from(both).where(log_index.c.log_index == index))


CLUSTER = "SELECT CAST(system_identifier AS text) FROM pg_control_system()"
"""The name that a cluster got when it was made: a standby and a restored base backup have it too, a dump loses it."""

_HORIZON = text(
    "SELECT clock_timestamp() AS clock, pg_snapshot_xmin(pg_current_snapshot()) AS lowest, "
    "(SELECT CAST(system_identifier AS text) FROM pg_control_system()) AS cluster, "
    "(SELECT max(position) FROM events) AS last_position, "
    "EXISTS (SELECT FROM events WHERE position > :floor "
    "AND transaction_id >= pg_snapshot_xmax(pg_current_snapshot())) AS strange"
).columns(lowest=Transaction)
_OWN_ID = text("SELECT pg_current_xact_id() AS id").columns(id=Transaction)

_SEAL = text(
    "INSERT INTO log_index (log_index, position) "
    "SELECT :last + row_number() OVER (ORDER BY transaction_id, position), position FROM events "
    "WHERE position > :floor AND transaction_id < :new "
    "AND NOT EXISTS (SELECT FROM log_index WHERE log_index.position = events.position)"
).bindparams(bindparam("new", type_=Transaction))


def require_same_cluster(connection: Connection) -> None:
    """The horizon counts this cluster's transaction ids. Raises: OtherCluster. On SQLite there is none."""
    if is_postgresql(connection):
        row = _row(connection)
        _require_same(row, connection.execute(_HORIZON, {"floor": row.floor}).one())


def bind_cluster(engine: Engine) -> None:
    """Note, once, to which cluster the horizon belongs: for a ledger that was made before this was noted.

    Raises: OtherCluster when the ids that it has are ahead of this cluster's, or the log went past events already.
    """
    if not is_postgresql(engine):
        return
    with reading(engine) as connection:
        require_same_cluster(connection)
        if _row(connection).cluster is not None:
            return
        if count := skipped(connection):
            raise OtherCluster(f"日志漏过了 {count} 条记录", f"the log went past {count} events", (), *_NEW_HORIZON)
    with writing(engine) as connection:
        here = connection.scalar(text(CLUSTER))
        connection.execute(update(sealer).where(sealer.c.cluster.is_(None)).values(cluster=here))


def _require_same(row: Row[Any], now: Row[Any]) -> None:
    if row.cluster not in (None, now.cluster):
        raise OtherCluster(
            f"台账来自另一个 PostgreSQL 集群（{row.cluster}），现在的集群是 {now.cluster}",
            f"the ledger comes from another PostgreSQL cluster ({row.cluster}); this one is {now.cluster}",
            (),
            *_NEW_HORIZON,
        )
    if now.strange or (row.horizon or 0) > now.lowest:
        raise OtherCluster(
            "台账的事务号比本 PostgreSQL 集群的还大：它来自另一个集群",
            "transaction ids of the log are ahead of this PostgreSQL cluster's: it comes from another cluster",
            (),
            *_NEW_HORIZON,
        )


def _seal_postgresql(connection: Connection) -> int:
    if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": SEALER_LOCK}):
        return 0
    row = _row(connection)
    now = connection.execute(_HORIZON, {"floor": row.floor}).one()
    _require_same(row, now)
    # A later snapshot than the horizon's: everything below the horizon is visible to it.
    sealed = connection.execute(_SEAL, {"last": row.last_log_index, "floor": row.floor, "new": now.lowest}).rowcount
    passed = row.waiting_for is not None and row.waiting_for < now.lowest
    idle = row.waiting_for is None and _idle_for_long(row, now.clock)
    if not sealed and not passed and not idle:
        return 0
    values: dict[str, object] = {"horizon": now.lowest, "last_log_index": row.last_log_index + sealed}
    values["cluster"] = now.cluster
    if passed:
        values |= {
            "sealed_at": row.waiting_since,
            "floor": row.waiting_position or row.floor,
            "waiting_for": None,
            "waiting_since": None,
            "waiting_position": None,
        }
    if idle or (sealed and (passed or row.waiting_for is None)):
        values |= {
            "waiting_for": connection.scalar(_OWN_ID),
            "waiting_since": instant(now.clock),
            "waiting_position": now.last_position,
        }
    connection.execute(update(sealer).values(values))
    return sealed


def _seal_sqlite(connection: Connection) -> int:
    """Under SQLite's only write lock: all that is there is committed, all that comes is later."""
    row = _row(connection)
    number = func.row_number().over(order_by=events.c.position)
    unsealed = select(row.last_log_index + number, events.c.position).where(events.c.position > _last_sealed_position())
    sealed = connection.execute(log_index.insert().from_select(["log_index", "position"], unsealed)).rowcount
    connection.execute(
        update(sealer).values(last_log_index=row.last_log_index + sealed, sealed_at=instant(datetime.now(UTC)))
    )
    return sealed


def _floor(connection: Connection) -> int:
    """Every event up to this position has its place in the log."""
    if is_postgresql(connection):
        return int(_row(connection).floor)
    return int(connection.scalar(select(_last_sealed_position())) or 0)


def _last_sealed_position() -> ScalarSelect[Any]:
    return select(func.coalesce(func.max(log_index.c.position), 0)).scalar_subquery()


def _row(connection: Connection) -> Row[Any]:
    return connection.execute(select(sealer)).one()


def _idle_for_long(row: Row[Any], now: datetime) -> bool:
    return row.sealed_at is None or now - moment(row.sealed_at) > IDLE
