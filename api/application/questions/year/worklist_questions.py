"""What waits: appeals (R33), objections (R38), reports (R11), late facts' impacts (R36), submissions (R8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypedDict

from api.application.answers.pages import KnownList, KnownPage
from api.application.answers.years import (
    WaitingAppeal,
    WaitingImpact,
    WaitingObjection,
    WaitingReport,
    WaitingSubmission,
    WorklistCount,
    WorklistName,
)
from api.application.privacy.authorisation import rights_of
from api.application.privacy.personal_data import shown
from api.application.questions.inquiry import Answer, Inquiry, question
from api.application.questions.pagination import Page, page
from domain.events import AppealFiled, Event
from domain.ledger.reader import Reader
from domain.values import Instant
from projections.answers.results import RecordTold
from projections.answers.scalars import read_as
from projections.answers.standings import AgencyName
from projections.compare.three_answers import filed_part
from projections.replay.queries import recorded_entry
from projections.rows.read.published import (
    LATEST,
    OpenMatter,
    Waits,
    WorklistFilter,
    matters,
    matters_counted,
    names_on,
    waiting,
)
from projections.rows.read.searching import Ordering, ordering


@question("/v1/appeals")
def appeals_waiting(
    inquiry: Inquiry,
    status: str = "undecided",
    due_before: date | None = None,
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """The register of appeals, what is due first first; an agency sees its own."""
    asked = None if status == "undecided" else status
    wanted = WorklistFilter("appeal", asked, due_before, inquiry.own_only, q=q)
    return _worklist(inquiry, wanted, ordering(sort, order, "due"), limit, cursor, _appeal_row)


@question("/v1/objections")
def objections_waiting(
    inquiry: Inquiry,
    status: str = "open",
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """Objections to single records; an agency sees its own."""
    wanted = WorklistFilter("objection", status, uscc=inquiry.own_only, q=q)
    return _worklist(inquiry, wanted, ordering(sort, order, "due"), limit, cursor, _objection_row)


@question("/v1/reports")
def reports_waiting(
    inquiry: Inquiry,
    status: str = "open",
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """Reports of behaviours, until a bad record is entered or they are dismissed."""
    wanted = WorklistFilter("report", status, q=q)
    return _worklist(inquiry, wanted, ordering(sort, order, "due"), limit, cursor, _report_row)


@question("/v1/impacts")
def impacts_waiting(
    inquiry: Inquiry,
    status: str = "open",
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """Published results that later facts would change."""
    wanted = WorklistFilter("impact", status, uscc=inquiry.own_only, q=q)
    return _worklist(inquiry, wanted, ordering(sort, order, "due"), limit, cursor, _impact_row)


@question("/v1/submissions")
def submissions_waiting(
    inquiry: Inquiry,
    status: str = "open",
    due_before: date | None = None,
    q: str | None = None,
    sort: str | None = None,
    order: str = "asc",
    limit: int = 50,
    cursor: str | None = None,
) -> Answer:
    """What agencies were asked to hand in, what is due first first; it lapses once its day has passed (R8, R40)."""
    asked = None if status == "open" else status
    wanted = WorklistFilter("submission", asked, due_before, inquiry.own_only, q=q)
    return _worklist(inquiry, wanted, ordering(sort, order, "due"), limit, cursor, _submission_row)


_LISTS: dict[str, WorklistName] = {
    "appeal": "appeals",
    "objection": "objections",
    "report": "reports",
    "impact": "impacts",
    "submission": "submissions",
}
"""Kinds of matters and their lists."""
_LAPSING = "submission"
"""The kind that can no longer be cured once its day has passed."""


@question("/v1/worklists")
def counts_waiting(inquiry: Inquiry) -> Answer:
    """How much waits on each list, hints and notices apart."""
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(None, None)
        own = inquiry.own_only
        asked = counts_waiting, own
        counted = inquiry.of_now(reader, asked, lambda: waiting(reader.connection, look_ups.today, uscc=own))
        found = {one.kind: one for one in counted}
    items = tuple(
        WorklistCount(list=name, **found.get(kind, Waits(kind, 0, 0)).numbers())
        for kind, name in _LISTS.items()
        if inquiry.caller.role in rights_of("GET", f"/v1/{name}")
    )
    return Answer(KnownList(as_of=basis.as_of, known_at=basis.known_at, items=items))


class MatterPart(TypedDict):
    """What every worklist says of a matter."""

    id: str
    agency: AgencyName
    status: Any
    since: date
    begun_on: date


class ListedPart(MatterPart):
    """What every list of matters says of one: its fact besides."""

    recorded: RecordTold | None


Row = Callable[[OpenMatter, ListedPart, dict[str, Event]], Any]
"""A matter as its list shows it: with what all lists say of it, and the facts that matters are about."""


def _worklist(
    inquiry: Inquiry, wanted: WorklistFilter, by: Ordering, limit: int, cursor: str | None, row: Row
) -> Answer:
    """A page of matters, with the facts that they are about."""
    part = page(cursor, limit, question=("matters", *wanted, *by))
    with inquiry.looking_up() as (look_ups, reader):
        basis = look_ups.district(None, part.known_at)
        if wanted.kind == _LAPSING:
            wanted = wanted._replace(lapsing_on=part.as_of or look_ups.today)  # midnight may pass between two pages
        found = list(
            matters(reader.connection, wanted, LATEST, basis.known_at, by, offset=part.offset, limit=part.limit + 1)
        )
        inquiry.count(part.is_part(found), lambda: _counted(inquiry, reader, wanted, part, basis.known_at))
        found, next_cursor = part.part(found, wanted.lapsing_on, basis.known_at)
        facts = reader.named(id_ for one in found for id_ in (one.id, one.matter.about) if id_ is not None)
        opened = {one["id"]: one for one in shown(reader, inquiry.caller, [recorded_entry(e) for e in facts.values()])}
        names = names_on(reader.connection, {one.uscc for one in found}, look_ups.today, basis.known_at)
        items = []
        for one in found:
            told = opened.get(_fact_of(one))
            recorded = None if told is None else read_as(RecordTold, told)
            told_of: ListedPart = {**matter_part(one, names.get(one.uscc)), "recorded": recorded}
            if wanted.lapsing_on is not None and has_lapsed(one, wanted.lapsing_on):
                told_of["status"] = "lapsed"
            items.append(row(one, told_of, facts))
    return Answer(KnownPage(known_at=basis.known_at, items=tuple(items), next_cursor=next_cursor))


def _counted(inquiry: Inquiry, reader: Reader, wanted: WorklistFilter, part: Page, known_at: Instant) -> int:
    """How many matters a list has in all; of what was typed nothing is kept."""
    if (part.known_at, wanted.q) != (None, None):
        return matters_counted(reader.connection, wanted, LATEST, known_at)
    return inquiry.of_now(reader, wanted, lambda: matters_counted(reader.connection, wanted, LATEST, known_at))


def _fact_of(one: OpenMatter) -> str:
    """The event whose content a worklist shows: of an impact its cause, else what began the matter."""
    return str(one.matter.about) if one.matter.kind == "impact" else one.id


def has_lapsed(one: OpenMatter, today: date) -> bool:
    """Whether something was to be handed in on a day that has passed: its point is lost (R8, R40)."""
    matter = one.matter
    return matter.kind == _LAPSING and matter.is_open and matter.due_on is not None and matter.due_on < today


def matter_part(one: OpenMatter, name: str | None = None) -> MatterPart:
    """The part that all worklists have of a matter."""
    return {
        "id": one.id,
        "agency": AgencyName(one.uscc, name),
        "status": one.matter.status,
        "since": one.since,
        "begun_on": one.matter.begun_on,
    }


def _appeal_row(one: OpenMatter, part: ListedPart, facts: dict[str, Event]) -> WaitingAppeal:
    filed = facts[one.id]
    if not isinstance(filed, AppealFiled):
        raise LookupError(f"{one.id} is no appeal: run steward check")
    return WaitingAppeal(**part, **filed_part(filed))


def _objection_row(one: OpenMatter, part: ListedPart, facts: dict[str, Event]) -> WaitingObjection:
    return WaitingObjection(**part, about=one.matter.about)


def _report_row(one: OpenMatter, part: ListedPart, facts: dict[str, Event]) -> WaitingReport:
    return WaitingReport(**part, about=one.matter.about)


def _impact_row(one: OpenMatter, part: ListedPart, facts: dict[str, Event]) -> WaitingImpact:
    return WaitingImpact(**part, **impact_part(one))


class ImpactPart(TypedDict):
    """What an impact is about."""

    year: int | None
    result: str
    cause: str | None


def impact_part(one: OpenMatter) -> ImpactPart:
    """Which published result an impact is about, and which later fact would change it (R36)."""
    return {"year": one.matter.about_year, "result": one.id.partition("~")[0], "cause": one.matter.about}


def _submission_row(one: OpenMatter, part: ListedPart, facts: dict[str, Event]) -> WaitingSubmission:
    return WaitingSubmission(**part, item=int(one.matter.about or 0), due_on=one.matter.due_on)
