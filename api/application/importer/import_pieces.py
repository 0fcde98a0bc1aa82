"""The second pass: pieces of some five hundred lines, each one transaction with the row that says it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from api.application.action_context import ActionContext
from api.application.commands import find_command
from api.application.importer.lines import ImportStopped, refused
from api.application.importer.spool import Spool, event_id
from api.application.privacy.authorisation import Caller
from domain.commands.base import Command
from domain.commands.filing import FileAgency
from domain.errors import Contradiction, Forbidden, Invalid, NotFound
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.store.access.tokens import create_person, person_named
from domain.store.db.dialect import insert_new
from domain.store.db.engine import Connection
from domain.store.db.schema import import_pieces
from domain.values import Role, agency_stream, instant

PIECE_LINES = 500


def done_up_to(connection: Connection, file_sha256: bytes) -> tuple[int, int]:
    """The last piece of a file that is recorded and the last line in it; 0 and 0 before the first."""
    query = select(func.max(import_pieces.c.piece), func.max(import_pieces.c.last_line))
    piece, line = connection.execute(query.where(import_pieces.c.file_sha256 == file_sha256)).one()
    return int(piece or 0), int(line or 0)


def record_pieces(
    ledger: Ledger, spool: Spool, file_sha256: bytes, last_line: int, person: str, progress: Callable[[int], None]
) -> int:
    """Record what the check let pass, from where an earlier run stopped; gives how many facts this run recorded.

    Raises: ImportStopped when a line is refused after all; Busy. What was recorded before stays.
    """
    count = 0
    while True:
        with ledger.writing() as unit:
            recorded, at_line = import_piece(ledger, unit, spool, file_sha256, last_line, person)
        if recorded is None:
            return count
        count += recorded
        progress(at_line)


def import_piece(
    ledger: Ledger, unit: UnitOfWork, spool: Spool, file_sha256: bytes, last_line: int, person: str
) -> tuple[int | None, int]:
    """Record the next piece, as the association: how many facts, and up to which line.

    None where nothing is left, 0 where another process was first. Raises: ImportStopped.
    """
    piece, done = done_up_to(unit.connection, file_sha256)
    commands = spool.commands(done, PIECE_LINES + 1)
    if not commands:
        return None, done
    is_last = len(commands) <= PIECE_LINES
    commands = commands[:PIECE_LINES]
    up_to = last_line if is_last else commands[-1][0]
    if not claim(unit, file_sha256, piece + 1, done + 1, up_to, datetime.now(UTC)):
        return 0, done
    actor = person_named(unit.connection, person) or create_person(unit.connection, person)
    context = ActionContext(ledger, Caller(actor, Role.ASSOCIATION, None, b"", via="import"))
    for stream in sorted({agency_stream(uscc) for _, uscc, _, _, _ in commands}):
        unit.lock(stream)
    parsed = [(line, uscc, _command(line, post, body), path_id) for line, uscc, path_id, post, body in commands]
    unit.expect((uscc, command, path_id) for _, uscc, command, path_id in parsed)
    for line, uscc, command, path_id in parsed:
        try:
            context.record(
                unit, uscc, command, path_id, event_id=event_id(file_sha256, line), new=isinstance(command, FileAgency)
            )
        except (Invalid, Contradiction, NotFound, Forbidden) as refusal:
            raise ImportStopped(refused(line, refusal), done) from refusal
    return len(commands), up_to


def _command(line: int, post: str, body: Any) -> Command:
    found = find_command(post)
    if found is None:
        raise LookupError(f"line {line} passed the check and is no command: {post}")
    return found[0].body.model_validate(body)


def claim(unit: UnitOfWork, file_sha256: bytes, piece: int, first_line: int, last_line: int, at: datetime) -> bool:
    """Insert the piece's row. On PostgreSQL a second import of the file waits here and then finds the row taken."""
    row = {
        "file_sha256": file_sha256,
        "piece": piece,
        "first_line": first_line,
        "last_line": last_line,
        "recorded_at": instant(at),
    }
    return insert_new(unit.connection, import_pieces, row)
