"""The events of one agency by key, each with the version at which it stopped counting.

Deciding a command and bringing read models up to date ask for the few events that they need, not for the stream.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Protocol

from domain.events import (
    Event,
    EventAnnulled,
    LapseRecorded,
    ProjectCancelled,
    ProjectCompleted,
    ProjectExtended,
    ProjectPlanFiled,
    ProjectStarted,
    SubmissionReceived,
)
from domain.trail.keys import DATED, NEAREST, OF_PROJECT, DayWindow, keys_of
from domain.trail.trail import Trail


@dataclass(slots=True)
class IndexedEvent:
    """An event, and the version of the agency at which it stopped counting, if it did, by which annulment."""

    event: Event
    gone_at: int | None = None
    gone_by: str | None = None

    def counts(self, version: int) -> bool:
        """Whether it was recorded by a version of the agency and still counted there."""
        return self.event.version <= version and (self.gone_at is None or self.gone_at > version)


class EventIndex(Protocol):
    """Where the events are that somebody needs."""

    def add(self, event: Event) -> None:
        """Take the next event of the stream."""
        ...

    def under(self, keys: Iterable[str]) -> list[IndexedEvent]:
        """The entries under any of these keys, each once, in recording order."""
        ...

    def within(self, *prefixes: str) -> list[IndexedEvent]:
        """The entries at all places that begin with one of these, each once, in recording order."""
        ...

    def beside(self, windows: Sequence[DayWindow], version: int) -> list[list[Event]] | None:
        """What counted in each window at a version of the agency, nearest first, at most `NEAREST`.

        None where that costs as much as reading the place: something was annulled just now.
        """
        ...

    def one(self, event_id: str) -> IndexedEvent | None:
        """The entry of this id."""
        ...

    def has_read(self, keys: Iterable[str]) -> bool:
        """Whether asking for these keys costs no query."""
        ...

    def gone_with(self, annulment: EventAnnulled) -> list[Event]:
        """What stopped counting by this annulment, in recording order."""
        ...


_BY_DAY = itemgetter(0)


class EventIndexInMemory:
    """All events of an agency, indexed as they come: for rebuilding and checking, and the base of what is stored."""

    def __init__(self) -> None:
        self._by_id: dict[str, IndexedEvent] = {}
        self._by_key: dict[str, list[IndexedEvent]] = {}
        self._names: dict[str, list[IndexedEvent]] = {}
        self._gone: dict[str, list[Event]] = {}
        self._dated: dict[str, list[tuple[str, int, IndexedEvent]]] = {}
        """At each place day, version and entry, in this order."""
        self._places: list[str] = []

    def add(self, event: Event) -> None:
        """Take the next event of the stream. One that names an event which counts no more never counts itself."""
        entry = self._keep(event)
        if isinstance(event, EventAnnulled):
            self._gone[event.id] = self._annul(event)
            return
        for named in event.named():
            before = self.one(named)
            if before is not None and before.gone_at is not None:
                entry.gone_at, entry.gone_by = event.version, before.gone_by

    def _keep(self, event: Event) -> IndexedEvent:
        entry = self._by_id[event.id] = IndexedEvent(event)
        for key in self._keys(event):
            self._by_key.setdefault(key, []).append(entry)
            if DATED in key:
                self._date(key, entry)
        for named in event.named():
            self._names.setdefault(named, []).append(entry)
        return entry

    def _keys(self, event: Event) -> Iterator[str]:
        entry = self.one(event.project_id) if isinstance(event, OF_PROJECT) else None
        project = entry.event if entry is not None and isinstance(entry.event, ProjectStarted) else None
        return keys_of(event, ground_of(event, self), project)

    def _date(self, key: str, entry: IndexedEvent) -> None:
        """Keep an entry by its day, if its key has one."""
        place, is_dated, day = key.partition(DATED)
        if is_dated:
            place += DATED
            if place not in self._dated:
                insort(self._places, place)
                self._dated[place] = []
            dated, one = self._dated[place], (day, entry.event.version, entry)
            at = bisect_left(dated, one[:2], key=itemgetter(0, 1))
            if at == len(dated) or dated[at][1] != entry.event.version:  # it may be read twice
                dated.insert(at, one)

    def _annul(self, annulment: EventAnnulled) -> list[Event]:
        gone: list[Event] = []
        first = self.one(annulment.event_id)
        waiting = [] if first is None else [first]
        while waiting:
            entry = waiting.pop()
            if entry.gone_at is None:
                entry.gone_at, entry.gone_by = annulment.version, annulment.id
                gone.append(entry.event)
                waiting += self.naming(entry.event.id)
        return sorted(gone, key=lambda event: event.version)

    def naming(self, event_id: str) -> list[IndexedEvent]:
        """The entries that name this event."""
        return self._names.get(event_id, [])

    def all_keys(self) -> Iterator[tuple[str, int]]:
        """Key and version of every event."""
        for key, entries in self._by_key.items():
            yield from ((key, entry.event.version) for entry in entries)

    def all_gone(self) -> Iterator[tuple[int, int]]:
        """Version of every event that stopped counting, and at which version."""
        for entry in self._by_id.values():
            if entry.gone_at is not None:
                yield entry.event.version, entry.gone_at

    def under(self, keys: Iterable[str]) -> list[IndexedEvent]:
        """The entries under any of these keys, each once, in recording order."""
        there = [found for key in keys if (found := self._by_key.get(key))]
        if len(there) < 2:  # in recording order as they are
            return there[0][:] if there else []
        by_version = {entry.event.version: entry for found in there for entry in found}
        return [by_version[version] for version in sorted(by_version)]

    def within(self, *prefixes: str) -> list[IndexedEvent]:
        """The entries at all places that begin with one of these, each once, in recording order."""
        found: dict[int, IndexedEvent] = {}
        for prefix in prefixes:
            at = bisect_left(self._places, prefix)
            while at < len(self._places) and self._places[at].startswith(prefix):
                found |= {version: entry for _, version, entry in self._dated[self._places[at]]}
                at += 1
        return [found[version] for version in sorted(found)]

    def beside(self, windows: Sequence[DayWindow], version: int) -> list[list[Event]] | None:
        """What counted in each window at a version of the agency, nearest first, at most `NEAREST`."""
        return [[entry.event for _, _, entry in self._in_memory(window, version)] for window in windows]

    def _in_memory(self, window: DayWindow, version: int) -> list[tuple[str, int, IndexedEvent]]:
        dated = self._dated.get(window.place, [])
        edge = bisect_right(dated, window.day.isoformat() + DATED, key=_BY_DAY)
        found: list[tuple[str, int, IndexedEvent]] = []
        for at in range(edge, len(dated)) if window.after else range(edge - 1, -1, -1):
            if dated[at][2].counts(version):
                found.append(dated[at])
                if len(found) == NEAREST:
                    break
        return found

    def has_read(self, keys: Iterable[str]) -> bool:
        """Whether asking for these keys costs no query. Everything is in memory."""
        return True

    def one(self, event_id: str) -> IndexedEvent | None:
        """The entry of this id."""
        return self._by_id.get(event_id)

    def gone_with(self, annulment: EventAnnulled) -> list[Event]:
        """What stopped counting by this annulment, in recording order."""
        return self._gone[annulment.id]


def trail_at(entries: Iterable[IndexedEvent], version: int) -> Trail:
    """The counting events among these as of a version of the agency: a trail for the functions of the Measures."""
    return Trail(entry.event for entry in entries if entry.counts(version))


def ground_of(event: Event, entries: EventIndex) -> str | None:
    """The ground of a lapse entered by hand: the project, request or fact behind what it concerns (R8c)."""
    if not isinstance(event, LapseRecorded):
        return None
    while isinstance(event, LapseRecorded):
        if event.concerns is None:
            return event.id
        entry = entries.one(event.concerns)
        if entry is None:
            return event.concerns
        event = entry.event
    if isinstance(event, (ProjectPlanFiled, ProjectExtended, ProjectCompleted, ProjectCancelled)):
        return event.project_id
    return event.request_id if isinstance(event, SubmissionReceived) else event.id
