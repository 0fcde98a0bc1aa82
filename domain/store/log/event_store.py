"""The event store from which the repository of `eventsourcing` loads whole aggregates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from eventsourcing.persistence import EventStore

from domain.errors import Unreadable
from domain.store.log.mapper import EventMapper
from domain.store.log.recorder import LedgerRecorder, states_of_originator


class LedgerEventStore(EventStore[UUID]):
    """The library's event store, which its repository reads. A stream is decoded straight from its rows."""

    mapper: EventMapper
    recorder: LedgerRecorder

    def get(
        self,
        originator_id: UUID,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Iterator[Any]:
        """The events of a stream with `gt < version <= lte`, in order. Raises: Unreadable, also for a gap."""
        if desc or limit is not None:
            yield from super().get(originator_id, gt=gt, lte=lte, desc=desc, limit=limit)
            return
        last = gt or 0
        with self.recorder.connected() as connection:
            for event in self.mapper.decode_all(states_of_originator(connection, originator_id, last, lte)):
                last += 1
                if event.version != last:
                    raise Unreadable(f"{event.stream}: version {event.version} follows {last - 1}")
                yield event
