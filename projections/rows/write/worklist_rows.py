"""Rows of what waits to be dealt with: reports (R11), appeals (R33), objections (R38), late-fact impacts (R36).

A row says in which state a matter is on which days. A matter of a fact that was annulled is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from domain.events import (
    AppealAdmitted,
    AppealDismissed,
    AppealFiled,
    AppealPartlyUpheld,
    AppealUpheld,
    AppealWithdrawn,
    BadRecordEntered,
    BehaviourReported,
    Event,
    ObjectionAnswered,
    ObjectionFiled,
    ReportDismissed,
)
from domain.measures.text.implements import implements
from domain.trail.keys import naming_key
from domain.trail.trail import Trail
from projections.rows.write.current_rows import NEVER, Period, RowKey, merged
from projections.rows.write.row_context import Context

MATTERS = "matter"
_SUBJECTS = (BehaviourReported, AppealFiled, ObjectionFiled)
_APPEAL = (AppealAdmitted, AppealUpheld, AppealPartlyUpheld, AppealDismissed, AppealWithdrawn)
_AFTER = {
    BehaviourReported: (ReportDismissed, BadRecordEntered),
    AppealFiled: _APPEAL,
    ObjectionFiled: (ObjectionAnswered,),
}
OF_MATTERS = frozenset({*_SUBJECTS, ReportDismissed, BadRecordEntered, *_APPEAL, ObjectionAnswered})


class Matter(NamedTuple):
    """A matter in one state."""

    kind: str
    """`report`, `appeal`, `objection`, `impact` or `submission`."""
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


@implements("art.16", "art.20", "R11", "R33", "R38")
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


def _subjects(changed: Iterable[Event]) -> Iterator[str]:
    for event in changed:
        if isinstance(event, _SUBJECTS):
            yield event.id
        elif isinstance(event, (ReportDismissed, BadRecordEntered)):
            if event.report_id is not None:
                yield event.report_id
        elif isinstance(event, ObjectionAnswered):
            yield event.objection_id
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
    about = subject.behaviour if isinstance(subject, BehaviourReported) else None
    return Matter("report", "open", subject.occurred_on, None, about, None, True)


_STATUS: dict[type[Event], str] = {
    BadRecordEntered: "recorded",
    ReportDismissed: "dismissed",
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
