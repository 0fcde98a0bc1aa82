"""End of publicity (信用修复, 公示截止; art.27, R42): what stays on record and is told to the public no more.

It ends publicity, not history: nothing inside disappears, no score, tag or count changes. Off until the association has
confirmed the reading.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from domain.events import (
    BadRecordEntered,
    ComplaintUpheld,
    Event,
    FactsInherited,
    PenaltyImposed,
    RepairApplied,
    RepairGranted,
    RepairRefused,
    ResultPublished,
    ResultRevised,
)
from domain.measures.around.successions import inherited
from domain.measures.rulebook.confirmations import Confirmations
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements
from domain.trail.trail import Facts, Trail

ONE_DAY = timedelta(days=1)
PublicKind = Literal["bad_record", "blacklist", "penalty", "result"]
READING: Final = "R42"
KIND_OF: Final[Mapping[type[Event], PublicKind]] = {
    BadRecordEntered: "bad_record",
    ComplaintUpheld: "blacklist",
    PenaltyImposed: "penalty",
    ResultPublished: "result",
    ResultRevised: "result",
}
"""What publicity can end for: of an upheld complaint that of the listing that it brought about (art.17(3))."""


@implements("art.27", "R42")
def is_applied(rulebooks: Rulebooks, confirmations: Confirmations, day: date) -> bool:
    """Whether the association has confirmed by a day that publicity ends so (art.28); else nothing does."""
    book = confirmations.read_on(rulebooks.on(day), day)
    return book.reading(READING).confirmed


@dataclass(frozen=True)
class PublicityEnd:
    """From which day on a record is not told to the public any more, and by what."""

    record: str
    kind: PublicKind
    from_on: date
    granted_by: str | None
    """The decision that ended it; None: its term is over."""


@implements("art.27", "R42")
def publicity_ends(trail: Trail, rulebooks: Rulebooks) -> dict[str, PublicityEnd]:
    """By record the end of its publicity, whenever that is: granted, named by a penalty, or by the longest term."""
    found: dict[str, PublicityEnd] = {}
    for kind in KIND_OF:
        for record in trail.dated(kind):
            ends = list(_ends(trail, record, rulebooks))
            if ends:
                found[record.id] = min(ends, key=lambda one: (one.from_on, one.granted_by or ""))
    return found | {one.record: one for one in _of_inherited(trail)}


def inherited_part(event_id: str, kind: PublicKind) -> str:
    """What `publicity_ends` calls the share of a kind in what was inherited: one fact brings several records (R43)."""
    return f"{event_id}/{kind}"


def has_ended(event_id: str, kind: Literal["blacklisted", "penalty"], ended: Collection[str]) -> bool:
    """Whether a record behind an override (art.25) has ended its publicity: an own one, or one that was inherited."""
    return event_id in ended or inherited_part(event_id, "penalty" if kind == "penalty" else "blacklist") in ended


@implements("art.27", "R42", "R43")
def _of_inherited(trail: Trail) -> Iterator[PublicityEnd]:
    """What was public at a predecessor is here for as long as there: each kind until the last of it has ended."""
    for one in inherited(Facts(trail, date.max)):
        days: dict[PublicKind, list[date | None]] = {
            "blacklist": [tag.not_public_from for tag in one.tags if tag.tier == "blacklisted"],
            "penalty": [fine.not_public_from for fine in one.penalties],
            "result": [warning.not_public_from for warning in one.warnings],
        }
        # A sheet may have counted an earlier fact about the same succession.
        same = [each.id for each in trail.of(FactsInherited) if each.succession_id == one.succession_id]
        for kind, of_kind in days.items():
            ended = [day for day in of_kind if day is not None]
            if ended and len(ended) == len(of_kind):
                for id_ in (inherited_part(each, kind) for each in same):
                    yield PublicityEnd(id_, kind, max(ended), None)


def _ends(trail: Trail, record: Event, rulebooks: Rulebooks) -> Iterator[PublicityEnd]:
    kind = KIND_OF[type(record)]
    for repair in _applications(trail, record.id):
        for granted in trail.naming(repair.id, RepairGranted):
            yield PublicityEnd(record.id, kind, granted.from_on, granted.id)
    months = rulebooks.on(record.occurred_on).publicity.maximum_months[kind]
    if months:
        yield PublicityEnd(record.id, kind, months_after(record.occurred_on, months), None)
    until = getattr(record, "public_until", None)
    if isinstance(until, date):
        yield PublicityEnd(record.id, kind, until + ONE_DAY, None)


def _applications(trail: Trail, record_id: str) -> list[RepairApplied]:
    return [one for one in trail.of(RepairApplied) if one.event_id == record_id]


def decision_on(trail: Trail, repair: RepairApplied) -> RepairGranted | RepairRefused | None:
    """What was decided on an application; None while it waits."""
    named = trail.naming(repair.id, RepairGranted, RepairRefused)
    return next((one for one in named if isinstance(one, (RepairGranted, RepairRefused))), None)


def months_after(day: date, months: int) -> date:
    """The first day after a period of so many months that begins after `day` (R1): its last day is public still."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    last = date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    return last + ONE_DAY
