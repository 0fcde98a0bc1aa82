"""Given facts, when asked, then: a district in memory, for worked cases and properties (no database, no HTTP)."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from api.application.commands import find_command
from domain.agency import Agency, unknown_agency
from domain.commands.base import Recording
from domain.commands.defending import DecideRepair
from domain.errors import NotFound
from domain.events import AgencySucceeded, Event, Evidence, ReadingConfirmed, Sealed
from domain.law import Law
from domain.ledger.inherited_projects import Carrying
from domain.ledger.inheriting import passed_on
from domain.measures.calendar import build_calendar
from domain.measures.hints import Hint, agency_of_hint, hints
from domain.measures.rulebook.confirmations import Confirmations, said_readings
from domain.measures.rulebook.rulebook import Rulebook, Rulebooks, shipped_rulebook
from domain.measures.staff import Elsewhere, Stay, stays
from domain.trail.trail import Trail, known
from domain.values import FOREVER, SHANGHAI, Role, agency_stream, instant, next_instant
from projections.replay.known_at import Basis

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CALENDAR = build_calendar()


def uscc(number: int) -> str:
    """A valid USCC for a small number: body from the number, check digit by GB 32100."""
    body = f"91441300MA{number:07d}"
    weights = [pow(3, place, 31) for place in range(17)]
    total = sum(ALPHABET.index(one) * weight for one, weight in zip(body, weights, strict=True))
    return body + ALPHABET[(31 - total % 31) % 31]


class PlainVault:
    """Stands in for the vault where nothing is stored: what is sealed cannot be opened again."""

    def seal(self, text: str, *, subject: str | None = None, hint: str | None = None) -> Sealed:
        return Sealed(subject=subject or "subject", sealed="")

    def keyed_hash(self, text: str) -> str:
        return f"{hash(text):x}"


def noon(day: date) -> datetime:
    """Twelve o'clock in Shanghai."""
    return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)


def end_of(day: date) -> str:
    """The last microsecond of a Shanghai day, as an instant."""
    return instant(datetime.combine(day + timedelta(days=1), time(0), SHANGHAI) - timedelta(microseconds=1))


class _Others:
    """Implements `Elsewhere` over trails in memory."""

    def __init__(self, trails: list[Trail]) -> None:
        self._trails = trails

    def trail(self, uscc: str) -> Trail | None:
        found = (one for one in self._trails if one.events and one.events[0].stream == agency_stream(uscc))
        return next(found, None)

    def stays(self, certificates: Collection[str]) -> list[Stay]:
        return [stay for trail in self._trails for stay in stays(trail) if stay.certificate in certificates]


@dataclass
class District:
    """Agencies in memory with a clock that the test moves."""

    rulebooks: tuple[Rulebook, ...] = (shipped_rulebook(),)
    agencies: dict[str, Agency] = field(default_factory=dict)
    clock: datetime = field(default_factory=lambda: noon(date(2021, 11, 1)))
    role: Role = Role.ASSOCIATION

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self.law = Law(Rulebooks(self.rulebooks), CALENDAR, True)

    def confirm(self, days: Mapping[str, date]) -> None:
        """The association has confirmed these readings, each on its day, before anything else was recorded (art.28)."""
        book = next(iter(self.law.rulebooks))
        decided = [
            ReadingConfirmed(
                stream="ledger",
                version=place,
                id=f"c{place}",
                occurred_on=day,
                recorded_at=instant(noon(date(2021, 11, 1))),
                actor="p",
                via="api",
                reading=ref,
                rulebook_id=book.id,
                sha256=said_readings(book)[ref].sha256,
                content=said_readings(book)[ref].content,
                confirmed_by="区安协",
                document=Evidence(title="纪要"),
            )
            for place, (ref, day) in enumerate(days.items(), 1)
        ]
        self.law = replace(self.law, confirmations=Confirmations(tuple(decided)))

    def send(self, post: str, body: Mapping[str, Any], event_id: str | None = None) -> Event:
        """Record one command given by its path; raises the refusal or pydantic's ValidationError."""
        found = find_command(post)
        if found is None:
            raise NotFound(f"没有这个命令 {post}", f"no such command {post}")
        route, code, path_id = found
        command = route.body.model_validate(body)
        if code is not None and code not in self.agencies:
            raise unknown_agency(code)
        assert not command.SEVERAL_FACTS or isinstance(command, DecideRepair), (
            f"{post} records several facts: ask for it over HTTP"
        )
        code = code or agency_of_hint(path_id or "") or self.holder_of(path_id)
        code = code or command.uscc  # type: ignore[attr-defined]  # of a filing
        agency = self.agencies.get(code) or Agency.of(code)
        last = agency.trail.events[-1].recorded_at if agency.trail.events else None
        at = next_instant(self.clock, last)
        event = command.record(
            agency,
            Recording(
                actor="p",
                role=self.role,
                via="api",
                law=self.law,
                recorded_at=at,
                event_id=event_id or f"e{next(self._ids)}",
                vault=PlainVault(),
                path_id=path_id,
                elsewhere=self.elsewhere(code),
            ),
        )
        self.agencies[code] = agency
        self.pass_on(agency, at)
        return event

    def pass_on(self, agency: Agency, at: str) -> None:
        """What the unit of work does: successors learn what has changed of what they have (R43)."""
        for one in agency.trail.every(AgencySucceeded):
            for uscc_ in one.successors:
                other = self.agencies.get(uscc_)
                if other is None or other is agency:
                    continue
                cause = agency.trail.events[-1]
                carrying = Carrying(
                    one, agency.trail, other.trail, cause.occurred_on, lambda: f"i{next(self._ids)}", PlainVault().seal
                )
                changed = list(passed_on(carrying, self.law, uscc_))
                for new in changed:
                    event = new.kind(
                        stream=other.stream,
                        version=other.version + 1,
                        id=new.event_id,
                        occurred_on=new.occurred_on,
                        recorded_at=next_instant(self.clock, max(at, other.trail.events[-1].recorded_at)),
                        actor="p",
                        via="api",
                        **new.fields,
                    )
                    other.apply(event)
                if changed:
                    self.pass_on(other, other.trail.events[-1].recorded_at)

    def holder_of(self, event_id: str | None) -> str | None:
        """The agency on whose trail an event stands."""
        return next((code for code, one in self.agencies.items() if event_id in one.trail.by_id), None)

    def elsewhere(self, code: str, known_at: str = FOREVER) -> Elsewhere:
        """The other agencies as one agency's hints see them."""
        others = [agency for uscc, agency in self.agencies.items() if uscc != code]
        return _Others([known(agency.trail.events, known_at) for agency in others])

    def hints(self, code: str, as_of: date, known_at: str | None = None) -> list[Hint]:
        """The hints at an agency, open or settled (R37); by default everything is known."""
        basis = self.basis(code, as_of, known_at)
        return hints(basis.facts, basis.law, self.elsewhere(code, known_at or FOREVER))

    def basis(self, code: str, as_of: date, known_at: str | None = None) -> Basis:
        """An agency's basis; by default everything is known."""
        events = self.agencies[code].trail.events
        at = known_at or max(instant(self.clock), events[-1].recorded_at)
        return Basis(Trail(event for event in events if event.recorded_at <= at), self.law, as_of, at)
