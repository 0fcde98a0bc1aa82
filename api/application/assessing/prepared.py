"""The results of a year, made ready before anybody has to wait: what is left under the lock is to put them in place.

Each result is made for the version that follows the one that it counts. An agency of which something was recorded
since gets its result by itself, as the next version, with the facts that came in between (R36).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from api.application.action_context import ActionContext
from domain.events import Event, ResultPublished
from domain.ledger.ledger import Reader, UnitOfWork
from domain.ledger.prepared import NOT_YET, PreparedEvents
from domain.measures.calendar import Deadline
from domain.trail.trail import Trail
from projections.compare.publication import Draft, Drafts, as_decided, draft_of
from projections.replay.basis import Basis


class Prepared(NamedTuple):
    """Results ready to be recorded, with the rows that follow from them."""

    drafts: Drafts
    publication_id: str
    limit: Deadline
    """The last day to appeal against them."""
    events: PreparedEvents


def prepared(act: ActionContext, reader: Reader, drafts: Drafts, limit: Deadline) -> Prepared:
    """Make the results and their rows, reading only."""
    publication = act.make_id()
    events = [
        ResultPublished(
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
        for draft in drafts.results
    ]
    return Prepared(drafts, publication, limit, act.ledger.prepare(reader, events, drafts.law))


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


def record(act: ActionContext, unit: UnitOfWork, made: Prepared) -> list[bytes]:
    """Record all results: the leaf hash of each, in the order of their streams. Takes the district's lock."""
    leaves, overtaken = unit.put(made.events, made.drafts.known_at, made.drafts.year)
    for draft in made.drafts.results:
        if draft.stream in overtaken:
            leaves[draft.stream] = unit.leaf_of(_record_overtaken(act, unit, made, draft))
    return [leaves[stream] for stream in sorted(leaves)]


def _record_overtaken(act: ActionContext, unit: UnitOfWork, made: Prepared, draft: Draft) -> Event:
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
