"""Who stood on the staff of an agency from when to when, by certificate: for art.16(9), 多处挂靠 (R37)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from msgspec import UNSET

from domain.events import FilingSubmitted, InformationChanged
from domain.folding import category_fold
from domain.measures.chapter2_filing import ONE_DAY, filings, profile_on, saying
from domain.trail.trail import Facts, Trail
from domain.values import Instant

FIELDS = ("personnel", "category")
"""The particulars that bear on it."""


@dataclass(frozen=True)
class Stay:
    """An unbroken time of one certificate on the staff of an agency of one category."""

    uscc: str
    category: str
    certificate: str
    """The keyed hash of its number."""
    first: date
    last: date
    """`date.max`: it stands there still."""
    event: str
    """The filing or change that put it there."""
    recorded_at: Instant


class Elsewhere(Protocol):
    """The other agencies, as far as one agency's hints depend on them, at the same basis as that agency."""

    def stays(self, certificates: Collection[str]) -> Iterable[Stay]:
        """The stays of these certificates on the staff of other agencies."""
        ...

    def trail(self, uscc: str) -> Trail | None:
        """The trail of another agency; None where there is none of this code."""
        ...


class Nowhere:
    """An `Elsewhere` for an agency that is alone."""

    def stays(self, certificates: Collection[str]) -> Iterable[Stay]:
        """None."""
        return ()

    def trail(self, uscc: str) -> Trail | None:
        """None."""
        return None


NOWHERE = Nowhere()


def stays(trail: Trail) -> list[Stay]:
    """Every stay of every certificate, by first day. An agency is registered from a filing's submission until it is
    terminated; a filing that was returned registers nobody.
    """
    about = trail.about(FIELDS)
    return about.remember("stays", lambda: list(_stays(about)))


def _stays(trail: Trail) -> Iterator[Stay]:
    spans = [
        (life.submitted.occurred_on, date.max if life.ended_on is None else life.ended_on - ONE_DAY)
        for life in filings(Facts(trail, date.max))
        if life.outcome != "returned"
    ]
    days = {one.occurred_on for one in trail.of(InformationChanged)} | {first for first, _ in spans}
    days |= {last + ONE_DAY for _, last in spans if last < date.max}
    days |= {life.filed_on for life in filings(Facts(trail, date.max)) if life.filed_on is not None}
    standing: dict[str, Stay] = {}
    for day in sorted(days):
        registered = any(first <= day <= last for first, last in spans)
        there = dict(_on_staff(trail, day)) if registered else {}
        for certificate, stay in list(standing.items()):
            now = there.get(certificate)
            if now is None or category_fold(now.category) != category_fold(stay.category):
                yield replace(standing.pop(certificate), last=day - ONE_DAY)
        for certificate, stay in there.items():
            standing.setdefault(certificate, stay)
    yield from standing.values()


def _on_staff(trail: Trail, day: date) -> Iterator[tuple[str, Stay]]:
    profile, says = profile_on(trail, day), saying(trail, day, "personnel")
    if says is None or profile.personnel is UNSET or profile.category is UNSET:
        return
    uscc = next(trail.of(FilingSubmitted)).uscc
    for person in profile.personnel:
        if person.certificate_hash:
            yield (
                person.certificate_hash,
                Stay(uscc, profile.category, person.certificate_hash, day, date.max, says.id, says.recorded_at),
            )
