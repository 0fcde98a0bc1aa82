"""Rows of the log as the audit reads them, and the order in which they belong (`audit.py`)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, type_coerce

from domain.events import HorizonBegun
from domain.store.db.schema import events
from domain.store.log.mapper import LedgerStoredEvent

COLUMNS = [
    type_coerce(column, Text).label(column.name) if column is events.c.originator_id else column for column in events.c
]
"""All columns of an event. The stream's UUID is read as the driver has it: most are those of the row before."""


class LogOrder:
    """The order of the log: that of transaction ids; what a new horizon sequenced at once, that of recording."""

    def __init__(self, begun: Iterable[HorizonBegun]) -> None:
        self._at_once = [range(one.after_index + 1, one.after_index + one.sequenced + 1) for one in begun]
        self._last: tuple[int, tuple[Any, int]] | None = None

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
