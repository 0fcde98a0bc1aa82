"""Rows of what agencies were asked to hand in (R8): an item of a worklist (`worklist_rows.py`), open until it is in.

A pledge signed in time meets a request for it (R8a); a termination ends the duty (R6, art.11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from domain.events import (
    AgencyTerminated,
    Event,
    FilingSubmitted,
    PledgeSigned,
    SubmissionReceived,
    SubmissionRequested,
)
from domain.measures.chapter2_filing import duty_ended
from domain.measures.text.implements import implements
from domain.trail.facts import Facts
from domain.trail.keys import PLEDGE_ITEM, naming_key, type_key, type_keys
from domain.trail.trail import Trail
from projections.rows.write.conduct_rows import bears_on_all_duties
from projections.rows.write.current_rows import NEVER, Period, merged
from projections.rows.write.row_context import FILING, Context, of_types
from projections.rows.write.worklist_rows import Matter, matter_place

SUBMISSION = "submission"
_BEARING = (SubmissionReceived, PledgeSigned, AgencyTerminated, FilingSubmitted)
OF_SUBMISSIONS = frozenset({SubmissionRequested, *_BEARING})


@implements("R8", "R8a", "art.26", "annex1.item1", "annex1.item3", "annex1.item6", "annex1.item7")
def update_submissions(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew each request that a changed event begins, meets or ends."""
    for request_id in dict.fromkeys(_requests(context, list(changed))):
        entry = context.entries.one(request_id)
        if entry is None or not isinstance(entry.event, SubmissionRequested):
            continue
        keys = [*FILING, naming_key(request_id, SubmissionReceived)]
        if entry.event.item == PLEDGE_ITEM:
            keys += type_keys(PledgeSigned)
        trail = context.now(keys, request_id)
        request = trail.by_id.get(request_id)
        steps = _steps(request, trail) if isinstance(request, SubmissionRequested) else []
        context.live.replace(matter_place(SUBMISSION, request_id), merged(steps), context.at)


def _requests(context: Context, changed: list[Event]) -> Iterator[str]:
    for event in of_types(changed, SubmissionRequested):
        yield event.id
    for received in of_types(changed, SubmissionReceived):
        yield received.request_id
    if bears_on_all_duties(context, changed):
        yield from _ids_under(context, type_key(SubmissionRequested))
    elif of_types(changed, PledgeSigned):
        yield from _ids_under(context, type_key(SubmissionRequested, PLEDGE_ITEM))


def _ids_under(context: Context, key: str) -> Iterator[str]:
    return (entry.event.id for entry in context.entries.under([key]))


def _steps(request: SubmissionRequested, trail: Trail) -> Iterator[Period]:
    """The state of a request on every day from its making on (R8)."""
    days = {event.occurred_on for event in trail.events if isinstance(event, _BEARING)}
    ordered = [request.occurred_on, *sorted(day for day in days if day > request.occurred_on)]
    for number, day in enumerate(ordered):
        until = ordered[number + 1] if number + 1 < len(ordered) else NEVER
        yield Period(day, until, _on(request, trail, day))


def _on(request: SubmissionRequested, trail: Trail, day: date) -> Matter:
    facts = Facts(trail, day)
    status = "open"
    if next(iter(facts.naming(request.id, SubmissionReceived)), None) is not None or _pledged(request, facts):
        status = "received"
    elif duty_ended(facts, request.occurred_on, request.due_on):
        status = "ended"
    return Matter(SUBMISSION, status, request.occurred_on, request.due_on, str(request.item), None, status == "open")


def _pledged(request: SubmissionRequested, facts: Facts) -> bool:
    """Whether the pledge that was asked for was signed in time (R8a)."""
    return request.item == PLEDGE_ITEM and any(
        request.occurred_on <= pledge.occurred_on <= request.due_on for pledge in facts.of(PledgeSigned)
    )
