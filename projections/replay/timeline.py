"""Every day on which something of the standing changes, with the value from then on and why (api.md, `timeline`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from domain.events import (
    AppealAdmitted,
    AppealDismissed,
    AppealFiled,
    AppealPartlyUpheld,
    AppealUpheld,
    AppealWithdrawn,
    BadRecordReferred,
    BehaviourReported,
    ComplaintDismissed,
    ComplaintMerged,
    ComplaintReceived,
    ComplaintUpheld,
    Event,
    EventAnnulled,
    HintDismissed,
    ImpactDisposed,
    InspectionRecorded,
    NoticeSent,
    ObjectionAnswered,
    ObjectionFiled,
    PledgeSigned,
    ProjectExtended,
    ProjectPlanFiled,
    ProjectStarted,
    ReportDismissed,
    SubmissionReceived,
    SubmissionRequested,
    SurveyInvited,
)
from domain.measures.calendar import add_years
from domain.measures.chapter2_filing import ONE_DAY, change_deadlines
from domain.measures.chapter3_business import lapses
from domain.measures.chapter3_sanctions import tags
from domain.measures.rulebook.rulebook import assessment_year_of, year_span
from domain.trail.facts import Facts
from domain.values import TIER_LABELS
from projections.fact_names import fact_label
from projections.replay.basis import Basis
from projections.replay.standing import standing

WITHOUT_EFFECT = (
    InspectionRecorded, SubmissionReceived, ProjectPlanFiled, ComplaintReceived, ComplaintDismissed, ComplaintMerged,
    BadRecordReferred, NoticeSent, SurveyInvited, EventAnnulled, PledgeSigned, BehaviourReported, ReportDismissed,
    AppealFiled, AppealAdmitted, AppealUpheld, AppealPartlyUpheld, AppealDismissed, AppealWithdrawn, ImpactDisposed,
    HintDismissed, ObjectionFiled, ObjectionAnswered,
)  # fmt: skip
"""Facts on whose own day no standing changes: what they bring or spare shows on a due date, or at once on all days."""
PARTS = ("agency", "sanction", "bad_records", "assessment", "warning_notice", "advisories")


def timeline(basis: Basis, first: date, last: date) -> dict[str, Any]:
    """The standing on `first`, then each later day up to `last` on which it changes (both ends included)."""
    before = _parts(replace(basis, as_of=first))
    start = {"date": first.isoformat(), "standing": before, "why": _why(basis, first)}
    items = []
    for day in sorted(day for day in edges(basis, last) if first < day <= last):
        after = _parts(replace(basis, as_of=day))
        changed = [part for part in PARTS if after[part] != before[part]]
        if changed:
            items.append({"date": day.isoformat(), "changed": changed, "standing": after, "why": _why(basis, day)})
        before = after
    return {"from": first.isoformat(), "to": last.isoformat(), "start": start, "items": items}


def _parts(basis: Basis) -> dict[str, Any]:
    answer = standing(basis)
    return {part: answer[part] for part in PARTS}


def edges(basis: Basis, last: date) -> set[date]:
    """Days on which a standing can change at all: dates of facts, and what time alone brings; rather too many."""
    trail, books, calendar = basis.trail, basis.law.rulebooks, basis.law.calendar
    days = {trail.day_of(event) for event in trail.events if not isinstance(event, WITHOUT_EFFECT)}
    days |= {request.due_on + ONE_DAY for request in trail.of(SubmissionRequested)}
    days |= {project.due_on + ONE_DAY for project in trail.of(ProjectStarted)}
    days |= {extension.due_on + ONE_DAY for extension in trail.of(ProjectExtended)}
    for _, limit in change_deadlines(Facts(trail, date.max), books, calendar):
        days.add(limit.day + ONE_DAY)
    for book in books:
        days.add(book.effective_from)
        for upheld in trail.of(ComplaintUpheld):
            for years in (book.ladder.window_years, book.ladder.tag_years):
                days.add(add_years(upheld.occurred_on, years) + ONE_DAY)
    year = assessment_year_of(min(days, default=last), books.on(last))
    while (turn := year_span(year, books)[0]) <= last:
        days.add(turn)
        year += 1
    return days


def _why(basis: Basis, day: date) -> list[dict[str, Any]]:
    """What is behind a change on a day: the facts of that day, and what the day itself brought."""
    there = replace(basis, as_of=day)
    return [*_facts_of(there, day), *_brought_by_time(there, day)]


def _facts_of(there: Basis, day: date) -> Iterator[dict[str, Any]]:
    for event in there.trail.events:
        if there.trail.day_of(event) == day and there.trail.counts(event):
            yield {"kind": "fact", "event": event.id, "type": type(event).__name__, **_said(event)}


def _said(event: Event) -> dict[str, str]:
    name = type(event).__name__
    return {"text": fact_label(name), "text_en": name}


def _brought_by_time(there: Basis, day: date) -> Iterator[dict[str, Any]]:
    books = there.law.rulebooks
    for one in lapses(there.facts, books, there.law.calendar):
        lapse = one.lapse
        if one.reason is None and lapse.appears_on == day and lapse.counts_on < day:
            yield {
                "kind": "lapse",
                "event": lapse.events[0],
                "article": lapse.article,
                "item": lapse.item,
                "text": lapse.text,
                "text_en": lapse.text_en,
            }
    for tag in tags(there.facts, there.rulebook, books):
        if tag.last_day is not None and tag.last_day + ONE_DAY == day:
            yield {
                "kind": "tag_ended",
                "event": tag.event,
                "article": "art.17",
                "text": f"“{TIER_LABELS[tag.tier]}”标签自 {tag.first_day} 起满期",
                "text_en": f"the {tag.tier} tag of {tag.first_day} has ended",
            }
        elif add_years(tag.first_day, there.rulebook.ladder.window_years) + ONE_DAY == day:
            yield {
                "kind": "window_ended",
                "event": tag.event,
                "article": "art.17",
                "text": f"{tag.first_day} 的有效投诉不再计入一年内累计",
                "text_en": f"the complaint upheld on {tag.first_day} leaves the one-year window",
            }
    if year_span(assessment_year_of(day, there.rulebook), books)[0] == day:
        yield {
            "kind": "year_turned",
            "event": None,
            "article": "art.20",
            "text": "新的考评年度开始",
            "text_en": "a new assessment year begins",
        }
    for book in books:
        if book.effective_from == day:
            yield {
                "kind": "rulebook",
                "event": None,
                "article": "art.28",
                "text": f"规则 {book.id} 生效",
                "text_en": f"rulebook {book.id} takes effect",
            }
