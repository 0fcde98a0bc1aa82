"""Rows of what comes due by a date (R40): projects, qualifications, invitations, and what a year still needs.

Items of the worklist like those of `worklist_rows.py`: each says in which state it is on which days. A project and a
qualification wait from their beginning on; a question shows them in the weeks before their last day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from msgspec import UNSET

from domain.events import (
    AgencySucceeded,
    AgencyTerminated,
    EffectScored,
    Event,
    FilingSubmitted,
    InformationChanged,
    Profile,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectStarted,
    SurveyClosed,
    SurveyInvited,
    SurveySubmitted,
)
from domain.measures.around.successions import ends_of
from domain.measures.chapter2_filing import duty_ended, filing_state, filings, profile_on
from domain.measures.chapter3_business import due_date, ended_on
from domain.measures.text.implements import implements
from domain.trail.keys import field_keys, forms_key, forms_of, invited_key, naming_key, type_key
from domain.trail.trail import Facts, Trail
from projections.rows.client_years import answers
from projections.rows.write.clients.wanted_of_clients import EFFECT, SURVEY, begin_service, update_client
from projections.rows.write.conduct_rows import bears_on_all_duties
from projections.rows.write.current_rows import NEVER, ONE_DAY, Period, RowKey, merged
from projections.rows.write.row_context import FILING, FILINGS, Context, of_types
from projections.rows.write.worklist_rows import Matter, matter_place, open_until, replace_matters

PROJECT, QUALIFICATION, CERTIFICATE, INVITATION = "project", "qualification", "certificate", "invitation"
SURVEY_CLOSE = "survey_close"
_ON_PROJECT = (ProjectExtended, ProjectCompleted, ProjectCancelled)
OF_PROJECTS = frozenset({ProjectStarted, *_ON_PROJECT, AgencyTerminated, AgencySucceeded, FilingSubmitted})
OF_VALIDITIES = frozenset({*FILINGS, InformationChanged})
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
        until = min(until, max(project.occurred_on, *(one.occurred_on for one in ends_of(facts))))
    if project.occurred_on < until:
        yield Period(project.occurred_on, until, open_)
    if until < NEVER:
        yield Period(until, NEVER, open_._replace(status="ended", is_open=False))


@implements("art.7", "art.8", "art.11", "art.12", "R6", "R7", "R40")
def update_validities_due(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew until when qualifications and staff certificates on file are valid, while the agency is on file.

    What a later filing or change says replaces what stood before.
    """
    changed = list(changed)
    said = [one.fields for one in of_types(changed, InformationChanged)]
    if not of_types(changed, *FILINGS) and all(one.qualifications is UNSET and one.personnel is UNSET for one in said):
        return
    before, now = context.both([*FILING, *field_keys(("qualifications", "personnel"))])
    replace_matters(context, _validities(before), _validities(now))


def _validities(trail: Trail) -> dict[RowKey, list[Period]]:
    """On which days what has a last day stood on file."""
    ends = {life.ended_on for life in filings(Facts(trail, date.max)) if life.ended_on is not None}
    days = sorted({event.occurred_on for event in trail.events} | ends)
    found: dict[RowKey, list[Period]] = {}
    for number, day in enumerate(days):
        if filing_state(Facts(trail, day)) not in ("submitted", "filed"):
            continue
        until = days[number + 1] if number + 1 < len(days) else NEVER
        for key, held in _held(profile_on(trail, day)).items():
            matter = Matter(held.kind, "open", day, held.valid_until, held.about, None, True)
            stood = found.setdefault(key, [])
            if stood and stood[-1].valid_to == day and stood[-1].value.due_on == held.valid_until:
                matter = stood[-1].value
            stood.append(Period(day, until, matter))
    return found


class _Expiring(NamedTuple):
    """What has a last day of validity. `about` names nobody: rows are in clear."""

    kind: str
    valid_until: date
    about: str | None


def _held(profile: Profile) -> dict[RowKey, _Expiring]:
    """Qualifications by name and number, certificates by their number; of several alike the one that lasts longest."""
    found: dict[RowKey, _Expiring] = {}

    def put(place: str, held: _Expiring) -> None:
        key = matter_place(held.kind, place)
        if key not in found or held.valid_until > found[key].valid_until:
            found[key] = held

    for one in profile.qualifications or ():
        if one.valid_until is not None:
            about = one.name if one.no is None else f"{one.name}（{one.no}）"
            put(f"{one.name}:{one.no or ''}", _Expiring(QUALIFICATION, one.valid_until, about))
    for person in profile.personnel or ():
        if person.valid_until is not None:
            place = person.certificate_hash or person.name.subject
            put(place, _Expiring(CERTIFICATE, person.valid_until, person.qualification))
    return found


@implements("art.13", "art.22", "art.23", "R22", "R23")
def update_services(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew what is still wanted of each client that a changed event concerns, year by year.

    `survey`: to be invited; `effect`: to be scored by the regulator; `invitation`: to be answered.
    """
    changed = list(changed)
    clients = sorted(_clients(context, changed))
    context.live.expect(_of_client_years(context, clients, changed))
    for invited in _invitations(context, changed):
        entry = context.entries.one(invited)
        if entry is None or not isinstance(entry.event, SurveyInvited):
            continue
        answered = [forms_of(entry.event.client.uscc, entry.event.year)]
        trail = context.now([type_key(SurveyClosed)], invited, places=answered)
        event = trail.by_id.get(invited)
        steps = _invitation_steps(event, trail) if isinstance(event, SurveyInvited) else []
        context.live.replace(matter_place(INVITATION, invited), merged(steps), context.at)
    for year in sorted({one.year for one in changed if isinstance(one, (SurveySubmitted, SurveyClosed))}):
        _update_closing(context, year, changed)
    for client in clients:
        begun = changed[0] if len(changed) == 1 else None
        if isinstance(begun, ProjectStarted) and context.is_own(begun.id):
            begin_service(context, begun)
        elif not all(_wants_nothing_else(context, client, one) for one in changed):
            update_client(context, client, changed)


def _of_client_years(context: Context, clients: Iterable[str], changed: Iterable[Event]) -> Iterator[RowKey]:
    """Where most of what `update_services` looks at stands: read in one go, a place more costs next to nothing."""
    years: set[int] = set()
    for event in changed:
        about = context.entries.one(event.project_id) if isinstance(event, _ON_PROJECT) else None
        project = event if about is None else about.event
        if isinstance(project, ProjectStarted):
            days = (event.occurred_on, project.occurred_on, project.due_on)
            years |= set(range(context.year_of(min(days)), context.year_of(max(days)) + 2))
        elif isinstance(event, (SurveyInvited, SurveySubmitted, SurveyClosed, EffectScored)):
            years.add(event.year)
    for year in sorted(years):
        yield matter_place(SURVEY_CLOSE, str(year))
        yield from (matter_place(kind, f"{client}:{year}") for client in clients for kind in (SURVEY, EFFECT))


def _wants_nothing_else(context: Context, client: str, event: Event) -> bool:
    """Whether what stands says already that one more fact of a client changes nothing: then no others are read.

    A form, invitation or score where the first has come by that day, or nobody is served in the year.
    """
    if not isinstance(event, (SurveyInvited, SurveySubmitted, EffectScored)) or not context.is_own(event.id):
        return False
    kind = EFFECT if isinstance(event, EffectScored) else SURVEY
    standing = context.live.steps(matter_place(kind, f"{client}:{event.year}"))
    last = standing[-1] if standing else None
    return last is None or (not last.value.is_open and last.valid_from <= event.occurred_on)


@implements("art.16(8)", "R12")
def _update_closing(context: Context, year: int, changed: list[Event]) -> None:
    """Whether a year's survey with forms waits to be closed: from the day after the year, until it is.

    One form more changes nothing where it waits from that day already: the others are not read again.
    """
    place, first = matter_place(SURVEY_CLOSE, str(year)), context.law.rulebooks.span_of(year)[1] + ONE_DAY
    standing = context.live.steps(place)
    is_one_more = all(isinstance(one, SurveySubmitted) and context.is_own(one.id) for one in changed)
    if is_one_more and standing and standing[0].valid_from == first:
        return
    trail = context.now([forms_key(year), type_key(SurveyClosed)])
    begun = min((one.occurred_on for one in trail.of(SurveySubmitted) if one.year == year), default=None)
    closed = min((one.occurred_on for one in trail.of(SurveyClosed) if one.year == year), default=None)
    steps: list[Period] = []
    if begun is not None:
        since = max(begun, first)
        steps = open_until(Matter(SURVEY_CLOSE, "open", since, None, None, year, True), closed, "done")
    context.live.replace(place, merged(steps), context.at)


def _invitations(context: Context, changed: list[Event]) -> list[str]:
    ids = {event.id for event in of_types(changed, SurveyInvited)}
    for form in of_types(changed, SurveySubmitted):
        asked = (entry.event for entry in context.entries.under([invited_key(form.client.uscc, form.year)]))
        ids |= {event.id for event in asked if isinstance(event, SurveyInvited) and answers(form, event)}
    years = {event.year for event in of_types(changed, SurveyClosed)}
    if years:
        of_year = (entry.event for entry in context.entries.under([type_key(SurveyInvited)]))
        ids |= {event.id for event in of_year if isinstance(event, SurveyInvited) and event.year in years}
    return sorted(ids)


def _invitation_steps(invited: SurveyInvited, trail: Trail) -> list[Period]:
    """Open until it is answered, or the year's survey is closed; from then on with that state."""
    open_ = Matter(INVITATION, "open", invited.occurred_on, invited.expires_on, invited.client.uscc, invited.year, True)
    ends = [(one.occurred_on, "answered") for one in trail.of(SurveySubmitted) if answers(one, invited)]
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
