"""What others have said of the log's checkpoints, kept beside them outside the database: cosignatures, time stamps.

Per ledger: `ID.cosigned.txt`, the latest note with the lines of its witnesses; `ID.timestamp.json`, the latest note
with its RFC 3161 time stamp; and `ID.outside.log`, one JSON line for each of both that ever was. Any process that
shares the folder may write them; one does at a time.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from domain.proof.check import Checkpoint, ProofError, parse_checkpoint, parse_note
from domain.store.db.copies import make_folder
from domain.store.keys.secret_files import append, replace


class TimestampedNote(msgspec.Struct, frozen=True):
    """A note and its time stamp: the answer of the authority (DER, base64), and the time that it says."""

    note: str
    token: str
    at: str


class OutsideNotes:
    """The files of one log in the folder of checkpoints."""

    def __init__(self, folder: Path, origin: str) -> None:
        name = origin.rpartition("/")[2]
        self.origin, self._folder = origin, folder
        self._cosigned, self._stamped = folder / f"{name}.cosigned.txt", folder / f"{name}.timestamp.json"
        self._log, self._lock = folder / f"{name}.outside.log", folder / f"{name}.outside.lock"

    def cosigned(self) -> str | None:
        """The latest note that a witness has cosigned; None where there is none that can be read."""
        try:
            note = self._cosigned.read_text("utf-8")
            self._checkpoint(note)
        except (FileNotFoundError, UnicodeDecodeError, ProofError):
            return None
        return note

    def stamped(self) -> TimestampedNote | None:
        """The latest note with a time stamp; None where there is none that can be read."""
        try:
            found = msgspec.json.decode(self._stamped.read_bytes(), type=TimestampedNote)
            self._checkpoint(found.note)
        except (FileNotFoundError, msgspec.DecodeError, ProofError):
            return None
        return found

    def keep_cosigned(self, note: str) -> None:
        """Keep a note with the lines of its witnesses; as the latest unless a longer one is."""
        self._append({"cosigned": note})
        before = self.cosigned()
        if before is None or self._checkpoint(before).size <= self._checkpoint(note).size:
            replace(self._cosigned, note.encode())

    def keep_stamped(self, stamped: TimestampedNote) -> None:
        """Keep a note with its time stamp."""
        self._append(stamped)
        replace(self._stamped, msgspec.json.encode(stamped))

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else is asking for this log at the moment; nobody does until the end of the block."""
        make_folder(self._folder)
        with self._lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _checkpoint(self, note: str) -> Checkpoint:
        return parse_checkpoint(parse_note(note.encode()).text, self.origin)

    def _append(self, content: object) -> None:
        append(self._log, msgspec.json.encode(content) + b"\n")
