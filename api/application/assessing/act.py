"""What acts on a year's assessment share: who acts, the answer, and one transaction with its key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from api.application import idempotency
from api.application.privacy.callers import Caller
from api.application.recording import at_once, given_before, keyed, recorded
from domain.agency import Agency
from domain.commands.base import Command
from domain.events import Event
from domain.ledger.ledger import Clock, Ledger, UnitOfWork
from domain.values import new_id
from projections.replay.basis import demonstration_mark


@dataclass(frozen=True)
class ActionContext:
    """One request to act: by whom, under which key."""

    ledger: Ledger
    caller: Caller
    attempt: idempotency.Attempt | None
    expected: int | Literal["*"] | None = None
    """The version of the agency that If-Match names."""
    separate_duties: bool = True
    """Whether who recorded or verified a disputed fact may not decide about it (R35)."""
    clock: Clock | None = None
    """Only for a demonstration: the injected clock."""
    make_id: Callable[[], str] = new_id
    """Where the ids of events come from; a demonstration's are always the same."""

    def now(self) -> datetime:
        """This moment, before any transaction."""
        return datetime.now(UTC) if self.clock is None else self.clock()

    def first_answer(self) -> dict[str, Any] | None:
        """What an earlier attempt with this key was answered, asked before anything is worked out."""
        return given_before(self.ledger, self.attempt)

    def carry_out(self, act: Callable[[UnitOfWork], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
        """Do it in one transaction; the answer, and whether it is that of an earlier attempt."""
        return at_once(self.ledger, self.attempt, lambda: self._once(act))

    def _once(self, act: Callable[[UnitOfWork], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
        with self.ledger.writing(self.clock) as unit:
            return keyed(unit, self.attempt, lambda: {**act(unit), **demonstration_mark(unit.law())})

    def record(self, unit: UnitOfWork, uscc: str, command: Command, path_id: str | None = None, **more: Any) -> Event:
        """Record one command on behalf of who acts, in the role of the token unless another is given."""
        return unit.record(
            uscc,
            command,
            actor=self.caller.person_id,
            via=self.caller.via,
            path_id=path_id,
            enterprise=self.caller.uscc,
            **{"role": self.caller.role, "event_id": self.make_id(), **more},
        )

    def at_expected_version(self, unit: UnitOfWork, uscc: str) -> Agency:
        """The agency under its lock, which has to be at the version that If-Match names. Raises: Moved."""
        agency = unit.agency(uscc)
        if isinstance(self.expected, int):
            agency.must_be_at(self.expected)
        return agency

    def answer(self, unit: UnitOfWork, uscc: str, events: Sequence[Event], **more: Any) -> dict[str, Any]:
        """The answer to an act about one agency: all its events, the fact itself first, and what they touch."""
        agency = unit.agency(uscc)
        similar = unit.similar([event for event in events if event.stream == agency.stream])
        return {**recorded(uscc, agency, events, unit.projected().touched, similar), **more}

    def append(
        self, unit: UnitOfWork, kind: type[Event], stream: str, on: date, event_id: str | None = None, **fields: Any
    ) -> Event:
        """Append a decided fact on behalf of who acts."""
        return unit.append(
            kind,
            stream,
            actor=self.caller.person_id,
            via=self.caller.via,
            occurred_on=on,
            event_id=event_id or self.make_id(),
            **fields,
        )


def round_answer(year: int, event: Event, count: int) -> dict[str, Any]:
    """The answer to an act on a whole year (api.md, Commands)."""
    return {
        "assessment": year,
        "version": event.version,
        "recorded_at": event.recorded_at,
        "count": count,
        "events_url": f"/v1/assessments/{year}/events",
    }
