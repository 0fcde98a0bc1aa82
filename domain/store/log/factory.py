"""Where the Application of `eventsourcing` gets our mapper, recorder and event store: its own extension point."""

from __future__ import annotations

from typing import Any, NoReturn

from eventsourcing import persistence
from eventsourcing.utils import Environment, EnvType, strtobool
from sqlalchemy import Engine

from domain.store.log.event_store import LedgerEventStore
from domain.store.log.mapper import EventMapper
from domain.store.log.recorder import LedgerRecorder


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
