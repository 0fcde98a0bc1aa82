"""Chapter 2 of the Measures: filing, change and termination (art.8-12), and the pledge (art.26)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from msgspec import UNSET, structs

from domain.events import AgencyFiled, FilingReturned, FilingSubmitted, InformationChanged, Profile
from domain.measures.around.successions import ends_of
from domain.measures.calendar import Calendar, Deadline, deadline
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail

ONE_DAY = timedelta(days=1)

BEFORE_THE_MEASURES = ("在办法施行之前", "before the Measures were in force")
"""Why something does not count, in both languages (R4)."""

FilingState = Literal["submitted", "filed", "returned", "terminated"]
"""Where a filing stands (art.8, R6)."""
FILING_LABELS: dict[FilingState, str] = {
    "submitted": "已提交",
    "filed": "已备案",
    "returned": "已退回",
    "terminated": "已终止",
}


@dataclass(frozen=True)
class Lapse:
    """A ground for deduction under annex 1 items 1-7 and 9 (扣分事项)."""

    item: int
    article: str
    appears_on: date
    """The day from which it is seen; for a lapse brought by a date, the day after the deadline."""
    counts_on: date
    """The day whose assessment year bears it; for a lapse brought by a date, the deadline (R7-R9)."""
    ground: str
    """Id of the fact that it concerns: the same ground under the same item counts once (R8c)."""
    events: tuple[str, ...]
    text: str
    text_en: str
    version: int
    """Recording position of the causing event: settles the order within a day."""


@dataclass(frozen=True)
class Filing:
    """One filing's life as far as it is known on a day (R6)."""

    submitted: FilingSubmitted
    outcome: Literal["submitted", "filed", "returned"]
    """submitted, filed or returned."""
    filed_on: date | None
    ended_on: date | None
    """From this day on the filing is terminated."""


@implements("art.8", "art.9", "art.11", "R6", "R6b")
def filings(facts: Facts) -> list[Filing]:
    """Every filing submitted by the day, by date. Facts may arrive in any order of their dates:

    a decision takes effect no earlier than its filing's submission, and a termination ends the filings filed by its
    effective date that were recorded before it; dated before all of them, it ends them as soon as they are filed.
    """
    lives = [_decided(facts, submitted) for submitted in facts.of(FilingSubmitted)]
    for end in ends_of(facts):
        before = [life for life in lives if life.filed_on is not None and life.submitted.version < end.version]
        hit = [life for life in before if life.filed_on is not None and life.filed_on <= end.occurred_on] or before
        for life in hit:
            ended = max(end.occurred_on, life.filed_on or end.occurred_on)
            if life.ended_on is None or ended < life.ended_on:
                lives[lives.index(life)] = replace(life, ended_on=ended)
    return lives


def _decided(facts: Facts, submitted: FilingSubmitted) -> Filing:
    for decision in facts.naming(submitted.id, AgencyFiled, FilingReturned):
        if isinstance(decision, AgencyFiled):
            return Filing(submitted, "filed", max(decision.occurred_on, submitted.occurred_on), None)
        return Filing(submitted, "returned", None, None)
    return Filing(submitted, "submitted", None, None)


@implements("art.8", "art.9", "art.11", "R6")
def filing_state(facts: Facts) -> FilingState | None:
    """The state on the day: filed while some filing is; else that of the latest filing; None before the first."""
    lives = filings(facts)
    if any(life.filed_on is not None and life.ended_on is None for life in lives):
        return "filed"
    if not lives:
        return None
    return "terminated" if lives[-1].ended_on is not None else lives[-1].outcome


def filed_periods(facts: Facts) -> list[tuple[date, date]]:
    """The spans of days, both ends included, on which the agency is filed, up to `as_of` (art.9, R6)."""
    spans = [
        (life.filed_on, facts.as_of if life.ended_on is None else life.ended_on - ONE_DAY)
        for life in filings(facts)
        if life.filed_on is not None
    ]
    return [(first, last) for first, last in spans if first <= last]


@implements("art.9", "R6")
def filed_since(facts: Facts) -> date | None:
    """The day from which the filing that stands on `as_of` is filed, of several the earliest; None when none stands."""
    days = [life.filed_on for life in filings(facts) if life.ended_on is None and life.filed_on is not None]
    return min((day for day in days if day <= facts.as_of), default=None)


@implements("art.11", "R6", "R6a")
def duty_ended(facts: Facts, began_on: date, due_on: date) -> bool:
    """Whether a duty falls due on or after a termination's effective date: then it makes no lapse.

    A duty that began after the agency filed again is a new one and stands.
    """
    for termination in ends_of(facts):
        if due_on < termination.occurred_on:
            continue
        again = [
            filing.occurred_on
            for filing in facts.of(FilingSubmitted)
            if filing.version > termination.version or filing.occurred_on > termination.occurred_on
        ]
        if not again or began_on < again[0]:
            return True
    return False


@implements("art.8", "art.12", "R7")
def profile_on(trail: Trail, day: date) -> Profile:
    """The particulars on a day: of the latest filing filed by then, else submitted by then, else of the first one.

    Changes count on top unless they are both dated and recorded before that filing, which then says them anew.
    """
    values = Profile()
    for said in _said_by(trail, day):
        fields = said.profile if isinstance(said, FilingSubmitted) else said.fields
        values = structs.replace(values, **set_values(fields))
    return values


def saying(trail: Trail, day: date, field: str) -> FilingSubmitted | InformationChanged | None:
    """The filing or change that says what one particular is on a day; None where nothing does."""
    found = None
    for said in _said_by(trail, day):
        fields = said.profile if isinstance(said, FilingSubmitted) else said.fields
        if getattr(fields, field) is not UNSET:
            found = said
    return found


class SaidOn(NamedTuple):
    """A filing or a change of particulars, by what decides whether it speaks: its days and its place in the trail."""

    record: Any
    on: date
    version: int
    filed_on: date | None = None
    """The day on which a filing was filed; None as long as it is not, and for a change."""


def speaking(filed: Sequence[SaidOn], changes: Iterable[SaidOn], day: date) -> Iterator[Any]:
    """The records that say the particulars on a day: the filing that is their base, and the changes on top of it.

    Both are given by date, and so are the changes that come out.
    """
    if not filed:
        return
    by_then = [one for one in filed if one.filed_on is not None and one.filed_on <= day]
    submitted = [one for one in filed if one.on <= day]
    base = (by_then or submitted or filed[:1])[-1]
    yield base.record
    for change in changes:
        if (change.on > base.on or change.version > base.version) and change.on <= day:
            yield change.record


def _said_by(trail: Trail, day: date) -> Iterator[FilingSubmitted | InformationChanged]:
    """The filing that is the base of the particulars on a day, and the changes on top of it, by date."""
    lives = [(life.submitted, life.filed_on) for life in filings(Facts(trail, date.max))]
    filed = [SaidOn(one, one.occurred_on, one.version, filed_on) for one, filed_on in lives]
    changes = (SaidOn(one, one.occurred_on, one.version) for one in trail.dated(InformationChanged))
    return speaking(filed, changes, day)


def set_values(profile: Profile) -> dict[str, Any]:
    """The fields of a profile that are set."""
    return {field: value for field in Profile.__struct_fields__ if (value := getattr(profile, field)) is not UNSET}


def changed_values(old: Profile, given: Mapping[str, Any]) -> Profile:
    """The old values of just those fields that a change names (R7)."""
    return Profile(**{field: value for field, value in set_values(old).items() if field in given})


@implements("art.12", "annex1.item2", "R1", "R2", "R3", "R7")
def late_changes(facts: Facts, rulebooks: Rulebooks, calendar: Calendar) -> list[Lapse]:
    """变更后7日内: a change reported after its deadline makes one lapse of item 2, seen from the day after."""
    lapses = []
    for change, limit in change_deadlines(facts, rulebooks, calendar):
        if change.reported_on <= limit.day or duty_ended(facts, change.occurred_on, limit.day):
            continue
        if limit.day >= facts.as_of:
            continue
        lapses.append(
            Lapse(
                item=2,
                article="art.12",
                appears_on=limit.day + ONE_DAY,
                counts_on=limit.day,
                ground=change.id,
                events=(change.id,),
                text=f"{change.occurred_on} 发生变更，{limit.day} 到期，{change.reported_on} 才报送",
                text_en=f"changed on {change.occurred_on}, due by {limit.day}, reported on {change.reported_on}",
                version=change.version,
            )
        )
    return lapses


def change_deadlines(
    facts: Facts, rulebooks: Rulebooks, calendar: Calendar
) -> Iterator[tuple[InformationChanged, Deadline]]:
    """Every change that has a deadline, with it."""
    for change in facts.of(InformationChanged):
        limit = change_deadline(change, rulebooks, calendar)
        if limit is not None:
            yield change, limit


def change_deadline(change: InformationChanged, rulebooks: Rulebooks, calendar: Calendar) -> Deadline | None:
    """By when a change has to be reported (R3); None before the first rulebook, which set no deadline (R4)."""
    if change.occurred_on < rulebooks.first_day:
        return None
    return deadline(change.occurred_on, rulebooks.on(change.occurred_on).deadlines.change_days, calendar)
