"""Rows of the notices that fall due by themselves (R18): due, then sent, then served (R41), for the worklist of now.

A row is derived from all facts that are known; what was due on an earlier day, or as known earlier, is asked by replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

import msgspec

from domain.events import (
    AccidentLiabilityFound,
    AgencyDelisted,
    AgencyTerminated,
    BadRecordEntered,
    BadRecordReferred,
    ComplaintUpheld,
    Event,
    EventAnnulled,
    NoticeSent,
    ProjectCancelled,
    ProjectCompleted,
    ProjectStarted,
    RepairGranted,
    RepairRefused,
    ResultPublished,
    ResultRevised,
)
from domain.law import Law
from domain.measures.around.service import OF_SERVICE, service_of
from domain.measures.notices import Notice, notices
from domain.measures.text.implements import implements
from domain.trail.keys import type_key, type_keys
from domain.trail.trail import Facts, Trail
from projections.answers.standings import NoticeServed
from projections.replay.standing import served
from projections.rows.write.current_rows import Period, RowKey
from projections.rows.write.row_context import Context
from projections.rows.write.score_rows import LADDER
from projections.rows.write.worklist_rows import MATTERS, Matter, matter_place, open_until, replace_matters

NOTICE, REFERRAL, CORRECTION = "notice", "referral", "correction"
KINDS = (NOTICE, REFERRAL, CORRECTION)
"""Of matters: each is ended by a form of its own (R14, R18). The place of all is that of a notice."""
_PROJECT = (ProjectStarted, ProjectCompleted, ProjectCancelled)
_GROUNDS = (
    AccidentLiabilityFound,
    AgencyTerminated,
    BadRecordEntered,
    BadRecordReferred,
    EventAnnulled,
    *OF_SERVICE,
    RepairGranted,
    RepairRefused,
    ResultPublished,
    ResultRevised,
)
NOTICE_KEYS = (*LADDER, *type_keys(*_GROUNDS))
"""All events that notices follow from, projects apart: whom an accident concerns depends on these (R19)."""
OF_NOTICES = frozenset({ComplaintUpheld, AgencyDelisted, *_GROUNDS, *_PROJECT})


class NoticeDetails(msgspec.Struct, frozen=True, array_like=True):
    """What a row keeps of a notice beside its days."""

    kind: str
    article: str
    cause: str
    recipient: str
    text: str
    text_en: str
    sent_on: date | None = None
    service: NoticeServed | None = None


@implements("art.11", "art.16", "art.17(2)", "art.17(3)", "art.18", "art.19", "R14", "R18", "R19", "R31", "R41")
def update_notices(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew the notices of the agency where a changed event can bring, move or meet one."""
    if not any(_bears(context, event) for event in changed):
        return
    keys = list(NOTICE_KEYS)
    if context.entries.under([type_key(AccidentLiabilityFound)]):
        keys += type_keys(*_PROJECT)
    known = [entry.event for entry in context.entries.under(keys) if entry.event.version <= context.version]
    before = [event for event in known if event.version < context.version]
    replace_matters(context, notice_periods(before, context.law), notice_periods(known, context.law))


ACKNOWLEDGEMENT, UNDELIVERABLE = "acknowledgement", "undeliverable"


@implements("art.17", "art.20", "R40", "R41")
def update_service_of_notices(context: Context, changed: Iterable[Event]) -> None:
    """Derive anew what the agency has to acknowledge, and what could not be delivered to anybody."""
    if any(isinstance(one, OF_SERVICE) for one in changed):
        before, now = context.both(type_keys(*OF_SERVICE))
        replace_matters(context, _service(before), _service(now))


def _service(trail: Trail) -> dict[RowKey, list[Period]]:
    """By notice: open from its sending until it is acknowledged, and from its return until it is served."""
    found: dict[RowKey, list[Period]] = {}
    for sent in trail.of(NoticeSent):
        served = service_of(trail, sent)
        if sent.recipient == "agency":
            waits = Matter(ACKNOWLEDGEMENT, "open", sent.occurred_on, None, sent.kind, None, True)
            place = matter_place(ACKNOWLEDGEMENT, sent.id)
            found[place] = open_until(waits, served.acknowledged_on, "acknowledged")
        if served.returned_on is not None:
            back = Matter(UNDELIVERABLE, "open", served.returned_on, None, sent.recipient, None, True)
            found[matter_place(UNDELIVERABLE, sent.id)] = open_until(back, served.on, "served")
    return found


def notice_periods(events: Iterable[Event], law: Law) -> dict[RowKey, list[Period]]:
    """The rows of every notice, from all known events: a correction needs those annulled."""
    trail = Trail(events)
    found = notices(Facts(trail, date.max), law.rulebooks)
    return {matter_place(NOTICE, one.id): _steps(one, trail) for one in found}


def is_notice(row: RowKey) -> bool:
    """Whether a place is that of a notice."""
    return row.table == MATTERS and row.key.startswith(f"{NOTICE}:")


def _bears(context: Context, event: Event) -> bool:
    if isinstance(event, BadRecordEntered):
        return event.unlawful
    if isinstance(event, ResultPublished):
        return event.grade == "unqualified"
    if isinstance(event, _PROJECT):
        return bool(context.entries.under([type_key(AccidentLiabilityFound)]))
    return isinstance(event, (ComplaintUpheld, AgencyDelisted, *_GROUNDS))


def _steps(notice: Notice, trail: Trail) -> list[Period]:
    details = NoticeDetails(notice.kind, notice.article, notice.cause, notice.recipient, notice.text, notice.text_en)
    kind = notice.kind if notice.kind in KINDS else NOTICE
    due = Matter(kind, "due", notice.due_on, notice.due_on, _encoded(details), None, True)
    steps = open_until(due, notice.sent_on, "sent")
    if notice.sent_on is None:
        return steps
    return [*steps[:-1], *_served(steps[-1], msgspec.structs.replace(details, sent_on=notice.sent_on), notice, trail)]


def _served(sent: Period, details: NoticeDetails, notice: Notice, trail: Trail) -> Iterator[Period]:
    """What a row says of a notice from its sending on, day by day as its service goes (R41)."""
    if notice.service is None:  # a referral goes out with its reference (R14)
        yield sent._replace(value=sent.value._replace(about=_encoded(details)))
        return
    out = notice.service.sent
    days = {one.occurred_on for kind in OF_SERVICE for one in trail.of(kind) if out.id in (one.id, *one.named())}
    edges = [sent.valid_from, *sorted(day for day in days if sent.valid_from < day < sent.valid_to), sent.valid_to]
    for first, last in pairwise(edges):
        by_then = msgspec.structs.replace(details, service=served(service_of(Facts(trail, first), out)))
        yield Period(first, last, sent.value._replace(about=_encoded(by_then)))


def _encoded(details: NoticeDetails) -> str:
    return msgspec.json.encode(details).decode()
