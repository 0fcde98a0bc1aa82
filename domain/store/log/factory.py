"""Where the library's application gets our mapper and recorder: its own extension point.

The engine arrives in one of two ways:

    class Ledger(Application[UUID]):
        def construct_factory(self, env):            # the service: one engine for everything
            return LedgerFactory(env, engine)

    Application(env={"PERSISTENCE_MODULE": "domain.store.log.factory", "STEWARD_DATABASE_URL": "sqlite:///file.db"})

In the second the factory opens the engine and disposes of it on `close()`. Alembic owns the tables: `CREATE_TABLE` may
be absent or "no", anything else is refused.
"""

from __future__ import annotations

from typing import Any, NoReturn

from eventsourcing import persistence
from eventsourcing.utils import Environment, EnvType, strtobool
from sqlalchemy import Engine

from domain.store.db.engine import open_engine
from domain.store.log.mapper import EventMapper
from domain.store.log.recorder import LedgerRecorder


class LedgerFactory(persistence.InfrastructureFactory[persistence.TrackingRecorder]):
    """Builds what an application needs to record events; there are no snapshots and no tracking here."""

    DATABASE_URL = "STEWARD_DATABASE_URL"

    def __init__(self, env: Environment | EnvType | None, engine: Engine | None = None) -> None:
        super().__init__(env)
        if strtobool(self.env.get("CREATE_TABLE") or "no"):
            raise persistence.InfrastructureFactoryError("Alembic makes the tables: set CREATE_TABLE=no")
        url = self.env.get(self.DATABASE_URL)
        if engine is None and not url:
            raise persistence.InfrastructureFactoryError(f"give an engine, or set {self.DATABASE_URL}")
        self._own_engine = engine is None
        self.engine = engine or open_engine(url or "")

    def mapper(  # type: ignore[override]  # ours is for UUIDs only
        self,
        transcoder: persistence.Transcoder | None = None,
        mapper_class: Any = None,  # the library's signature
    ) -> EventMapper:
        """Our mapper, whatever class is asked for."""
        return EventMapper(transcoder)

    def application_recorder(self) -> LedgerRecorder:
        """Our recorder, on the factory's engine."""
        return LedgerRecorder(self.engine)

    def aggregate_recorder(self, purpose: str = "events") -> LedgerRecorder:
        """The same for events; snapshots are not kept."""
        if purpose != "events":
            raise NotImplementedError(f"the ledger keeps no {purpose}")
        return self.application_recorder()

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> NoReturn:
        """Not offered: projections are written in the transaction of the event, so nothing is tracked."""
        raise NotImplementedError("projections are written with the event: there is nothing to track")

    def process_recorder(self) -> NoReturn:
        """Not offered, for the same reason."""
        raise NotImplementedError("projections are written with the event: there is nothing to track")

    def close(self) -> None:
        """Close the engine, if the factory opened it."""
        if self._own_engine:
            self.engine.dispose()
