"""The results of a year, made ready before anybody has to wait: what is left under the lock is to put them in place.

Each result is made for the version that follows the one that it counts. An agency of which something was recorded
since gets its result by itself, as the next version, with the facts that came in between (R36).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from api.application.action_context import ActionContext
from domain.events import Event, ResultPublished
from domain.law import Law
from domain.ledger.ledger import Reader, UnitOfWork
from domain.measures.calendar import Deadline
from domain.proof.check import leaf_hash
from domain.store.db.dialect import transaction_clock
from domain.store.db.statements import Insert, RowUpdate, Staged, write
from domain.store.log.event_index_sql import StoredEntries
from domain.store.log.mapper import LedgerStoredEvent
from domain.store.log.recorder import event_rows
from domain.store.log.stream_heads import advanced, head_changes
from domain.trail.trail import Trail
from domain.values import Instant, next_instant, stream_id
from projections.compare.publication import Draft, Drafts, as_decided, draft_of
from projections.replay.basis import Basis

W = TypeVar("W", Insert, RowUpdate)

NOT_YET: Instant = "0001-01-01T00:00:00.000001Z"
"""Stands for the instant of recording, which is known only in the transaction."""
_NOT_YET = NOT_YET.encode()


class Prepared(NamedTuple):
    """Results ready to be recorded at an instant, with the rows that follow from them."""

    drafts: Drafts
    publication_id: str
    limit: Deadline
    stored: dict[str, LedgerStoredEvent]
    """By stream."""
    inserts: list[Insert]
    changes: list[RowUpdate]


def prepared(act: ActionContext, reader: Reader, drafts: Drafts, law: Law, limit: Deadline) -> Prepared:
    """Make the results and their rows, reading only."""
    ledger, publication = act.ledger, act.make_id()
    recorded: dict[str, tuple[list[Event], StoredEntries]] = {}
    for draft in drafts.results:
        event = ResultPublished(
            stream=draft.stream,
            version=draft.version + 1,
            id=act.make_id(),
            occurred_on=drafts.as_of,
            recorded_at=NOT_YET,
            actor=act.caller.person_id,
            via=act.caller.via,
            publication_id=publication,
            **fields_of(drafts, draft, limit),
        )
        entries = StoredEntries(reader.connection, draft.stream, ledger.memory.mapper)
        entries.add(event)
        recorded[draft.stream] = ([event], entries)
    writes = ledger.read_models.recorded(reader.connection, recorded, law, frozenset()).writes
    return Prepared(
        drafts,
        publication,
        limit,
        {stream: ledger.memory.mapper.to_stored_event(events[0]) for stream, (events, _) in recorded.items()},
        [one for one in writes if isinstance(one, Insert)],
        [one for one in writes if isinstance(one, RowUpdate)],
    )


def fields_of(drafts: Drafts, draft: Draft, limit: Deadline) -> dict[str, Any]:
    """What a result says besides its envelope (R32)."""
    return {
        "year": drafts.year,
        "grade": None if draft.grade is None else draft.grade.value,
        "rank": draft.rank,
        "sheet": as_decided(draft.sheet),
        "basis": draft.basis,
        "known_at": drafts.known_at,
        "log_index": drafts.log_index,
        "rulebook_sha256": draft.sheet["rulebook"]["sha256"],
        "calendar_sha256": draft.sheet["calendar"]["sha256"],
        "deadline": limit.day,
    }


def record(act: ActionContext, unit: UnitOfWork, made: Prepared) -> Iterator[bytes]:
    """Record all results: the leaf hash of each, in the order of their streams. Takes the district's lock."""
    year = made.drafts.year
    at = next_instant(
        unit.clock() if unit.clock else unit.believed(transaction_clock(unit.connection)), made.drafts.known_at
    )
    stored = {stream: _at(one, at) for stream, one in made.stored.items()}
    rows = [_rows_at(one, at) for one in made.inserts]
    staged = Staged(unit.connection, [event_rows(list(stored.values())), *rows])
    unit.lock_district(year)
    heads = unit.take(stored, year)
    moved = {
        stream
        for stream, one in stored.items()
        if heads[stream].version + 1 != one.originator_version or (heads[stream].last_recorded_at or "") >= at
    }
    gone = {stream_id(stream).hex for stream in moved}
    # Rows are closed before their successors are there: one that begins on the same day must not be closed with it.
    write(unit.connection, [_without(_rows_at(one, at), gone) for one in made.changes])
    staged.put(gone)
    moves = [(heads[stream], advanced(heads[stream], [one])) for stream, one in stored.items() if stream not in moved]
    write(unit.connection, [head_changes(moves)])
    leaves = {stream: one.leaf_hash for stream, one in stored.items() if stream not in moved}
    for draft in made.drafts.results:
        if draft.stream in moved:
            event = _record_moved(act, unit, made, draft)
            leaves[draft.stream] = unit.memory.mapper.to_stored_event(event).leaf_hash
    yield from (leaves[stream] for stream in sorted(leaves))


def _at(stored: LedgerStoredEvent, at: Instant) -> LedgerStoredEvent:
    """The same recorded at an instant."""
    if stored.state.count(_NOT_YET) != 1:
        raise ValueError(f"{stored.stream}: the place of the instant is not found once in what is to be stored")
    state = stored.state.replace(_NOT_YET, at.encode())
    return replace(stored, state=state, recorded_at=at, leaf_hash=leaf_hash(state))


def _rows_at(one: W, at: Instant) -> W:
    return one._replace(rows=[tuple(at if value == NOT_YET else value for value in row) for row in one.rows])


def _without(one: RowUpdate, originators: set[str]) -> RowUpdate:
    place = len(one.values) + one.keys.index("originator_id")
    return one._replace(rows=[row for row in one.rows if row[place] not in originators])


def _record_moved(act: ActionContext, unit: UnitOfWork, made: Prepared, draft: Draft) -> Event:
    return act.append(
        unit,
        ResultPublished,
        draft.stream,
        made.drafts.as_of,
        **fields_of(made.drafts, draft, made.limit),
        publication_id=made.publication_id,
        overtaken_by=_overtaking(unit, made.drafts, draft),
    )


def _outcome(draft: Draft) -> tuple[object, ...]:
    return draft.total, draft.grade, draft.missing, draft.group


def _overtaking(unit: UnitOfWork, drafts: Drafts, draft: Draft) -> tuple[str, ...]:
    """The facts that came in after the sheet was worked out and would change it, in their order (R36).

    Looked for by halves: where the outcome is the same at both ends of a stretch, nothing in it is looked at.
    """
    events = unit.reader.events(draft.stream)
    known: dict[int, tuple[object, ...]] = {draft.version: _outcome(draft)}

    def outcome(version: int) -> tuple[object, ...]:
        if version not in known:
            basis = Basis(Trail(events[:version]), drafts.law, drafts.as_of, events[version - 1].recorded_at)
            known[version] = _outcome(draft_of(basis, drafts.year))
        return known[version]

    def between(first: int, last: int) -> list[str]:
        if outcome(first) == outcome(last):
            return []
        if last - first == 1:
            return [events[last - 1].id]
        middle = (first + last) // 2
        return [*between(first, middle), *between(middle, last)]

    return tuple(between(draft.version, len(events)))
