"""Rows of what an agency is: name, category, filing state, the warning that stands (R31), the advice of R19."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import msgspec

from domain.events import (
    AccidentLiabilityFound,
    Event,
    InformationChanged,
    ProjectCancelled,
    ProjectCompleted,
    ProjectStarted,
    ResultPublished,
    ResultRevised,
)
from domain.folding import category_fold, compared
from domain.law import Law
from domain.measures.chapter2_filing import FilingState
from domain.measures.chapter3_sanctions import advisories
from domain.measures.chapter4_assessment import warning_notices
from domain.measures.rulebook.rulebook import year_span
from domain.measures.text.implements import implements
from domain.trail.facts import Facts
from domain.trail.keys import LABELS, type_key, type_keys
from domain.trail.trail import Trail
from projections.replay.basis import Basis
from projections.replay.standing import agency_name, warning_part
from projections.rows.write.current_rows import ALWAYS, NEVER, ONE_DAY, Period, RowKey, merged
from projections.rows.write.row_context import FILING, FILINGS, Context

STATUS = "agency_status"
_RESULTS = (ResultPublished, ResultRevised)
STATUS_KEYS = (*FILING, *LABELS, *type_keys(*_RESULTS, AccidentLiabilityFound))
"""All events that an agency's status follows from, projects apart."""
_PROJECT = (ProjectStarted, ProjectCompleted, ProjectCancelled)
OF_STATUS = frozenset({*FILINGS, *_RESULTS, AccidentLiabilityFound, InformationChanged, *_PROJECT})


class Status(NamedTuple):
    """What the agency is on a day (R6, R7), with the warning of R31 and the advice of R19 as JSON."""

    name: str | None
    category: str | None
    category_key: str | None
    """The category as it is compared: folded; a rulebook's list is looked at when it is asked about (R47)."""
    filing: FilingState | None
    warning: str
    advice: str
    search: str
    """What a search looks through: name and USCC, folded as what is searched for."""


@implements("art.2", "art.8", "art.9", "art.11", "art.12", "art.18", "art.19", "R6", "R6b", "R19", "R31", "R47")
def update_status(context: Context, changed: Iterable[Event]) -> None:
    """Derive the status anew where an event bears on it: all of it is small."""
    changed = list(changed)
    bears = any(
        (type_key(type(event)) in STATUS_KEYS and not _brings_no_warning(event))
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


def _brings_no_warning(event: Event) -> bool:
    """A first result that is not unqualified leaves all as it was (R31)."""
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
            f"{compared(agency.name or '')}\n{compared(agency.uscc)}",
        )
        steps.append(Period(day, ordered[number + 1] if number + 1 < len(ordered) else NEVER, value))
    return merged(steps)
