"""The events of one agency, read from the database key by key: a long history costs no more than a short one.

Which agencies have had a certificate on their staff: the one look-up by key that goes across agencies (R37).

Which of the facts with the same clear content are equal, sealed words compared as well (R46).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, text

from domain.events import Event
from domain.similar import same_words, sealed_content
from domain.store.db.dialect import DIALECTS, among, cross_join, dialect_of, many
from domain.store.db.statements import run
from domain.store.keys.vault import Vault
from domain.store.log.mapper import EventMapper
from domain.trail.event_index import EventIndexInMemory, IndexedEvent, ground_of
from domain.trail.keys import certificate_key, keys_of, naming_prefix
from domain.values import stream_id

_ANNULMENT = "JOIN events b ON b.originator_id = a.originator_id AND b.originator_version = a.by_version"
_GONE = "FROM annulled a {more} WHERE a.originator_id = e.originator_id AND a.version = e.originator_version"
_ENTRY = " ".join(
    (
        "SELECT {key} AS key, e.originator_version AS version, e.topic, e.state, e.stream,",
        f"(SELECT a.by_version {_GONE.format(more='')}) AS by_version,",  # names of ours
        f"(SELECT b.event_id {_GONE.format(more=_ANNULMENT)}) AS gone_by",  # the same
        "FROM {source} WHERE {where}",
    )
)
_EVENT_OF_KEY = "e.originator_id = k.originator_id AND e.originator_version = k.version"
_OF_KEYS = {dialect: f"event_keys k {cross_join(dialect, 'events', 'e', _EVENT_OF_KEY)}" for dialect in DIALECTS}
_READ = {
    dialect: _ENTRY.format(
        key="k.key", source=source, where=f"k.originator_id = $1 AND {among(dialect, 'k.key', '$2')}"
    )
    + " UNION ALL "
    + _ENTRY.format(key="NULL", source="events e", where=among(dialect, "e.event_id", "$3"))
    for dialect, source in _OF_KEYS.items()
}
_COUNTING = (
    "SELECT e.originator_version AS version, e.topic, e.state, e.event_id, e.stream, e.position FROM "  # noqa: S608
    "(SELECT DISTINCT originator_id, version FROM event_keys WHERE {of_streams} AND {of_keys}) k {source} "
    f"WHERE NOT EXISTS (SELECT 1 {_GONE.format(more='')}) ORDER BY e.stream, e.originator_version"  # names of ours
)
_COUNTING_UNDER = {
    dialect: _COUNTING.format(
        of_streams=among(dialect, "originator_id", "$1", "uuid"),
        of_keys=among(dialect, "key", "$2"),
        source=source.removeprefix("event_keys k "),
    )
    for dialect, source in _OF_KEYS.items()
}
_BY_PREFIX = {
    dialect: _ENTRY.format(key="NULL", source=source, where="k.originator_id = $1 AND k.key >= $2 AND k.key < $3")
    for dialect, source in _OF_KEYS.items()
}

_LATEST = {
    dialect: _ENTRY.format(
        key="k.key",
        source=source,
        where="k.originator_id = $1 AND k.key = $2 AND NOT EXISTS (SELECT 1 FROM annulled a "
        "WHERE a.originator_id = k.originator_id AND a.version = k.version) ORDER BY k.version DESC LIMIT $3",
    )
    for dialect, source in _OF_KEYS.items()
}


def counting_under(
    connection: Connection, mapper: EventMapper, streams: Sequence[str], keys: Sequence[str]
) -> dict[str, list[Event]]:
    """The events of several agencies under these keys that have not been annulled, by stream, in recording order.

    One query, however many streams; those without such an event are left out. Raises: Unreadable.
    """
    values = many(connection, [stream_id(stream).hex for stream in streams]), many(connection, keys)
    found: dict[str, list[Event]] = {}
    for event in mapper.decode_all(run(connection, _COUNTING_UNDER[dialect_of(connection)], values)):
        found.setdefault(event.stream, []).append(event)
    return found


class StoredEntries(EventIndexInMemory):
    """What has been read so far, and what this transaction has recorded on top of it."""

    def __init__(self, connection: Connection, stream: str, mapper: EventMapper, *, is_new: bool = False) -> None:
        super().__init__()
        self._connection, self._mapper, self._stream = connection, mapper, stream
        self._dialect = dialect_of(connection)
        self._originator = stream_id(stream).hex
        self._is_new = is_new
        """Nothing of it is stored yet, so nothing has to be looked for."""
        self._by_version: dict[int, IndexedEvent] = {}
        self._read_keys: set[str] = set()
        self._read_ids: set[str] = set()
        self._read_naming: set[str] = set()
        self._pending: dict[str, list[IndexedEvent]] = {}
        self._recorded: set[str] = set()
        self.keys: list[tuple[str, int]] = []
        """Key and version, of every event recorded here."""
        self.gone: list[tuple[int, int]] = []
        """Version of each event that stopped counting here, and of the annulment."""

    def _keep(self, event: Event) -> IndexedEvent:
        entry = self._by_id[event.id] = self._by_version[event.version] = IndexedEvent(event)
        self._read_ids.add(event.id)
        self._recorded.add(event.id)
        for key in keys_of(event, ground_of(event, self)):
            self.keys.append((key, event.version))
            self._pending.setdefault(key, []).append(entry)
        for named in event.named():
            self._names.setdefault(named, []).append(entry)
        return entry

    def add(self, event: Event) -> None:
        """Take the next event of the stream."""
        super().add(event)
        if event.id in self._gone:
            self.gone += [(one.version, event.version) for one in self._gone[event.id]]
        elif (entry := self._by_id[event.id]).gone_at is not None:
            self.gone.append((event.version, event.version))
            entry.gone_at = event.version

    def under(self, keys: Iterable[str]) -> list[IndexedEvent]:
        """The entries under any of these keys, each once, in recording order.

        What has not been read yet is read in one query.
        """
        keys = list(keys)
        self.read(keys)
        found = {
            entry.event.version: entry
            for key in keys
            for entry in (*self._by_key.get(key, ()), *self._pending.get(key, ()))
        }
        return [found[version] for version in sorted(found)]

    def read(self, keys: Iterable[str], ids: Iterable[str] = ()) -> None:
        """Read the events under these keys, and those of these ids, in one query, as far as they are not read yet."""
        keys = [key for key in dict.fromkeys(keys) if key not in self._read_keys]
        ids = [one for one in dict.fromkeys(ids) if one not in self._read_ids]
        self._read_keys.update(keys)
        self._read_ids.update(ids)
        keys = [key for key in keys if self._may_be_stored(key)]
        if self._is_new or not (keys or ids):
            return
        values = self._originator, many(self._connection, keys), many(self._connection, ids)
        rows = run(self._connection, _READ[self._dialect], values)
        for row in sorted(rows, key=lambda row: row.version):
            if row.stream != self._stream:
                continue  # an id of another agency's event; the look-up by id goes through no other index
            entry = self._entry(row)
            if row.key is not None:
                self._by_key.setdefault(row.key, []).append(entry)

    def latest(self, key: str, most: int) -> list[Event]:
        """The stored events under a key that count, the latest first, at most so many: however many there are."""
        if self._is_new:
            return []
        rows = run(self._connection, _LATEST[self._dialect], (self._originator, key, most))
        found = [self._entry(row) for row in rows]
        return [entry.event for entry in found if entry.gone_at is None]

    def has_read(self, keys: Iterable[str]) -> bool:
        """Whether asking for these keys costs no query."""
        return self._is_new or self._read_keys.issuperset(keys)

    def _may_be_stored(self, key: str) -> bool:
        """Nothing that is stored names an event that this transaction records."""
        subject, _, rest = key.partition(":")
        return subject not in self._recorded and rest not in self._recorded

    def one(self, event_id: str) -> IndexedEvent | None:
        """The entry of this id."""
        if event_id not in self._by_id:
            self.read((), [event_id])
        return self._by_id.get(event_id)

    def is_recorded_here(self, event_id: str) -> bool:
        """Whether this transaction records the event."""
        return event_id in self._recorded

    def naming(self, event_id: str) -> list[IndexedEvent]:
        """The entries that name this event."""
        if event_id not in self._read_naming and not self._is_new:
            first = naming_prefix(event_id)
            end = first[:-1] + chr(ord(first[-1]) + 1)
            pending = {entry.event.version for entry in self._names.get(event_id, ())}
            rows = run(self._connection, _BY_PREFIX[self._dialect], (self._originator, first, end))
            stored = [self._entry(row) for row in sorted(rows, key=lambda row: row.version)]
            self._names[event_id] = [one for one in stored if one.event.version not in pending] + self._names.get(
                event_id, []
            )
        self._read_naming.add(event_id)
        return self._names.get(event_id, [])

    def _entry(self, row: Row[Any]) -> IndexedEvent:
        entry = self._by_version.get(row.version)
        if entry is None:
            event = self._mapper.decode(row.topic, bytes(row.state), f"{self._stream} version {row.version}")
            entry = self._by_version[row.version] = IndexedEvent(event, row.by_version, row.gone_by)
            self._by_id[event.id] = entry
            self._read_ids.add(event.id)
        return entry


_STREAMS = {
    dialect: (
        "SELECT DISTINCT h.stream FROM event_keys k JOIN stream_heads h ON h.originator_id = k.originator_id "  # noqa: S608
        "WHERE k.originator_id <> $1 AND k.key LIKE 'cert:%' "
        f"AND {among(dialect, 'k.key', '$2')} ORDER BY h.stream"  # names of ours
    )
    for dialect in DIALECTS
}
"""The LIKE is the condition of the index: without it the planner could not use it."""


def streams_with(connection: Connection, certificates: Collection[str], *, besides: str) -> list[str]:
    """The streams, other than `besides`, of agencies that have ever had one of these certificates on the staff."""
    keys = [certificate_key(one) for one in certificates]
    values = (stream_id(besides).hex, many(connection, keys))
    return [row.stream for row in run(connection, _STREAMS[dialect_of(connection)], values)]


_UNDER = text(
    "SELECT DISTINCT h.stream FROM event_keys k JOIN stream_heads h ON h.originator_id = k.originator_id "
    "WHERE k.key = :key ORDER BY h.stream"
)


def streams_under(connection: Connection, key: str) -> list[str]:
    """The streams with an event under a key: those of all streams are looked through, so it is not for every day."""
    return list(connection.scalars(_UNDER, {"key": key}))


_SHARING = text(
    "SELECT DISTINCT h.stream FROM stream_heads c JOIN event_keys k ON k.originator_id = c.originator_id "
    "JOIN event_keys o ON o.key = k.key JOIN stream_heads h ON h.originator_id = o.originator_id "
    "WHERE c.stream IN :streams AND k.key LIKE 'cert:%' AND o.key LIKE 'cert:%'"
).bindparams(bindparam("streams", type_=Text, expanding=True))


def streams_sharing(connection: Connection, of: Collection[str]) -> list[str]:
    """The streams of agencies that have ever had a certificate on the staff that one of these had, these included."""
    return list(connection.scalars(_SHARING, {"streams": list(of)}))


MOST_SIMILAR = 20
"""So many earlier facts are looked at, and named, for one that is recorded: the latest."""


def alike(vault: Vault, event: Event, before: Iterable[Event]) -> list[Event]:
    """The events of `before` whose texts equal those of `event` (R46). Texts are decrypted here and go no further."""
    own = sealed_content(event)
    found = [(one, sealed_content(one)) for one in before]
    if not own or not found:
        return [one for one, _ in found]
    every = [*own, *(each for _, sealed in found for each in sealed)]
    texts = dict(zip(every, vault.open_many(every), strict=True))
    words = [texts[each] for each in own]
    return [one for one, sealed in found if same_words(words, [texts[each] for each in sealed])]
