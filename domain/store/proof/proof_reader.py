"""What the proofs are made of, read from one snapshot: nodes of the tree, checkpoints, heads, places of events."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Connection, Row, select, tuple_

from domain.events import RestoreAccepted, topic_of
from domain.proof.check import EMPTY_ROOT, NO_EVENTS
from domain.proof.tree import HeadsTree, Node, Range, TreeHead, consistency_ranges, fold, inclusion_ranges, needed
from domain.store.db.schema import checkpoints, events, log_index, sealed_heads, tree_nodes
from domain.values import LEDGER_STREAM, Instant, stream_id

PAGE = 500


class Signed(NamedTuple):
    """A checkpoint as it is kept. `note` is the signed note itself."""

    size: int
    root: bytes
    heads_count: int
    heads_root: bytes
    note: str
    sealed_at: Instant


class PlacedEvent(NamedTuple):
    """A recorded event, and its place in the sealed log: None as long as it has none."""

    log_index: int | None
    id: str
    stream: str
    version: int
    topic: str
    actor: str
    recorded_at: Instant
    state: bytes
    leaf_hash: bytes


def origin_of(connection: Connection) -> str | None:
    """The name of this ledger's log: `steward-ledger/` and the id of its first event, or of the last acceptance of a
    restore, since which another history goes on; None before there is one."""
    found = connection.execute(
        select(events.c.event_id)
        .where(
            events.c.originator_id == stream_id(LEDGER_STREAM),
            (events.c.originator_version == 1) | (events.c.topic == topic_of(RestoreAccepted)),
        )
        .order_by(events.c.originator_version.desc())
        .limit(1)
    ).scalar()
    return None if found is None else f"steward-ledger/{found}"


def latest_checkpoint(connection: Connection) -> Signed | None:
    """The last checkpoint: how far the log is proven."""
    row = connection.execute(select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)).one_or_none()
    return None if row is None else _signed(row)


def checkpoint_at(connection: Connection, size: int) -> Signed | None:
    """The checkpoint of exactly this size."""
    row = connection.execute(select(checkpoints).where(checkpoints.c.size == size)).one_or_none()
    return None if row is None else _signed(row)


def checkpoint_covering(connection: Connection, place: int) -> Signed | None:
    """The first checkpoint that covers a place of the log: the same for ever once there is one."""
    query = select(checkpoints).where(checkpoints.c.size >= place).order_by(checkpoints.c.size).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _signed(row)


def checkpoints_after(connection: Connection, size: int, limit: int) -> list[Signed]:
    """At most `limit` checkpoints of more than this size, in order."""
    query = select(checkpoints).where(checkpoints.c.size > size).order_by(checkpoints.c.size).limit(limit)
    return [_signed(row) for row in connection.execute(query)]


def nodes(connection: Connection, wanted: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of these complete subtrees, all in one query; those that are not there are not in the answer."""
    keys = list(dict.fromkeys(wanted))
    if not keys:
        return {}
    columns = tree_nodes.c
    found = connection.execute(select(tree_nodes).where(tuple_(columns.level, columns.place).in_(keys)))
    return {(row.level, row.place): bytes(row.hash) for row in found}


def tile(connection: Connection, size: int, level: int, index: int, width: int) -> bytes | None:
    """The hashes of a tile (c2sp.org/tlog-tiles) of the tree over `size` entries; None where it does not reach so far.

    `level` counts tiles, each of eight levels of the tree; `width`: how many of its 256 hashes.
    """
    first = index * 256
    if 8 * level > 62 or first + width > size >> (8 * level):
        return None
    columns = tree_nodes.c
    query = select(columns.hash).where(
        columns.level == 8 * level, columns.place >= first, columns.place < first + width
    )
    found = [bytes(one) for one in connection.scalars(query.order_by(columns.place))]
    return b"".join(found) if len(found) == width else None


def root_at(connection: Connection, size: int) -> bytes:
    """The root over the first `size` entries of the log. `size` is at most that of the latest checkpoint."""
    return _hashes(connection, [(0, size)])[0] if size else EMPTY_ROOT


def inclusion_proof(connection: Connection, place: int, size: int) -> list[bytes]:
    """The proof for the entry of this log index in the tree of a size, at most the latest checkpoint's.

    Raises: ValueError when the index is not within the size.
    """
    return _hashes(connection, inclusion_ranges(place - 1, size))


def consistency_proof(connection: Connection, first: int, second: int) -> list[bytes]:
    """The proof from one size to another, at most the latest checkpoint's. Raises: ValueError out of order."""
    return _hashes(connection, consistency_ranges(first, second))


def _hashes(connection: Connection, spans: list[Range]) -> list[bytes]:
    known = nodes(connection, needed(spans))
    return [fold(span, known) for span in spans]


def placed(connection: Connection, event_id: str) -> PlacedEvent | None:
    """An event by its id, of whatever stream."""
    of = events.c
    query = (
        select(
            log_index.c.log_index,
            of.event_id,
            of.stream,
            of.originator_version,
            of.topic,
            of.actor,
            of.recorded_at,
            of.state,
            of.leaf_hash,
        )
        .select_from(events.outerjoin(log_index, of.position == log_index.c.position))
        .where(of.event_id == event_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else PlacedEvent._make((*row[:7], bytes(row.state), bytes(row.leaf_hash)))


def head_signed(connection: Connection, stream: str) -> TreeHead:
    """The head of a stream to which the latest checkpoint commits; of count 0 when it knows no such stream."""
    row = connection.execute(select(sealed_heads).where(sealed_heads.c.stream == stream)).one_or_none()
    return TreeHead(stream, 0, NO_EVENTS) if row is None else _head(row)


class HeadsKept:
    """The tree over all heads, kept in memory by a process and brought up from one checkpoint to the next.

    A failover may lose a checkpoint that was seen: the tree counts only where it has the root that was signed.
    """

    def __init__(self) -> None:
        self._tree, self._at, self._lock = HeadsTree(), 0, Lock()

    def at(self, connection: Connection, size: int, root: bytes | None = None) -> HeadsTree:
        """The tree to which the latest checkpoint of this snapshot commits, of that size and `root`; not to be changed.

        Without a root it is the caller's to compare.
        """
        with self._lock:
            if size < self._at:  # another question has seen more already
                return HeadsTree(_leaves(connection, 0))
            if size > self._at:
                moved = _leaves(connection, self._at)
                self._tree, self._at = self._tree.with_leaves(moved), size
            if root is not None and self._tree.root() != root:
                self._tree = HeadsTree(_leaves(connection, 0))
            return self._tree

    def forget(self) -> None:
        """Forget the tree in memory: the next question reads it again from the database."""
        with self._lock:
            self._tree, self._at = HeadsTree(), 0


def _leaves(connection: Connection, after: int) -> dict[str, bytes]:
    """Leaf hashes of the heads that moved after a size."""
    query = select(sealed_heads).where(sealed_heads.c.changed_at > after)
    return {row.stream: _head(row).leaf for row in connection.execute(query)}


def _head(row: Row[tuple[object, ...]]) -> TreeHead:
    return TreeHead(row.stream, row._mapping["count"], bytes(row.hash))


def _signed(row: Row[tuple[object, ...]]) -> Signed:
    return Signed(row.size, bytes(row.root), row.heads_count, bytes(row.heads_root), row.note, row.sealed_at)


class Leaf(NamedTuple):
    """An event of a stream with its place in the sealed log."""

    log_index: int
    topic: str
    state: bytes


def sealed_stream(connection: Connection, stream: str, count: int, size: int) -> list[Leaf]:
    """The first `count` events of a stream, all of them among the first `size` entries of the log, by version."""
    query = (
        select(log_index.c.log_index, events.c.topic, events.c.state)
        .join(events, events.c.position == log_index.c.position)
        .where(
            events.c.originator_id == stream_id(stream),
            events.c.originator_version <= count,
            log_index.c.log_index <= size,
        )
        .order_by(events.c.originator_version)
    )
    return [Leaf(row.log_index, row.topic, bytes(row.state)) for row in connection.execute(query)]


def inclusion_proofs(connection: Connection, places: Iterable[int], size: int) -> list[list[bytes]]:
    """As `inclusion_proof`, for many log indexes at once: what they share is read once."""
    spans = [inclusion_ranges(place - 1, size) for place in places]
    wanted = list(dict.fromkeys(needed(span for one in spans for span in one)))
    known: dict[Node, bytes] = {}
    for start in range(0, len(wanted), PAGE):
        known |= nodes(connection, wanted[start : start + PAGE])
    return [[fold(span, known) for span in one] for one in spans]
