"""Going on in another PostgreSQL cluster: every event that has no place gets one, and a new horizon begins there.

The transaction ids of the rows are those of the cluster they were recorded in. In another one they say nothing of what
is still to come, so the order of `sequencer.py` cannot be continued. But while nobody records, all that is there is all
there is: it is put in the order of recording, which keeps each stream's own, and from then on the ids of this cluster
count. Nothing that has a place already moves.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select, text, update

from domain.store.db.column_types import Transaction
from domain.store.db.dialect import lock_law
from domain.store.db.schema import events, log_index, sealer
from domain.store.log.sequencer import CLUSTER, SEALER_LOCK, without_place


class LogBefore(NamedTuple):
    """How the log stands before a new horizon: its length, how many events wait, and which cluster this is."""

    last_log_index: int
    waiting: int
    cluster: str


def standing(connection: Connection) -> LogBefore:
    """Have the log and all recording alone until the end of the transaction, and say how it stands. Raises: Busy."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEALER_LOCK})
    lock_law(connection)
    last = connection.scalar(select(func.coalesce(func.max(log_index.c.log_index), 0)))
    waiting = connection.scalar(select(func.count()).select_from(events).where(without_place()))
    return LogBefore(int(last or 0), int(waiting or 0), str(connection.scalar(text(CLUSTER))))


def begin(connection: Connection, before: LogBefore) -> int:
    """Give every event without a place its place, and let this cluster's ids count from here on; how many events.

    In the transaction of `standing`, after everything that is recorded in it was written.
    """
    number = func.row_number().over(order_by=(events.c.recorded_at, events.c.position))
    waiting = select(before.last_log_index + number, events.c.position).where(without_place())
    count = connection.execute(log_index.insert().from_select(["log_index", "position"], waiting)).rowcount
    lowest = text("SELECT pg_snapshot_xmin(pg_current_snapshot()) AS lowest").columns(lowest=Transaction)
    connection.execute(
        update(sealer).values(
            horizon=connection.scalar(lowest),
            last_log_index=before.last_log_index + count,
            cluster=before.cluster,
            floor=connection.scalar(select(func.coalesce(func.max(events.c.position), 0))),
            waiting_for=None,
            waiting_since=None,
            waiting_position=None,
        )
    )
    return count
