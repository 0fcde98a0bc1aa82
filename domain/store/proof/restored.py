"""What the ledger says of restores that were accepted, and how it stands beside what was signed before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from domain.events import Event, HorizonBegun, LedgerOpened, RestoreAccepted, topic_of
from domain.proof.check import Checkpoint
from domain.store.db.schema import events
from domain.store.log.sequencer import sealed_until
from domain.store.proof.checkpoint_archive import Witness, log_rewritten
from domain.store.proof.proof_reader import checkpoint_at
from domain.store.proof.tree_writer import root_of_log
from domain.values import LEDGER_STREAM, stream_id


def holds(connection: Connection, signed: Checkpoint) -> bool:
    """Whether the log begins with what was signed, be it kept in the database as a checkpoint or not."""
    held = checkpoint_at(connection, signed.size)
    if held is not None:
        return held.root == signed.root
    return signed.size <= sealed_until(connection)[0] and root_of_log(connection, signed.size) == signed.root


def require_signed(connection: Connection, signed: Checkpoint | None) -> None:
    """The log holds what its key has signed last. Raises: LogRewritten."""
    if signed is not None and not holds(connection, signed):
        raise log_rewritten(
            f"密钥已签署过 {signed.size} 条的日志，数据库中的日志不是它的延续",
            f"the key has signed a log of {signed.size} entries, and the database's log does not go on from it",
        )


def longest(witness: Witness, signed: Checkpoint | None) -> Checkpoint | None:
    """The longest log that was signed, as known outside the database. Raises: LogRewritten when it cannot be read."""
    known = [one for one in (witness.last(), signed) if one is not None]
    return max(known, key=lambda one: one.size, default=None)


def still_held(connection: Connection, kept: Iterable[Checkpoint]) -> int:
    """The size of the longest of these checkpoints that the log begins with; 0 when it is none of them."""
    return max((one.size for one in kept if holds(connection, one)), default=0)


def origins_of(connection: Connection) -> list[tuple[str, RestoreAccepted | None]]:
    """Every name that the log had, in order, and the acceptance of a restore that ended it; the last has none."""
    found: list[tuple[str, RestoreAccepted | None]] = []
    name = ""
    for event in _own(connection, (LedgerOpened, RestoreAccepted)):
        if isinstance(event, RestoreAccepted):
            found.append((name or event.old_origin, event))
        name = f"steward-ledger/{event.id}"
    return [*found, (name, None)] if name else []


def acceptances(connection: Connection) -> list[dict[str, object]]:
    """Every accepted restore, as it is shown: when, by whom, and which entries of the longer log may be lost."""
    return [
        {
            "event_id": one.id,
            "accepted_at": one.recorded_at,
            "by": one.actor,
            "reason": one.reason,
            "old": {"origin": one.old_origin, "size": one.old_size, "root": one.old_root},
            "new": {"origin": f"steward-ledger/{one.id}", "size": one.new_size, "root": one.new_root},
            "lost": {"from": one.kept_size + 1, "to": one.old_size},
        }
        for _, one in origins_of(connection)
        if one is not None
    ]


def horizons(connection: Connection) -> list[HorizonBegun]:
    """Every new horizon, in order."""
    return [one for one in _own(connection, (HorizonBegun,)) if isinstance(one, HorizonBegun)]


def _own(connection: Connection, kinds: tuple[type[Event], ...]) -> list[Any]:
    query = (
        select(events.c.topic, events.c.state)
        .where(
            events.c.originator_id == stream_id(LEDGER_STREAM), events.c.topic.in_([topic_of(kind) for kind in kinds])
        )
        .order_by(events.c.originator_version)
    )
    by_topic = {topic_of(kind): kind for kind in kinds}
    return [msgspec.json.decode(bytes(row.state), type=by_topic[row.topic]) for row in connection.execute(query)]
