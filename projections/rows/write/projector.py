"""The read models as the ledger knows them: what keeps the rows in step with the events, in their transaction."""

from __future__ import annotations

from sqlalchemy import Connection, text

from domain.commands.base import Command
from domain.law import Law
from domain.ledger.read_models import Projected, Recorded
from domain.ledger.reader import Reader
from domain.store.db.statements import Insert, RowUpdate, write
from domain.store.log.stream_heads import streams
from domain.values import Instant, stream_id
from projections.rows.write.current_rows import CurrentRow, CurrentRows
from projections.rows.write.impact_rows import touched_by
from projections.rows.write.prefetch import Ahead, looked_up
from projections.rows.write.projection import judge_anew, project
from projections.rows.write.tables import StoredRows, Tuples, all_standing, closings, inserts, tuples_of

MADE_BY = 4
"""Version of the projections: raise it when a change of the code would make other rows, and they are built anew."""


class ReadModelProjector:
    """Implements `domain.ledger.read_models.ReadModels`."""

    def looked_up(self, command: Command, path_id: str | None) -> Ahead:
        """Keys and ids of the events that the command's decision and rows will need: a hint, read in one query."""
        return looked_up(command, path_id)

    def opened(self, connection: Connection) -> None:
        """The ledger is new: there is nothing to build."""
        connection.execute(text("UPDATE read_model_build SET made_by = :version"), {"version": MADE_BY})

    def recorded(self, connection: Connection, recorded: Recorded, law: Law, published: frozenset[int]) -> Projected:
        """What these events change, to be written with them. `published`: years that have results to be touched."""
        opened: list[tuple[str, CurrentRow]] = []
        closed: list[tuple[str, CurrentRow]] = []
        beside: Tuples = {"event_keys": [], "annulled": []}
        for stream, (events, entries) in recorded.items():
            live = CurrentRows(StoredRows(connection, stream, entries.is_recorded_here, is_new=events[0].version == 1))
            for event in events:
                project(event, entries, live, law, published)
            opened += [(stream, row) for row in live.opened]
            closed += [(stream, row) for row in live.closed]
            originator = stream_id(stream).hex
            beside["event_keys"] += [(originator, key, version) for key, version in entries.keys]
            beside["annulled"] += [(originator, version, by) for version, by in entries.gone]
        writes: list[Insert | RowUpdate] = [*closings(closed), *inserts({**beside, **tuples_of(opened)})]
        return Projected(writes, touched_by(row for _, row in opened))

    def adopted(self, reader: Reader, law: Law, at: Instant) -> None:
        """Another law is known from an instant on: rewrite the rows of every agency under it (R4).

        Agency by agency, so that memory does not grow with the district.
        """
        for stream in streams(reader.connection, "agency/"):
            live = CurrentRows()
            for row in all_standing(reader.connection, stream):
                live.take(row)
            judge_anew(live, reader.events(stream), law, at)
            close = closings((stream, row) for row in live.closed)
            write(reader.connection, [*close, *inserts(tuples_of((stream, row) for row in live.opened))])
