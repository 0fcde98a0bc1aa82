"""The read models as the ledger knows them: what keeps the rows in step with the events, in their transaction."""

from __future__ import annotations

from sqlalchemy import Connection, text

from domain.entries import EntriesInMemory
from domain.events import Event, EventAnnulled
from domain.law import Law
from domain.reader import Reader
from domain.store.heads import streams
from domain.unit import Recorded
from domain.values import Instant, stream_id
from projections.rows.live import Live, Row
from projections.rows.projection import project
from projections.rows.tables import StoredRows, all_standing, close_rows, insert_many, write_rows

MADE_BY = 1
"""Version of the projections: raise it when a change of the code would make other rows, and they are built anew."""


class Keeper:
    """Implements `domain.unit.ReadModels`."""

    def opened(self, connection: Connection) -> None:
        """See `ReadModels`."""
        connection.execute(text("UPDATE read_model_build SET made_by = :version"), {"version": MADE_BY})

    def recorded(self, connection: Connection, recorded: Recorded, law: Law) -> None:
        """See `ReadModels`."""
        opened: list[tuple[str, Row]] = []
        closed: list[tuple[str, Row]] = []
        keys: list[tuple[str, str, int]] = []
        gone: list[tuple[str, int, int]] = []
        for stream, (events, entries) in recorded.items():
            live = Live(StoredRows(connection, stream, is_new=events[0].version == 1))
            for event in events:
                project(event, entries, live, law)
            opened += [(stream, row) for row in live.opened]
            closed += [(stream, row) for row in live.closed]
            originator = stream_id(stream).hex
            keys += [(originator, key, version) for key, version in entries.keys]
            gone += [(originator, version, by) for version, by in entries.gone]
        insert_many(connection, "event_keys", ("originator_id", "key", "version"), ("uuid", "text", "int"), keys)
        insert_many(connection, "annulled", ("originator_id", "version", "by_version"), ("uuid", "int", "int"), gone)
        close_rows(connection, closed)
        write_rows(connection, opened)

    def adopted(self, reader: Reader, law: Law, at: Instant) -> None:
        """See `ReadModels`. Agency by agency, so that memory does not grow with the district."""
        for stream in streams(reader.connection, "agency/"):
            live = Live()
            for row in all_standing(reader.connection, stream):
                live.take(row)
            judge_anew(live, reader.events(stream), law, at)
            close_rows(reader.connection, [(stream, row) for row in live.closed])
            write_rows(reader.connection, [(stream, row) for row in live.opened])


def judge_anew(live: Live, events: tuple[Event, ...], law: Law, at: Instant) -> None:
    """Let the rows stand that the counting events make under another law, from `at` on."""
    counting = EntriesInMemory()
    for event in events:
        counting.add(event)
    fresh, entries = Live(), EntriesInMemory()
    for event in events:
        entry = counting.one(event.id)
        if entry is not None and entry.gone_at is None and not isinstance(event, EventAnnulled):
            entries.add(event)
            project(event, entries, fresh, law)
    for place in sorted(live.places() | fresh.places()):
        live.replace(place, fresh.steps(place), at)
