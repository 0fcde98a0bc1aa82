"""Rows of what an agency is: name, category, filing state, the warning that stands (R31), the advice of R19,
and the notices that it was sent (R41).

Rows of the sanction tier: one per day on which tier, count, stretch or grounds change, also by time alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import msgspec

from domain.events import (
    AccidentLiabilityFound,
    AgencyDelisted,
    ComplaintUpheld,
    Event,
    FactsInherited,
    InformationChanged,
    NoticeSent,
    ProjectCancelled,
    ProjectCompleted,
    ProjectStarted,
    ResultPublished,
    ResultRevised,
)
from domain.folding import category_fold, compared
from domain.law import Law
from domain.measures.around.service import OF_SERVICE
from domain.measures.around.successions import InheritedUpheld, inherited, inherited_complaints
from domain.measures.calendar import add_years
from domain.measures.chapter2_filing import FilingState
from domain.measures.chapter3_sanctions import Tag, advisories, counted_complaints, sanction, tags
from domain.measures.chapter4_assessment import warning_notices
from domain.measures.rulebook.rulebook import Rulebook, year_span
from domain.measures.text.implements import implements
from domain.trail.keys import LABELS, type_key, type_keys
from domain.trail.trail import Facts, Trail
from domain.values import TIER_RANK, Tier
from projections.replay.known_at import Basis
from projections.replay.standing import agency_name, service_part, warning_part
from projections.rows.write.current_rows import ALWAYS, NEVER, ONE_DAY, Period, RowKey, merged
from projections.rows.write.row_context import FILING, FILINGS, Context, of_types
from projections.rows.write.score_rows import LADDER

STATUS = "agency_status"
_RESULTS = (ResultPublished, ResultRevised)
STATUS_KEYS = (*FILING, *LABELS, *type_keys(*_RESULTS, AccidentLiabilityFound, FactsInherited, *OF_SERVICE))
"""All events that an agency's status follows from, projects apart."""
_PROJECT = (ProjectStarted, ProjectCompleted, ProjectCancelled)
OF_STATUS = frozenset(
    {*FILINGS, *_RESULTS, AccidentLiabilityFound, FactsInherited, InformationChanged, *OF_SERVICE, *_PROJECT}
)


class Status(NamedTuple):
    """What the agency is on a day (R6, R7); as JSON the warning of R31, the advice of R19, its notices (R41)."""

    name: str | None
    category: str | None
    category_key: str | None
    """The category as it is compared: folded; a rulebook's list is looked at when it is asked about (R47)."""
    filing: FilingState | None
    warning: str
    advice: str
    search: str
    """What a search looks through: name and USCC, folded as what is searched for."""
    service: str
    """All notices that were sent to it, with their service by the day."""


@implements("art.2", "art.8", "art.9", "art.11", "art.12", "art.18", "art.19", "R6", "R6b", "R19", "R31", "R41", "R47")
def update_status(context: Context, changed: Iterable[Event]) -> None:
    """Derive the status anew where an event bears on it: all of it is small."""
    changed = list(changed)
    bears = any(
        (type_key(type(event)) in STATUS_KEYS and not _leaves_all(event))
        or (isinstance(event, InformationChanged) and _has_label(event))
        or (isinstance(event, _PROJECT) and any(_concerned(event, one) for one in _accidents(context)))
        for event in changed
    )
    if not bears:
        return
    keys = list(STATUS_KEYS)
    if next(context.now([type_key(AccidentLiabilityFound)]).of(AccidentLiabilityFound), None) is not None:
        keys += type_keys(*_PROJECT)  # whom an accident concerns may depend on what ran on its day (R19)
    context.live.replace(RowKey(STATUS), status_steps(context.now(keys), context.law, context.at), context.at)


def _leaves_all(event: Event) -> bool:
    """A first result that is not unqualified leaves all as it was (R31), and so does a notice to somebody else."""
    if isinstance(event, NoticeSent):
        return event.recipient != "agency"
    return isinstance(event, ResultPublished) and event.grade != "unqualified"


def _accidents(context: Context) -> list[AccidentLiabilityFound]:
    found = (entry.event for entry in context.entries.under([type_key(AccidentLiabilityFound)]))
    return [event for event in found if isinstance(event, AccidentLiabilityFound)]


def _concerned(event: Event, accident: AccidentLiabilityFound) -> bool:
    """Whether the start or end of a project can change whom an accident concerns: who was served that day (R19)."""
    return event.occurred_on <= (accident.accident_on or accident.occurred_on)


def _has_label(event: InformationChanged) -> bool:
    return isinstance(event.fields.name, str) or isinstance(event.fields.category, str)


def status_steps(trail: Trail, law: Law, at: str) -> list[Period]:
    """The status on every day."""
    if not trail.events:
        return []
    days = {event.occurred_on for event in trail.events if not isinstance(event, _PROJECT)}
    for event in trail.events:
        if isinstance(event, _RESULTS):
            for year in (event.year + 1, event.year + 2, event.occurred_on.year, event.occurred_on.year + 1):
                days.add(year_span(year, law.rulebooks)[0])
    for notice in warning_notices(Facts(trail, date.max), law.rulebooks):
        days |= {notice.first, notice.last + ONE_DAY}
    ordered = [ALWAYS, *sorted(days - {ALWAYS})]
    steps = []
    for number, day in enumerate(ordered):
        basis = Basis(trail, law, day, at)
        agency = agency_name(basis)
        value = Status(
            agency.name,
            agency.category,
            None if agency.category is None else category_fold(agency.category),
            agency.filing,
            msgspec.json.encode(warning_part(basis)).decode(),
            msgspec.json.encode(advisories(basis.facts)).decode(),
            "\n".join(map(compared, (agency.name or "", agency.uscc, *_before(basis.facts)))),
            msgspec.json.encode(service_part(basis)).decode(),
        )
        steps.append(Period(day, ordered[number + 1] if number + 1 < len(ordered) else NEVER, value))
    return merged(steps)


@implements("art.12", "R43")
def _before(facts: Facts) -> list[str]:
    """The names and codes of predecessors: who looks for one of them finds who stands in its place."""
    return [word for one in inherited(facts) for word in (*one.names, *one.codes)]


SANCTIONS = "sanction_status"
OF_SANCTIONS = (ComplaintUpheld, AgencyDelisted, FactsInherited)


class Sanction(NamedTuple):
    """What `standing` shows of the tier (R17)."""

    tier: str
    verified: int
    since: date | None
    until: date | None
    events: tuple[str, ...]


NOTHING = Sanction(Tier.NONE, 0, None, None, ())


@implements("art.17", "R15", "R16", "R17")
def update_sanctions(context: Context, changed: Iterable[Event]) -> None:
    """Derive the tier anew from the day of the first changed decision on; earlier days cannot change."""
    facts = of_types(changed, *OF_SANCTIONS)
    if not facts:
        return
    since = min(event.occurred_on for event in facts)
    rows = [step for step in sanction_steps(context.now(LADDER), context.law) if step.valid_to > since - ONE_DAY]
    context.live.replace(RowKey(SANCTIONS), rows, context.at, since - ONE_DAY)


def sanction_steps(trail: Trail, law: Law) -> list[Period]:
    """The tier on every day, under the rulebook of each day (R4)."""
    books = list(law.rulebooks)
    found: list[Period] = []
    for place, book in enumerate(books):
        first = ALWAYS if place == 0 else book.effective_from
        last = books[place + 1].effective_from if place + 1 < len(books) else NEVER
        simple = book.ladder.tag_term == "one_year" and not inherited(Facts(trail, date.max))
        for step in _sweep(trail, law, book) if simple else _day_by_day(trail, law, book):
            if step.valid_from < last and step.valid_to > first:
                found.append(step._replace(valid_from=max(first, step.valid_from), valid_to=min(last, step.valid_to)))
    return merged(found)


def _sweep(trail: Trail, law: Law, book: Rulebook) -> list[Period]:
    """In one pass over the days on which a complaint, a tag or a window begins or ends."""
    every = Facts(trail, date.max)
    complaints = counted_complaints(every, book, law.rulebooks)
    added = tags(every, book, law.rulebooks)
    days = [one.occurred_on for one in complaints]
    window_ends = [add_years(day, book.ladder.window_years) for day in days]
    edges = {*days, *(day + ONE_DAY for day in window_ends)}
    edges |= {tag.last_day + ONE_DAY for tag in added if tag.last_day is not None}
    steps: list[Period] = []
    tier, since, place = Tier.NONE, ALWAYS, 0
    standing: list[Tag] = []
    ordered = sorted(edges)
    for number, day in enumerate(ordered):
        standing = [tag for tag in standing if tag.last_day is None or tag.last_day >= day]
        while place < len(added) and added[place].first_day <= day:
            standing.append(added[place])
            place += 1
        highest = max((tag.tier for tag in standing), key=TIER_RANK.__getitem__, default=Tier.NONE)
        if highest is not tier:
            tier, since = highest, day
        verified = bisect_right(days, day) - bisect_left(window_ends, day)
        value = Sanction(tier, verified, None, None, ())
        if tier is not Tier.NONE:
            of_tier = [tag for tag in standing if tag.tier is tier]
            ends = [tag.last_day for tag in of_tier if tag.last_day is not None]
            until = max(ends) if len(ends) == len(of_tier) else None
            if tier is Tier.RECORDED:
                behind = tuple(one.id for one in complaints[: bisect_right(days, day)])
            else:
                because = {one for tag in of_tier for one in tag.because}
                behind = tuple(one.id for one in complaints if one.id in because)
            value = Sanction(tier, verified, since, until, behind)
        steps.append(Period(day, ordered[number + 1] if number + 1 < len(ordered) else NEVER, value))
    return [Period(ALWAYS, ordered[0] if ordered else NEVER, NOTHING), *steps]


def _day_by_day(trail: Trail, law: Law, book: Rulebook) -> list[Period]:
    """By the Measures' own function on every day that can matter: for ladders that follow the count or a decision."""
    facts: list[ComplaintUpheld | AgencyDelisted | InheritedUpheld] = [
        *trail.of(ComplaintUpheld),
        *trail.of(AgencyDelisted),
        *inherited_complaints(Facts(trail, date.max)),
    ]
    edges = {event.occurred_on for event in facts}
    edges |= {one.counts_from for one in facts if isinstance(one, InheritedUpheld)}
    for one in inherited(Facts(trail, date.max)):
        edges |= {one.occurred_on, *(tag.last_day + ONE_DAY for tag in one.tags if tag.last_day is not None)}
    for event in facts:
        for years in (book.ladder.window_years, book.ladder.tag_years):
            edges.add(add_years(event.occurred_on, years) + ONE_DAY)
    ordered = sorted(edges)
    steps = [Period(ALWAYS, ordered[0] if ordered else NEVER, NOTHING)]
    for number, day in enumerate(ordered):
        on_day = sanction(Facts(trail, day), book, law.rulebooks)
        value = Sanction(on_day.tier, on_day.verified_complaints, on_day.since, on_day.until, on_day.events)
        steps.append(Period(day, ordered[number + 1] if number + 1 < len(ordered) else NEVER, value))
    return steps
