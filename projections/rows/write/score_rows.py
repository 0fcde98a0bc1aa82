"""Rows of the annual score: what surveys, effect scores, honours, blacklistings and penalties make of a year.

Conduct is not in them: lapses that a date will bring stand in rows of their own, so that an ordinary fact need not
rewrite what lies ahead (docs/adr/0005). A total is these points and the conduct of the day, added when asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import TypeVar

from domain.events import (
    AgencyDelisted,
    ComplaintUpheld,
    EffectScored,
    Event,
    FactsInherited,
    HonourAwarded,
    PenaltyImposed,
    ProjectCancelled,
    ProjectCompleted,
    ProjectStarted,
    SurveyClosed,
    SurveySubmitted,
)
from domain.measures import annex1_score as annex1
from domain.measures.chapter4_assessment import overrides
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements
from domain.trail.keys import ends_at, forms_key, forms_of, projects_at, scores_at, scores_of, type_key, type_keys
from domain.trail.trail import Facts, Trail
from domain.values import normal_text
from projections.rows.client_years import NO_COUNTS, ClientYear, Counts
from projections.rows.score_values import EFFECTS, NO_SCORE, SCORES, Score, satisfaction, shown
from projections.rows.write.clients.one_fact_more import one_more
from projections.rows.write.conduct_rows import move_records
from projections.rows.write.current_rows import ONE_DAY, Period, RowKey, cut, merged, shifted, value_on
from projections.rows.write.row_context import Context, of_types

E = TypeVar("E", bound=Event)
LADDER = type_keys(ComplaintUpheld, AgencyDelisted, FactsInherited)
_OVERRIDING = (ComplaintUpheld, AgencyDelisted, PenaltyImposed, FactsInherited)
OF_SCORES = frozenset(
    {
        SurveySubmitted,
        SurveyClosed,
        EffectScored,
        ProjectStarted,
        ProjectCompleted,
        ProjectCancelled,
        HonourAwarded,
        *_OVERRIDING,
    }
)


@implements("art.20")
def update_scores(context: Context, changed: Iterable[Event]) -> None:
    """Bring the years up to date that the changed events bear on, from the first day that they change."""
    changed = list(changed)
    _of_clients(context, changed)
    _honours(context, changed)
    _overrides(context, changed)


def _shift(context: Context, year: int, before: dict[date, Counts], now: dict[date, Counts]) -> None:
    """Let the difference between what is counted on some days and was counted on them stand in a year's rows."""
    was = NO_COUNTS
    for day in sorted(now):
        delta = tuple(new - old for new, old in zip(now[day], before[day], strict=True))
        step, was = tuple(one - other for one, other in zip(delta, was, strict=True)), delta
        if any(step):
            _change(context, year, day, partial(_added, step))


def _added(step: Counts, score: Score) -> Score:
    return score._replace(counts=tuple(one + by for one, by in zip(score.counts, step, strict=True)))


def _change(context: Context, year: int, day: date, change: Callable[[Score], Score]) -> None:
    """Change a year's rows from a day on, and what they show with them."""
    since = day - ONE_DAY
    steps = shifted(context.live.steps(RowKey(SCORES, year), since), day, change, NO_SCORE)
    _put(context, year, steps, since)


def _put(context: Context, year: int, steps: Iterable[Period], since: date) -> None:
    books = context.law.rulebooks
    done = [
        step._replace(value=step.value._replace(shown=shown(step.value, books.for_sheet(year, step.valid_from))))
        for step in cut(steps, context.book_edges(year))
    ]
    context.live.replace(RowKey(SCORES, year), merged(done), context.at, since)


# ---- surveys (art.23), the bad record of a low mean (art.16(8)), effect (art.22) ----

_ENDS = (ProjectCompleted, ProjectCancelled)


@implements("art.13", "art.22", "art.23", "annex1.item10", "annex1.item11", "annex2", "R22", "R23")
def _of_clients(context: Context, changed: list[Event]) -> None:
    """What clients and the regulator say of a year: it counts for who was served in it, whenever that is known."""
    if not of_types(changed, *_ON_CLIENTS):
        return
    told = one_more(context, changed[0]) if len(changed) == 1 and context.is_own(changed[0].id) else None
    if told is not None:
        for year, day, step in told:
            _change(context, year, day, partial(_added, step))
        return
    closed = {closing.year for closing in of_types(changed, SurveyClosed)}
    clients = _clients(context, changed)
    clients |= {form.client.uscc for year in closed for form in _under(context, forms_key(year), SurveySubmitted)}
    bearing = _years_said(context, changed, clients) if clients else []
    if not bearing:
        return
    places = [place for client in sorted(clients) for place in (projects_at(client), ends_at(client))]
    for client in sorted(clients):
        places += [place for year in bearing for place in (forms_of(client, year), scores_at(client, year))]
    before, now = context.lists([type_key(SurveyClosed)], places)
    since = min(event.occurred_on for event in changed if isinstance(event, _ON_CLIENTS))
    records: list[tuple[int, date, int]] = []
    for year in bearing:
        low = _low_mean(context, year, before)
        years = [ClientYear(year, events, context.law.rulebooks) for events in (before, now)]
        days = sorted(day for day in years[0].days | years[1].days if day >= since)
        _shift(context, year, *(one.counts(days) for one in years))
        for day in _low_mean(context, year, now) ^ low:
            records.append((year, day, -1 if day in low else 1))
    move_records(context, records)


_SAID: tuple[type[SurveySubmitted] | type[EffectScored], ...] = (SurveySubmitted, EffectScored)
_ON_CLIENTS = (*_SAID, SurveyClosed, ProjectStarted, *_ENDS)


def _years_said(context: Context, changed: list[Event], clients: Iterable[str]) -> list[int]:
    """The years that the changed events bear on: their own, or with a project those of which something was said.

    A project is of no year before it began, and its end takes it only out of the years that begin after that.
    """
    years = {event.year for event in changed if isinstance(event, (SurveySubmitted, EffectScored, SurveyClosed))}
    of_projects = [event for event in changed if isinstance(event, (ProjectStarted, *_ENDS))]
    if not of_projects:
        return sorted(years)
    entries = context.entries.within(*(place for one in sorted(clients) for place in (forms_of(one), scores_of(one))))
    of_them = {one.year for one in of_types((entry.event for entry in entries), *_SAID)}
    said = {year: context.law.rulebooks.span_of(year) for year in of_them}
    for event in of_projects:
        day = event.occurred_on
        if isinstance(event, ProjectStarted):
            years |= {year for year, (_, last) in said.items() if day <= last}
        else:
            entry = context.entries.one(event.project_id)
            is_early = entry is not None and day < entry.event.occurred_on
            years |= {year for year, (first, _) in said.items() if day < first or is_early}
    return sorted(years)


def _clients(context: Context, changed: list[Event]) -> set[str]:
    """The enterprises whose forms or scores, or whether they were served, the changed events bear on."""
    ended = [context.entries.one(event.project_id) for event in changed if isinstance(event, _ENDS)]
    events = [*changed, *(entry.event for entry in ended if entry is not None)]
    return {event.client.uscc for event in events if isinstance(event, (SurveySubmitted, EffectScored, ProjectStarted))}


def _under(context: Context, key: str, kind: type[E]) -> list[E]:
    return of_types((entry.event for entry in context.entries.under([key])), kind)


@implements("art.16(8)", "R12")
def _low_mean(context: Context, year: int, events: list[Event]) -> set[date]:
    """The days on which the year's survey was closed with a mean under the floor, as the rows have it (R12)."""
    books = context.law.rulebooks
    if books.span_of(year)[1] < books.first_day:
        return set()
    found = set()
    for closing in of_types(events, SurveyClosed):
        day = closing.occurred_on
        if closing.year != year or day < books.first_day:
            continue
        score = value_on(context.live.steps(RowKey(SCORES, year), day - ONE_DAY), day)
        book = books.for_sheet(year, day)
        mean = None if score is None else satisfaction(score.counts[:EFFECTS], book)
        if mean is not None and mean < book.survey.satisfaction_floor:
            found.add(day)
    return found


# ---- honours (art.24) ----


@implements("art.24", "annex1.item12", "R24")
def _honours(context: Context, changed: list[Event]) -> None:
    """A reason is credited once over all years, so an award bears on later awards for the same reason (R24)."""
    awards = [event for event in changed if isinstance(event, HonourAwarded)]
    if not awards:
        return
    before, now = context.both([type_key(HonourAwarded)])
    reasons = {normal_text(award.reason) for award in awards}
    since = min(award.occurred_on for award in awards)
    alike = [one for one in now.of(HonourAwarded) if normal_text(one.reason) in reasons]
    years = {context.year_of(one.occurred_on) for one in (*awards, *alike) if one.occurred_on >= since}
    days = {one.occurred_on for trail in (before, now) for one in trail.of(HonourAwarded)}
    _judge_anew(context, years, (before, now), days, since, _honours_on, "honours")


def _honours_on(facts: Facts, books: Rulebooks, year: int) -> str:
    (first, last), day = books.span_of(year), facts.as_of
    return str(annex1.honours(facts, year, first, min(last, day), books.for_sheet(year, day), books).points)


def _judge_anew(
    context: Context,
    years: Iterable[int],
    both: tuple[Trail, Trail],
    days: Iterable[date],
    since: date,
    judged: Callable[[Facts, Rulebooks, int], str],
    field: str,
) -> None:
    """Let a field of these years' rows be what the facts before and now make of it on days and with other rulebooks.

    What is judged of a day follows from the facts up to it: before `since`, the first that changes, all stays.
    """
    books = context.law.rulebooks
    for year in sorted(years):
        first, last = books.span_of(year)
        of_year = {day for day in days if first <= day <= last}
        anew = sorted(day for day in of_year.union(context.book_edges(year) if of_year else ()) if day >= since)
        was, now = ({day: judged(Facts(trail, day), books, year) for day in anew} for trail in both)
        _overlay(context, year, was, now, field)


def _overlay(context: Context, year: int, before: dict[date, str], now: dict[date, str], field: str) -> None:
    """Let a field of a year's rows be what `now` says from each of its days on, where that differs from `before`."""
    days = sorted(before.keys() | now.keys())
    default = Score._field_defaults[field]
    differ = [day for day in days if _said(before, day, default) != _said(now, day, default)]
    if not differ:
        return
    since = differ[0] - ONE_DAY
    steps = shifted(context.live.steps(RowKey(SCORES, year), since), differ[0], lambda score: score, NO_SCORE)
    laid = []
    for step in cut(steps, days):
        value = step.value
        if step.valid_from >= differ[0]:
            value = value._replace(**{field: _said(now, step.valid_from, default)})
        laid.append(step._replace(value=value))
    _put(context, year, laid, since)


def _said(values: dict[date, str], day: date, default: str) -> str:
    days = [one for one in values if one <= day]
    return values[max(days)] if days else default


# ---- what makes a year unqualified (art.25) ----


@implements("art.25", "R28")
def _overrides(context: Context, changed: list[Event]) -> None:
    facts = of_types(changed, *_OVERRIDING)
    if not facts:
        return
    keys = [*LADDER, type_key(PenaltyImposed)]
    before, now = context.both(keys)
    books = context.law.rulebooks
    longest = max(book.ladder.window_years for book in books)
    years: set[int] = set()
    for event in facts:
        first = context.year_of(event.occurred_on)
        last = first if isinstance(event, PenaltyImposed) else first + longest + 1
        if isinstance(event, AgencyDelisted):  # restarts the count for all that follows (R16)
            last = max([first, *(context.year_of(one.occurred_on) for one in now.of(ComplaintUpheld))])
        years |= set(range(first, last + 1))
    for one in (one for trail in (before, now) for one in trail.of(FactsInherited) if of_types(facts, FactsInherited)):
        days = [one.occurred_on, *(each.upheld_on for each in one.complaints), *(tag.added_on for tag in one.tags)]
        days += [fine.decided_on for fine in one.penalties]
        years |= set(range(context.year_of(min(days)), context.year_of(max(days)) + longest + 2))
    found, since = _override_days(before) | _override_days(now), min(one.occurred_on for one in facts)
    _judge_anew(context, years, (before, now), found, since, _override_on, "override")


def _override_days(trail: Trail) -> set[date]:
    """The days on which something that may make a year unqualified happened, or takes effect here (R43)."""
    inherited_ = list(trail.of(FactsInherited))
    found = {one.occurred_on for kind in _OVERRIDING for one in trail.of(kind)}
    found |= {each.upheld_on for one in inherited_ for each in one.complaints if each.upheld_on > one.occurred_on}
    return found | {max(fine.decided_on, one.occurred_on) for one in inherited_ for fine in one.penalties}


def _override_on(facts: Facts, books: Rulebooks, year: int) -> str:
    (first, last), day = books.span_of(year), facts.as_of
    found = overrides(facts, books.for_sheet(year, day), books, first, min(last, day))
    said = [{"kind": one.kind, "article": "art.25", "events": list(one.events)} for one in found]
    return json.dumps(said, separators=(",", ":"))
