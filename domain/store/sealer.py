"""Giving committed events their place in the log: dense, from 1, for ever (events.md, Order).

Why nothing is lost, doubled or put in between later, on PostgreSQL:

1. Each event carries the id of the transaction that inserted it. Ids are given out in increasing order and never again.
2. `pg_snapshot_xmin(pg_current_snapshot())`, the horizon, is the smallest id of a transaction still running anywhere
   in the cluster, or the next one to be given out. So every transaction below it has committed or aborted, and any that
   begins to write later has an id at or above it.
3. One run seals exactly the events with `old horizon <= transaction_id < new horizon`, ordered by (transaction_id,
   position). They are all there (2), none was sealed before (a run ends where the next begins), and none can appear in
   that range afterwards (2). Hence every event is sealed once, and the order of log indexes is that of transaction ids.
4. Runs exclude each other by an advisory lock and move the horizon in the transaction that writes the indexes: a run
   that is killed leaves nothing behind.

Position alone would lose events: writer 1 takes transaction 725, writer 2 takes 726 and position 1, writer 1 takes
position 2 and commits first; a reader past position 2 never sees position 1.

A transaction that writes for long, in any database of the cluster, holds the horizon back: events wait, that is all.
On SQLite writers exclude each other, so positions are given out in the order of commits: that order is the log's.

`sealed_at` promises that no event yet to be sealed carries an earlier `recorded_at`, as long as the database's clock
is not set back and appenders read it after locking a head (`heads.lock_head`), hence after getting their transaction
id. A run that writes notes the time and then its own id (`waiting_since`, `waiting_for`); once the horizon has passed
that id, whatever is not sealed has a greater id, got it after that time, and read its clock later still.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, ScalarSelect, Select, bindparam, func, select, text, update

from domain.store.engine import reading, writing
from domain.store.schema import events, log_index, sealer
from domain.store.types import Transaction
from domain.values import Instant, instant, moment, stream_id

SEALER_LOCK = 0x57E7A2D_0002
IDLE = timedelta(seconds=5)
"""How often `sealed_at` moves on while nothing is recorded."""


class SealingError(Exception):
    """The log cannot be ordered: stop, never guess (design.md, 6)."""


def seal(engine: Engine) -> int:
    """Seal every event that can be sealed; how many were. 0 also when another process is sealing at this moment.

    Call it after commits, or every fraction of a second. Raises: Busy; SealingError when the rows come from another
    PostgreSQL cluster, whose transaction ids mean nothing here.
    """
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            return _seal_postgresql(connection)
    with reading(engine) as connection:
        waiting = select(func.coalesce(func.max(events.c.position), 0)).scalar_subquery() - _last_sealed_position()
        if not connection.scalar(select(waiting)) and not _idle_for_long(_row(connection), datetime.now(UTC)):
            return 0
    with writing(engine) as connection:
        return _seal_sqlite(connection)


def sealed_until(connection: Connection) -> tuple[int, Instant | None]:
    """The last log index, and the instant up to which no further event will be recorded (None before the first run)."""
    row = _row(connection)
    return row.last_log_index, row.sealed_at


def unsealed(connection: Connection) -> tuple[int, Instant | None]:
    """How many committed events have no place in the log yet, and since when the first of them waits."""
    query = select(func.count(), func.min(events.c.recorded_at))
    if connection.dialect.name != "postgresql":
        row = connection.execute(query.where(events.c.position > _last_sealed_position())).one()
    else:
        horizon = bindparam("horizon", _row(connection).horizon or 0, type_=Transaction)
        row = connection.execute(query.where(events.c.transaction_id >= horizon)).one()
    return row[0], row[1]


def to_be_sealed(connection: Connection) -> int:
    """A mark of all that is committed in this snapshot, for `has_sealed`."""
    postgresql = connection.dialect.name == "postgresql"
    by = events.c.transaction_id if postgresql else events.c.position
    found = connection.scalar(select(by).order_by(by.desc()).limit(1))
    return 0 if found is None else int(found)


def has_sealed(connection: Connection, mark: int) -> bool:
    """Whether all that was committed when the mark was taken has its place in the log."""
    if connection.dialect.name != "postgresql":
        return bool(connection.scalar(select(_last_sealed_position() >= mark)))
    horizon = _row(connection).horizon or 0
    waiting = text("SELECT EXISTS (SELECT FROM events WHERE transaction_id >= :old AND transaction_id <= :mark)")
    types = (bindparam("old", type_=Transaction), bindparam("mark", type_=Transaction))
    return not connection.scalar(waiting.bindparams(*types), {"old": horizon, "mark": mark})


def sealed_versions(stream: str, up_to: int) -> Select[tuple[int]]:
    """Which versions of a stream are among the first `up_to` entries of the log."""
    return (
        select(events.c.originator_version)
        .join(log_index, log_index.c.position == events.c.position)
        .where(events.c.originator_id == stream_id(stream), log_index.c.log_index <= up_to)
    )


def sealed_place(stream: str, version: int) -> Select[tuple[int]]:
    """The place of an event in the log; no row while it is not sealed."""
    return (
        select(log_index.c.log_index)
        .join(events, log_index.c.position == events.c.position)
        .where(events.c.originator_id == stream_id(stream), events.c.originator_version == version)
    )


def sealed_at_index(index: int) -> Select[tuple[Instant]]:
    """When the event at this place of the log was recorded."""
    both = events.join(log_index, log_index.c.position == events.c.position)
    return select(events.c.recorded_at).select_from(both).where(log_index.c.log_index == index)


_HORIZON = text(
    "SELECT clock_timestamp() AS clock, pg_snapshot_xmin(pg_current_snapshot()) AS lowest, "
    "EXISTS (SELECT FROM events WHERE transaction_id >= pg_snapshot_xmax(pg_current_snapshot())) AS strange"
).columns(lowest=Transaction)
_OWN_ID = text("SELECT pg_current_xact_id() AS id").columns(id=Transaction)

_SEAL = text(
    "INSERT INTO log_index (log_index, position) "
    "SELECT :last + row_number() OVER (ORDER BY transaction_id, position), position FROM events "
    "WHERE transaction_id >= :old AND transaction_id < :new"
).bindparams(bindparam("old", type_=Transaction), bindparam("new", type_=Transaction))


def _seal_postgresql(connection: Connection) -> int:
    if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": SEALER_LOCK}):
        return 0
    row = _row(connection)
    old = row.horizon or 0
    now = connection.execute(_HORIZON).one()
    if now.strange or old > now.lowest:
        raise SealingError(
            "transaction ids of the log are ahead of this cluster's: were its files copied from another?"
        )
    # A later snapshot than the horizon's: everything below the horizon is visible to it.
    sealed = connection.execute(_SEAL, {"last": row.last_log_index, "old": old, "new": now.lowest}).rowcount
    passed = row.waiting_for is not None and row.waiting_for < now.lowest
    idle = row.waiting_for is None and _idle_for_long(row, now.clock)
    if not sealed and not passed and not idle:
        return 0
    values: dict[str, object] = {"horizon": now.lowest, "last_log_index": row.last_log_index + sealed}
    if passed:
        values |= {"sealed_at": row.waiting_since, "waiting_for": None, "waiting_since": None}
    if idle or (sealed and (passed or row.waiting_for is None)):
        values |= {"waiting_for": connection.scalar(_OWN_ID), "waiting_since": instant(now.clock)}
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


def _last_sealed_position() -> ScalarSelect[Any]:
    return select(func.coalesce(func.max(log_index.c.position), 0)).scalar_subquery()


def _row(connection: Connection) -> Row[Any]:
    return connection.execute(select(sealer)).one()


def _idle_for_long(row: Row[Any], now: datetime) -> bool:
    return row.sealed_at is None or now - moment(row.sealed_at) > IDLE
