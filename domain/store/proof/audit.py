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
from domain.proof.check import NO_EVENTS, Checkpoint, ProofError, VerifierKey, leaf_hash, verify_checkpoint
from domain.store.db.schema import checkpoints, events, log_index, sealer
from domain.store.files.objects import Objects
from domain.store.log.mapper import EventMapper
from domain.store.proof.audit_access import AccessSigned, access_signed, compared
from domain.store.proof.audit_answers import answers
from domain.store.proof.audit_beside import Beside, Finding, readable
from domain.store.proof.audit_files import FilesAudit
from domain.store.proof.audit_heads import Streams, altered
from domain.store.proof.audit_rows import COLUMNS, IN_LOG, LogOrder, place_of, stored_event, whole
from domain.store.proof.audit_tree import GrownTree, StoredNodes, extra_nodes, nodes_of, tree_ends
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
        self._sizes_outside = sorted(self._outside, reverse=True)
        self._mapper, self._beside, self.files = EventMapper(), Beside(connection), FilesAudit(connection, files)
        self._streams, self._tree = Streams(), GrownTree()
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
            ("tree_nodes", lambda: tree_ends(connection, self._last_size)),
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
            stored = nodes_of(self._connection, self.events + 1, rows[-1].log_index)
            while rows:
                length = self._signed_after(len(rows))
                if self._are_whole(rows[:length], order, stored):
                    yield from self._signed_here()
                else:
                    for row in rows[:length]:
                        yield from self._row(row, order, stored)
                rows = rows[length:]
                if self._beside.is_full:
                    yield from self._beside.open()
            yield from extra_nodes(stored)
        while self._next_signed is not None:
            size = self._next_signed.size
            yield Finding(
                "checkpoints",
                f"size {size}",
                f"签署了 {size} 条，日志只有 {self.events} 条",
                f"{size} entries were signed, the log has {self.events}",
            )
            self._next_signed = next(self._signed, None)

    def _signed_after(self, most: int) -> int:
        """After how many further entries, of so many, something was signed, here or kept outside."""
        while self._sizes_outside and self._sizes_outside[-1] <= self.events:
            self._sizes_outside.pop()
        sizes = self._sizes_outside[-1:] + ([self._next_signed.size] if self._next_signed is not None else [])
        return min([most, *(size - self.events for size in sizes if size > self.events)])

    def _are_whole(self, rows: Sequence[Row[Any]], order: LogOrder, stored: StoredNodes) -> bool:
        """Whether a stretch is as it should be, and then put into tree and streams: what holds of nearly all, asked in
        one go. Else nothing is done: what is not whole is looked at again row by row, which has the words for it.
        """
        found = whole(rows, self._mapper, self.events + 1)
        if found is None or not order.follow(rows) or not self._tree.grow_by_all(found.leaves, self.events, stored):
            return False
        self.events += len(rows)
        order.follows(rows[-1])
        self._streams.add_all(found.events, found.leaves)
        for event, state in zip(found.events, found.states, strict=True):
            self.files.see(event)
            self._beside.see(event, state)
        return True

    def _row(self, row: Row[Any], order: LogOrder, stored: StoredNodes) -> Iterator[Finding]:
        while self.events + 1 < min(row.log_index, self._last_size + 1):
            yield from self._missing(stored)
        self.events += 1
        yield from self._entry(row)
        if not order.follows(row):
            yield Finding("events", place_of(row), "在日志中的次序不对", "it is out of order in the log")
        if row.position is not None:
            leaf = leaf_hash(bytes(row.state))
            self._streams.add(row.stream, row.originator_version, leaf)
        else:  # its hash was signed, so what follows it is still judged
            leaf = stored.get((0, self.events - 1), NO_EVENTS)
        yield from self._tree.grow_by(leaf, self.events - 1, stored)
        yield from self._signed_here()

    def _signed_here(self) -> Iterator[Finding]:
        """What was signed when the log was as long as has been read."""
        if self._next_signed is not None and self._next_signed.size == self.events:
            yield from self._checkpoint(self._next_signed)
            self._next_signed = next(self._signed, None)
        yield from self._kept_outside(self.events)

    def _missing(self, stored: StoredNodes) -> Iterator[Finding]:
        """A place of the log that was signed and is gone: only its hash is left, in the tree."""
        self.events += 1
        yield Finding("log_index", str(self.events), "日志中的这个序号不见了", "a gap: this place of the log is gone")
        place = self.events - 1
        yield from self._tree.grow_by(stored.get((0, place), NO_EVENTS), place, stored)
        yield from self._signed_here()

    def _page(self) -> Sequence[Row[Any]]:
        query = (
            select(*IN_LOG)
            .select_from(log_index.outerjoin(events, events.c.position == log_index.c.position))
            .where(log_index.c.log_index > self.events)
            .order_by(log_index.c.log_index)
            .limit(PAGE)
        )
        return self._connection.execute(query).all()

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
            self.files.see(event)
            self._beside.see(event, bytes(row.state))

    # ---- what was signed ----

    def _checkpoint(self, row: Signed) -> Iterator[Finding]:
        """A stored checkpoint at the size that has just been reached."""
        self.checkpoints += 1
        self._sizes.add(row.size)
        root, count = self._tree.root(), len(self._streams)
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
            found = list(self._note("outside", where, one.note, Checkpoint("", size, self._tree.root())))
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


def _all_checkpoints(connection: Connection) -> Iterator[Signed]:
    after = 0
    while page := checkpoints_after(connection, after, PAGE):
        yield from page
        after = page[-1].size
