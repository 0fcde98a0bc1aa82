"""The questions of api.md, answered from one snapshot by replay.

This is the seam at which faster read models can answer instead: nothing above it knows how an answer is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.agency import unknown_agency
from domain.errors import Invalid, NotFound
from domain.events import Event
from domain.law import Law
from domain.ledger import Reader
from domain.measures.notices import notices
from domain.measures.rulebook import year_span
from domain.trail import Trail
from domain.values import Instant, shanghai_date
from projections import district
from projections.basis import Basis, calendar_echo, demonstration_mark
from projections.sheet import Sheet
from projections.standing import agency_name, standing
from projections.timeline import timeline
from projections.trail import entry

_BY_POSITION = re.compile(r"(version|log):(\d{1,18})")


EARLIEST: Instant = "0001-01-01T00:00:00.000000Z"


@dataclass(frozen=True)
class Knowledge:
    """What `known_at` names: an instant (or nothing: now), a version of one agency, or a place in the sealed log."""

    instant: Instant | None = None
    version: int | None = None
    log: int | None = None
    law: Law | None = None
    """With `log`: the law adopted among its first entries, the same for every agency (R4)."""


class Questions:
    """Answers at the edge's clock: `now` is the default and the latest `known_at`, `today` the default `as_of`."""

    def __init__(self, reader: Reader, now: Instant) -> None:
        self.reader = reader
        self.now = now
        self.today = shanghai_date(now)

    # ---- the basis ----

    def basis(self, uscc: str, as_of: date | None = None, known_at: str | None = None) -> Basis:
        """One agency on `as_of` as known at `known_at`: an instant, `version:N` or `log:N` (api.md, Reading).

        404 for an agency not known at that instant; 422 for a `known_at` that lies in the future or is malformed.
        """
        known = self._knowledge(known_at)
        basis = self._basis(self.reader.agency_events(uscc), known, as_of)
        if basis is None:
            raise unknown_agency(uscc)
        return basis

    def _knowledge(self, known_at: str | None) -> Knowledge:
        """What `known_at` says, read once for however many agencies are asked about."""
        by_position = None if known_at is None else _BY_POSITION.fullmatch(known_at)
        if by_position is None:
            return Knowledge(instant=known_at)
        number = int(by_position[2])
        if by_position[1] == "version":
            return Knowledge(version=number)
        sealed, _ = self.reader.sealed()
        if number > sealed:
            raise _beyond(f"log:{number}", f"log:{sealed}")
        at = self.reader.recorded_in_log(number) or EARLIEST
        return Knowledge(log=number, instant=at, law=self.reader.law_in_log(number))

    def _basis(self, events: tuple[Event, ...], known: Knowledge, as_of: date | None) -> Basis | None:
        """The basis of one agency's events; None when it was not known then."""
        if not events:
            return None
        latest = max(self.now, events[-1].recorded_at)
        at = known.instant or latest
        if known.log is not None:
            versions = self.reader.versions_in_log(events[0].stream, known.log)
            trail = [event for event in events if event.version in versions]
        elif known.version is not None:
            if known.version > len(events):
                raise _beyond(f"version:{known.version}", f"version:{len(events)}")
            trail = list(events[: known.version])
            at = trail[-1].recorded_at if trail else EARLIEST
        else:
            self._not_future(at, latest)
            trail = [event for event in events if event.recorded_at <= at]
        law = known.law if known.log is not None else self.reader.law(at)
        return None if not trail or law is None else Basis(Trail(trail), law, as_of or self.today, at)

    def _not_future(self, known_at: Instant, latest: Instant) -> None:
        if known_at > latest:
            raise Invalid(
                f"known_at 是 {known_at}，晚于现在 {latest}",
                f"known_at is {known_at}, after now {latest}",
                cites=("api.md",),
                remedy="请填写不晚于现在的时刻",
                remedy_en="Give an instant that has passed.",
                pointer="?known_at",
            )

    # ---- one agency ----

    def standing(self, basis: Basis) -> dict[str, Any]:
        """Tier, bad records and score, with the grounds."""
        return standing(basis)

    def sheet(self, basis: Basis, year: int) -> dict[str, Any]:
        """The score sheet of a year with its explanation. 404 for a year before the Measures."""
        _must_be_assessed(basis.law, year)
        sheet = Sheet(basis, year)
        return {
            "agency": agency_name(basis),
            **basis.echo(sheet.rulebook, sheet.provisional),
            **sheet.explained(),
        }

    def timeline(self, basis: Basis, first: date | None = None, last: date | None = None) -> dict[str, Any]:
        """Every day on which the standing changes, by default from the first fact to today or the latest dated fact."""
        dates = [event.occurred_on for event in basis.trail.events]
        first = first or min(dates)
        last = last or max(self.today, *dates)
        if last < first:
            raise Invalid(
                f"to（{last}）早于 from（{first}）", f"to ({last}) lies before from ({first})",
                remedy="请对调两个日期", remedy_en="Swap the two dates.", pointer="?to",
            )  # fmt: skip
        echo = basis.echo(basis.rulebook)
        del echo["as_of"], echo["projected"]
        return {"agency": agency_name(basis), **echo, **timeline(basis, first, last)}

    def trail(self, basis: Basis) -> list[dict[str, Any]]:
        """The audit trail as known at the basis, in recording order; sealed fields are still sealed."""
        return [entry(event, basis) for event in basis.trail.events]

    def notices(self, basis: Basis) -> list[dict[str, Any]]:
        """The notices of one agency that are due by the basis, sent or not (R18)."""
        agency = agency_name(basis)
        return [
            {
                "id": one.id, "agency": {"uscc": agency["uscc"], "name": agency["name"]}, "kind": one.kind,
                "article": one.article, "recipient": one.recipient, "cause": one.cause,
                "due_on": one.due_on.isoformat(), "text": one.text, "text_en": one.text_en,
                "sent_on": None if one.sent_on is None else one.sent_on.isoformat(),
            }
            for one in notices(basis.facts, basis.law.rulebooks)
        ]  # fmt: skip

    # ---- the district ----

    def district(self, as_of: date | None = None, known_at: str | None = None) -> Iterator[Basis]:
        """The bases of all agencies known at `known_at` (an instant or `log:N`), by USCC."""
        known = self._knowledge(known_at)
        for events in self.reader.agencies():
            basis = self._basis(events, known, as_of)
            if basis is not None:
                yield basis

    def district_echo(self, as_of: date | None = None, known_at: str | None = None) -> dict[str, Any]:
        """What an answer over the whole district says of its basis."""
        day, (at, law) = as_of or self.today, self._law_at(known_at)
        echo: dict[str, Any] = {
            "as_of": day.isoformat(), "known_at": at, "projected": day > shanghai_date(at),
            "rulebook": None, "calendar": None,
        }  # fmt: skip
        if law is None:
            return echo
        book = law.rulebooks.on(day)
        echo |= {"rulebook": {"id": book.id, "sha256": book.sha256}, "calendar": calendar_echo(law.calendar, False)}
        return {**echo, **demonstration_mark(law)}

    def _law_at(self, known_at: str | None) -> tuple[Instant, Law | None]:
        """The instant to echo for the whole district, and the law known then."""
        known = self._knowledge(known_at)
        if known.version is not None:
            raise Invalid(
                "version:N 只用于单个机构", "version:N is for one agency", remedy="请用时刻或 log:N",
                remedy_en="Use an instant or log:N.", pointer="?known_at",
            )  # fmt: skip
        at = known.instant or self.now
        if known.log is not None:
            return at, known.law
        self._not_future(at, self.now)
        return at, self.reader.law(at)

    def agencies(
        self, as_of: date | None = None, known_at: str | None = None, **filters: str | None
    ) -> list[dict[str, Any]]:
        """The agencies that pass the filters tier, grade, category, filing and q, by USCC."""
        rows = (district.row(basis) for basis in self.district(as_of, known_at))
        return [one for one in rows if district.matches(one, **filters)]

    def ranking(self, year: int, as_of: date | None = None, known_at: str | None = None) -> list[dict[str, Any]]:
        """The ranking of a year, per category (R30). 404 for a year before the Measures."""
        _, law = self._law_at(known_at)
        if law is not None:
            _must_be_assessed(law, year)
        return district.ranking(year, self.district(as_of, known_at))


def _must_be_assessed(law: Law, year: int) -> None:
    """Refuse an assessment year that was over before the Measures were in force (art.28, R20)."""
    first = law.rulebooks.first_day
    if year_span(year, law.rulebooks)[1] < first:
        raise NotFound(
            f"{year} 年没有考评：办法自 {first} 起施行",
            f"there is no assessment of {year}: the Measures are in force from {first}",
            cites=("art.28", "R20"),
            remedy="请查询施行之后的年度",
            remedy_en="Ask for a year from then on.",
        )


def _beyond(asked: str, latest: str) -> Invalid:
    return Invalid(
        f"known_at 是 {asked}，超出现有记录（{latest}）",
        f"known_at is {asked}, beyond what is recorded ({latest})",
        cites=("api.md",),
        remedy="请填写不大于它的编号",
        remedy_en="Give a number up to that.",
        pointer="?known_at",
    )
