"""What a check let pass is recorded in pieces, each one transaction, each fact once only whoever else records it.

A piece locks its agencies first and leaves out what is recorded by then: a second run of the same file, or the same
file brought twice at once, records nothing twice, and a run that was killed is taken up by running it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from api.application.action_context import ActionContext
from api.application.importer.spool import Spool
from api.application.privacy.authorisation import Caller
from api.application.workbooks.kinds.sheet_kinds import ROW, SheetKind
from api.application.workbooks.row_bodies import RowFault, field_at
from domain.commands.filing import FileAgency
from domain.errors import Busy, Refusal
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.store.db.engine import Connection
from domain.values import agency_stream

PIECE = 500


class BookRecorded(NamedTuple):
    """How a recording ended."""

    recorded: int
    """Facts that this run recorded."""
    before: int
    """Facts that were recorded meanwhile by another."""
    stopped: RowFault | None = None
    """A row that is refused after all: the ledger has changed since the check. Pieces before it stay."""


class _Stopped(Exception):
    def __init__(self, row: int, refusal: Refusal) -> None:
        super().__init__(str(row))
        self.row, self.refusal = row, refusal


def record_book(
    ledger: Ledger,
    caller: Caller,
    kind: SheetKind,
    spool: Spool,
    progress: Callable[[int], None] = lambda facts: None,
    within: Callable[[Connection, int], None] = lambda connection, facts: None,
) -> BookRecorded:
    """Record what waits in the spool as the caller, whose right to the command was asked before. Raises: Busy.

    `within` is told in the transaction of each piece how many facts it records.
    """
    recorded, before, last = 0, 0, 0
    context = ActionContext(ledger, caller)
    while commands := spool.commands(last, PIECE):
        try:
            with ledger.writing() as unit:
                done = _piece(context, unit, kind, commands)
                within(unit.connection, done)
        except _Stopped as stopped:
            refusal = stopped.refusal
            field = field_at(kind, refusal.pointer) if refusal.pointer else ROW
            fault = RowFault(stopped.row, field, (refusal.text, refusal.text_en))
            return BookRecorded(recorded, before, fault)
        recorded, before = recorded + done, before + len(commands) - done
        last = commands[-1][0]
        progress(recorded + before)
    return BookRecorded(recorded, before)


def _piece(context: ActionContext, unit: UnitOfWork, kind: SheetKind, commands: list[Any]) -> int:
    """Record one piece; how many facts it recorded."""
    for stream in sorted({agency_stream(uscc) for _, uscc, _, _, _ in commands}):
        unit.lock(stream)
    parsed = [
        (row, uscc, kept["id"], kind.route.body.model_validate(kept["body"])) for row, uscc, _, _, kept in commands
    ]
    unit.expect((uscc, command, None) for _, uscc, _, command in parsed)
    done = 0
    for row, uscc, event_id, command in parsed:
        if unit.entries(agency_stream(uscc)).one(event_id) is not None:
            continue
        try:
            context.record(unit, uscc, command, None, event_id=event_id, new=isinstance(command, FileAgency))
        except Busy:
            raise
        except Refusal as refusal:
            raise _Stopped(row, refusal) from refusal
        done += 1
    return done
