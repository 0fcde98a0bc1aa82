"""The trail of one stream: which event names which, and what an annulment takes with it.

Both the aggregate (to decide) and `Facts` (to answer) stand on this one index: "annulled" means the same in both.

Which events count under (as_of, known_at): the one place where the two clocks are handled (rules.md).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, TypeVar

from domain.events import Event, EventAnnulled, ProjectStarted
from domain.values import Instant, month_end

E = TypeVar("E", bound=Event)
T = TypeVar("T")


class Trail:
    """Events in recording order, indexed by id and by the ids they name. Adding never judges."""

    veil: MonthVeil | None = None
    """What its reader is not told of survey forms."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events: list[Event] = []
        self._ids: dict[str, Event] = {}
        self._annulled: dict[str, str] = {}
        self.by_id: Mapping[str, Event] = self._ids
        self.annulled_by: Mapping[str, str] = self._annulled
        """Id of an event that stopped counting: id of the annulment that did it, directly or through a named event."""
        self._naming: dict[str, list[Event]] = {}
        self._by_type: dict[type[Event], list[Event]] = {}
        self._dated: dict[type[Event], list[Event]] = {}
        self._remembered: dict[Hashable, Any] = {}
        for event in events:
            self._index(event)

    @property
    def events(self) -> list[Event]:
        """All events in recording order, counting or not."""
        return self._events

    def add(self, event: Event) -> None:
        """Index one more event. An event that names an annulled one stops counting with it (rules.md, two clocks)."""
        self._dated.clear()
        self._remembered.clear()
        self._index(event)

    def _index(self, event: Event) -> None:
        self._events.append(event)
        self._ids[event.id] = event
        self._by_type.setdefault(type(event), []).append(event)
        if isinstance(event, EventAnnulled):
            self._annul(event.event_id, event.id)
            return
        if not event.NAMES:
            return
        for named in event.named():
            self._naming.setdefault(named, []).append(event)
            if named in self._annulled:
                self._annul(event.id, self._annulled[named])

    def _annul(self, event_id: str, cause: str) -> None:
        waiting = [event_id]
        while waiting:
            current = waiting.pop()
            if current not in self.annulled_by:
                self._annulled[current] = cause
                waiting.extend(event.id for event in self._naming.get(current, ()))

    def counts(self, event: Event) -> bool:
        """Whether the event has not been annulled, directly or through an event that it names."""
        return event.id not in self.annulled_by

    def of(self, kind: type[E]) -> Iterator[E]:
        """The counting events of one type, in recording order."""
        for event in self._by_type.get(kind, ()):
            if event.id not in self.annulled_by:
                yield event  # type: ignore[misc]  # the index is keyed by the very type

    def every(self, kind: type[E]) -> list[E]:
        """The events of one type, counting or not, in recording order."""
        return list(self._by_type.get(kind, ()))  # type: ignore[arg-type]  # as above

    def dated(self, kind: type[E]) -> list[E]:
        """The counting events of one type by date, those of one day in recording order."""
        found = self._dated.get(kind)
        if found is None:
            found = self._dated[kind] = list(self.of(kind))
            if len(found) > 1:
                found.sort(key=lambda event: (event.occurred_on, event.version))
        return found  # type: ignore[return-value]  # as above

    def day_of(self, event: Event) -> date:
        """The day on which an event is shown: for who is told its month alone, the first of that."""
        return event.occurred_on if self.veil is None else self.veil.day_of(event)

    def about(self, fields: Iterable[str]) -> Trail:
        """A trail that says what these particulars of the agency were; this one says it of all."""
        return self

    def projects_for(self, uscc: str) -> Iterator[ProjectStarted]:
        """The counting projects for this enterprise, in recording order."""
        return (event for event in self.of(ProjectStarted) if event.client.uscc == uscc)

    def gone_with(self, annulment: EventAnnulled) -> list[Event]:
        """What stopped counting by this annulment, in recording order."""
        gone = [self._ids[one] for one, cause in self._annulled.items() if cause == annulment.id]
        return sorted(gone, key=lambda event: event.version)

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once for as long as nothing is added: for what does not depend on the day asked."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return self._remembered[key]  # type: ignore[no-any-return]  # what was made for this key

    def naming(self, event_id: str, *kinds: type[E]) -> Iterator[E]:
        """The counting events of these types that name `event_id`, in recording order."""
        for event in self._naming.get(event_id, ()):
            if isinstance(event, kinds) and event.id not in self.annulled_by:
                yield event


@dataclass(frozen=True)
class MonthVeil:
    """What a rated agency is told of survey forms: their month alone (R39, `domain/disclosure/who_reads.py`).

    `forms`: the trail from which the forms are counted; `hidden`: the events of which the month alone is told.
    """

    forms: Trail
    hidden: frozenset[str]
    live: bool = True
    """Whether all is asked for that is known now."""

    def day_of(self, event: Event) -> date:
        """The day that an event is shown on: of a hidden one the first of its month."""
        return event.occurred_on.replace(day=1) if event.id in self.hidden else event.occurred_on


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
