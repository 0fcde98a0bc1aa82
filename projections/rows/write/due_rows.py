"""Rows of what comes due by a date (R40): projects, qualifications, invitations, and what a year still needs.

Items of the worklist like those of `worklist_rows.py`: each says in which state it is on which days. A project and a
qualification wait from their beginning on; a question shows them in the weeks before their last day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from domain.events import (
    AgencyTerminated,
    EffectScored,
    Event,
    FilingSubmitted,
    InformationChanged,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectStarted,
    Qualification,
    SurveyClosed,
    SurveyInvited,
    SurveySubmitted,
)
from domain.measures.chapter2_filing import duty_ended, profile_on
from domain.measures.chapter3_business import due_date, ended_on
from domain.measures.text.implements import implements
from domain.trail.keys import client_key, field_keys, naming_key, type_key
from domain.trail.trail import Facts, Trail
from projections.rows.write.conduct_rows import bears_on_all_duties
from projections.rows.write.current_rows import NEVER, Period, RowKey, merged
from projections.rows.write.row_context import FILING, Context, of_types
from projections.rows.write.worklist_rows import Matter, matter_place, open_until, replace_matters

PROJECT, QUALIFICATION, INVITATION = "project", "qualification", "invitation"
SURVEY, EFFECT = "survey", "effect"
_ON_PROJECT = (ProjectExtended, ProjectCompleted, ProjectCancelled)
OF_PROJECTS = frozenset({ProjectStarted, *_ON_PROJECT, AgencyTerminated, FilingSubmitted})
OF_QUALIFICATIONS = frozenset({FilingSubmitted, InformationChanged})
OF_SERVICES = frozenset({ProjectStarted, *_ON_PROJECT, SurveyInvited, SurveySubmitted, SurveyClosed, EffectScored})


@implements("art.15", "R9")
def update_projects_due(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew until when each changed project runs; a termination ends the duty (R6)."""
    changed = list(changed)
    ids = {one.id for one in of_types(changed, ProjectStarted)}
    ids |= {one.project_id for one in changed if isinstance(one, _ON_PROJECT)}
    if bears_on_all_duties(context, changed):
        ids |= {entry.event.id for entry in context.entries.under([type_key(ProjectStarted)])}
    for project_id in sorted(ids):
        keys = [*FILING, *(naming_key(project_id, kind) for kind in _ON_PROJECT)]
        trail = context.now(keys, project_id)
        project = trail.by_id.get(project_id)
        steps = list(_project_steps(project, trail)) if isinstance(project, ProjectStarted) else []
        context.live.replace(matter_place(PROJECT, project_id), merged(steps), context.at)


def _project_steps(project: ProjectStarted, trail: Trail) -> Iterator[Period]:
    facts = Facts(trail, date.max)
    due, end = due_date(facts, project), ended_on(facts, project)
    open_ = Matter(PROJECT, "open", project.occurred_on, due, project.client.name, None, True)
    until = NEVER if end is None else max(end, project.occurred_on)
    if duty_ended(facts, project.occurred_on, due):
        until = min(until, max(project.occurred_on, *(one.occurred_on for one in facts.of(AgencyTerminated))))
    if project.occurred_on < until:
        yield Period(project.occurred_on, until, open_)
    if until < NEVER:
        yield Period(until, NEVER, open_._replace(status="ended", is_open=False))


@implements("art.8", "art.12", "R7")
def update_qualifications_due(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew until when the qualifications on file are valid: what a later filing or change says replaces it."""
    changed = list(changed)
    changes = of_types(changed, InformationChanged)
    if not of_types(changed, FilingSubmitted) and not any(isinstance(c.fields.qualifications, tuple) for c in changes):
        return
    before, now = context.both([*FILING, *field_keys(("qualifications",))])
    replace_matters(context, _qualifications(before), _qualifications(now))


def _qualifications(trail: Trail) -> dict[RowKey, list[Period]]:
    """By name and number: on which days a qualification with a last day stood on file."""
    said = [event for event in trail.events if isinstance(event, (FilingSubmitted, InformationChanged))]
    days = sorted({event.occurred_on for event in said})
    found: dict[RowKey, list[Period]] = {}
    for number, day in enumerate(days):
        until = days[number + 1] if number + 1 < len(days) else NEVER
        held = profile_on(trail, day).qualifications
        last: dict[RowKey, tuple[date, Qualification]] = {}
        for one in held if isinstance(held, tuple) else ():
            key = matter_place(QUALIFICATION, f"{one.name}:{one.no or ''}")
            if one.valid_until is not None and (key not in last or one.valid_until > last[key][0]):
                last[key] = one.valid_until, one
        for key, (valid_until, one) in last.items():
            about = one.name if one.no is None else f"{one.name}（{one.no}）"
            matter = Matter(QUALIFICATION, "open", day, valid_until, about, None, True)
            stood = found.setdefault(key, [])
            if stood and stood[-1].valid_to == day and stood[-1].value.due_on == valid_until:
                matter = stood[-1].value
            stood.append(Period(day, until, matter))
    return found


class ServedYear(NamedTuple):
    """A client that is served in an assessment year, from a day on."""

    client: str
    name: str
    year: int
    since: date


@implements("art.13", "art.22", "art.23", "R22", "R23")
def update_services(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew what is still wanted of each client that a changed event concerns, year by year.

    `survey`: to be invited; `effect`: to be scored by the regulator; `invitation`: to be answered.
    """
    changed = list(changed)
    for invited in _invitations(context, changed):
        trail = context.now([naming_key(invited, SurveySubmitted), type_key(SurveyClosed)], invited)
        event = trail.by_id.get(invited)
        steps = _invitation_steps(event, trail) if isinstance(event, SurveyInvited) else []
        context.live.replace(matter_place(INVITATION, invited), merged(steps), context.at)
    for client in sorted(_clients(context, changed)):
        before, now = _of_client(context, client)
        replace_matters(context, _wanted(context, client, before), _wanted(context, client, now))


def _invitations(context: Context, changed: list[Event]) -> list[str]:
    ids = {event.id for event in of_types(changed, SurveyInvited)}
    ids |= {event.invitation_id for event in of_types(changed, SurveySubmitted) if event.invitation_id is not None}
    years = {event.year for event in of_types(changed, SurveyClosed)}
    if years:
        of_year = (entry.event for entry in context.entries.under([type_key(SurveyInvited)]))
        ids |= {event.id for event in of_year if isinstance(event, SurveyInvited) and event.year in years}
    return sorted(ids)


def _invitation_steps(invited: SurveyInvited, trail: Trail) -> list[Period]:
    """Open until it is answered, or the year's survey is closed; from then on with that state."""
    open_ = Matter(INVITATION, "open", invited.occurred_on, invited.expires_on, invited.client.uscc, invited.year, True)
    ends = [(one.occurred_on, "answered") for one in trail.naming(invited.id, SurveySubmitted)]
    ends += [(one.occurred_on, "closed") for one in trail.of(SurveyClosed) if one.year == invited.year]
    return open_until(open_, *min(ends, default=(None, "")))


def _clients(context: Context, changed: list[Event]) -> set[str]:
    clients = {one.client.uscc for one in of_types(changed, ProjectStarted)}
    clients |= {one.client.uscc for one in changed if isinstance(one, (SurveyInvited, SurveySubmitted, EffectScored))}
    for event in changed:
        if not isinstance(event, _ON_PROJECT):
            continue
        entry = context.entries.one(event.project_id)
        if entry is not None and isinstance(entry.event, ProjectStarted):
            clients.add(entry.event.client.uscc)
    if of_types(changed, SurveyClosed):
        started = (entry.event for entry in context.entries.under([type_key(ProjectStarted)]))
        clients |= {event.client.uscc for event in started if isinstance(event, ProjectStarted)}
    return clients


def _of_client(context: Context, client: str) -> tuple[Trail, Trail]:
    """What concerns one client, without the event that is recorded and with it."""
    entries = context.entries.under([client_key(client)])
    projects = [entry.event.id for entry in entries if isinstance(entry.event, ProjectStarted)]
    ends = [naming_key(one, kind) for one in projects for kind in _ON_PROJECT]
    return context.both([client_key(client), type_key(SurveyClosed), *ends])


def _wanted(context: Context, client: str, trail: Trail) -> dict[RowKey, list[Period]]:
    """The rows of one client: wanted from the first day of service in a year until it is done, by its last day."""
    found: dict[RowKey, list[Period]] = {}
    closed = {one.year: one.occurred_on for one in trail.of(SurveyClosed)}
    asked: dict[int, list[date]] = {}
    scored: dict[int, list[date]] = {}
    for event in trail.events:
        if isinstance(event, (SurveyInvited, SurveySubmitted)) and event.client.uscc == client:
            asked.setdefault(event.year, []).append(event.occurred_on)
        elif isinstance(event, EffectScored) and event.client.uscc == client:
            scored.setdefault(event.year, []).append(event.occurred_on)
    for one in _served_years(context, client, trail):
        ends = [*asked.get(one.year, ()), *((closed[one.year],) if one.year in closed else ())]
        last, of_year = context.law.rulebooks.span_of(one.year)[1], f"{client}:{one.year}"
        survey = Matter(SURVEY, "open", one.since, last, one.name, one.year, True)
        found[matter_place(SURVEY, of_year)] = open_until(survey, min(ends, default=None), "done")
        scores = scored.get(one.year, ())
        found[matter_place(EFFECT, of_year)] = open_until(
            survey._replace(kind=EFFECT), min(scores, default=None), "done"
        )
    return found


def _served_years(context: Context, client: str, trail: Trail) -> list[ServedYear]:
    """The years in which some project of the client runs, each from the first day in it (R22).

    A project that nobody has ended is followed for a year beyond its due date: it stands on the worklist itself.
    """
    facts = Facts(trail, date.max)
    found: dict[int, ServedYear] = {}
    for project in trail.of_client(ProjectStarted, client):
        end, due = ended_on(facts, project), due_date(facts, project)
        last = max(project.occurred_on, due if end is None else end)
        for year in range(context.year_of(project.occurred_on), context.year_of(last) + (2 if end is None else 1)):
            first, until = context.law.rulebooks.span_of(year)
            since = max(first, project.occurred_on)
            if first <= until and (year not in found or since < found[year].since):
                found[year] = ServedYear(client, project.client.name, year, since)
    return [found[year] for year in sorted(found)]
