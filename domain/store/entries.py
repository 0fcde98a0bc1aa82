"""The events of one agency, read from the database key by key: a long history costs no more than a short one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from domain.entries import EntriesInMemory, Entry, ground_of
from domain.events import Event
from domain.keys import keys_of, naming_prefix
from domain.store.mapper import EventMapper
from domain.values import stream_id

_ENTRY = (
    "SELECT {more} e.originator_version AS version, e.topic, e.state, a.by_version, b.event_id AS gone_by "
    "FROM {source} "
    "LEFT JOIN annulled a ON a.originator_id = e.originator_id AND a.version = e.originator_version "
    "LEFT JOIN events b ON b.originator_id = a.originator_id AND b.originator_version = a.by_version "
    "WHERE {where} ORDER BY e.originator_version"
)
_OF_KEYS = "event_keys k JOIN events e ON e.originator_id = k.originator_id AND e.originator_version = k.version"
_BY_KEY = _ENTRY.format(more="k.key AS key,", source=_OF_KEYS, where="k.originator_id = {id} AND k.key {among}")
_BY_PREFIX = _ENTRY.format(
    more="", source=_OF_KEYS, where="k.originator_id = {id} AND k.key >= {first} AND k.key < {end}"
)
_BY_ID = _ENTRY.format(more="", source="events e", where="e.originator_id = {id} AND e.event_id {among}")


class StoredEntries(EntriesInMemory):
    """What has been read so far, and what this transaction has recorded on top of it."""

    def __init__(self, connection: Connection, stream: str, mapper: EventMapper, *, is_new: bool = False) -> None:
        super().__init__()
        self._connection, self._mapper, self._stream = connection, mapper, stream
        self._postgresql = connection.dialect.name == "postgresql"
        self._originator = stream_id(stream) if self._postgresql else stream_id(stream).hex
        self._is_new = is_new
        """Nothing of it is stored yet, so nothing has to be looked for."""
        self._by_version: dict[int, Entry] = {}
        self._read_keys: set[str] = set()
        self._read_ids: set[str] = set()
        self._read_naming: set[str] = set()
        self._pending: dict[str, list[Entry]] = {}
        self.keys: list[tuple[str, int]] = []
        """Key and version, of every event recorded here."""
        self.gone: list[tuple[int, int]] = []
        """Version of each event that stopped counting here, and of the annulment."""

    def _keep(self, event: Event) -> Entry:
        entry = self._by_id[event.id] = self._by_version[event.version] = Entry(event)
        self._read_ids.add(event.id)
        for key in keys_of(event, ground_of(event, self)):
            self.keys.append((key, event.version))
            self._pending.setdefault(key, []).append(entry)
        for named in event.named():
            self._names.setdefault(named, []).append(entry)
        return entry

    def add(self, event: Event) -> None:
        """See `Entries`."""
        super().add(event)
        if event.id in self._gone:
            self.gone += [(one.version, event.version) for one in self._gone[event.id]]
        elif (entry := self._by_id[event.id]).gone_at is not None:
            self.gone.append((event.version, event.version))
            entry.gone_at = event.version

    def under(self, keys: Iterable[str]) -> list[Entry]:
        """See `Entries`. What has not been read yet is read in one query."""
        keys = list(keys)
        self.read(keys)
        found = {
            entry.event.version: entry
            for key in keys
            for entry in (*self._by_key.get(key, ()), *self._pending.get(key, ()))
        }
        return [found[version] for version in sorted(found)]

    def read(self, keys: Iterable[str]) -> None:
        """Read these keys ahead."""
        missing = sorted(set(keys) - self._read_keys)
        if missing and not self._is_new:
            for row in self._rows(_BY_KEY, missing):
                self._by_key.setdefault(row.key, []).append(self._entry(row))
        self._read_keys.update(missing)

    def read_ids(self, ids: Iterable[str]) -> None:
        """Read the events of these ids ahead."""
        missing = sorted(set(ids) - self._read_ids)
        if missing and not self._is_new:
            for row in self._rows(_BY_ID, missing):
                self._entry(row)
        self._read_ids.update(missing)

    def one(self, event_id: str) -> Entry | None:
        """See `Entries`."""
        if event_id not in self._by_id:
            self.read_ids([event_id])
        return self._by_id.get(event_id)

    def naming(self, event_id: str) -> list[Entry]:
        """See `EntriesInMemory`."""
        if event_id not in self._read_naming and not self._is_new:
            first = naming_prefix(event_id)
            mark = "%s" if self._postgresql else "?"
            query = _BY_PREFIX.format(id=mark, first=mark, end=mark)
            end = first[:-1] + chr(ord(first[-1]) + 1)
            pending = {entry.event.version for entry in self._names.get(event_id, ())}
            stored = [self._entry(row) for row in self._execute(query, (self._originator, first, end))]
            self._names[event_id] = [one for one in stored if one.event.version not in pending] + self._names.get(
                event_id, []
            )
        self._read_naming.add(event_id)
        return self._names.get(event_id, [])

    def _rows(self, query: str, among: Sequence[str]) -> Iterable[Row[Any]]:
        if self._postgresql:
            return self._execute(query.format(id="%s", among="= ANY(%s)"), (self._originator, list(among)))
        found: list[Row[Any]] = []
        for start in range(0, len(among), 500):  # SQLite takes a limited number of parameters
            part = among[start : start + 500]
            marks = ", ".join("?" * len(part))
            found += self._execute(query.format(id="?", among=f"IN ({marks})"), (self._originator, *part))
        return found

    def _execute(self, query: str, values: tuple[Any, ...]) -> Iterable[Row[Any]]:
        return self._connection.exec_driver_sql(query, values).all()

    def _entry(self, row: Row[Any]) -> Entry:
        entry = self._by_version.get(row.version)
        if entry is None:
            event = self._mapper.decode(row.topic, bytes(row.state), f"{self._stream} version {row.version}")
            entry = self._by_version[row.version] = Entry(event, row.by_version, row.gone_by)
            self._by_id[event.id] = entry
            self._read_ids.add(event.id)
        return entry
