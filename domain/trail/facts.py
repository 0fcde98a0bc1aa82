"""Which events count under (as_of, known_at): the one place where the two clocks are handled (rules.md)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date
from operator import attrgetter
from typing import Any, TypeVar

from domain.events import Event
from domain.trail.trail import Trail
from domain.values import Instant, month_end

E = TypeVar("E", bound=Event)
_BY_DATE = attrgetter("occurred_on")


def known(events: Iterable[Event], known_at: Instant) -> Trail:
    """The trail as it was known at an instant: events recorded by then, less those annulled by then."""
    return Trail(event for event in events if event.recorded_at <= known_at)


class Facts:
    """The counting events of one agency with `occurred_on <= as_of`, of a trail cut off at `known_at`."""

    def __init__(self, trail: Trail, as_of: date) -> None:
        self.trail = trail
        self.as_of = as_of

    def of(self, kind: type[E]) -> list[E]:
        """The counting facts of one type, by date, those of one day in recording order."""
        dated = self.trail.dated(kind)
        if not dated or dated[-1].occurred_on <= self.as_of:
            return dated[:]
        return dated[: bisect_right(dated, self.as_of, key=_BY_DATE)]

    def of_forms(self) -> Facts:
        """The facts from which survey forms are counted: for who is told their month alone, those of its end (R39)."""
        veil = self.trail.veil
        return self if veil is None else Facts(veil.forms, month_end(self.as_of))

    def several(self, *kinds: type[Event]) -> list[Any]:
        """The counting facts of several types, by date, those of one day in recording order."""
        return sorted((event for kind in kinds for event in self.of(kind)), key=lambda e: (e.occurred_on, e.version))

    def naming(self, event_id: str, *kinds: type[E]) -> Iterator[E]:
        """The counting facts of these types that name `event_id`, in recording order."""
        return (event for event in self.trail.naming(event_id, *kinds) if event.occurred_on <= self.as_of)
