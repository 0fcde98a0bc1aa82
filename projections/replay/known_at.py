"""`known_at`, resolved: an instant, a version of one agency, or a place in the sealed log (api.md, Reading).

The basis of an answer: which events are known, on which day we stand, and under which rulebooks and calendar.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from domain.errors import Invalid
from domain.events import Event
from domain.law import Law
from domain.ledger.reader import Reader
from domain.measures.calendar import Calendar
from domain.measures.rulebook.rulebook import Rulebook
from domain.trail.trail import Facts, Trail
from domain.values import Instant, shanghai_date
from projections.answers.standings import BasisEcho, CalendarUsed, RulebookUsed

_BY_POSITION = re.compile(r"(version|log):(\d{1,18})")

EARLIEST: Instant = "0001-01-01T00:00:00.000000Z"


@dataclass(frozen=True)
class KnownAt:
    """What `known_at` names: an instant (or nothing: now), a version of one agency, or a place in the sealed log."""

    instant: Instant | None = None
    version: int | None = None
    log: int | None = None
    law: Law | None = None
    """With `log`: the law adopted among its first entries, the same for every agency (R4)."""

    def among(self, reader: Reader, events: Sequence[Event], latest: Instant) -> list[Event]:
        """The events of one agency that are known; `latest`: by when they are recorded where nothing was named.

        Raises: Invalid for a version that is not there yet.
        """
        if self.log is not None:
            versions = reader.versions_in_log(events[0].stream, self.log) if events else set()
            return [event for event in events if event.version in versions]
        if self.version is not None:
            if self.version > len(events):
                raise beyond(f"version:{self.version}", f"version:{len(events)}")
            return list(events[: self.version])
        at = self.instant or latest
        return [event for event in events if event.recorded_at <= at]


def knowledge(reader: Reader, known_at: str | None) -> KnownAt:
    """What `known_at` says, read once for however many agencies are asked about. Raises: Invalid beyond the log."""
    by_position = None if known_at is None else _BY_POSITION.fullmatch(known_at)
    if by_position is None:
        return KnownAt(instant=known_at)
    number = int(by_position[2])
    if by_position[1] == "version":
        return KnownAt(version=number)
    sealed, _ = reader.sealed()
    if number > sealed:
        raise beyond(f"log:{number}", f"log:{sealed}")
    at = reader.recorded_in_log(number) or EARLIEST
    return KnownAt(log=number, instant=at, law=reader.law_in_log(number))


def not_future(known_at: Instant, latest: Instant) -> None:
    """Refuse an instant that has not passed. Raises: Invalid."""
    if known_at > latest:
        raise Invalid(
            f"known_at 是 {known_at}，晚于现在 {latest}",
            f"known_at is {known_at}, after now {latest}",
            cites=("api.md",),
            remedy="请填写不晚于现在的时刻",
            remedy_en="Give an instant that has passed.",
            pointer="?known_at",
        )


def beyond(asked: str, latest: str) -> Invalid:
    """The refusal of a position that is not there yet."""
    return Invalid(
        f"known_at 是 {asked}，超出现有记录（{latest}）",
        f"known_at is {asked}, beyond what is recorded ({latest})",
        cites=("api.md",),
        remedy="请填写不大于它的编号",
        remedy_en="Give a number up to that.",
        pointer="?known_at",
    )


def for_one_agency() -> Invalid:
    """The refusal of `version:N` in a question about the whole district."""
    return Invalid(
        "version:N 只用于单个机构",
        "version:N is for one agency",
        remedy="请用时刻或 log:N",
        remedy_en="Use an instant or log:N.",
        pointer="?known_at",
    )


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
