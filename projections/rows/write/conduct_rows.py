"""Rows of lapses, of project and filing periods, and of bad-record counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from domain.events import (
    AgencySucceeded,
    AgencyTerminated,
    BadRecordEntered,
    ComplaintUpheld,
    Event,
    FactsInherited,
    FilingSubmitted,
    InformationChanged,
    LapseRecorded,
    PledgeSigned,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectStarted,
    SubmissionReceived,
    SubmissionRequested,
    SurveyClosed,
    SurveySubmitted,
)
from domain.folding import compared
from domain.measures.chapter2_filing import change_deadlines, filed_periods
from domain.measures.chapter3_business import ended_on, lapses
from domain.measures.chapter3_sanctions import all_records
from domain.measures.text.implements import implements
from domain.trail.event_index import ground_of
from domain.trail.keys import BY_DERIVATION, PLEDGE_ITEM, ground_key, naming_key, type_key, type_keys
from domain.trail.trail import Facts, Trail
from projections.rows.write.current_rows import NEVER, ONE_DAY, Period, RowKey, shifted
from projections.rows.write.row_context import FILING, FILINGS, Context, of_types

LAPSES, PROJECTS, FILED, RECORDS = "conduct_lapse", "project_period", "filed_period", "bad_record_count"
PROVISIONAL = 0
"""Stands among the items of lapses for a deadline that rests on a provisional calendar (R2)."""
_ENDING = (AgencyTerminated, AgencySucceeded)
_ENDS = (ProjectCompleted, ProjectCancelled)
_OF_A_GROUND = (ProjectExtended, ProjectCompleted, ProjectCancelled, SubmissionReceived)
_WITH_GROUNDS = (*_OF_A_GROUND, ProjectStarted, SubmissionRequested, InformationChanged, LapseRecorded, PledgeSigned)


# ---- lapses (annex 1 items 1-7, 9) ----

OF_LAPSES = frozenset({*_WITH_GROUNDS, *_ENDING, FilingSubmitted})


@implements(
    "art.12",
    "art.15",
    "art.21",
    "art.26",
    "annex1.item1",
    "annex1.item2",
    "annex1.item3",
    "annex1.item4",
    "annex1.item5",
    "annex1.item6",
    "annex1.item7",
    "annex1.item9",
    "R7",
    "R8",
    "R8c",
    "R8d",
    "R8e",
    "R9",
)
def update_lapses(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew the lapses of every ground that the changed events bear on (R7-R9, R8a, R8c)."""
    changed = list(changed)
    if bears_on_all_duties(context, changed):
        keys = [*FILING, *type_keys(*_WITH_GROUNDS)]
        before, now = context.both(keys)
        _replace_lapses(context, _lapses_in(context, before), _lapses_in(context, now))
        return
    for ground in {ground for event in changed for ground in _grounds(context, event)}:
        keys = [*FILING, ground_key(ground), *(naming_key(ground, kind) for kind in _OF_A_GROUND)]
        found = context.entries.one(ground)
        if found is not None and isinstance(found.event, SubmissionRequested) and found.event.item == PLEDGE_ITEM:
            keys.append(type_key(PledgeSigned))
        if context.is_own(ground):
            _replace_lapses(context, {}, _lapses_in(context, context.now(keys, ground)))
        else:
            before, now = context.both(keys, ground)
            _replace_lapses(context, _lapses_in(context, before), _lapses_in(context, now))


def bears_on_all_duties(context: Context, changed: list[Event]) -> bool:
    """A termination ends duties, and a filing after one begins new ones (R6); a succession does too (R43)."""
    if any(isinstance(one, _ENDING) for one in changed):
        return True
    is_filed = any(isinstance(one, FilingSubmitted) for one in changed)
    return is_filed and bool(context.entries.under(type_keys(*_ENDING)))


def _grounds(context: Context, event: Event) -> Iterator[str]:
    if isinstance(event, LapseRecorded):
        yield ground_of(event, context.entries) or event.id
    elif isinstance(event, (ProjectStarted, SubmissionRequested, InformationChanged)):
        yield event.id
    elif isinstance(event, (ProjectExtended, ProjectCompleted, ProjectCancelled)):
        yield event.project_id
    elif isinstance(event, SubmissionReceived):
        yield event.request_id
    elif isinstance(event, PledgeSigned):
        for entry in context.entries.under([type_key(SubmissionRequested, PLEDGE_ITEM)]):
            request = entry.event
            if isinstance(request, SubmissionRequested) and request.occurred_on <= event.occurred_on <= request.due_on:
                yield request.id


def _lapses_in(context: Context, trail: Trail) -> dict[RowKey, date]:
    """From which day on each lapse in a trail costs a point, and deadlines that are provisional."""
    law, facts = context.law, Facts(trail, date.max)
    found = {
        RowKey(
            LAPSES, context.year_of(one.lapse.counts_on), f"{one.lapse.item}:{one.lapse.ground}"
        ): one.lapse.appears_on
        for one in lapses(facts, law.rulebooks, law.calendar)
        if one.reason is None
    }
    for change, limit in change_deadlines(facts, law.rulebooks, law.calendar):
        if limit.provisional:
            found[RowKey(LAPSES, context.year_of(limit.day), f"{PROVISIONAL}:{change.id}")] = change.occurred_on
    return found


def _replace_lapses(context: Context, before: dict[RowKey, date], now: dict[RowKey, date]) -> None:
    for place in sorted(before.keys() | now.keys()):
        if before.get(place) != now.get(place):
            new = [Period(now[place], NEVER, None)] if place in now else []
            context.live.replace(place, new, context.at)


# ---- periods: in business (R10), filed (R6) ----

OF_PERIODS = frozenset({ProjectStarted, *_ENDS, *FILINGS})


@implements("annex1.note4", "R10", "R29")
def update_periods(context: Context, changed: Iterable[Event]) -> None:
    """When projects run, and when the agency is filed: what being assessed in a year needs (R29)."""
    changed = list(changed)
    touched = {event.id for event in of_types(changed, ProjectStarted)}
    touched |= {event.project_id for event in changed if isinstance(event, _ENDS)}
    for project_id in sorted(touched):
        trail = context.now([naming_key(project_id, kind) for kind in _ENDS], project_id)
        steps = [step for project in trail.of(ProjectStarted) for step in _period(trail, project)]
        context.live.replace(RowKey(PROJECTS, key=project_id), steps, context.at)
    if of_types(changed, *FILINGS):
        spans = sorted(filed_periods(Facts(context.now(FILING), date.max)))
        context.live.replace(RowKey(FILED), _joined(spans), context.at)


def _joined(spans: Iterable[tuple[date, date]]) -> list[Period]:
    """Spans of days, both ends included, with those that touch or overlap made one."""
    found: list[Period] = []
    for first, last in spans:
        to = NEVER if last == NEVER else last + ONE_DAY
        if found and first <= found[-1].valid_to:
            found[-1] = found[-1]._replace(valid_to=max(to, found[-1].valid_to))
        else:
            found.append(Period(first, to, None))
    return found


def _period(trail: Trail, project: ProjectStarted) -> Iterator[Period]:
    end = ended_on(Facts(trail, date.max), project)
    client = project.client
    search = "\n".join(map(compared, (client.name, client.uscc, project.contract_no or "")))
    if end is None:
        yield Period(project.occurred_on, NEVER, search)
    elif end >= project.occurred_on:
        yield Period(project.occurred_on, NEVER if end == NEVER else end + ONE_DAY, search)


# ---- bad records (art.16) ----

OF_RECORDS = frozenset({BadRecordEntered, ComplaintUpheld, FactsInherited})
_BEHIND_RECORDS = (
    BadRecordEntered,
    ComplaintUpheld,
    SurveyClosed,
    SurveySubmitted,
    ProjectStarted,
    ProjectCompleted,
    ProjectCancelled,
)
ENTERED_BY_HAND = type_key(BadRecordEntered, BY_DERIVATION)


@implements("art.16", "art.21", "annex1.item8", "R11", "R12", "R13", "R21")
def update_records(context: Context, changed: Iterable[Event]) -> None:
    """Count each entered record and each upheld complaint in the year of its day (R12, R13)."""
    changed = list(changed)
    found = [
        (context.year_of(event.occurred_on), event.occurred_on, 1 if event.version == context.version else -1)
        for event in of_types(changed, BadRecordEntered, ComplaintUpheld)
        if event.occurred_on >= context.law.rulebooks.first_day
    ]
    move_records(context, found)
    if of_types(changed, FactsInherited):  # the one before goes, with all that it had brought
        before, now = (_all_records(context, trail) for trail in context.both([type_key(FactsInherited)]))
        for year, day in sorted(before.keys() | now.keys()):
            if by := now[year, day] - before[year, day]:
                count_records(context, year, day, by)


@implements("art.16(8)", "R12")
def move_records(context: Context, moved: Iterable[tuple[int, date, int]]) -> None:
    """So many records more or fewer per year and day: once an event, of everything that it changes.

    Where some 16.8 or 16.12 was entered by hand, what else stands decides which count (R12): all is counted again.
    """
    moved = list(moved)
    if moved and context.entries.under([ENTERED_BY_HAND]):
        before, now = (_all_records(context, trail) for trail in context.both(type_keys(*_BEHIND_RECORDS)))
        moved = [(*place, now[place] - before[place]) for place in sorted(before.keys() | now.keys())]
    for year, day, by in moved:
        if by:
            count_records(context, year, day, by)


def _all_records(context: Context, trail: Trail) -> Counter[tuple[int, date]]:
    """How many records more, or fewer, count in a year from a day on."""
    books = context.law.rulebooks
    found: Counter[tuple[int, date]] = Counter()
    for record in all_records(Facts(trail, date.max), books):
        if record.day >= books.first_day:
            found[record.year, record.day] += 1
            if record.ended_on is not None:
                found[record.year, record.ended_on] -= 1
    return found


def count_records(context: Context, year: int, day: date, by: int) -> None:
    """So many records more (or fewer) in a year from a day on. A total is the sum over years: a running one would make
    a late fact rewrite every later row."""
    place = RowKey(RECORDS, year)
    since = day - ONE_DAY
    steps = shifted(context.live.steps(place, since), day, lambda count: count + by, 0)
    context.live.replace(place, steps, context.at, since)
