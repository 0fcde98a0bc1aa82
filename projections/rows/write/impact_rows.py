"""Which published results a fact or an annulment would change, had it been known then (R36).

A result looks at its year on the day of publication. What the event at hand has changed in the rows of that year and
day tells whether the result would be another; rows of other years and days cannot change it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from domain.events import (
    AgencyFiled,
    AgencySucceeded,
    AgencyTerminated,
    AppealPartlyUpheld,
    AppealUpheld,
    Event,
    EventAnnulled,
    FilingSubmitted,
    ImpactDisposed,
    InformationChanged,
    ProjectCancelled,
    ProjectCompleted,
    ProjectStarted,
    ResultPublished,
    ResultRevised,
)
from domain.ledger.read_models import Touched
from domain.measures.chapter2_filing import profile_on
from domain.measures.chapter4_appeals import result_day
from domain.measures.chapter4_assessment import why_not_assessed
from domain.measures.chapter4_late_facts import ever_rested_on, impact_id, is_of_a_decision
from domain.measures.rulebook.kinds import group_of
from domain.measures.text.implements import implements
from domain.trail.keys import appeal_key, field_keys, result_key, type_key, type_keys
from domain.trail.trail import Facts
from domain.values import FOREVER, shanghai_date
from projections.rows.score_values import SCORES, Score
from projections.rows.write.conduct_rows import FILED, LAPSES, PROJECTS, PROVISIONAL, RECORDS
from projections.rows.write.current_rows import NEVER, CurrentRow, Period, ReplacedPeriods, RowKey
from projections.rows.write.row_context import FILING, Context
from projections.rows.write.worklist_rows import MATTERS, Matter, matter_place

_OF_A_YEAR = (SCORES, LAPSES, RECORDS)
_PERIODS = (PROJECTS, FILED)
_RUNNING = type_keys(ProjectStarted, ProjectCompleted, ProjectCancelled)


@implements("R36")
def update_impacts(context: Context, event: Event, changed: Iterable[Event]) -> None:
    """Open an impact for every standing result of the agency that the event would change, and close disposed ones."""
    if isinstance(event, ImpactDisposed):
        _dispose(context, event)
        return
    if isinstance(event, (ResultPublished, ResultRevised)):
        _overtaken(context, event)
        _taken_in(context, event)
        return
    if not context.may_be_published():
        return  # the usual case, and it costs nothing
    if isinstance(event, EventAnnulled):
        _void(context, changed)
    changed = list(changed)
    for year in sorted({*_years(context), *_years_of_category(context, changed)}):
        result = standing_result(context, year)
        if result is None or _is_of_the_result(context, event, result):
            continue
        if _changes(context, year, result_day(result)) or _other_category(context, changed, year):
            _open(context, result, event.id)


def standing_result(context: Context, year: int) -> ResultPublished | ResultRevised | None:
    """The result of the year that was recorded last."""
    found = context.now([result_key(year)]).events
    last = found[-1] if found else None
    return last if isinstance(last, (ResultPublished, ResultRevised)) else None


def _years(context: Context) -> Iterator[int]:
    """The years that are over and published, of which the event at hand has changed something."""
    today, books = shanghai_date(context.at), context.law.rulebooks
    years: set[int] = set()
    for change in context.live.changes:
        if change.place.table in _OF_A_YEAR:
            years.add(change.place.year)
        elif change.place.table in _PERIODS:
            first = max(min(_differing(change), default=NEVER), books.first_day)
            years |= set(range(context.year_of(first), context.year_of(today) + 1)) if first <= today else set()
    for year in sorted(years):
        if books.span_of(year)[1] < today and context.may_be_published(year):
            yield year


def _differing(change: ReplacedPeriods) -> Iterator[date]:
    """First days of what a period covers more, or less, than before."""
    before = {(step.valid_from, step.valid_to) for step in change.before}
    after = {(step.valid_from, step.valid_to) for step in change.after}
    for one, other in ((before, after), (after, before)):
        for first, last in one - other:
            like = [end for start, end in other if start == first]
            yield min(last, *like) if like else first


def _is_of_the_result(context: Context, event: Event, result: ResultPublished | ResultRevised) -> bool:
    """Whether it is part of the decision of an appeal about this year, which revises the result itself (R34)."""
    appeals = {one.event.id for one in context.entries.under([appeal_key(result.year)])}
    decided = [one for one in _decisions(context) if one.appeal_id in appeals]

    def is_late(event_id: str) -> bool:
        target = context.entries.one(event_id)
        return target is not None and not _let_in(context, target.event, result.year, decided)

    return is_of_a_decision(event, appeals, decided, is_late)


def _decisions(context: Context) -> list[AppealUpheld | AppealPartlyUpheld]:
    found = (one.event for one in context.entries.under(type_keys(AppealUpheld, AppealPartlyUpheld)))
    return [one for one in found if isinstance(one, (AppealUpheld, AppealPartlyUpheld))]


def _let_in(context: Context, fact: Event, year: int, decided: Sequence[AppealUpheld | AppealPartlyUpheld]) -> bool:
    results = context.now([result_key(year)]).events
    return ever_rested_on(
        fact, results, decided, lambda: (one.event for one in context.entries.under([type_key(ImpactDisposed)]))
    )


_PROFILE = (*FILING, *field_keys(("category",)))


def _years_of_category(context: Context, changed: Iterable[Event]) -> Iterator[int]:
    """The published years in which the category may be another by filings or changes: results rank by it (R30)."""
    days = [
        event.occurred_on
        for event in changed
        if isinstance(event, (FilingSubmitted, AgencyFiled, AgencyTerminated, AgencySucceeded))
        or (isinstance(event, InformationChanged) and isinstance(event.fields.category, str))
    ]
    for year in context.published or () if days else ():
        if context.law.rulebooks.span_of(year)[1] >= min(days):
            yield year


def _other_category(context: Context, changed: Iterable[Event], year: int) -> bool:
    """Whether the category on the year's last day is another by the event."""
    if year not in set(_years_of_category(context, changed)):
        return False
    last = context.law.rulebooks.span_of(year)[1]
    before, now = context.both(_PROFILE)
    known = context.law.rulebooks.on(last).categories.known
    first, then = (profile_on(trail, last).category for trail in (before, now))
    return group_of(first or None, known) != group_of(then or None, known)


def _changes(context: Context, year: int, day: date) -> bool:
    """Whether the sheet of the year on that day is another by what the event has changed."""
    changes = context.live.changes
    books = context.law.rulebooks
    worth = books.for_sheet(year, day).conduct.lapse_points
    for place in sorted({change.place for change in changes if change.place.table in _OF_A_YEAR}):
        if place.year == year and _costs(place, worth) and _other_on(day, place, changes):
            return True
    if any(change.place.table in _PERIODS for change in changes):
        first, last = books.span_of(year)
        before, now = context.both([*FILING, *_RUNNING])
        asked = [bool(why_not_assessed(Facts(trail, day), first, min(last, day))) for trail in (before, now)]
        return asked[0] != asked[1]
    return False


def _costs(place: RowKey, worth: Mapping[int, Fraction]) -> bool:
    """Whether rows of the place bear on points: not those that say that a deadline rests on an uncovered year (R2)."""
    if place.table != LAPSES:
        return True
    item = int(place.key.partition(":")[0])
    return item != PROVISIONAL and bool(worth[item])


def _other_on(day: date, place: RowKey, changes: Sequence[ReplacedPeriods]) -> bool:
    """Whether what stood at the place on the day before all these changes is not what stands after them.

    A count of none is the same as no row: a record entered by hand in whose place another stands by then (R12b).
    """
    seen = [
        [_essence(step.value) for step in steps if step.valid_from <= day < step.valid_to and step.value != 0]
        for change in changes
        if change.place == place
        for steps in (change.before, change.after)
    ]
    pairs = [(before, after) for before, after in zip(seen[::2], seen[1::2], strict=True) if before or after]
    return bool(pairs) and pairs[0][0] != pairs[-1][1]


def _essence(value: object) -> object:
    """What of a row's value shows on a sheet's result."""
    if not isinstance(value, Score):
        return value
    forms, *_, scores, _ = value.counts
    direct = [(one["kind"], len(one["events"])) for one in json.loads(value.override)]
    return value.shown, direct, bool(forms), bool(scores)  # what is inherited is recorded anew, under another id (R43)


def _open(context: Context, result: ResultPublished | ResultRevised, cause: str) -> None:
    today = shanghai_date(context.at)
    matter = Matter("impact", "open", today, None, cause, result.year, True)
    place = matter_place("impact", impact_id(result.id, cause))
    context.live.replace(place, [Period(today, NEVER, matter)], context.at)


@implements("R32a")
def _overtaken(context: Context, event: Event) -> None:
    """What came in between the sheet and the decision to publish it."""
    if isinstance(event, ResultPublished):
        for cause in event.overtaken_by:
            _open(context, event, cause)


def _taken_in(context: Context, event: ResultPublished | ResultRevised) -> None:
    """A decision takes away a fact that was annulled meanwhile: that annulment changes the result no more."""
    if not isinstance(event, ResultRevised) or event.appeal_id is None or event.sheet_of is not None:
        return
    results = context.now([result_key(event.year)]).events
    for decision in _decisions(context):
        for annulled in decision.annulled if decision.appeal_id == event.appeal_id else ():
            entry = context.entries.one(annulled)
            for result in results if entry is not None and entry.gone_by is not None else ():
                _end(context, result.id, str(entry.gone_by), "absorbed")  # type: ignore[union-attr]  # is there


def is_impact(place: RowKey) -> bool:
    """Whether the rows of a place are of an impact."""
    return place.table == MATTERS and place.key.startswith("impact:")


def touched_by(rows: Iterable[CurrentRow]) -> list[Touched]:
    """The impacts that these rows open; one that ends on a later day than it began keeps a row of its open days."""
    found = []
    for row in rows:
        matter = row.step.value
        stands = row.known_to == FOREVER and row.step.valid_to == NEVER
        if row.place.table == MATTERS and matter.kind == "impact" and matter.is_open and stands:
            id_ = row.place.key.removeprefix("impact:")
            found.append(Touched(id_, id_.partition("~")[0], matter.about, matter.about_year))
    return sorted(set(found))


def _dispose(context: Context, event: ImpactDisposed) -> None:
    _end(context, event.result_id, event.cause, event.outcome)


def _void(context: Context, gone: Iterable[Event]) -> None:
    """A fact that is annulled changes no result any more: what it opened and nobody disposed of is void."""
    results = context.now(type_keys(ResultPublished, ResultRevised)).events
    for event in gone:
        for result in results:
            if event.version > result.version or event.id in getattr(result, "overtaken_by", ()):
                _end(context, result.id, event.id, "void")


def _end(context: Context, result_id: str, cause: str, status: str) -> None:
    place = matter_place("impact", impact_id(result_id, cause))
    steps = context.live.steps(place)
    if not steps or not steps[-1].value.is_open:
        return
    today = max(shanghai_date(context.at), steps[-1].valid_from)
    ended = steps[-1].value._replace(status=status, is_open=False)
    first = steps[-1]._replace(valid_to=today)
    kept = [first] if first.valid_from < today else []
    context.live.replace(place, [*steps[:-1], *kept, Period(today, NEVER, ended)], context.at)
