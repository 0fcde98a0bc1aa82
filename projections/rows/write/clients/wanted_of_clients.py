"""Rows of what is still wanted of a client of the agency, year by year: to be invited, to be scored (art.22, 23)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from domain.events import EffectScored, Event, ProjectStarted, SurveyClosed, SurveyInvited, SurveySubmitted
from domain.measures.text.implements import implements
from domain.trail.keys import ends_at, forms_of, invited_key, projects_at, scores_at, type_key
from domain.trail.trail import Trail
from projections.rows.client_years import ServedYear, served_years
from projections.rows.write.current_rows import Period, RowKey
from projections.rows.write.row_context import Context
from projections.rows.write.worklist_rows import Matter, matter_place, open_until, replace_matters

SURVEY, EFFECT = "survey", "effect"


@implements("art.13", "art.22", "art.23", "R22", "R23")
def update_client(context: Context, client: str, changed: list[Event]) -> None:
    """Derive anew the years that the changed events say something of, or in which the client is served otherwise."""
    books = context.law.rulebooks
    of_projects = context.lists((), [projects_at(client), ends_at(client)])
    before, now = (served_years(books, client, events) for events in of_projects)
    said = [one for one in changed if isinstance(one, (SurveyInvited, SurveySubmitted, SurveyClosed, EffectScored))]
    years = {year for year in before.keys() | now.keys() if before.get(year) != now.get(year)}
    years |= {one.year for one in said if isinstance(one, SurveyClosed) or one.client.uscc == client}
    stood = [matter_place(kind, f"{client}:{year}") for year in years & before.keys() for kind in (SURVEY, EFFECT)]
    wanted = _wanted_as_known(context, client, [now[year] for year in sorted(years & now.keys())])
    replace_matters(context, dict.fromkeys(stood, ()), wanted)


@implements("art.13", "art.22", "art.23", "R22", "R23")
def begin_service(context: Context, project: ProjectStarted) -> None:
    """Derive anew the years in which nobody was served for the client so early, of a project recorded just now.

    The rows of a year say whether somebody is, and since when: no other projects are read.
    """
    client, first = project.client.uscc, []
    for one in served_years(context.law.rulebooks, client, [project]).values():
        standing = context.live.steps(matter_place(SURVEY, f"{client}:{one.year}"))
        if not standing or standing[0].value.begun_on > one.since:
            first.append(one)
    replace_matters(context, {}, _wanted_as_known(context, client, first))


def _wanted_as_known(context: Context, client: str, served: Sequence[ServedYear]) -> dict[RowKey, list[Period]]:
    if not served:
        return {}
    keys = [type_key(SurveyClosed), *(invited_key(client, one.year) for one in served)]
    places = [place for one in served for place in (forms_of(client, one.year), scores_at(client, one.year))]
    return _wanted(served, context.now(keys, places=places))


def _wanted(served: Iterable[ServedYear], trail: Trail) -> dict[RowKey, list[Period]]:
    """The rows of one client: wanted from the first day of service in a year until it is done, by its last day."""
    found: dict[RowKey, list[Period]] = {}
    closed = {one.year: one.occurred_on for one in trail.of(SurveyClosed)}
    asked: dict[int, list[date]] = {}
    scored: dict[int, list[date]] = {}
    for event in trail.events:
        if isinstance(event, (SurveyInvited, SurveySubmitted)):
            asked.setdefault(event.year, []).append(event.occurred_on)
        elif isinstance(event, EffectScored):
            scored.setdefault(event.year, []).append(event.occurred_on)
    for one in served:
        ends = [*asked.get(one.year, ()), *((closed[one.year],) if one.year in closed else ())]
        last, of_year = one.last, f"{one.client}:{one.year}"
        survey = Matter(SURVEY, "open", one.since, last, one.name, one.year, True)
        found[matter_place(SURVEY, of_year)] = open_until(survey, min(ends, default=None), "done")
        scores = scored.get(one.year, ())
        found[matter_place(EFFECT, of_year)] = open_until(
            survey._replace(kind=EFFECT), min(scores, default=None), "done"
        )
    return found
