"""Division, merger, change of code (分立、合并; art.12, R43): who stands in whose place, and what is inherited.

What is inherited stands on the successor's own stream (`FactsInherited`), so that its rows, its replay and the proof of
its answers need no other agency's facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from msgspec import UNSET, UnsetType

from domain.events import (
    AgencySucceeded,
    AgencyTerminated,
    AuthorityKind,
    FactsInherited,
    Grounds,
    InheritedComplaint,
    InheritedPenalty,
    InheritedRecord,
)
from domain.measures.rulebook.rulebook import Rulebooks
from domain.measures.text.implements import implements
from domain.trail.trail import Facts

SuccessionKind = Literal["merger", "division", "code_change"]
SUCCESSIONS: dict[SuccessionKind, tuple[str, str]] = {
    "merger": ("合并", "merger"),
    "division": ("分立", "division"),
    "code_change": ("变更统一社会信用代码", "change of code"),
}


@implements("art.11", "art.12", "R6", "R43")
def ends_of(facts: Facts) -> list[AgencyTerminated | AgencySucceeded]:
    """What ends an agency's filings and duties: its termination, or that others stand in its place."""
    found: list[AgencyTerminated | AgencySucceeded] = [*facts.of(AgencyTerminated)]
    found += [one for one in facts.of(AgencySucceeded) if one.ends]
    return sorted(found, key=lambda one: (one.occurred_on, one.version))


@implements("art.12", "R43")
def succeeded(facts: Facts) -> AgencySucceeded | None:
    """What has put others in the agency's place by the day; None while it goes on itself."""
    return next((one for one in facts.of(AgencySucceeded) if one.ends), None)


@implements("art.12", "R43")
def inherited(facts: Facts) -> list[FactsInherited]:
    """What the agency has of its predecessors by the day, by date: of each succession the latest that was recorded."""
    latest: dict[str, FactsInherited] = {}
    for one in facts.of(FactsInherited):
        before = latest.get(one.succession_id)
        if before is None or before.version < one.version:
            latest[one.succession_id] = one
    return [one for one in latest.values() if one.stands]


@implements("art.12", "R43")
def goes_over(one: AgencySucceeded, rulebooks: Rulebooks) -> frozenset[str]:
    """Which kinds of what counts go over, by the rulebook of the day of the succession."""
    goes: frozenset[str] = getattr(rulebooks.on(one.occurred_on).succession, f"{one.kind}_inherits")
    return goes


def of_whom(one: FactsInherited) -> tuple[str, str]:
    """From whom something is inherited, and how, in both languages."""
    (kind, kind_en), name = SUCCESSIONS[one.kind], one.names[0] if one.names else one.predecessor
    return f"承继自{name}（{one.occurred_on} {kind}）", f"inherited from {name} ({kind_en} of {one.occurred_on})"


T = TypeVar("T", InheritedComplaint, InheritedRecord, InheritedPenalty)


@implements("art.12", "R43")
def inherited_once(facts: Facts, kind: Callable[[FactsInherited], tuple[T, ...]]) -> Iterator[tuple[FactsInherited, T]]:
    """What was inherited of a kind, each with the fact by which it came first.

    An agency that divides and is merged again reaches one successor by two ways: the same thing is then there once.
    """
    seen = set[str]()
    for one in inherited(facts):
        for each in kind(one):
            if each.origin is UNSET or each.origin not in seen:
                yield one, each
            if each.origin is not UNSET:
                seen.add(each.origin)


@dataclass(frozen=True)
class InheritedUpheld:
    """A complaint upheld at a predecessor, as the ladder counts it at the successor (R16, R43)."""

    id: str
    """Of the fact by which it was inherited: the complaint itself stands on the predecessor's stream."""
    occurred_on: date
    version: int
    verified_grounds: Grounds
    counts_from: date
    """The day from which it counts here: of the succession, or its own if that is later."""
    origin: str | UnsetType
    """The decision itself, on the stream of the agency where it was made."""

    @property
    def adds_tag(self) -> bool:
        """Whether it was upheld when the successor stood in the predecessor's place already."""
        return self.occurred_on >= self.counts_from


def inherited_complaints(facts: Facts) -> list[InheritedUpheld]:
    """The complaints upheld at all predecessors by the day."""
    return [
        InheritedUpheld(
            one.id, each.upheld_on, one.version, each.grounds, max(one.occurred_on, each.upheld_on), each.origin
        )
        for one, each in inherited_once(facts, lambda one: one.complaints)
        if each.upheld_on <= facts.as_of
    ]


@dataclass(frozen=True)
class InheritedFine:
    """A penalty imposed on a predecessor, as the assessment counts it at the successor (art.25, R43)."""

    id: str
    """Of the fact by which it was inherited."""
    occurred_on: date
    version: int
    authority_kind: AuthorityKind
    counts_from: date
    """The day from which it counts here: of the succession, or its own if that is later."""
    origin: str | UnsetType
    """The penalty itself, on the stream of the agency on which it was imposed."""


@implements("art.12", "art.25", "R43")
def inherited_fines(facts: Facts) -> list[InheritedFine]:
    """The penalties imposed on all predecessors by the day."""
    return [
        InheritedFine(
            one.id,
            each.decided_on,
            one.version,
            each.authority_kind,
            max(one.occurred_on, each.decided_on),
            each.origin,
        )
        for one, each in inherited_once(facts, lambda one: one.penalties)
        if each.decided_on <= facts.as_of
    ]
