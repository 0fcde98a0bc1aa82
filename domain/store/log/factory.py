"""Where the Application of `eventsourcing` gets our mapper, recorder and event store: its own extension point.

The event store from which the repository of `eventsourcing` loads whole aggregates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn
from uuid import UUID

from eventsourcing import persistence
from eventsourcing.persistence import EventStore
from eventsourcing.utils import Environment, EnvType, strtobool
from sqlalchemy import Engine

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


class LedgerFactory(persistence.InfrastructureFactory[persistence.TrackingRecorder]):
    """Builds what an application needs to record events; there are no snapshots and no tracking here."""

    def __init__(self, env: Environment | EnvType | None, engine: Engine) -> None:
        super().__init__(env)
        if strtobool(self.env.get("CREATE_TABLE") or "no"):
            raise persistence.InfrastructureFactoryError("Alembic makes the tables: set CREATE_TABLE=no")
        self.engine = engine

    def mapper(  # type: ignore[override]  # ours is for UUIDs only
        self,
        transcoder: persistence.Transcoder | None = None,
        mapper_class: Any = None,  # the library's signature
    ) -> EventMapper:
        """Our mapper, whatever class is asked for."""
        return EventMapper(transcoder)

    def event_store(  # type: ignore[override]  # ours is for UUIDs only
        self, mapper: Any = None, recorder: Any = None
    ) -> LedgerEventStore:
        """Ours, on our mapper and recorder."""
        return LedgerEventStore(mapper or self.mapper(), recorder or self.application_recorder())

    def application_recorder(self) -> LedgerRecorder:
        """Our recorder, on the factory's engine."""
        return LedgerRecorder(self.engine)

    def aggregate_recorder(self, purpose: str = "events") -> LedgerRecorder:
        """The recorder of events. Raises: NotImplementedError for snapshots, which are not kept."""
        if purpose != "events":
            raise NotImplementedError(f"the ledger keeps no {purpose}")
        return self.application_recorder()

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> NoReturn:
        """Not offered: projections are written in the transaction of the event, so nothing is tracked."""
        raise NotImplementedError("projections are written with the event: there is nothing to track")

    def process_recorder(self) -> NoReturn:
        """Not offered, for the same reason."""
        raise NotImplementedError("projections are written with the event: there is nothing to track")
