"""Chapter 2 of the Measures: filing, change and termination (art.8-12), and the pledge (art.26)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from domain.events import (
    AgencyFiled,
    AgencyTerminated,
    Event,
    FilingReturned,
    FilingSubmitted,
    InformationChanged,
    Profile,
)
from domain.facts import Facts
from domain.measures.calendar import Calendar, deadline
from domain.measures.implements import implements
from domain.measures.rulebook import Rulebooks
from domain.trail import Trail

ONE_DAY = timedelta(days=1)

BEFORE_THE_MEASURES = ("在办法施行之前", "before the Measures were in force")
"""Why something does not count, in both languages (R4)."""

FILING_LABELS = {"submitted": "已提交", "filed": "已备案", "returned": "已退回", "terminated": "已终止"}
_STATES: dict[type[Event], str] = {
    FilingSubmitted: "submitted",
    AgencyFiled: "filed",
    FilingReturned: "returned",
    AgencyTerminated: "terminated",
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


@implements("art.8", "art.9", "art.11", "R6")
def filing_state(facts: Facts) -> str | None:
    """The filing's state on the day: None before the first filing, then submitted, filed, returned or terminated."""
    history = facts.several(*_STATES)
    return _STATES[type(history[-1])] if history else None


def filed_periods(facts: Facts) -> list[tuple[date, date]]:
    """The spans of days, both ends included, on which the agency is filed, up to `as_of` (art.9, R6)."""
    periods: list[tuple[date, date]] = []
    filed_from: date | None = None
    for event in facts.several(*_STATES):
        if isinstance(event, AgencyFiled):
            filed_from = filed_from or event.occurred_on
        elif filed_from is not None:
            periods.append((filed_from, event.occurred_on - ONE_DAY))
            filed_from = None
    if filed_from is not None:
        periods.append((filed_from, facts.as_of))
    return [(first, last) for first, last in periods if first <= last]


@implements("art.11", "R6")
def duty_ended(facts: Facts, began_on: date, due_on: date) -> bool:
    """Whether a duty falls due on or after a termination's effective date: then it makes no lapse.

    A duty that began after the agency filed again is a new one and stands.
    """
    for termination in facts.of(AgencyTerminated):
        if due_on < termination.occurred_on:
            continue
        place = (termination.occurred_on, termination.version)
        again = [f.occurred_on for f in facts.of(FilingSubmitted) if (f.occurred_on, f.version) > place]
        if not again or began_on < again[0]:
            return True
    return False


@implements("art.8", "art.12", "R7")
def profile_on(trail: Trail, day: date) -> Profile:
    """The filed particulars on a day: the latest filing by then with the changes since; before it, the first's."""
    filings = trail.dated(FilingSubmitted)
    if not filings:
        return Profile()
    base = next((one for one in reversed(filings) if one.occurred_on <= day), filings[0])
    values = base.profile
    for change in trail.dated(InformationChanged):
        if (base.occurred_on, base.version) < (change.occurred_on, change.version) and change.occurred_on <= day:
            values = replace(values, **set_values(change.fields))
    return values


def set_values(profile: Profile) -> dict[str, Any]:
    """The fields of a profile that are set."""
    return {field: value for field in Profile.__struct_fields__ if (value := getattr(profile, field)) is not UNSET}


def changed_values(old: Profile, given: Mapping[str, Any]) -> Profile:
    """The old values of just those fields that a change names (R7)."""
    return Profile(**{field: value for field, value in set_values(old).items() if field in given})


@implements("art.12", "annex1.item2", "R1", "R2", "R3", "R7")
def late_changes(facts: Facts, rulebooks: Rulebooks, calendar: Calendar) -> tuple[list[Lapse], bool]:
    """变更后7日内: a change reported after its deadline makes one lapse of item 2, seen from the day after.

    Also tells whether a deadline rests on a year that the holiday calendar does not cover yet (R2, provisional).
    """
    lapses = []
    provisional = False
    for change in facts.of(InformationChanged):
        if change.occurred_on < rulebooks.first_day:
            continue  # no rulebook set a deadline on the day that would start it (R4)
        days = rulebooks.on(change.occurred_on).deadlines.change_days
        limit = deadline(change.occurred_on, days, calendar)
        provisional = provisional or limit.provisional
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
    return lapses, provisional
