"""The audit trail of an agency: every event in recording order, whether it counts, what is to be noted."""

from __future__ import annotations

from typing import Any

import msgspec

from domain.events import Event, InformationChanged, ProjectStarted
from domain.measures.chapter2_filing import change_deadline
from domain.measures.chapter3_business import papers_of, team_shortfalls
from domain.values import shanghai_date
from projections.answers.trail_items import RecordedEvent, TrailEvent, TrailFlag
from projections.fact_kinds import fact_label
from projections.replay.basis import Basis

ENVELOPE = ("id", "version", "occurred_on", "recorded_at", "actor", "via", "note", "note_audience", "evidence")
_NOT_SHOWN = {*ENVELOPE, "type", "v", "stream"}


def entry(event: Event, basis: Basis) -> TrailEvent:
    """One event of the trail. Sealed fields stay sealed here: whoever may read them opens them at the edge."""
    late = (shanghai_date(event.recorded_at) - event.occurred_on).days
    return TrailEvent(
        **_recorded(event),
        counts=basis.trail.counts(event),
        annulled_by=basis.trail.annulled_by.get(event.id),
        recorded_days_later=max(0, late),
        flags=tuple(flags(event, basis)),
    )


def recorded_entry(event: Event) -> RecordedEvent:
    """What was recorded, without what became of it."""
    return RecordedEvent(**_recorded(event))


def _recorded(event: Event) -> dict[str, Any]:
    stored = msgspec.json.decode(msgspec.json.encode(event))
    name = type(event).__name__
    return {
        **{field: stored[field] for field in ENVELOPE},
        "type": name,
        "label": fact_label(name),
        "fact": {field: value for field, value in stored.items() if field not in _NOT_SHOWN},
    }


def flags(event: Event, basis: Basis) -> list[TrailFlag]:
    """What the Measures note about a recorded fact without refusing it: a weak team, missing papers, a late change."""
    if isinstance(event, ProjectStarted):
        return _of_project(event, basis)
    if isinstance(event, InformationChanged):
        limit = change_deadline(event, basis.law.rulebooks, basis.law.calendar)
        if limit is not None and event.reported_on > limit.day:
            said = f"{limit.day} 到期，{event.reported_on} 才报送", f"due by {limit.day}, came {event.reported_on}"
            return [TrailFlag("art.12", *said)]
    return []


def _of_project(project: ProjectStarted, basis: Basis) -> list[TrailFlag]:
    rulebook = basis.law.rulebooks.on(project.occurred_on)
    found = [TrailFlag("art.15(1)", text, text_en) for text, text_en in team_shortfalls(project, rulebook)]
    plans, report = papers_of(basis.facts, project)
    if not plans:
        found.append(TrailFlag("art.15(2)", "实施方案尚未报备", "no project plan has been filed"))
    if report is None:
        found.append(TrailFlag("art.15(3)", "总结报告尚未报送", "no closing report has been filed"))
    return found
