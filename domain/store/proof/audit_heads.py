"""Streams as the audit counts them from the log's own hashes, compared with the heads that are kept (`audit.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, select

from domain.proof.check import NO_EVENTS, chained
from domain.proof.tree import HeadsTree, TreeHead
from domain.store.db.schema import events, sealed_heads, stream_heads
from domain.store.proof.audit_beside import Finding
from domain.values import stream_id


@dataclass
class _Stream:
    """A stream while the log is read: the prefix that its head commits to, and what came before its turn."""

    count: int = 0
    hash: bytes = NO_EVENTS
    highest: int = 0
    changed_at: int = 0
    waiting: dict[int, bytes] = field(default_factory=dict)

    def add(self, version: int, leaf: bytes) -> None:
        self.waiting[version] = leaf
        self.highest = max(self.highest, version)
        while (next_ := self.waiting.pop(self.count + 1, None)) is not None:
            self.count, self.hash = self.count + 1, chained(self.hash, [next_])


class Streams:
    """Every stream that has an event, as far as the log was read."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._tree, self._moved = HeadsTree(), set[str]()
        self._signed: dict[str, tuple[int, bytes, int, int]] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def add(self, stream: str, version: int, leaf: bytes) -> None:
        """The next event that was found, by its own hash."""
        self._streams.setdefault(stream, _Stream()).add(version, leaf)
        self._moved.add(stream)

    def root(self, size: int, *, is_last: bool) -> bytes:
        """The root over all heads at a checkpoint; what they are under the last one is remembered."""
        leaves = {}
        for name in self._moved:
            one = self._streams[name]
            one.changed_at = size
            leaves[name] = TreeHead(name, one.count, one.hash).leaf
        self._tree, self._moved = self._tree.with_leaves(leaves), set()
        if is_last:
            self._signed = {
                name: (one.count, one.hash, one.highest, one.changed_at) for name, one in self._streams.items()
            }
        return self._tree.root()

    def sealed(self, connection: Connection) -> Iterator[Finding]:
        """The heads under the last checkpoint: each stream that had an event by then has one, and nothing else has."""
        rows = connection.execute(select(sealed_heads)).all()
        stored = {row.stream: (row._mapping["count"], bytes(row.hash), row.highest, row.changed_at) for row in rows}
        for name in sorted(stored.keys() | self._signed.keys()):
            if name not in stored:
                yield Finding("sealed_heads", name, "签署时的记录头不见了", "the head that was signed is gone")
            elif stored[name] != self._signed.get(name):
                yield Finding("sealed_heads", name, "与该机构的记录不符", "it is not the head of its events")

    def live(self, connection: Connection) -> Iterator[Finding]:
        """The heads that appenders lock: all versions there, count and chain right, and none without an event."""
        stored = {row.stream: row for row in connection.execute(select(stream_heads))}
        newest = select(events.c.stream, func.max(events.c.recorded_at).label("at")).group_by(events.c.stream)
        last = {row.stream: row.at for row in connection.execute(newest)}
        for name in sorted(stored.keys() | self._streams.keys()):
            one, row = self._streams.get(name), stored.get(name)
            if one is None:
                yield Finding("stream_heads", name, "没有任何记录的机构", "a head without an event: nobody recorded it")
                continue
            right = (one.count, one.count, one.hash, last.get(name), stream_id(name))
            if one.waiting:
                yield Finding("events", name, f"缺第 {one.count + 1} 条", f"event {one.count + 1} is missing")
            elif row is None or _said(row) != right:
                yield Finding("stream_heads", name, "与该机构的记录不符", "it is not the head of its events")


def _said(row: Row[Any]) -> tuple[Any, ...]:
    return row.version, row._mapping["count"], bytes(row.hash), row.last_recorded_at, row.originator_id
