"""Streams as the audit counts them from the log's own hashes, compared with the heads that are kept (`audit.py`).

Whether the database still has the triggers and columns that the migrations made, and none besides (`audit.py`).

A trigger that somebody added changes rows behind the service's back; one whose body was emptied protects nothing,
though its name is there; a rule, row security or an inheriting table shows rows otherwise than they are stored.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, StaticPool, create_engine, func, inspect, select, text

from domain.events import Event
from domain.proof.check import NO_EVENTS, chained
from domain.proof.tree import HeadsTree, TreeHead
from domain.store.db.dialect import is_postgresql
from domain.store.db.migrate import upgrade_to_head
from domain.store.db.schema import APPEND_ONLY, TRIGGERS, events, metadata, sealed_heads, stream_heads
from domain.store.db.state import VERSION_TABLE
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
        if version == self.count + 1 and not self.waiting:
            self.count = self.highest = version
            self.hash = chained(self.hash, (leaf,))
            return
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
        one = self._streams.get(stream)
        if one is None:
            one = self._streams[stream] = _Stream()
        one.add(version, leaf)
        self._moved.add(stream)

    def add_all(self, events: Sequence[Event], leaves: Sequence[bytes]) -> None:
        """A stretch of the log, in its order."""
        of_streams = defaultdict[str, list[tuple[int, bytes]]](list)
        for event, leaf in zip(events, leaves, strict=True):
            of_streams[event.stream].append((event.version, leaf))
        for name, found in of_streams.items():
            one = self._streams.setdefault(name, _Stream())
            end = one.count + len(found)
            if not one.waiting and [version for version, _ in found] == list(range(one.count + 1, end + 1)):
                one.count = one.highest = end
                one.hash = chained(one.hash, [leaf for _, leaf in found])
            else:
                for version, leaf in found:
                    one.add(version, leaf)
        self._moved |= of_streams.keys()

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


_REFUSES = re.compile(
    r"\s*BEGIN RAISE EXCEPTION '(?:[^']|'')*'(?:, TG_TABLE_NAME)? USING ERRCODE = 'insufficient_privilege'; END\s*"
)
"""The body of every trigger function of ours: whatever it says, it refuses."""
_ROW, _BEFORE, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 8, 16, 32
"""Bits of `pg_trigger.tgtype`."""
_FIRES = {
    **{f"{table}_append_only": _BEFORE | _DELETE | _UPDATE | _TRUNCATE for table in APPEND_ONLY},
    "consultations_append_only": _BEFORE | _UPDATE | _TRUNCATE,
    "consultations_kept": _ROW | _BEFORE | _DELETE,
}


def altered(connection: Connection) -> Iterator[Finding]:
    """Columns, triggers and the like that are not as the migrations leave them."""
    yield from _columns(connection)
    yield from _postgresql(connection) if is_postgresql(connection) else _sqlite(connection)


def _columns(connection: Connection) -> Iterator[Finding]:
    known = {name: {column.name for column in table.columns} for name, table in metadata.tables.items()}
    known[VERSION_TABLE] = {"version_num"}
    for (_, table), columns in sorted(inspect(connection).get_multi_columns(filter_names=list(known)).items()):
        for column in columns:
            if column["name"] not in known[table]:
                yield Finding(
                    table, f"column {column['name']}", "本软件没有的列", "a column that the software does not have"
                )


# ---- SQLite ----


def _sqlite(connection: Connection) -> Iterator[Finding]:
    """Compared with a new database in memory: the migrations are the only list of triggers that there is."""
    made = _triggers_made()
    there = {row.name: (row.tbl_name, row.sql) for row in connection.execute(_SQLITE_TRIGGERS)}
    for name in sorted(made.keys() | there.keys()):
        if name not in made:
            yield _unknown(there[name][0], name)
        elif there.get(name) != made[name]:
            yield _changed(made[name][0], name)


_SQLITE_TRIGGERS = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")


@cache
def _triggers_made() -> dict[str, tuple[str, str]]:
    """What the migrations of this version leave: the same for every ledger, so they run once a process."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            upgrade_to_head(connection)
            return {row.name: (row.tbl_name, row.sql) for row in connection.execute(_SQLITE_TRIGGERS)}
    finally:
        engine.dispose()


# ---- PostgreSQL ----


def _postgresql(connection: Connection) -> Iterator[Finding]:
    tables = [*metadata.tables, VERSION_TABLE]
    found = {row.tgname: row for row in connection.execute(_TRIGGERS, {"tables": tables})}
    for name, row in sorted(found.items()):
        if name not in TRIGGERS["postgresql"]:
            yield _unknown(row.relname, name)
        elif not _is_ours(row):
            yield _changed(row.relname, name)
    for name in sorted(TRIGGERS["postgresql"] - found.keys()):
        yield _changed(next((table for table in APPEND_ONLY if name.startswith(table)), "—"), name)
    for row in connection.execute(_SHOWN_OTHERWISE, {"tables": tables}):
        yield Finding(
            row.relname,
            row.what,
            "表上有本软件没有的规则、行级安全或继承",
            "a rule, row security or an inheriting table that the software does not have",
        )


def _is_ours(row: Row[Any]) -> bool:
    """Whether a trigger by one of our names fires where and when it has to, and refuses."""
    table = row.tgname.rpartition("_append_only")[0] or "consultations"
    fires = (table, _FIRES[row.tgname], "A", row.tgname == "consultations_kept")
    there = (row.relname, row.tgtype, row.tgenabled, row.has_condition)
    return there == fires and _REFUSES.fullmatch(row.prosrc) is not None


_TRIGGERS = text(
    "SELECT tgname, relname, tgtype, tgenabled::text, prosrc, tgqual IS NOT NULL AS has_condition FROM pg_trigger "
    "JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid "
    "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace AND relname = ANY(:tables)"
)
_OURS = "relnamespace = current_schema()::regnamespace AND relname = ANY(:tables)"
_SHOWN_OTHERWISE = text(
    f"SELECT relname, 'rule ' || rulename AS what FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class WHERE {_OURS} "  # noqa: S608  # constants
    f"UNION ALL SELECT relname, 'row security' FROM pg_class WHERE relrowsecurity AND {_OURS} "
    f"UNION ALL SELECT relname, 'table ' || inhrelid::regclass FROM pg_inherits JOIN pg_class c ON c.oid = inhparent "
    f"WHERE {_OURS}"
)


def _unknown(table: str, name: str) -> Finding:
    return Finding(table, f"trigger {name}", "本软件没有的触发器", "a trigger that the software does not have")


def _changed(table: str, name: str) -> Finding:
    return Finding(
        table, f"trigger {name}", "触发器被改动、停用或删去", "this trigger was changed, disabled or removed"
    )
