"""The AssessmentRound aggregate: a year of the whole district, from its publication to its closing (R32, R34, R36)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.events import Event, RanksRevised, YearClosed, YearPublished
from domain.values import Instant


@dataclass(frozen=True)
class AssessmentRound:
    """A year's round as its events make it. Applying never judges."""

    year: int
    events: tuple[Event, ...]

    @classmethod
    def of(cls, year: int, events: Iterable[Event]) -> AssessmentRound:
        """The round of a year from the events of its stream."""
        return cls(year, tuple(events))

    @property
    def version(self) -> int:
        """Version of the last event of the year's round; 0 before the publication."""
        return self.events[-1].version if self.events else 0

    @property
    def published(self) -> YearPublished | None:
        """The publication, if the year has been published."""
        return next((one for one in self.events if isinstance(one, YearPublished)), None)

    @property
    def revisions(self) -> list[RanksRevised]:
        """Every revision of a result of the year, in order."""
        return [one for one in self.events if isinstance(one, RanksRevised)]

    @property
    def closed(self) -> YearClosed | None:
        """The closing that makes the year final; a later revision opens it again (R36)."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, YearClosed) else None

    @property
    def status(self) -> str:
        """`unpublished`, `published` or `closed`."""
        return "unpublished" if self.published is None else "published" if self.closed is None else "closed"

    def was_final(self, recorded_at: Instant) -> bool:
        """Whether a result recorded at an instant has become final since, by a closing of its year (R36).

        It stays final when the year is opened again for the sake of another agency's result.
        """
        return any(isinstance(one, YearClosed) and one.recorded_at > recorded_at for one in self.events)
