"""Which deadlines for reporting a change (art.12) another holiday calendar sets otherwise (R2, R3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from domain.events import InformationChanged
from domain.ledger.reader import Reader
from domain.measures.calendar import Calendar, Deadline
from domain.measures.chapter2_filing import change_deadline
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements
from domain.store.log.stream_heads import streams
from domain.store.log.streams_by_key import counting_under
from domain.trail.keys import type_key


class MovedDeadline(NamedTuple):
    """A change on file of which two calendars say another last day, or another word on whether it is settled."""

    change: InformationChanged
    before: Deadline
    after: Deadline


@implements("art.12", "R2", "R3")
def moved_deadlines(reader: Reader, rulebooks: Rulebooks, before: Calendar, after: Calendar) -> Iterator[MovedDeadline]:
    """Every counting change of the district whose deadline differs. One query; the trails are not read."""
    agencies = list(streams(reader.connection, "agency/"))
    found = counting_under(reader.connection, reader.memory.mapper, agencies, [type_key(InformationChanged)])
    for events in found.values():
        for change in events:
            if not isinstance(change, InformationChanged):
                continue
            old, new = (change_deadline(change, rulebooks, calendar) for calendar in (before, after))
            if old is not None and new is not None and old != new:
                yield MovedDeadline(change, old, new)
