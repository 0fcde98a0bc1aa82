"""What every part of the read models is given: the events, the rows that stand, the law, and the moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import TypeVar

from domain.events import AgencyFiled, AgencySucceeded, AgencyTerminated, Event, FilingReturned, FilingSubmitted
from domain.law import Law
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.trail.event_index import EventIndex, IndexedEvent, trail_at
from domain.trail.keys import type_keys
from domain.trail.trail import Trail
from domain.values import Instant
from projections.rows.write.current_rows import CurrentRows

FILINGS = (FilingSubmitted, AgencyFiled, FilingReturned, AgencyTerminated, AgencySucceeded)
FILING = type_keys(*FILINGS)
"""Filings bear on every duty (R6): a small set."""
_VERSION = attrgetter("event.version")


@dataclass
class Context:
    """One event's work on the read models: `version` is the event's, `at` its `recorded_at`."""

    entries: EventIndex
    live: CurrentRows
    law: Law
    version: int
    at: Instant

    published: frozenset[int] | None = None
    """The years of which results were published before this transaction; None: whatever the entries hold."""

    def may_be_published(self, year: int | None = None) -> bool:
        """Whether to look for results of the year, or of any."""
        return self.published is None or (bool(self.published) if year is None else year in self.published)

    def now(self, keys: Iterable[str], *ids: str, places: Sequence[str] = ()) -> Trail:
        """The counting events under these keys, of these ids and at these places, with the event."""
        return trail_at(self._entries(keys, ids, places), self.version)

    def both(self, keys: Iterable[str], *ids: str) -> tuple[Trail, Trail]:
        """The facts under these keys without the event that is recorded, and with it."""
        entries = self._entries(keys, ids)
        return trail_at(entries, self.version - 1), trail_at(entries, self.version)

    def lists(self, keys: Iterable[str], places: Sequence[str]) -> tuple[list[Event], list[Event]]:
        """The facts of `both` as lists: for who goes through them once and asks nothing of a trail."""
        entries = self._entries(keys, (), places)
        before, now = (
            [entry.event for entry in entries if entry.counts(version)] for version in (self.version - 1, self.version)
        )
        return before, now

    def _entries(self, keys: Iterable[str], ids: Sequence[str], places: Sequence[str] = ()) -> list[IndexedEvent]:
        entries = self.entries.under(keys)
        dated = self.entries.within(*places) if places else []
        there = {entry.event.version for entry in entries} if ids or dated else set()
        named = (one for one in map(self.entries.one, ids) if one is not None)
        more = {one.event.version: one for one in (*dated, *named) if one.event.version not in there}
        return sorted([*entries, *more.values()], key=_VERSION) if more else entries

    def is_own(self, event_id: str) -> bool:
        """Whether it is the event itself, recorded just now: nothing can have named it before."""
        found = self.entries.one(event_id)
        return found is not None and found.event.version == self.version

    def year_of(self, day: date) -> int:
        """The assessment year of a day (R20)."""
        return assessment_year_of(day, self.law.rulebooks.on(day))

    def book_edges(self, year: int) -> list[date]:
        """Days within an assessment year, after its first, from which another rulebook judges its sheet (R4)."""
        first, last = self.law.rulebooks.span_of(year)
        return [book.effective_from for book in self.law.rulebooks if first < book.effective_from <= last]


E = TypeVar("E", bound=Event)


def of_types(events: Iterable[Event], *kinds: type[E]) -> list[E]:
    """The events of these types."""
    return [event for event in events if isinstance(event, kinds)]
