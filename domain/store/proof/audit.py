"""Reading the whole log again, byte by byte, against what was signed: what `steward audit` does with the store.

Nothing that the database says of itself is believed. In the order of the log every event's bytes are hashed, decoded
and compared with their columns; the tree, every node of it, the head of every stream and every checkpoint follow from
these hashes alone and are compared with what is stored; every checkpoint's signature is verified; and every checkpoint
that was kept outside the database has to be one of this log, which is what a rewritten or restored database fails.

Whoever holds the database, the key of the log and the file outside can make another history: only somebody else who
kept a checkpoint, a receipt or a certificate can then tell (docs/proof.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from domain.errors import Unreadable
from domain.events import Event
from domain.proof.check import (
    EMPTY_ROOT,
    NO_EVENTS,
    Checkpoint,
    ProofError,
    VerifierKey,
    leaf_hash,
    node_hash,
    verify_checkpoint,
)
from domain.proof.tree import Node
from domain.store.db.schema import checkpoints, events, log_index, sealer, tree_nodes
from domain.store.files.objects import Objects
from domain.store.log.mapper import EventMapper, is_said_by
from domain.store.proof.audit_access import AccessSigned, access_signed, compared
from domain.store.proof.audit_answers import answers
from domain.store.proof.audit_beside import Beside, Finding, readable
from domain.store.proof.audit_files import FilesAudit
from domain.store.proof.audit_heads import Streams, altered
from domain.store.proof.audit_rows import COLUMNS, LogOrder, originator_of, place_of, stored_event
from domain.store.proof.checkpoint_archive import Kept
from domain.store.proof.proof_reader import Signed, checkpoints_after
from domain.store.proof.restored import horizons

PAGE = 2_000


class Auditor:
    """One audit, in one snapshot. `keys`: the public keys that may have signed; `outside`: what was kept elsewhere."""

    def __init__(
        self, connection: Connection, keys: Sequence[VerifierKey], outside: Iterable[Kept], files: Objects
    ) -> None:
        self._connection, self._keys = connection, keys
        self._outside: dict[int, list[Kept]] = {}
        for one in outside:
            self._outside.setdefault(one.size, []).append(one)
        self._mapper, self._beside, self.files = EventMapper(), Beside(connection), FilesAudit(connection, files)
        self._streams, self._edge = Streams(), list[bytes]()
        self._last_size = connection.scalar(select(func.max(checkpoints.c.size))) or 0
        self._access: dict[AccessSigned, str] = {}
        self._sizes = set[int]()
        self._signed: Iterator[Signed] = iter(())
        self._next_signed: Signed | None = None
        self.events = self.checkpoints = 0

    def run(self) -> Iterator[Finding]:
        """Every difference, in the order in which they are found."""
        connection = self._connection
        parts: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
            ("schema", lambda: altered(connection)),
            ("events", self._log),
            ("sealed_heads", lambda: self._streams.sealed(connection)),
            ("events", self._never_sealed),
            ("stream_heads", lambda: self._streams.live(connection)),
            ("tree_nodes", self._tree_ends),
            ("outside", self._beyond),
            ("vault", lambda: self._beside.end(self.files.subjects())),
            ("evidence_files", self.files.end),
            ("idempotency", lambda: answers(connection)),
            ("access_changes", lambda: compared(connection, self._access)),
        )
        for table, part in parts:
            yield from readable(table, part())

    # ---- the log, in its order ----

    def _log(self) -> Iterator[Finding]:
        yield from self._kept_outside(0)
        self._signed = _all_checkpoints(self._connection)
        self._next_signed = next(self._signed, None)
        order = LogOrder(horizons(self._connection))
        while rows := self._page():
            stored = self._nodes_of(self.events + 1, rows[-1].log_index)
            for row in rows:
                while self.events + 1 < min(row.log_index, self._last_size + 1):
                    yield from self._missingplace_of(stored)
                self.events += 1
                leaf = None if row.position is None else leaf_hash(row.state)
                if row.log_index != self.events or leaf is None or not self._is_whole(row, leaf):
                    yield from self._entry(row)
                if self._beside.is_full:
                    yield from self._beside.open()
                if not order.follows(row):
                    yield Finding("events", place_of(row), "在日志中的次序不对", "it is out of order in the log")
                if leaf is not None:
                    self._streams.add(row.stream, row.originator_version, leaf)
                else:  # its hash was signed, so what follows it is still judged
                    leaf = stored.get((0, self.events - 1), NO_EVENTS)
                if wrong := self._grow_by(leaf, stored):
                    yield from wrong
                if self._is_signed_here():
                    yield from self._signed_here()
            yield from (self._extra_node(node) for node in stored)
        while self._next_signed is not None:
            size = self._next_signed.size
            yield Finding(
                "checkpoints",
                f"size {size}",
                f"签署了 {size} 条，日志只有 {self.events} 条",
                f"{size} entries were signed, the log has {self.events}",
            )
            self._next_signed = next(self._signed, None)

    def _is_signed_here(self) -> bool:
        """Whether something was signed, here or kept outside, when the log was as long as has been read."""
        return self.events in self._outside or (self._next_signed is not None and self._next_signed.size == self.events)

    def _signed_here(self) -> Iterator[Finding]:
        """What was signed when the log was as long as has been read."""
        if self._next_signed is not None and self._next_signed.size == self.events:
            yield from self._checkpoint(self._next_signed)
            self._next_signed = next(self._signed, None)
        yield from self._kept_outside(self.events)

    def _missingplace_of(self, stored: dict[Node, bytes]) -> Iterator[Finding]:
        """A place of the log that was signed and is gone: only its hash is left, in the tree."""
        self.events += 1
        yield Finding("log_index", str(self.events), "日志中的这个序号不见了", "a gap: this place of the log is gone")
        yield from self._grow_by(stored.get((0, self.events - 1), NO_EVENTS), stored)
        yield from self._signed_here()

    def _page(self) -> Sequence[Row[Any]]:
        query = (
            select(log_index.c.log_index, log_index.c.position.label("at"), *COLUMNS)
            .select_from(log_index.outerjoin(events, events.c.position == log_index.c.position))
            .where(log_index.c.log_index > self.events)
            .order_by(log_index.c.log_index)
            .limit(PAGE)
        )
        return self._connection.execute(query).all()

    def _is_whole(self, row: Row[Any], leaf: bytes) -> bool:
        """Whether there is nothing to say of a row by itself: what holds of nearly all, asked first and in one go.

        What is not whole is looked at again by `_entry`, which has the words for it.
        """
        try:
            event = self._mapper.decode(row.topic, row.state)
        except Unreadable:
            return False
        if leaf != row.leaf_hash or not is_said_by(event, row, originator_of(row.originator_id)):
            return False
        self._see(event, row.state)
        return True

    def _see(self, event: Event, state: bytes) -> None:
        self.files.see(event)
        self._beside.see(event, state)

    def _entry(self, row: Row[Any]) -> Iterator[Finding]:
        """A row by itself: its place in the dense order, its bytes, its columns."""
        if row.log_index != self.events:
            yield Finding(
                "log_index", str(row.log_index), f"序号不连续：应为 {self.events}", f"a gap: {self.events} should come"
            )
            self.events = row.log_index
        if row.position is None:
            yield Finding("events", f"position {row.at}", "日志中的这一条不见了", "this entry of the log is gone")
            return
        yield from self._bytes(row)

    def _bytes(self, row: Row[Any]) -> Iterator[Finding]:
        """The stored bytes against their hash and against the columns that repeat them."""
        if leaf_hash(bytes(row.state)) != bytes(row.leaf_hash):
            yield Finding("events", place_of(row), "存储的字节与其散列不符", "the bytes are not those of the hash")
        try:
            event = self._mapper.to_domain_event(stored_event(row))
        except Unreadable as error:
            yield Finding("events", place_of(row), "字节与各列不符或无法读取", str(error))
        else:
            self._see(event, bytes(row.state))

    def _grow_by(self, leaf: bytes, stored: dict[Node, bytes]) -> list[Finding]:
        """Put an event's hash into the tree; compare the nodes that are complete with it."""
        place, level, wrong = self.events - 1, 0, []
        while True:
            kept = stored.pop((level, place), None)
            if kept is not None and kept != leaf:
                where = f"level {level}, place {place}"
                wrong.append(Finding("tree_nodes", where, "树的节点不对", "this node is wrong"))
            if not place & 1 or not self._edge:  # beyond what was signed a gap leaves nothing to go on from
                break
            leaf, level, place = node_hash(self._edge.pop(), leaf), level + 1, place >> 1
        self._edge.append(leaf)
        return wrong

    def _root(self) -> bytes:
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root

    def _nodes_of(self, first: int, last: int) -> dict[Node, bytes]:
        """The stored nodes that are complete with one of these entries."""
        found: dict[Node, bytes] = {}
        for level in range(last.bit_length() + 1):
            low, high = (first - 1) >> level, last >> level
            rows = self._connection.execute(
                select(tree_nodes.c.level, tree_nodes.c.place, tree_nodes.c.hash).where(
                    tree_nodes.c.level == level, tree_nodes.c.place >= low, tree_nodes.c.place < high
                )
            )
            for _, place, digest in rows:
                if (place + 1) << level >= first:
                    found[level, place] = digest
        return found

    @staticmethod
    def _extra_node(node: Node) -> Finding:
        where = f"level {node[0]}, place {node[1]}"
        return Finding("tree_nodes", where, "树里多出的节点", "a node that belongs to no tree")

    # ---- what was signed ----

    def _checkpoint(self, row: Signed) -> Iterator[Finding]:
        """A stored checkpoint at the size that has just been reached."""
        self.checkpoints += 1
        self._sizes.add(row.size)
        root, count = self._root(), len(self._streams)
        heads_root = self._streams.root(row.size, is_last=row.size == self._last_size)
        where = f"size {row.size}"
        if (row.root, row.heads_count, row.heads_root) != (root, count, heads_root):
            yield Finding(
                "checkpoints",
                where,
                "签署的不是现在的日志：记录被改动过",
                "another log was signed: this one was changed",
            )
        yield from self._note("checkpoints", where, row.note, Checkpoint("", row.size, row.root), row)

    def _note(
        self, table: str, where: str, note: str, said: Checkpoint, row: Signed | None = None
    ) -> Iterator[Finding]:
        try:
            found = verify_checkpoint(note.encode(), self._keys)
            heads, access = found.heads, access_signed(found)
        except ProofError as error:
            yield Finding(table, where, f"签名文本：{error.text}", f"the note: {error.text_en}")
            return
        same_heads = row is None or heads == (row.heads_count, row.heads_root)
        if (found.size, found.root) != (said.size, said.root) or not same_heads:
            yield Finding(table, where, "签名文本与各列不符", "the signed note is not what its columns say")
        elif access is not None:
            self._access.setdefault(access, f"{table} {where}")

    def _kept_outside(self, size: int) -> Iterator[Finding]:
        for one in self._outside.pop(size, ()):
            where = f"{one.where}, size {size}"
            found = list(self._note("outside", where, one.note, Checkpoint("", size, self._root())))
            yield from found
            if not found and size not in self._sizes:
                yield Finding(
                    "checkpoints",
                    f"size {size}",
                    f"外部保存的检查点（{one.where}）不在表中",
                    f"the checkpoint that was kept outside ({one.where}) is not among them",
                )

    def _beyond(self) -> Iterator[Finding]:
        """What was kept outside of a longer log than this one."""
        for size, kept in sorted(self._outside.items()):
            yield Finding(
                "outside",
                f"{kept[0].where}, size {size}",
                f"外部保存的检查点有 {size} 条，数据库只有 {self.events} 条：记录被删去或恢复了旧备份",
                f"a checkpoint kept outside has {size} entries, the database {self.events}: entries were taken out, or "
                "an older backup was restored",
            )

    # ---- what is kept beside the log ----

    def _never_sealed(self) -> Iterator[Finding]:
        """Events that have no place in the log yet: read too; and the sealer's own row."""
        rows = self._connection.execute(select(sealer)).all()
        if len(rows) != 1:
            yield Finding("sealer", "—", f"应有 1 行，实有 {len(rows)} 行", f"it has {len(rows)} rows in place of one")
        if any(row.last_log_index != self.events for row in rows):
            yield Finding("sealer", "last_log_index", "与日志长度不符", "it is not the length of the log")
        horizon = rows[0].horizon if rows else None
        waiting = (
            select(*COLUMNS)
            .where(events.c.position.not_in(select(log_index.c.position)))
            .order_by(events.c.transaction_id, events.c.position)
        )
        last = self._connection.scalar(
            select(func.max(events.c.position)).where(events.c.position.in_(select(log_index.c.position)))
        )
        for event in self._connection.execute(waiting):
            below = event.transaction_id < horizon if horizon is not None else event.position < (last or 0)
            if below:
                yield Finding(
                    "events", place_of(event), "早该封存却不在日志中", "it should have been in the log long ago"
                )
            yield from self._bytes(event)
            yield from self._beside.open()
            self._streams.add(event.stream, event.originator_version, leaf_hash(bytes(event.state)))

    def _tree_ends(self) -> Iterator[Finding]:
        """Every node up to the last checkpoint is there, and none beyond it."""
        size = self._last_size
        query = select(tree_nodes.c.level, func.count().label("nodes")).group_by(tree_nodes.c.level)
        found = {row.level: row.nodes for row in self._connection.execute(query)}
        for level in range(max(size.bit_length(), *found.keys(), 0) + 1):
            if found.get(level, 0) != size >> level:
                yield Finding(
                    "tree_nodes",
                    f"level {level}",
                    f"应有 {size >> level} 个节点，实有 {found.get(level, 0)} 个",
                    f"{size >> level} nodes should be there, and {found.get(level, 0)} are",
                )


def _all_checkpoints(connection: Connection) -> Iterator[Signed]:
    after = 0
    while page := checkpoints_after(connection, after, PAGE):
        yield from page
        after = page[-1].size
