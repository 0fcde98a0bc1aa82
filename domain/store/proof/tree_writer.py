"""Growing the Merkle tree with the sealed log, and signing how far it goes: every sealed event, in order, for ever.

One batch is one transaction: the leaves that follow the last checkpoint, the complete subtrees that come with them,
the heads that move, and one signed checkpoint over all of it. So the tree, the heads and the last checkpoint always
say the same; a run that is killed leaves nothing, and the next one goes on where the last checkpoint ends. Old events
are brought in by the same runs.

Appenders are not held up: on PostgreSQL nothing of theirs is locked, runs exclude each other by an advisory lock, and
a run gets a transaction id, which would hold the sealer's horizon back, only with its first write, when all is worked
out. On SQLite all is worked out before the write lock is taken, and done again if another run was faster.

A head commits to the events 1..count of a stream that are sealed without a gap: in the log an event may come before
one with a lower version, as a transaction may get its id before it waits for the stream's lock. `highest` says that
there are sealed events beyond a gap, so that they are looked up when it closes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, Engine, Row, select, text

from domain.proof.check import EMPTY_ROOT, NO_EVENTS, Checkpoint, chained
from domain.proof.receipts import access_line, heads_line
from domain.proof.tree import HeadsTree, Node, TreeHead, fold, grown, nodes_of
from domain.store.access.access_audit import last_seal
from domain.store.db.dialect import is_postgresql
from domain.store.db.engine import reading, writing
from domain.store.db.schema import events, log_index, sealed_heads
from domain.store.db.statements import Insert, RowUpdate, write
from domain.store.log.sequencer import SealingError, sealed_until
from domain.store.proof.proof_reader import PAGE, HeadsKept, Signed, latest_checkpoint, nodes, root_at
from domain.values import instant, stream_id

PROVER_LOCK = 0x57E7A2D_0005
BATCH = 20_000
"""Leaves in one transaction, at most."""


class Signs(Protocol):
    """Who signs checkpoints."""

    @property
    def origin(self) -> str:
        """The log's name."""
        ...

    def sign(self, checkpoint: Checkpoint, previous: Signed | None) -> str:
        """The signed note. Raises a Refusal when it must not be signed after the previous one."""
        ...


class _Moved(NamedTuple):
    """A head as it will be: the row of `sealed_heads`."""

    head: TreeHead
    highest: int
    new: bool


@dataclass(frozen=True)
class _Batch:
    """What one run writes."""

    signed: Signed
    nodes: Mapping[Node, bytes]
    moved: Sequence[_Moved]


class Prover:
    """Makes checkpoints of one database. One run at a time in a process; other processes may have theirs."""

    def __init__(self, engine: Engine, batch: int = BATCH) -> None:
        self._engine, self._batch = engine, batch
        self._heads = HeadsKept()

    def run(self, signer: Signs) -> Signed | None:
        """Prove the next batch of sealed events; None when there is none, or another run is at it.

        Raises: Busy; SealingError when what is stored does not lead to what was signed; what the signer raises.
        """
        try:
            if is_postgresql(self._engine):
                return self._run_postgresql(signer)
            return self._run_sqlite(signer)
        except BaseException:
            self._heads.forget()
            raise

    def _run_postgresql(self, signer: Signs) -> Signed | None:
        with writing(self._engine) as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": PROVER_LOCK}):
                return None
            batch = self._prepared(connection, signer)
            if batch is not None:
                _write(connection, batch)
        return None if batch is None else batch.signed

    def _run_sqlite(self, signer: Signs) -> Signed | None:
        with reading(self._engine) as connection:
            before = latest_checkpoint(connection)
            batch = self._prepared(connection, signer)
        if batch is None:
            return None
        with writing(self._engine) as connection:
            if latest_checkpoint(connection) != before:
                return None
            _write(connection, batch)
        return batch.signed

    def _prepared(self, connection: Connection, signer: Signs) -> _Batch | None:
        last = latest_checkpoint(connection)
        before = 0 if last is None else last.size
        until = min(before + self._batch, sealed_until(connection)[0])
        if until <= before:
            return None
        rows = _entries(connection, before, until)
        edge = nodes(connection, nodes_of((0, before)))
        heads = self._heads.at(connection, before)
        _require_what_was_signed(last, edge, heads)
        made = grown(before, [bytes(row.leaf_hash) for row in rows], edge)
        moved = _moved(connection, rows, until)
        heads = heads.with_leaves({one.head.stream: one.head.leaf for one in moved})
        root, heads_root = fold((0, until), {**edge, **made}), heads.root()
        access = last_seal(connection)
        lines = [heads_line(len(heads), heads_root), *([] if access is None else [access_line(*access)])]
        checkpoint = Checkpoint(signer.origin, until, root, tuple(lines))
        note = signer.sign(checkpoint, last)
        now = instant(datetime.now(UTC))
        return _Batch(Signed(until, root, len(heads), heads_root, note, now), made, moved)


def root_of_log(connection: Connection, size: int) -> bytes:
    """The root over the first `size` sealed entries, whether they are signed yet or not."""
    last = latest_checkpoint(connection)
    before = 0 if last is None else last.size
    if size <= before:
        return root_at(connection, size)
    edge = nodes(connection, nodes_of((0, before)))
    made = grown(before, [bytes(row.leaf_hash) for row in _entries(connection, before, size)], edge)
    return fold((0, size), {**edge, **made})


def _entries(connection: Connection, after: int, up_to: int) -> Sequence[Row[Any]]:
    """Stream, version and leaf hash of the sealed events in between, in the order of the log."""
    query = (
        select(events.c.stream, events.c.originator_version, events.c.leaf_hash)
        .join_from(log_index, events, events.c.position == log_index.c.position)
        .where(log_index.c.log_index > after, log_index.c.log_index <= up_to)
        .order_by(log_index.c.log_index)
    )
    rows = connection.execute(query).all()
    if len(rows) != up_to - after:
        raise SealingError(f"of the sealed entries {after + 1} to {up_to} only {len(rows)} are there")
    return rows


def _require_what_was_signed(last: Signed | None, edge: Mapping[Node, bytes], heads: HeadsTree) -> None:
    """What is built on has to be what the last checkpoint signed: else nothing more is signed."""
    size, root = (0, EMPTY_ROOT) if last is None else (last.size, last.root)
    if any(node not in edge for node in nodes_of((0, size))) or fold((0, size), edge) != root:
        raise SealingError(f"the stored tree is not the one signed at size {size}: run steward audit")
    count, heads_root = (0, EMPTY_ROOT) if last is None else (last.heads_count, last.heads_root)
    if len(heads) != count or heads.root() != heads_root:
        raise SealingError(f"the stored heads are not those signed at size {size}: run steward audit")


def _moved(connection: Connection, rows: Sequence[Row[Any]], up_to: int) -> list[_Moved]:
    """The heads of the streams that these entries belong to, after them."""
    new: dict[str, dict[int, bytes]] = defaultdict(dict)
    for row in rows:
        new[row.stream][row.originator_version] = bytes(row.leaf_hash)
    kept = _kept(connection, sorted(new))
    found = []
    for stream, leaves in new.items():
        count, hash_, highest = kept.get(stream, (0, NO_EVENTS, 0))
        if highest > count:
            leaves = _beyond(connection, stream, count, up_to)
        highest = max(highest, *leaves)
        chain = []
        while (leaf := leaves.get(count + 1)) is not None:
            chain.append(leaf)
            count += 1
        found.append(_Moved(TreeHead(stream, count, chained(hash_, chain)), highest, stream not in kept))
    return found


def _kept(connection: Connection, streams: Sequence[str]) -> dict[str, tuple[int, bytes, int]]:
    """Count, hash and highest version of the heads that are there."""
    found = {}
    for start in range(0, len(streams), PAGE):
        names = sealed_heads.c.stream.in_(streams[start : start + PAGE])
        for row in connection.execute(select(sealed_heads).where(names)):
            found[row.stream] = (row._mapping["count"], bytes(row.hash), row.highest)
    return found


def _beyond(connection: Connection, stream: str, version: int, up_to: int) -> dict[int, bytes]:
    """The sealed events of a stream after a version, those beyond a gap included."""
    query = (
        select(events.c.originator_version, events.c.leaf_hash)
        .join(log_index, log_index.c.position == events.c.position)
        .where(events.c.originator_id == stream_id(stream), events.c.originator_version > version)
        .where(log_index.c.log_index <= up_to)
    )
    return {row.originator_version: bytes(row.leaf_hash) for row in connection.execute(query)}


def _write(connection: Connection, batch: _Batch) -> None:
    signed, size = batch.signed, batch.signed.size
    new = [(one.head.stream, one.head.count, one.head.hash, one.highest, size) for one in batch.moved if one.new]
    old = [(one.head.count, one.head.hash, one.highest, size, one.head.stream) for one in batch.moved if not one.new]
    write(
        connection,
        [
            Insert(
                "tree_nodes",
                ("level", "place", "hash"),
                ("int", "bigint", "bytea"),
                [(level, place, hash_) for (level, place), hash_ in batch.nodes.items()],
            ),
            Insert(
                "sealed_heads",
                ("stream", "count", "hash", "highest", "changed_at"),
                ("text", "int", "bytea", "int", "bigint"),
                new,
            ),
            RowUpdate(
                "sealed_heads",
                ("count", "hash", "highest", "changed_at"),
                ("stream",),
                ("int", "bytea", "int", "bigint", "text"),
                old,
            ),
            Insert("checkpoints", Signed._fields, ("bigint", "bytea", "int", "bytea", "text", "timestamptz"), [signed]),
        ],
    )
