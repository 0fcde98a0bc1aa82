"""Where a primary and its streaming replica stand (PostgreSQL), and whether a replica holds the primary's own history.

A replica answers in the primary's name only when it has replayed all that the primary had acknowledged when the
question came: then it says what the primary would have said. What has been acknowledged lies before the place up to
which the primary's log of changes is on disk (`synchronous_commit` is on in every session of ours). The place is asked
for before the snapshot of the replica is taken, and never in it: a snapshot may be older than what is read in it.

Places of two histories cannot be compared, and each promotion begins one (a *timeline*). A server that follows another
one than the present primary is found out by what it holds, and by what it lacks: further on by its place, it must
have the primary's newest event.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, select

from domain.store.db.db_errors import named_trouble
from domain.store.db.engine import reading
from domain.store.db.postgresql import POOLED, dropped_if_other, run_alone
from domain.store.db.schema import events, sealer
from domain.store.log.sequencer import without_place
from domain.store.log.stream_heads import sealed_id

NEWEST = 500
"""How many events without a place in the log are compared: more wait only where sequencing has stopped."""
_CLUSTER = "(SELECT system_identifier FROM pg_control_system())"
_NEWEST_EVENT = "(SELECT event_id FROM events ORDER BY position DESC LIMIT 1)"
_OF_PRIMARY = (
    "SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE concat_ws(' ', pg_current_wal_flush_lsn(), "
    f"left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), {_CLUSTER}, {_NEWEST_EVENT}) END"
)
_OF_REPLICA = (
    "SELECT CASE WHEN pg_is_in_recovery() THEN "  # ours
    f"concat_ws(' ', coalesce(pg_last_wal_replay_lsn(), '0/0'), {_CLUSTER}, {_NEWEST_EVENT}) END"
)


class PrimaryPlace(NamedTuple):
    """How far the primary's log of changes is on disk, in bytes; on which timeline; and the name of its cluster."""

    bytes: int
    timeline: str
    cluster: str
    newest: str
    """The event that was written last, of those committed; empty in an empty log."""


class ReplicaPlace(NamedTuple):
    """How far a replica has replayed, in bytes, and the name of its cluster."""

    bytes: int
    cluster: str
    newest: str
    """As of the primary; perhaps of a moment before the place."""


class HeldByReplica(NamedTuple):
    """What shows whose history a server has: its last place in the log, and what has none yet."""

    last_log_index: int
    id_there: str | None
    without_place: tuple[str, ...]


def primary_place(engine: Engine) -> PrimaryPlace | None:
    """Where the primary stands now; None where the server that answers is itself a replica. Raises: Busy."""
    with (
        named_trouble(writes=False),
        engine.connect() as connection,
        dropped_if_other(engine, connection, writes=False),
    ):
        said = run_alone(_driver_of(connection), _OF_PRIMARY)
    if said is None:
        return None
    place, timeline, cluster, newest = f"{said} ".split(" ", 3)
    return PrimaryPlace(_bytes(place), timeline, cluster, newest.rstrip())


def replica_place(connection: Connection) -> ReplicaPlace | None:
    """Where the server behind a connection stands that has begun no transaction; None where it is no replica."""
    said = run_alone(_driver_of(connection), _OF_REPLICA)
    if said is None:
        return None
    place, cluster, newest = f"{said} ".split(" ", 2)
    return ReplicaPlace(_bytes(place), cluster, newest.rstrip())


def lacks_newest(place: PrimaryPlace, at: ReplicaPlace, connection: Connection) -> bool:
    """Whether a replica that is as far as the primary lacks its newest event all the same: it follows another history.

    On the primary's own it cannot: an event is seen once it is on disk before the place (see above).
    """
    if place.newest in ("", at.newest):
        return False
    with connection.begin():
        found = connection.scalar(select(events.c.event_id).where(events.c.event_id == place.newest))
    return found is None


def is_pooled(connection: Connection) -> bool:
    """Whether a pool lies between, so that one statement and the next may be answered by two servers."""
    return bool(connection.info.get(POOLED))


def held_by(connection: Connection) -> HeldByReplica:
    """What shows whose history the server behind a connection has."""
    row = connection.execute(select(sealer.c.last_log_index, sealer.c.floor)).one()
    waiting = select(events.c.event_id).where(events.c.position > row.floor, without_place())
    newest = connection.scalars(waiting.order_by(events.c.position.desc()).limit(NEWEST))
    return HeldByReplica(row.last_log_index, sealed_id(connection, row.last_log_index), tuple(newest))


def has_same_history(primary: Engine, held: HeldByReplica) -> bool:
    """Whether the primary holds all of it, in the same places. Raises: Busy."""
    with reading(primary) as connection:
        if sealed_id(connection, held.last_log_index) != held.id_there:
            return False
        found = set(connection.scalars(select(events.c.event_id).where(events.c.event_id.in_(held.without_place))))
    return found == set(held.without_place)


def _driver_of(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _bytes(place: str) -> int:
    """PostgreSQL writes a place (`pg_lsn`) as two hexadecimal numbers: its upper and its lower 32 bits."""
    upper, lower = place.split("/")
    return (int(upper, 16) << 32) + int(lower, 16)
