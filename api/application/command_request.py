"""What a request asks to be recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from api.application.privacy.callers import Caller
from domain.agency import Agency
from domain.commands.base import Command
from domain.events import Event
from domain.ledger.ledger import UnitOfWork
from domain.values import Role


@dataclass(frozen=True)
class CommandRequest:
    """What a request asks to be recorded: command, agency, and under which conditions."""

    command: Command
    uscc: str
    path_id: str | None
    path: str
    """The path as it counts for retries, with the USCC in its canonical form."""
    may_create: bool
    caller: Caller
    separate_duties: bool = True
    """Whether who recorded or verified a fact may not answer an objection to it (R38, as R35)."""
    before: Callable[[UnitOfWork, Agency], None] | None = None
    """What else has to hold, asked under the agency's lock."""

    def record(
        self,
        unit: UnitOfWork,
        command: Command,
        *,
        uscc: str | None = None,
        path_id: str | None = None,
        event_id: str | None = None,
        role: Role | None = None,
    ) -> Event:
        """Record a command as the caller's, by default at the order's agency and in the caller's role.

        Raises: a Refusal; then nothing of the request may be committed.
        """
        return unit.record(
            uscc or self.uscc,
            command,
            actor=self.caller.person_id,
            role=role or self.caller.role,
            via=self.caller.via,
            path_id=path_id,
            enterprise=self.caller.uscc,
            event_id=event_id,
            new=self.may_create,
        )
