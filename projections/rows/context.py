"""What every part of the read models is given: the events, the rows that stand, the law, and the moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from domain.entries import Entries, trail_at
from domain.events import AgencyFiled, AgencyTerminated, Event, FilingReturned, FilingSubmitted
from domain.keys import type_keys
from domain.law import Law
from domain.measures.rulebook import assessment_year_of
from domain.trail import Trail
from domain.values import Instant
from projections.rows.live import Live

FILING = type_keys(FilingSubmitted, AgencyFiled, FilingReturned, AgencyTerminated)
"""Filings bear on every duty (R6): a small set."""


@dataclass
class Context:
    """One event's work on the read models: `version` is the event's, `at` its `recorded_at`."""

    entries: Entries
    live: Live
    law: Law
    version: int
    at: Instant

    def now(self, keys: Iterable[str], *ids: str) -> Trail:
        """The counting events under these keys and ids, with the event."""
        return self._trail(keys, ids, self.version)

    def before(self, keys: Iterable[str], *ids: str) -> Trail:
        """The same without it."""
        return self._trail(keys, ids, self.version - 1)

    def _trail(self, keys: Iterable[str], ids: Iterable[str], version: int) -> Trail:
        entries = {entry.event.version: entry for entry in self.entries.under(keys)}
        for one in map(self.entries.one, ids):
            if one is not None:
                entries[one.event.version] = one
        return trail_at((entries[place] for place in sorted(entries)), version)

    def year_of(self, day: date) -> int:
        """The assessment year of a day (R20)."""
        return assessment_year_of(day, self.law.rulebooks.on(day))

    def book_edges(self, year: int) -> list[date]:
        """Days within an assessment year, after its first, from which another rulebook judges its sheet (R4)."""
        first, last = self.law.rulebooks.span_of(year)
        return [book.effective_from for book in self.law.rulebooks if first < book.effective_from <= last]


E = TypeVar("E", bound=Event)


def of_types(events: Iterable[Event], *kinds: type[E]) -> list[E]:
    """Those of these types."""
    return [event for event in events if isinstance(event, kinds)]
