"""The events of one agency, read from the database key by key: a long history costs no more than a short one.

Which of the facts with the same clear content are equal, sealed words compared as well (R46).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row

from domain.events import Event
from domain.similar import same_words, sealed_content
from domain.store.db.dialect import DIALECTS, Dialect, among, cross_join, dialect_of, many
from domain.store.db.statements import run
from domain.store.keys.vault import Vault
from domain.store.log.mapper import EventMapper
from domain.trail.event_index import EventIndexInMemory, IndexedEvent
from domain.trail.keys import NEAREST, DayWindow, naming_prefix
from domain.values import stream_id

_ANNULMENT = "JOIN events b ON b.originator_id = a.originator_id AND b.originator_version = a.by_version"
GONE = "FROM annulled a {more} WHERE a.originator_id = e.originator_id AND a.version = e.originator_version"
_ENTRY = " ".join(
    (
        "SELECT {part} AS part, {key} AS key, e.originator_version AS version, e.topic, e.state, e.stream,",
        f"(SELECT a.by_version {GONE.format(more='')}) AS by_version,",  # names of ours
        f"(SELECT b.event_id {GONE.format(more=_ANNULMENT)}) AS gone_by",  # the same
        "FROM {source} WHERE {where}",
    )
)
_EVENT_OF_KEY = "e.originator_id = k.originator_id AND e.originator_version = k.version"
OF_KEYS = {dialect: f"event_keys k {cross_join(dialect, 'events', 'e', _EVENT_OF_KEY)}" for dialect in DIALECTS}
_KEYS, _IDS, _PLACES, _WINDOWS = range(4)
"""Which part of what is read a row belongs to; of windows each is a part of its own."""
_READ = {
    dialect: " UNION ALL ".join(
        (
            _ENTRY.format(
                part=_KEYS,
                key="k.key",
                source=source,
                where=f"k.originator_id = $1 AND {among(dialect, 'k.key', '$2')}",
            ),
            _ENTRY.format(part=_IDS, key="NULL", source="events e", where=among(dialect, "e.event_id", "$3")),
        )
    )
    for dialect, source in OF_KEYS.items()
}
_READ_PLACE = {
    dialect: _ENTRY.format(
        part=_PLACES, key="k.key", source=source, where="k.originator_id = $1 AND k.key >= {low} AND k.key < {high}"
    )
    for dialect, source in OF_KEYS.items()
}
_STANDS = (
    "NOT EXISTS (SELECT 1 FROM annulled a WHERE a.originator_id = k.originator_id AND a.version = k.version) "
    "ORDER BY k.key {order}, k.version {order} LIMIT"
)
_IN_WINDOW = f"k.originator_id = $1 AND k.key >= {{low}} AND k.key <= {{high}} AND {_STANDS} {NEAREST}"
_READ_WINDOW = {
    dialect: " ".join(
        ("SELECT * FROM (", _ENTRY.format(part="{part}", key="k.key", source=source, where=_IN_WINDOW), ") w{part}")
    )
    for dialect, source in OF_KEYS.items()
}


_TOGETHER = 8
"""So many places are read at a time: each number of them is a text of its own, which is planned once."""


@cache
def _reading(dialect: Dialect, is_by_key: bool, places: int, windows: tuple[bool, ...]) -> str:
    """The text that reads keys and ids, so many places, and windows, of which each is after its day or not."""
    parts = [_READ[dialect]] if is_by_key else []
    number = 3 if is_by_key else 1
    for _ in range(places):
        parts.append(_READ_PLACE[dialect].format(low=f"${number + 1}", high=f"${number + 2}"))
        number += 2
    for at, is_after in enumerate(windows):
        made = _READ_WINDOW[dialect].format(
            part=_WINDOWS + at, low=f"${number + 1}", high=f"${number + 2}", order="ASC" if is_after else "DESC"
        )
        parts.append(made)
        number += 2
    return " UNION ALL ".join(parts)


_BY_PREFIX = {
    dialect: _ENTRY.format(
        part=_PLACES, key="NULL", source=source, where="k.originator_id = $1 AND k.key >= $2 AND k.key < $3"
    )
    for dialect, source in OF_KEYS.items()
}

_LATEST = {
    dialect: _ENTRY.format(
        part=_KEYS,
        key="k.key",
        source=source,
        where="k.originator_id = $1 AND k.key = $2 AND NOT EXISTS (SELECT 1 FROM annulled a "
        "WHERE a.originator_id = k.originator_id AND a.version = k.version) ORDER BY k.version DESC LIMIT $3",
    )
    for dialect, source in OF_KEYS.items()
}


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
        self._read_places: set[str] = set()
        """What the places begin with that have been read whole."""
        self._windows: dict[DayWindow, list[tuple[str, int, IndexedEvent]]] = {}
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
        for key in self._keys(event):
            self.keys.append((key, event.version))
            self._pending.setdefault(key, []).append(entry)
            self._date(key, entry)
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

    def within(self, *prefixes: str) -> list[IndexedEvent]:
        """The entries at all places that begin with one of these, each once, in recording order."""
        for at in range(0, len(prefixes), _TOGETHER):
            self.read((), places=prefixes[at : at + _TOGETHER])
        return super().within(*prefixes)

    def beside(self, windows: Sequence[DayWindow], version: int) -> list[list[Event]] | None:
        """What counted in each window at a version of the agency, nearest first, at most `NEAREST`, in one query.

        None once something was annulled in this transaction: the database does not know it yet.
        """
        if self.gone:
            return None
        self.read((), windows=windows)
        found = []
        for window in windows:
            nearest = {(day, at): entry for day, at, entry in self._in_memory(window, version)}
            nearest |= {(day, at): entry for day, at, entry in self._windows.get(window, ()) if entry.counts(version)}
            order = sorted(nearest, reverse=not window.after)
            found.append([nearest[one].event for one in order[:NEAREST]])
        return found

    def read(
        self,
        keys: Iterable[str],
        ids: Iterable[str] = (),
        windows: Iterable[DayWindow] = (),
        places: Iterable[str] = (),
    ) -> None:
        """Read the events under these keys, of these ids, in these windows and at these places, as far as they are not
        read yet: in one query."""
        keys = [key for key in dict.fromkeys(keys) if key not in self._read_keys]
        ids = [one for one in dict.fromkeys(ids) if one not in self._read_ids]
        places = [one for one in dict.fromkeys(places) if not self._is_whole(one)]
        self._read_places.update(places)
        windows = [one for one in dict.fromkeys(windows) if one not in self._windows and not self._is_whole(one.place)]
        self._read_keys.update(keys)
        self._read_ids.update(ids)
        keys = [key for key in keys if self._may_be_stored(key)]
        if self._is_new or not (keys or ids or places or windows):
            return
        by_key = [many(self._connection, keys), many(self._connection, ids)] if keys or ids else []
        values: list[Any] = [self._originator, *by_key]
        for place in places:
            values += [place, place[:-1] + chr(ord(place[-1]) + 1)]
        for window in windows:
            values += window.keys
            self._windows[window] = []
        after = tuple(window.after for window in windows)
        query = _reading(self._dialect, bool(by_key), len(places), after)
        for row in sorted(run(self._connection, query, values), key=lambda row: row.version):
            if row.stream != self._stream:
                continue  # an id of another agency's event; the look-up by id goes through no other index
            entry = self._entry(row)
            if row.part == _KEYS:
                self._by_key.setdefault(row.key, []).append(entry)
            elif row.part == _PLACES:
                self._date(row.key, entry)
            elif row.part >= _WINDOWS:
                window = windows[row.part - _WINDOWS]
                self._windows[window].append((row.key.removeprefix(window.place), row.version, entry))

    def _is_whole(self, place: str) -> bool:
        """Whether all that is stored at the places that begin so has been read."""
        return any(place[:end] in self._read_places for end, one in enumerate(place, start=1) if one in ":@")

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
