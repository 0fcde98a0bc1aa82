"""The basis of an answer: which events are known, on which day we stand, and under which rulebooks and calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from domain.law import Law
from domain.measures.calendar import Calendar
from domain.measures.rulebook.rulebook import Rulebook
from domain.trail.facts import Facts
from domain.trail.trail import Trail
from domain.values import Instant, shanghai_date
from projections.answers.standings import BasisEcho, CalendarUsed, RulebookUsed


@dataclass(frozen=True)
class Basis:
    """One agency's known trail with the law known at the same instant. `known_at` is what the answer echoes."""

    trail: Trail
    law: Law
    as_of: date
    known_at: Instant

    @cached_property
    def facts(self) -> Facts:
        """The counting facts on `as_of`."""
        return Facts(self.trail, self.as_of)

    @property
    def version(self) -> int:
        """The agency's last event known at this basis (api.md)."""
        veil = self.trail.veil
        if veil is not None and not veil.live:  # a number that moves at an instant tells what came in then (R39)
            return max((event.version for event in self.trail.events if event.id not in veil.hidden), default=0)
        return self.trail.events[-1].version if self.trail.events else 0

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook in force on `as_of` (R4)."""
        return self.law.rulebooks.on(self.as_of)

    def echo(self, rulebook: Rulebook, provisional: bool = False) -> BasisEcho:
        """What every answer says of its basis (api.md, Reading)."""
        said: BasisEcho = {
            "as_of": self.as_of,
            "known_at": self.known_at,
            "projected": self.as_of > shanghai_date(self.known_at),
            "rulebook": rulebook_used(rulebook),
            "calendar": calendar_used(self.law.calendar, provisional),
            "version": self.version,
        }
        if self.law.demonstration:
            said["demonstration"] = True
        return said


def rulebook_used(rulebook: Rulebook) -> RulebookUsed:
    """Id and hash of a rulebook."""
    return RulebookUsed(rulebook.id, rulebook.sha256)


def calendar_used(calendar: Calendar, provisional: bool) -> CalendarUsed:
    """Id and hash of the calendar; `provisional` where a deadline rests on a year that it does not cover (R2)."""
    return CalendarUsed(calendar.id, calendar.sha256, "provisional" if provisional else "adopted")


def demonstration_mark(law: Law) -> dict[str, bool]:
    """A ledger made for demonstration says so in every answer."""
    return {"demonstration": True} if law.demonstration else {}
