"""What every use case that records takes: who acts, on which ledger, under which key; and one transaction for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from msgspec.structs import replace

from api.application.answers.receipts import AnyReceipt
from api.application.idempotency import Answered, Attempt, given_before, keyed, once
from api.application.privacy.authorisation import Caller
from domain.agency import Agency
from domain.commands.attaching import Attaching
from domain.commands.base import Command
from domain.errors import VersionConflict
from domain.events import Event
from domain.ledger.ledger import Clock, Ledger, UnitOfWork
from domain.spans import span
from domain.values import new_id
from projections.replay.known_at import demonstration_mark

ANY_VERSION: Literal["*"] = "*"
Doing = Callable[[UnitOfWork], AnyReceipt]
"""Records something in a transaction and gives the receipt of it. Raises: a Refusal; then nothing is committed."""
Members = dict[str, Any]
Beside = Callable[[UnitOfWork, Members], Members]
"""Gives further members of an answer."""


@dataclass(frozen=True)
class ActionContext:
    """One request to record something: by whom, under which key, on which version."""

    ledger: Ledger
    caller: Caller
    attempt: Attempt | None = None
    expected: int | Literal["*"] | None = None
    """The version of the agency that has to stand; `*` for any that exists (If-Match)."""
    separate_duties: bool = True
    """Whether who recorded or verified a fact may neither decide an appeal nor answer an objection to it (R35, R38)."""
    clock: Clock | None = None
    """Only for a demonstration: the injected clock."""
    make_id: Callable[[], str] = new_id
    """Where the ids of events come from; a demonstration's are always the same."""

    def now(self) -> datetime:
        """This moment, before any transaction."""
        return datetime.now(UTC) if self.clock is None else self.clock()

    def first_answer(self) -> dict[str, object] | None:
        """What an earlier attempt with this key was answered, asked before anything is worked out."""
        return given_before(self.ledger, self.attempt)

    def carry_out(self, do: Doing, beside: Beside | None = None) -> Answered:
        """Do it in one transaction, or answer as the first time. `beside`: members of the answer that are not kept.

        Raises: a Refusal; then nothing was recorded.
        """

        def attempted() -> Answered:
            with self.ledger.writing(self.clock) as unit:
                found = keyed(unit, self.attempt, lambda: replace(do(unit), **demonstration_mark(unit.law())))
                return found if beside is None else found.also(beside(unit, found.content))

        with span("record"):
            return once(self.ledger, self.attempt, attempted)

    def agency(self, unit: UnitOfWork, uscc: str, *, new: bool = False) -> Agency:
        """The agency under its lock, at the version that is expected. Raises: VersionConflict, NotFound."""
        agency = unit.agency(uscc, new=new)
        if self.expected == ANY_VERSION and agency.version == 0:
            raise VersionConflict("尚无该机构的记录", "there is no record of this agency yet")
        if isinstance(self.expected, int):
            agency.must_be_at(self.expected)
        return agency

    def record(self, unit: UnitOfWork, uscc: str, command: Command, path_id: str | None = None, **more: Any) -> Event:
        """Record one command on behalf of who acts, in the caller's role unless another is given. Raises: a Refusal."""
        with span(f"command {type(command).__name__}"):
            return unit.record(
                uscc,
                command,
                actor=self.caller.person_id,
                via=self.caller.via,
                path_id=path_id,
                enterprise=self.caller.uscc,
                **{"role": self.caller.role, "event_id": self.make_id(), **more},
            )

    def attaching(self, unit: UnitOfWork) -> Attaching:
        """The files that who acts may attach."""
        return Attaching(unit.papers, self.caller.person_id, self.caller.role)

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
            own_id=event_id or self.make_id(),
            **fields,
        )


ActionOf = Callable[[str], ActionContext]
"""The context of a request for a path: who acts, under which key, on which version. The path counts for retries."""


@dataclass(frozen=True)
class CommandRequest:
    """A command to be recorded at an agency."""

    command: Command
    uscc: str
    path_id: str | None = None
    """The id in the command's path, if it has one."""
    may_create: bool = False
    """Whether the command may be the agency's first (art.8)."""
    before: Callable[[UnitOfWork, Agency], None] | None = None
    """What else has to hold, asked under the agency's lock."""
