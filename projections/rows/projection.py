"""The read models of one agency, brought up to date event by event: work grows with the change, not with history."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from domain.entries import Entries, EntriesInMemory
from domain.events import Event, EventAnnulled
from domain.law import Law
from domain.values import Instant
from projections.rows.conduct import update_lapses, update_periods, update_records
from projections.rows.context import Context
from projections.rows.live import Live
from projections.rows.sanctions import update_sanctions
from projections.rows.scores import update_scores
from projections.rows.status import update_status

PARTS = (update_status, update_periods, update_lapses, update_records, update_scores, update_sanctions)


def project(event: Event, entries: Entries, live: Live, law: Law) -> None:
    """Bring the rows up to date with one event; `entries` hold it already."""
    changed = entries.gone_with(event) if isinstance(event, EventAnnulled) else [event]
    own = entries.one(event.id)
    if not isinstance(event, EventAnnulled) and own is not None and own.gone_at is not None:
        changed = [] if own.gone_at <= event.version else changed  # it names what was annulled before: never counted
    context = Context(entries, live, law, event.version, event.recorded_at)
    for part in PARTS:
        part(context, changed)


def rows_in_memory(events: Iterable[Event], law_at: Callable[[Instant], Law]) -> Live:
    """All rows that the events of an agency make, one after the other: for rebuilding and checking."""
    entries, live = EntriesInMemory(), Live()
    for event in events:
        entries.add(event)
        project(event, entries, live, law_at(event.recorded_at))
    return live
