"""The ledger whose commands write the rows, and what writes them: each part, in its order.

The read models as the ledger knows them: what keeps the rows in step with the events, in their transaction.

The ledger with its read models: what everything above the domain opens.

The read models of one agency, brought up to date event by event: work grows with the change, not with history.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from domain.commands.base import Command
from domain.errors import Unreadable
from domain.events import AgencySucceeded, Event, EventAnnulled, ResultPublished, ResultRevised
from domain.law import Law
from domain.ledger.ledger import Ledger
from domain.ledger.read_models import Projected, Recorded
from domain.ledger.reader import Reader
from domain.measures.around.service import OF_SERVICE
from domain.measures.text.implements import implements
from domain.store.db.db_errors import rows_of_another
from domain.store.db.engine import Engine
from domain.store.db.statements import Insert, RowUpdate, write
from domain.store.log.stream_heads import streams
from domain.trail.event_index import EventIndex, EventIndexInMemory
from domain.trail.keys import type_key
from domain.values import LEDGER_STREAM, Instant, stream_id
from projections.replay.moved_deadlines import moved_deadlines
from projections.rows.write.conduct_rows import (
    OF_LAPSES,
    OF_PERIODS,
    OF_RECORDS,
    update_lapses,
    update_periods,
    update_records,
)
from projections.rows.write.current_rows import CurrentRow, CurrentRows
from projections.rows.write.due_rows import (
    OF_PROJECTS,
    OF_SERVICES,
    OF_VALIDITIES,
    update_projects_due,
    update_services,
    update_validities_due,
)
from projections.rows.write.impact_rows import is_impact, touched_by, update_impacts
from projections.rows.write.notice_rows import (
    OF_NOTICES,
    is_notice,
    notice_periods,
    update_notices,
    update_service_of_notices,
)
from projections.rows.write.prefetch import Ahead, looked_up
from projections.rows.write.result_rows import OF_PUBLICITY, OF_RESULTS, update_publicity, update_results
from projections.rows.write.row_context import Context
from projections.rows.write.score_rows import OF_SCORES, update_scores
from projections.rows.write.status_rows import OF_SANCTIONS, OF_STATUS, update_sanctions, update_status
from projections.rows.write.tables import StoredRows, Tuples, all_standing, closings, inserts, tuples_of
from projections.rows.write.worklist_rows import (
    OF_MATTERS,
    OF_SUBMISSIONS,
    OF_SUCCESSION,
    update_matters,
    update_submissions,
    update_succession,
)

PARTS = (
    (update_status, OF_STATUS),
    (update_periods, OF_PERIODS),
    (update_lapses, OF_LAPSES),
    (update_records, OF_RECORDS),
    (update_scores, OF_SCORES),
    (update_sanctions, OF_SANCTIONS),
    (update_results, OF_RESULTS),
    (update_matters, OF_MATTERS),
    (update_submissions, OF_SUBMISSIONS),
    (update_projects_due, OF_PROJECTS),
    (update_validities_due, OF_VALIDITIES),
    (update_services, OF_SERVICES),
    (update_notices, OF_NOTICES),
    (update_service_of_notices, OF_SERVICE),
    (update_publicity, OF_PUBLICITY),
    (update_succession, OF_SUCCESSION),
)
"""What brings which rows up to date, with the types of events that it looks at."""


def project(
    event: Event, entries: EventIndex, live: CurrentRows, law: Law, published: frozenset[int] | None = None
) -> None:
    """Bring the rows up to date with one event; `entries` hold it already. Raises: Unreadable, naming the event.

    `published`: the years whose results may be touched (see `Context`).
    """
    live.changes.clear()
    changed = entries.gone_with(event) if isinstance(event, EventAnnulled) else [event]
    own = entries.one(event.id)
    if not isinstance(event, EventAnnulled) and own is not None and own.gone_at is not None:
        changed = [] if own.gone_at <= event.version else changed  # it names what was annulled before: never counted
    context = Context(entries, live, law, event.version, event.recorded_at, published)
    try:
        kinds = {type(one) for one in changed}
        for part, looked_at in PARTS:
            if not kinds.isdisjoint(looked_at):
                part(context, changed)
        update_impacts(context, event, changed)
    except Exception as error:
        named = f"{event.stream} version {event.version}, {type(event).__name__} {event.id}"
        raise Unreadable(f"{named}: cannot be projected: {type(error).__name__}: {error}") from error


def judge_anew(live: CurrentRows, events: Sequence[Event], law: Law, at: Instant) -> None:
    """Let the rows stand that the counting events make under another law, from `at` on."""
    counting = EventIndexInMemory()
    for event in events:
        counting.add(event)
    fresh, entries = CurrentRows(), EventIndexInMemory()
    for event in events:
        entry = counting.one(event.id)
        if entry is not None and entry.gone_at is None and not isinstance(event, EventAnnulled):
            entries.add(event)
            project(event, entries, fresh, law, frozenset())
    due = notice_periods(events, law)
    for place in sorted({*live.places(), *fresh.places(), *due}):
        if is_notice(place):  # a correction follows from what was annulled, which is not among the counting
            live.replace(place, due.get(place, ()), at)
        elif not is_impact(place):  # another law touches no published result (docs/adr/0004)
            live.replace(place, fresh.steps(place), at)


Laws = Sequence[tuple[Instant, Law]]
"""What was adopted, in order, with the instant from which each law was known."""


def rows_in_memory(events: Sequence[Event], laws: Laws) -> tuple[CurrentRows, EventIndexInMemory]:
    """All rows that an agency's events and the adoptions among them make, one after the other, and its entries.

    The same steps as when they were recorded: for rebuilding and checking. Raises: Unreadable, naming the event.
    """
    entries, live = EventIndexInMemory(), CurrentRows()
    waiting = deque(laws)
    law: Law | None = None
    published = frozenset(event.year for event in events if isinstance(event, (ResultPublished, ResultRevised)))
    for place, event in enumerate(events):
        while waiting and waiting[0][0] <= event.recorded_at:
            at, law = waiting.popleft()
            if place:
                judge_anew(live, events[:place], law, at)
        if law is None:
            raise Unreadable(f"{event.stream} version {event.version}: recorded before any law was adopted")
        entries.add(event)
        project(event, entries, live, law, published)
    for at, later in waiting:
        judge_anew(live, events, later, at)
    return live, entries


MADE_BY = 12
"""Version of the projections: raise it when a change of the code would make other rows, and they are built anew."""


class ReadModelProjector:
    """Implements `domain.ledger.read_models.ReadModels`."""

    def looked_up(self, command: Command, path_id: str | None) -> Ahead:
        """Keys, ids and windows of the events that decision and rows will need: a hint, read in one query."""
        keys, ids, windows = looked_up(command, path_id)
        return Ahead(
            (*keys, type_key(AgencySucceeded)), ids, windows
        )  # every fact of a predecessor looks for successors (R43)

    def opened(self, connection: Connection) -> None:
        """The ledger is new: there is nothing to build."""
        connection.execute(text("UPDATE read_model_build SET made_by = :version"), {"version": MADE_BY})

    def require_own(self, connection: Connection, made_by: int | None = None) -> None:
        """Raises: RowsOfAnother, DatabaseOlder, unless the rows are of this version, or none has made any yet."""
        if made_by is None:
            made_by = int(connection.scalar(text("SELECT made_by FROM read_model_build")) or 0)
        if made_by not in (0, MADE_BY):
            raise rows_of_another(is_later=made_by > MADE_BY)

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

        Of another calendar alone only the deadlines of changes depend (art.12): where none of an agency's is another,
        its rows stay. Agency by agency, so that memory does not grow with the district.
        """
        before = reader.memory.law_of(tuple(one for one in reader.events(LEDGER_STREAM) if one.recorded_at < at))
        for stream in _judged_otherwise(reader, before, law):
            live = CurrentRows()
            for row in all_standing(reader.connection, stream):
                live.take(row)
            judge_anew(live, reader.events(stream), law, at)
            close = closings((stream, row) for row in live.closed)
            write(reader.connection, [*close, *inserts(tuples_of((stream, row) for row in live.opened))])


@implements("R2", "R4")
def _judged_otherwise(reader: Reader, before: Law | None, law: Law) -> Iterable[str]:
    """The agencies of which another law may say another thing."""
    if before is None or [one.sha256 for one in before.rulebooks] != [one.sha256 for one in law.rulebooks]:
        return streams(reader.connection, "agency/")
    moved = moved_deadlines(reader, law.rulebooks, before.calendar, law.calendar)
    return sorted({one.change.stream for one in moved})


def open_ledger(engine: Engine, *, own_rows_only: bool = False) -> Ledger:
    """The ledger of a database, which keeps its read models in step; see `Ledger.own_rows_only`."""
    ledger = Ledger(engine, ReadModelProjector())
    ledger.own_rows_only = own_rows_only
    return ledger
