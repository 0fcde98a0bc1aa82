"""What one more fact about a client changes of what counts in a year, told from the few facts beside it (art.22, 23).

`client_years.py` counts a year from all that its clients said. Of a fact that is recorded just now those nearest to it
by day tell mostly the same: which form or score it replaces, which one replaces it, and whether the client is served.
Where they do not, the answer is None, and the year is counted. A property holds both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from domain.events import (
    EffectScored,
    Event,
    ProjectCancelled,
    ProjectCompleted,
    ProjectStarted,
    SurveyClosed,
    SurveySubmitted,
)
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements
from domain.trail.keys import (
    NEAREST,
    DayWindow,
    ends_at,
    forms_at,
    forms_of,
    naming_key,
    projects_at,
    scores_at,
    type_key,
)
from domain.values import shanghai_date
from projections.rows.client_years import NO_COUNTS, Counts, counts_of_form, hundredths
from projections.rows.write.current_rows import NEVER
from projections.rows.write.row_context import Context, of_types

_ENDS = (ProjectCompleted, ProjectCancelled)


class YearStep(NamedTuple):
    """By how much what counts in a year is another from a day on."""

    year: int
    day: date
    by: Counts


def running_up_to(uscc: str, day: date) -> tuple[DayWindow, DayWindow]:
    """Where the projects of an enterprise begun last by a day are found, and what ended them."""
    return DayWindow(projects_at(uscc), day), DayWindow(ends_at(uscc), day)


def around(place: str, day: date) -> tuple[DayWindow, DayWindow]:
    """The facts of a place up to a day, and those after it."""
    return DayWindow(place, day), DayWindow(place, day, after=True)


@implements("art.13", "art.22", "art.23", "annex1.item10", "annex1.item11", "R22", "R23")
def one_more(context: Context, event: Event) -> list[YearStep] | None:
    """What a fact recorded just now changes of the counts; None where only counting the year can tell."""
    if isinstance(event, EffectScored):
        return _score(context, event)
    if isinstance(event, SurveySubmitted):
        return _form(context, event)
    if isinstance(event, ProjectStarted):
        return _project(context, event)
    return _end(context, event) if isinstance(event, _ENDS) else None


def _score(context: Context, event: EffectScored) -> list[YearStep] | None:
    """The latest score of a client speaks, by day, then by recording (R23)."""
    books, day, client = context.law.rulebooks, event.occurred_on, event.client.uscc
    if day < books.first_day:
        return []
    windows = (*running_up_to(client, day), *around(scores_at(client, event.year), day))
    found = context.entries.beside(windows, context.version)
    if found is None or day < books.span_of(event.year)[0]:
        return None
    projects, ends, until, later = found
    if not _running(books, event.year, day, projects, ends):
        return None
    before = _replaced(until, event, books)
    worth = hundredths(event.value)
    if isinstance(before, EffectScored):
        by = (*NO_COUNTS[:4], 0, worth - hundredths(before.value))
    else:
        by = (*NO_COUNTS[:4], 1, worth)
    return _until(event.year, day, by, later)


def _form(context: Context, event: SurveySubmitted) -> list[YearStep] | None:
    """A form speaks for the project that it names; where two had begun, one that names none speaks for none (R22)."""
    books, day, client, year = context.law.rulebooks, event.occurred_on, event.client.uscc, event.year
    closings = of_types((one.event for one in context.entries.under([type_key(SurveyClosed)])), SurveyClosed)
    if any(one.year == year for one in closings):
        return None  # what counts decides about a record of 16.8, too (R12)
    if day < books.first_day:
        return []
    if day < books.span_of(year)[0]:
        return None
    if event.project_id is None:
        found = context.entries.beside(running_up_to(client, day), context.version)
        return [] if found is not None and len(_running(books, year, day, *found)) > 1 else None
    named = context.entries.one(event.project_id)
    if named is None or not isinstance(named.event, ProjectStarted) or named.event.client.uscc != client:
        return None
    project = named.event
    ended = context.entries.under([naming_key(project.id, kind) for kind in _ENDS])
    ends = [one.event for one in ended if one.counts(context.version)]
    if not _running(books, year, day, [project], ends):
        return None
    unnamed = DayWindow(forms_at(client, year, None), date.max)
    found = context.entries.beside((unnamed, *around(forms_at(client, year, project.id), day)), context.version)
    if found is None or found[0]:
        return None
    _, until, later = found
    before = _replaced(until, event, books)
    taken = counts_of_form(before) if isinstance(before, SurveySubmitted) else NO_COUNTS
    by = tuple(new - old for new, old in zip(counts_of_form(event), taken, strict=True))
    return _until(year, day, by, later)


def _project(context: Context, event: ProjectStarted) -> list[YearStep] | None:
    """Nothing where two others had begun by its day in every year of which something was said."""
    books, day, client = context.law.rulebooks, event.occurred_on, event.client.uscc
    found = context.entries.beside(running_up_to(client, day), context.version)
    if found is None:
        return None
    projects, ends = found
    others = [one for one in projects if one.id != event.id]
    years = [year for year in _years_from(context, day) if len(_running(books, year, day, others, ends)) < 2]
    return None if _was_said(context, client, years) else []


def _end(context: Context, event: ProjectCompleted | ProjectCancelled) -> list[YearStep] | None:
    """Nothing where of no year that begins after it something was said: the others it is of as before."""
    entry, day = context.entries.one(event.project_id), event.occurred_on
    if entry is None or not isinstance(entry.event, ProjectStarted) or day < entry.event.occurred_on:
        return None
    years = [year for year in _years_from(context, day) if context.law.rulebooks.span_of(year)[0] > day]
    return None if _was_said(context, entry.event.client.uscc, years) else []


def _was_said(context: Context, client: str, years: Iterable[int]) -> bool:
    """Whether there is a form or a score of one of these years. Few have any, so of all years it is asked in one go."""
    years = list(years)
    places = [place for year in years for place in (scores_at(client, year), forms_at(client, year, None))]
    found = context.entries.beside([DayWindow(place, date.max) for place in places], context.version)
    return found is None or any(found) or bool(context.entries.within(*(forms_of(client, year) for year in years)))


def _years_from(context: Context, day: date) -> range:
    """The assessment years from that of a day on of which something may have been said: none but those begun."""
    begun, now = context.year_of(day), context.year_of(shanghai_date(context.at))
    return range(begun, max(begun, now) + 2)


def _running(
    books: Rulebooks, year: int, day: date, projects: Iterable[Event], ends: Sequence[Event]
) -> list[ProjectStarted]:
    """Of projects begun by a day those that surely run in a year, whenever asked from that day on.

    `ends`: what moved or ended the projects that began last; where there may be more, it tells of the later ones only.
    """
    first, last = books.span_of(year)
    begun = of_types(projects, ProjectStarted)
    told = date.min
    if len(ends) == NEAREST and begun:
        days = {one.id: one.occurred_on for one in begun}
        earliest = ends[-1].named()
        told = next((days[one] for one in earliest if one in days), min(days.values()))
    ended: dict[str, date] = {}
    for one in ends:
        if isinstance(one, _ENDS):
            ended[one.project_id] = min(one.occurred_on, ended.get(one.project_id, NEVER))
    return [
        one
        for one in begun
        if told < one.occurred_on <= min(day, last)
        and max(one.occurred_on, first) <= min(last, ended.get(one.id, NEVER))
    ]


def _replaced(until: Iterable[Event], event: Event, books: Rulebooks) -> Event | None:
    """What spoke on its day before an event that was recorded last."""
    return next((one for one in until if one.id != event.id and one.occurred_on >= books.first_day), None)


def _until(year: int, day: date, by: Counts, later: Sequence[Event]) -> list[YearStep]:
    """From a day on, until the next of its kind speaks in its stead."""
    steps = [YearStep(year, day, by)]
    if later:
        steps.append(YearStep(year, later[0].occurred_on, tuple(-one for one in by)))
    return [one for one in steps if any(by)]
