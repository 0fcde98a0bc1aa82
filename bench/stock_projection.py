"""The stock projection runner over the stock PostgreSQL application, doing the projections of the ledger's rebuild.

Its events carry ours as stored. Per event, as the library does it: map, project (in memory, nothing read back), then
rows and tracking in one transaction.
"""

from __future__ import annotations

import time
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from bench.peers import Stock, settings_of
from bench.place import Place
from domain.law import Law
from domain.proof.check import leaf_hash
from domain.store.log.mapper import EventMapper, LedgerStoredEvent
from domain.store.log.recorder import events_of
from domain.trail.event_index import EventIndexInMemory
from domain.values import FOREVER, LEDGER_STREAM
from projections.rows.write.current_rows import CurrentRows
from projections.rows.write.projector import project
from projections.rows.write.tables import inserts, tuples_of

_mapper = EventMapper()
_law: list[Law] = []


class Carrier(Aggregate):
    """An agency whose events carry those of the ledger."""

    @event("Carried")
    def carry(self, kind: str, state: str, stored: dict[str, Any]) -> None:
        """Nothing to keep."""


class View(PostgresTrackingRecorder):
    """Rows and tracking, together."""

    def keep(self, rows: Any, closed: list[Any], tracking: Tracking) -> None:
        """One transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            for one in rows:
                marks = ", ".join(f"%s::{kind}" for kind in one.types)
                statement = f"INSERT INTO {one.table} ({', '.join(one.columns)}) VALUES ({marks})"
                cursor.executemany(SQL(statement), one.rows)
            for row in closed:
                statement = f"UPDATE {row.place.table} SET known_to = %s WHERE known_from = %s AND valid_from = %s"
                cursor.execute(
                    SQL(f"{statement} AND known_to = %s"), (row.known_to, row.known_from, row.step.valid_from, FOREVER)
                )
            self._insert_tracking(cursor, tracking)


class Rows(Projection[View]):
    """The projections of the ledger, event by event."""

    name = "rows"

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.agencies: dict[str, tuple[EventIndexInMemory, CurrentRows]] = {}

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Project one event."""
        if not hasattr(domain_event, "stored"):
            self.view.keep([], [], tracking)
            return
        ours = _mapper.to_domain_event(_carried(domain_event))
        entries, live = self.agencies.setdefault(ours.stream, (EventIndexInMemory(), CurrentRows()))
        before = {id(row) for row in live.opened}
        standing = [row for row in live.opened if row.known_to == FOREVER]
        entries.add(ours)
        project(ours, entries, live, _law[0])
        closed = [row for row in standing if row.known_to != FOREVER]
        opened = [(ours.stream, row) for row in live.opened if id(row) not in before]
        self.view.keep(inserts(tuples_of(opened)), closed, tracking)
        live.opened = [row for row in live.opened if row.known_to == FOREVER]


def _fields(one: LedgerStoredEvent) -> dict[str, Any]:
    """The columns as the library's transcoder takes them."""
    return {
        "originator": str(one.originator_id),
        "version": one.originator_version,
        "stream": one.stream,
        "event_id": one.event_id,
        "day": one.occurred_on.isoformat(),
        "at": one.recorded_at,
        "actor": one.actor,
    }


def _carried(carrier: Any) -> LedgerStoredEvent:
    fields, state = carrier.stored, bytes.fromhex(carrier.state)
    return LedgerStoredEvent(
        originator_id=UUID(fields["originator"]),
        originator_version=fields["version"],
        topic=carrier.kind,
        state=state,
        stream=fields["stream"],
        event_id=fields["event_id"],
        occurred_on=date.fromisoformat(fields["day"]),
        recorded_at=fields["at"],
        actor=fields["actor"],
        leaf_hash=leaf_hash(state),
    )


def rate_of(source: Place, target: Place, count: int) -> float:
    """How many events a second the runner takes, once they are in its application."""
    env = settings_of(target.url, "eventsourcing")
    application = Stock(env=env)
    with source.ledger.reading() as reader:
        law = source.ledger.memory.law_of(reader.events(LEDGER_STREAM))
        assert law is not None  # noqa: S101  # it was opened
        _law[:] = [law]
        stored = []
        for events in reader.agencies():
            stored += list(events_of(reader.connection, events[0].stream))
            if len(stored) >= count:
                break
    for _, group in groupby(stored[:count], key=lambda one: one.stream):
        carrier = Carrier()
        for one in group:
            carrier.carry(kind=one.topic, state=one.state.hex(), stored=_fields(one))
        application.save(carrier)
    last = application.recorder.max_notification_id()
    began = time.perf_counter()
    with ProjectionRunner(application_class=Stock, projection_class=Rows, view_class=View, env=env) as runner:
        runner.wait(last, timeout=600)
    took = time.perf_counter() - began
    application.close()
    return count / took
