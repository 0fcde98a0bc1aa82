"""The Agency aggregate: commands decide and may refuse; applying an event never judges (design.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from domain.errors import NotFound, VersionConflict
from domain.events import (
    AgencyFiled,
    ComplaintDismissed,
    ComplaintMerged,
    ComplaintUpheld,
    Event,
    FilingReturned,
    FilingSubmitted,
    ResultPublished,
    ResultRevised,
)
from domain.trail.trail import Trail
from domain.values import agency_stream, stream_id

_NO_TIME = datetime.min.replace(tzinfo=UTC)
"""The library keeps a modification time on aggregates; ours is `recorded_at` on every event."""


class Agency(BaseAggregate[UUID]):
    """One safety-steward agency (服务机构), named by its USCC, with the whole trail of what was recorded about it."""

    @classmethod
    def blank(cls, stream: str) -> Agency:
        """The agency before its first event, version 0."""
        agency = cls.__new__(cls)
        agency.__base_init__(originator_id=stream_id(stream), originator_version=0, timestamp=_NO_TIME)
        agency.stream = stream
        agency.trail = Trail()
        return agency

    @classmethod
    def of(cls, uscc: str) -> Agency:
        """The blank agency of this USCC."""
        return cls.blank(agency_stream(uscc))

    stream: str
    trail: Trail

    def append(self, event: Event) -> None:
        """Take in an event that was decided just now and is still to be written."""
        self.apply(event)
        self.pending_events.append(event)  # type: ignore[arg-type]  # the library asks for its own base class here

    def apply(self, event: Event) -> None:
        """Take an event into the trail, blindly."""
        self.trail.add(event)
        self.version = event.version

    def must_be_at(self, version: int) -> None:
        """Refuse to act on another version than the one that was read. Raises: VersionConflict."""
        if version != self.version:
            raise VersionConflict(
                f"机构记录已是第 {self.version} 版，不是 {version}",
                f"the agency is at version {self.version}, not {version}",
                remedy="请重新读取后再决定",
                remedy_en="Read it again and decide anew.",
            )

    def undecided_filing(self) -> FilingSubmitted | None:
        """The latest filing without a decision (R6)."""
        undecided = [
            filing
            for filing in self.trail.of(FilingSubmitted)
            if next(self.trail.naming(filing.id, AgencyFiled, FilingReturned), None) is None
        ]
        return undecided[-1] if undecided else None

    def results(self) -> list[ResultPublished | ResultRevised]:
        """The published results of all years, in recording order (R32, R34)."""
        found: list[ResultPublished | ResultRevised] = [*self.trail.of(ResultPublished), *self.trail.of(ResultRevised)]
        return sorted(found, key=lambda event: event.version)

    def complaint_decision(self, complaint_id: str) -> Event | None:
        """The standing decision on a complaint: upheld, dismissed or merged away (R15)."""
        for event in self.trail.naming(complaint_id, ComplaintUpheld, ComplaintDismissed, ComplaintMerged):
            if getattr(event, "complaint_id") == complaint_id:  # noqa: B009  # a merger names its target too
                return event
        return None


def project_agency(agency: Agency | None, events: Iterable[Any]) -> Agency | None:
    """The library's projector function: a plain fold over typed events."""
    for event in events:
        if agency is None:
            agency = Agency.blank(event.stream)
        agency.apply(event)
    return agency


def is_agency_stream(stream: str) -> bool:
    """Whether a stream is that of an agency, and not the ledger's own or that of a year's assessment."""
    return stream.startswith("agency/")


def unknown_agency(uscc: str) -> NotFound:
    """The one answer for an agency that does not exist or that the caller may not see (api.md)."""
    return NotFound(
        f"没有统一社会信用代码为 {uscc} 的机构",
        f"there is no agency with the USCC {uscc}",
        remedy="请核对代码；机构须先备案（第八条）",
        remedy_en="Check the code; an agency has to be filed first (art.8).",
    )


def unknown_then(uscc: str) -> NotFound:
    """The answer for an agency of which nothing was recorded yet at the instant asked for (R4)."""
    return NotFound(
        f"在所问的时点，台账里还没有机构 {uscc} 的记录",
        f"at the moment asked for, the ledger had no record of the agency {uscc} yet",
        remedy="请选较晚的时点，或不写 known_at，按现在所知查询",
        remedy_en="Choose a later moment, or leave known_at out to ask by what is known now.",
    )
