"""An import from end to end: copy and hash the file, check it whole, record it in pieces."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from api.application.importer.check import Check
from api.application.importer.import_pieces import done_up_to, record_pieces
from api.application.importer.lines import LineError
from api.application.importer.spool import Spool
from domain.errors import NotFound
from domain.ledger.ledger import Ledger
from domain.store.access.tokens import person_named
from domain.values import instant

_CHUNK = 1024 * 1024
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Status = Literal["recorded", "already_recorded", "valid", "refused", "empty"]
Progress = Callable[[Literal["check", "record"], int, int], None]
"""Called with the pass, how far it is (bytes, then lines), and the whole."""


@dataclass(frozen=True)
class ImportOutcome:
    """How an import ended."""

    status: Status
    file_sha256: str
    lines: int
    """Lines with a command, good or bad."""
    refused: int
    """Lines with an error."""
    recorded: int
    """Facts that this run recorded."""
    recorded_before: int
    """Facts that earlier runs of the same file had recorded."""


def run_import(
    ledger: Ledger,
    path: Path,
    person: str,
    *,
    dry_run: bool = False,
    on_error: Callable[[LineError], None],
    progress: Progress = lambda stage, done, total: None,
) -> ImportOutcome:
    """Import a file of commands as a person. Errors are handed over one by one; then nothing is recorded.

    The file is copied first: what is checked is what is recorded, and a pipe will do as well.
    Raises: OSError when the file cannot be read; ImportStopped, Busy while recording; NotFound for an unknown id.
    """
    with tempfile.TemporaryFile(prefix="steward-import-") as copy, closing(Spool()) as spool:
        sha256, size, last_line = _copied(path, copy)
        with ledger.reading() as reader:  # one moment for the whole check, though other processes go on recording
            actor = person_named(reader.connection, person)
            _require_sensible(person, actor)
            done = done_up_to(reader.connection, sha256)[1]
            if done and done >= last_line:
                return ImportOutcome("already_recorded", sha256.hex(), 0, 0, 0, 0)
            check = Check(ledger, reader, spool, sha256, instant(datetime.now(UTC)), done, actor or "")
            for error in check.errors(copy, lambda read: progress("check", read, size)):
                on_error(error)
        recorded = 0
        status: Status = "refused" if check.refused else "valid" if dry_run else "recorded"
        if status == "recorded":
            recorded = record_pieces(
                ledger, spool, sha256, last_line, person, lambda line: progress("record", line, last_line)
            )
        if check.lines == 0:
            status = "empty"
        return ImportOutcome(status, sha256.hex(), check.lines, check.refused, recorded, check.recorded_before)


def _copied(path: Path, copy: BinaryIO) -> tuple[bytes, int, int]:
    """SHA-256, size in bytes, and number of the last line."""
    digest, size, ends, last = hashlib.sha256(), 0, 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
            size, ends, last = size + len(chunk), ends + chunk.count(b"\n"), chunk[-1:]
    return digest.digest(), size, ends + (last not in (b"", b"\n"))


def _require_sensible(person: str, found: str | None) -> None:
    if found is None and _ID.fullmatch(person):
        raise NotFound(
            f"没有编号为 {person} 的人员",
            f"there is no person with the id {person}",
            remedy="请核对编号，或填写姓名（新姓名会新建人员）",
            remedy_en="Check the id, or give a name (a new name makes a new person).",
        )
