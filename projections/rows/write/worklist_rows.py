"""Rows of what waits to be dealt with: filings (R6), complaints (R15), reports (R11), appeals (R33), objections (R38),
repairs (R42), late-fact impacts (R36).

A row says in which state a matter is on which days. A matter of a fact that was annulled is gone.

Rows of what agencies were asked to hand in (R8): an item of a worklist (`worklist_rows.py`), open until it is in.

A pledge signed in time meets a request for it (R8a); a termination ends the duty (R6, art.11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from domain.events import (
    AgencyFiled,
    AgencySucceeded,
    AgencyTerminated,
    AppealAdmitted,
    AppealDismissed,
    AppealFiled,
    AppealPartlyUpheld,
    AppealUpheld,
    AppealWithdrawn,
    BadRecordEntered,
    BehaviourReported,
    ComplaintDismissed,
    ComplaintMerged,
    ComplaintReceived,
    ComplaintUpheld,
    Event,
    FilingReturned,
    FilingSubmitted,
    ObjectionAnswered,
    ObjectionFiled,
    PledgeSigned,
    RepairApplied,
    RepairGranted,
    RepairRefused,
    ReportDismissed,
    SubmissionReceived,
    SubmissionRequested,
)
from domain.measures.around.successions import succeeded
from domain.measures.chapter2_filing import duty_ended
from domain.measures.text.implements import implements
from domain.trail.keys import PLEDGE_ITEM, naming_key, type_key, type_keys
from domain.trail.trail import Facts, Trail
from projections.rows.write.conduct_rows import bears_on_all_duties
from projections.rows.write.current_rows import NEVER, Period, RowKey, merged
from projections.rows.write.row_context import FILING, Context, of_types

MATTERS = "matter"
_SUBJECTS = (FilingSubmitted, ComplaintReceived, BehaviourReported, AppealFiled, ObjectionFiled, RepairApplied)
_APPEAL = (AppealAdmitted, AppealUpheld, AppealPartlyUpheld, AppealDismissed, AppealWithdrawn)
_REPAIR = (RepairGranted, RepairRefused)
_FILING = (AgencyFiled, FilingReturned)
_COMPLAINT = (ComplaintUpheld, ComplaintDismissed, ComplaintMerged)
_AFTER = {
    FilingSubmitted: _FILING,
    ComplaintReceived: _COMPLAINT,
    BehaviourReported: (ReportDismissed, BadRecordEntered),
    AppealFiled: _APPEAL,
    ObjectionFiled: (ObjectionAnswered,),
    RepairApplied: _REPAIR,
}
OF_MATTERS = frozenset(
    {*_SUBJECTS, *_FILING, *_COMPLAINT, ReportDismissed, BadRecordEntered, *_APPEAL, ObjectionAnswered, *_REPAIR}
)


class Matter(NamedTuple):
    """A matter in one state."""

    kind: str
    """`report`, `appeal`, `complaint`, `project` …: every kind stands in the registry of matters (R40)."""
    status: str
    begun_on: date
    due_on: date | None
    """For an appeal the end of the week in which it could be filed (R3); for a submission its own day (R8)."""
    about: str | None
    """What it is about: a behaviour, a result, an event, an item of annex 1."""
    about_year: int | None
    is_open: bool


def matter_place(kind: str, matter_id: str) -> RowKey:
    """Where the rows of a matter are."""
    return RowKey(MATTERS, 0, f"{kind}:{matter_id}")


def open_until(matter: Matter, day: date | None, status: str) -> list[Period]:
    """A matter open from its beginning until a day, then in its last state; with no day it stays open."""
    since = matter.begun_on
    if day is None:
        return [Period(since, NEVER, matter)]
    day = max(day, since)
    ended = Period(day, NEVER, matter._replace(status=status, is_open=False))
    return [Period(since, day, matter), ended] if since < day else [ended]


Rows = Mapping[RowKey, Iterable[Period]]
"""What stands at which places."""


def replace_matters(context: Context, before: Rows, now: Rows) -> None:
    """Let the rows that follow now stand in place of those that followed before the event."""
    for place in sorted(before.keys() | now.keys()):
        context.live.replace(place, merged(now.get(place, ())), context.at)


@implements("art.9", "art.16", "art.20", "art.27", "R6", "R11", "R15", "R33", "R38", "R42")
def update_matters(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew each matter that a changed event begins or brings on."""
    for subject_id in dict.fromkeys(_subjects(changed)):
        entry = context.entries.one(subject_id)
        if entry is None or not isinstance(entry.event, _SUBJECTS):
            continue
        kinds = _AFTER[type(entry.event)]
        trail = context.now([naming_key(subject_id, kind) for kind in kinds], subject_id)
        subject = trail.by_id.get(subject_id)
        kind = str(entry.event.KIND)
        steps = [] if subject is None else list(_steps(subject, trail))
        context.live.replace(matter_place(kind, subject_id), merged(steps), context.at)
        own = _own(entry.event)
        if own is not None:
            own_kind, informant = own
            told = [one._replace(value=one.value._replace(kind=own_kind, about=informant)) for one in steps]
            context.live.replace(matter_place(own_kind, subject_id), merged(told), context.at)


def _own(event: Event) -> tuple[str, str] | None:
    """Of an enterprise's complaint or report the kind of row for who made it, and the keyed hash of its code (R39)."""
    if isinstance(event, ComplaintReceived) and event.client_hash is not None:
        return "own_complaint", event.client_hash
    if isinstance(event, BehaviourReported) and event.reporter_hash is not None:
        return "own_report", event.reporter_hash
    return None


def _subjects(changed: Iterable[Event]) -> Iterator[str]:
    for event in changed:
        if isinstance(event, _SUBJECTS):
            yield event.id
        elif isinstance(event, (ReportDismissed, BadRecordEntered)):
            if event.report_id is not None:
                yield event.report_id
        elif isinstance(event, _FILING):
            yield event.filing_id
        elif isinstance(event, _COMPLAINT):
            yield event.complaint_id
        elif isinstance(event, ObjectionAnswered):
            yield event.objection_id
        elif isinstance(event, _REPAIR):
            yield event.repair_id
        elif isinstance(event, _APPEAL):
            yield event.appeal_id


def _steps(subject: Event, trail: Trail) -> Iterator[Period]:
    """The states of an item by day. Dates come in any order: a state begins no earlier than the one before it."""
    states = [(subject.occurred_on, _begun(subject))]
    for event in trail.events:
        if event.id != subject.id and subject.id in event.named():
            day = max(event.occurred_on, states[-1][0])
            states.append((day, _moved(states[0][1], event)))
    for number, (day, matter) in enumerate(states):
        until = states[number + 1][0] if number + 1 < len(states) else NEVER
        if day < until:
            yield Period(day, until, matter)


def _begun(subject: Event) -> Matter:
    if isinstance(subject, AppealFiled):
        status = "open" if subject.in_time else "awaiting_admission"
        return Matter("appeal", status, subject.occurred_on, subject.deadline, subject.result_id, subject.year, True)
    if isinstance(subject, ObjectionFiled):
        return Matter("objection", "open", subject.occurred_on, None, subject.event_id, None, True)
    if isinstance(subject, RepairApplied):
        return Matter("repair", "open", subject.occurred_on, None, subject.event_id, None, True)
    if isinstance(subject, ComplaintReceived):
        return Matter("complaint", "open", subject.occurred_on, None, subject.grounds, None, True)
    if isinstance(subject, FilingSubmitted):
        return Matter("filing", "open", subject.occurred_on, None, None, None, True)
    about = subject.behaviour if isinstance(subject, BehaviourReported) else None
    return Matter("report", "open", subject.occurred_on, None, about, None, True)


_STATUS: dict[type[Event], str] = {
    AgencyFiled: "filed",
    FilingReturned: "returned",
    ComplaintUpheld: "upheld",
    ComplaintDismissed: "dismissed",
    ComplaintMerged: "merged",
    BadRecordEntered: "recorded",
    ReportDismissed: "dismissed",
    RepairGranted: "granted",
    RepairRefused: "refused",
    AppealDismissed: "dismissed",
    AppealUpheld: "upheld",
    AppealPartlyUpheld: "partly_upheld",
    AppealWithdrawn: "withdrawn",
}


def _moved(first: Matter, event: Event) -> Matter:
    if isinstance(event, AppealAdmitted):
        return first._replace(status="open")
    status = event.outcome if isinstance(event, ObjectionAnswered) else _STATUS[type(event)]
    return first._replace(status=status, is_open=False)


SUBMISSION = "submission"
_BEARING = (SubmissionReceived, PledgeSigned, AgencyTerminated, AgencySucceeded, FilingSubmitted)
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
        steps = _submission_steps(request, trail) if isinstance(request, SubmissionRequested) else []
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


def _submission_steps(request: SubmissionRequested, trail: Trail) -> Iterator[Period]:
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


SUCCEEDED = "succeeded"
"""That others stand in the agency's place: a row among the matters, of a kind that no worklist knows (R43)."""
OF_SUCCESSION = frozenset({AgencySucceeded})


@implements("art.12", "R29", "R43")
def update_succession(context: Context, changed: Iterable[Event]) -> None:
    """From which day on the agency is not assessed by itself."""
    gone = succeeded(Facts(context.now([type_key(AgencySucceeded)]), date.max))
    steps = []
    if gone is not None:
        value = Matter(SUCCEEDED, "over", gone.occurred_on, None, None, None, False)
        steps = [Period(gone.occurred_on, NEVER, value)]
    context.live.replace(matter_place(SUCCEEDED, SUCCEEDED), steps, context.at)
