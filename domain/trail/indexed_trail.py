"""The trail as commands see it under a lock: what they ask for is looked up, the stream is not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from domain.events import (
    AgencyFiled,
    AgencySucceeded,
    AgencyTerminated,
    Event,
    EventAnnulled,
    FilingReturned,
    FilingSubmitted,
    ProjectStarted,
)
from domain.trail.event_index import EventIndex, IndexedEvent
from domain.trail.keys import field_keys, naming_key, projects_at, type_key, type_keys
from domain.trail.trail import Trail

E = TypeVar("E", bound=Event)
T = TypeVar("T")


class _LookedUp(Mapping[str, T]):
    """Something by event id, looked up when asked for; it cannot be walked through."""

    def __init__(self, find: Callable[[str], T | None]) -> None:
        self._find = find

    def __getitem__(self, event_id: str) -> T:
        found = self._find(event_id)
        if found is None:
            raise KeyError(event_id)
        return found

    def __iter__(self) -> Iterator[str]:
        raise TypeError("what is looked up by id cannot be walked through")

    def __len__(self) -> int:
        raise TypeError("what is looked up by id cannot be counted")


class IndexedTrail(Trail):
    """Answers what commands ask of a `Trail` (by id, by what names it, by type) from `EventIndex`."""

    def __init__(self, entries: EventIndex) -> None:
        super().__init__()
        self.entries = entries
        self.by_id = _LookedUp(self._event)
        self.annulled_by = _LookedUp(self._annulment)

    def _event(self, event_id: str) -> Event | None:
        entry = self.entries.one(event_id)
        return None if entry is None else entry.event

    def _annulment(self, event_id: str) -> str | None:
        entry = self.entries.one(event_id)
        return None if entry is None else entry.gone_by

    @property
    def events(self) -> list[Event]:
        """Never answered: who walks through a stream has to read it. `every` gives those of one type."""
        raise TypeError("what is looked up by key cannot be walked through: ask for a type")

    def add(self, event: Event) -> None:
        """Take an event that was recorded just now."""
        self.entries.add(event)
        self._dated.clear()
        self._remembered.clear()

    def counts(self, event: Event) -> bool:
        """Whether the event has not been annulled, directly or through an event that it names."""
        return event.id not in self.annulled_by

    def of(self, kind: type[E]) -> Iterator[E]:
        """The counting events of one type, in recording order."""
        return _counting(self.entries.under([type_key(kind)]))

    def every(self, kind: type[E]) -> list[E]:
        """The events of one type, counting or not, in recording order."""
        return [entry.event for entry in self.entries.under([type_key(kind)])]  # type: ignore[misc]  # by their key

    def naming(self, event_id: str, *kinds: type[E]) -> Iterator[E]:
        """The counting events of these types that name `event_id`, in recording order."""
        by_type = type_keys(*kinds)
        if self.entries.has_read(by_type):  # all of these types are at hand
            found = [one for one in self.entries.under(by_type) if event_id in one.event.named()]
        else:
            found = self.entries.under([naming_key(event_id, kind) for kind in kinds])
        return _counting(found)

    def projects_for(self, uscc: str) -> Iterator[ProjectStarted]:
        """The counting projects for this enterprise, in recording order."""
        return _counting(self.entries.within(projects_at(uscc)))

    def about(self, fields: Iterable[str]) -> Trail:
        """A trail that says what these particulars of the agency were; this one says it of all.

        The filings, and the changes of just these particulars.
        """
        filings = type_keys(FilingSubmitted, AgencyFiled, FilingReturned, AgencyTerminated, AgencySucceeded)
        keys = (*filings, *field_keys(fields))
        return Trail(_counting(self.entries.under(keys)))

    def gone_with(self, annulment: EventAnnulled) -> list[Event]:
        """What stopped counting by an annulment recorded just now, in recording order."""
        return self.entries.gone_with(annulment)


def _counting(entries: list[IndexedEvent]) -> Iterator[Any]:
    return (entry.event for entry in entries if entry.gone_at is None)
