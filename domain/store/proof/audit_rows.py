"""Rows of the log as the audit reads them, and the order in which they belong (`audit.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter, lt
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Text, type_coerce

from domain.errors import Unreadable
from domain.events import Event, HorizonBegun
from domain.store.db.schema import events, log_index
from domain.store.log.mapper import EventMapper, LedgerStoredEvent
from domain.values import stream_id

COLUMNS = [
    type_coerce(column, Text).label(column.name) if column is events.c.originator_id else column for column in events.c
]
"""All columns of an event. The stream's UUID is read as the driver has it: most are those of the row before."""

IN_LOG = [log_index.c.log_index, log_index.c.position.label("at"), *COLUMNS]
"""With the place in the log: what it says is gone has no event beside it."""
_ENTRY = [column.name for column in IN_LOG]
_SAID = {"originator_version": "version", "event_id": "id"} | {
    name: name for name in ("stream", "occurred_on", "recorded_at", "actor")
}
"""Columns that repeat what the bytes say, and under which name those do."""


class WholeEntries(NamedTuple):
    """Entries of the log that are each what they should be."""

    events: list[Event]
    states: Sequence[bytes]
    leaves: list[bytes]


def whole(rows: Sequence[Row[Any]], mapper: EventMapper, first: int) -> WholeEntries | None:
    """Rows (`IN_LOG`) from a place of the log on, if of each bytes, hash, columns and place say the same; else None."""
    column = dict(zip(_ENTRY, zip(*rows, strict=True), strict=True))
    states, streams = column["state"], column["stream"]
    if column["log_index"] != tuple(range(first, first + len(rows))) or None in column["position"]:
        return None
    leaves = [sha256(b"\x00" + state).digest() for state in states]
    try:
        events = list(map(mapper.decode, column["topic"], states))
    except Unreadable:
        return None
    said = all(tuple(map(attrgetter(name), events)) == column[where] for where, name in _SAID.items())
    owned = all(
        stream_id(name) == originator_of(id_) for name, id_ in {*zip(streams, column["originator_id"], strict=True)}
    )
    if not said or not owned or leaves != list(column["leaf_hash"]):
        return None
    return WholeEntries(events, states, leaves)


class LogOrder:
    """The order of the log: that of transaction ids; what a new horizon sequenced at once, that of recording."""

    def __init__(self, begun: Iterable[HorizonBegun]) -> None:
        self._at_once = [range(one.after_index + 1, one.after_index + one.sequenced + 1) for one in begun]
        self._last: tuple[int, tuple[Any, int]] | None = None

    def follow(self, rows: Sequence[Row[Any]]) -> bool:
        """Whether entries of one part belong one after the other, after the one that was asked about before them."""
        first, last = rows[0].log_index, rows[-1].log_index
        if any(one.start <= last and first < one.stop for one in self._at_once):
            return False
        part = sum(2 for one in self._at_once if first >= one.stop)
        places = [(part, (row.transaction_id or 0, row.position)) for row in rows]
        if self._last is not None and self._last[0] == part:
            places.insert(0, self._last)
        return all(map(lt, places, places[1:]))

    def follows(self, row: Row[Any]) -> bool:
        """Whether an entry belongs after the one that was asked about before it."""
        if row.position is None:
            return True
        part, at_once = 0, False
        if self._at_once:
            part = sum(2 for one in self._at_once if row.log_index >= one.stop)
            at_once = any(row.log_index in one for one in self._at_once)
        place = (row.recorded_at if at_once else row.transaction_id or 0, row.position)
        last, self._last = self._last, (part + at_once, place)
        return last is None or last[0] != part + at_once or last[1] < place


@lru_cache(maxsize=65536)
def originator_of(read: str | UUID) -> UUID:
    """The UUID of a stream, however the driver gives it."""
    return read if isinstance(read, UUID) else UUID(read)


def stored_event(row: Row[Any]) -> LedgerStoredEvent:
    """The row as the mapper compares it with its bytes."""
    return LedgerStoredEvent(
        originator_id=originator_of(row.originator_id),
        originator_version=row.originator_version,
        topic=row.topic,
        state=bytes(row.state),
        stream=row.stream,
        event_id=row.event_id,
        occurred_on=row.occurred_on,
        recorded_at=row.recorded_at,
        actor=row.actor,
        leaf_hash=bytes(row.leaf_hash),
        position=row.position,
    )


def place_of(row: Row[Any]) -> str:
    """Where a row lies, for who has to look at it."""
    return f"position {row.position}, {row.stream} version {row.originator_version}"
