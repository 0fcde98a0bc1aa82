"""Rows of the notices that fall due by themselves (R18): due, then sent, for the worklist of now.

A row is derived from all facts that are known; what was due on an earlier day, or as known earlier, is asked by replay.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

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
    ResultPublished,
    ResultRevised,
)
from domain.law import Law
from domain.measures.notices import Notice, notices
from domain.measures.text.implements import implements
from domain.trail.keys import type_key, type_keys
from domain.trail.trail import Facts, Trail
from projections.rows.write.current_rows import Period, RowKey
from projections.rows.write.row_context import Context
from projections.rows.write.score_rows import LADDER
from projections.rows.write.worklist_rows import MATTERS, Matter, matter_place, open_until, replace_matters

NOTICE = "notice"
_PROJECT = (ProjectStarted, ProjectCompleted, ProjectCancelled)
_GROUNDS = (
    AccidentLiabilityFound,
    AgencyTerminated,
    BadRecordEntered,
    BadRecordReferred,
    EventAnnulled,
    NoticeSent,
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


@implements("art.11", "art.16", "art.17(2)", "art.17(3)", "art.18", "art.19", "R14", "R18", "R19", "R31")
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


def notice_periods(events: Iterable[Event], law: Law) -> dict[RowKey, list[Period]]:
    """The rows of every notice, from all known events: a correction needs those annulled."""
    found = notices(Facts(Trail(events), date.max), law.rulebooks)
    return {matter_place(NOTICE, one.id): _steps(one) for one in found}


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


def _steps(notice: Notice) -> list[Period]:
    details = NoticeDetails(notice.kind, notice.article, notice.cause, notice.recipient, notice.text, notice.text_en)
    about = msgspec.json.encode(details).decode()
    due = Matter(NOTICE, "due", notice.due_on, notice.due_on, about, None, True)
    return open_until(due, notice.sent_on, "sent")
