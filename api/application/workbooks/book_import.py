"""A workbook from end to end: read, checked whole, marked or recorded. One call, for the command line and for jobs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO, Literal, NamedTuple

from api.application.importer.spool import Spool
from api.application.privacy.authorisation import Caller, rights_of
from api.application.questions.inquiry import require_right
from api.application.workbooks.checking_books import BookCheck, BookChecked
from api.application.workbooks.kinds.sheet_kinds import SheetKind
from api.application.workbooks.reading_books import Book
from api.application.workbooks.recording_books import BookRecorded, record_book
from api.application.workbooks.row_bodies import RowFault
from api.application.workbooks.written_books import marked
from domain.ledger.ledger import Ledger
from domain.store.db.engine import Connection
from domain.values import instant

Stage = Literal["check", "record"]
BookProgress = Callable[[Stage, int], None]
"""Told how many rows are checked, then how many facts are recorded."""


class BookImport(NamedTuple):
    """How an import ended."""

    checked: BookChecked
    recorded: BookRecorded | None
    """None where nothing was to be recorded: something is wrong, or it was only checked."""


class OpenBook:
    """One file that somebody brings, kept open between its check and its recording."""

    def __init__(self, ledger: Ledger, caller: Caller, kind: SheetKind, source: BinaryIO) -> None:
        """Raises: Forbidden for who may not record such facts; Invalid for a file that cannot be read."""
        require_right(rights_of("POST", kind.path), caller, None)
        self._ledger, self._caller, self._kind = ledger, replace(caller, via="import"), kind
        self._kept = ExitStack()
        self.book = Book(source, kind)
        self._kept.callback(self.book.close)
        self._spool = Spool()
        self._kept.callback(self._spool.close)
        self.checked: BookChecked | None = None

    def close(self) -> None:
        """Let its temporary files go."""
        self._kept.close()

    def check(self, progress: BookProgress = lambda stage, done: None) -> BookChecked:
        """Check all of it; nothing is recorded. Once only."""
        with self._ledger.reading() as reader:
            now = instant(datetime.now(UTC))
            check = BookCheck(self._ledger, reader, self._kind, self._caller.role, self._spool, now)
            self.checked = check.of(self.book, lambda rows: progress("check", rows))
        return self.checked

    def record(
        self,
        progress: BookProgress = lambda stage, done: None,
        within: Callable[[Connection, int], None] = lambda connection, facts: None,
    ) -> BookRecorded:
        """Record what the check let pass. `within`: told in each transaction how many facts it records."""
        ledger, caller, spool = self._ledger, self._caller, self._spool
        return record_book(ledger, caller, self._kind, spool, lambda facts: progress("record", facts), within)

    def marked(self, faults: Mapping[int, Sequence[RowFault]]) -> BinaryIO:
        """What was brought, with its wrong cells marked, as XLSX from its start; to be closed by who reads it."""
        with ExitStack() as kept:
            made = kept.enter_context(tempfile.TemporaryFile(prefix="steward-marked-"))
            marked(self.book, faults, made)
            made.seek(0)
            kept.pop_all()
            return made


def import_book(
    ledger: Ledger,
    caller: Caller,
    kind: SheetKind,
    source: BinaryIO,
    *,
    dry_run: bool = False,
    good_part: bool = False,
    on_marked: Callable[[BinaryIO], None] = lambda file: None,
    progress: BookProgress = lambda stage, done: None,
) -> BookImport:
    """Check a file and, unless something is wrong with it or it is only tried, record it.

    `good_part`: record what is right though something else is wrong. `on_marked` gets the answer where cells are wrong.
    Raises: Forbidden, Invalid, Busy.
    """
    opened = OpenBook(ledger, caller, kind, source)
    try:
        checked = opened.check(progress)
        if checked.wrong:
            with opened.marked(checked.faults) as file:
                on_marked(file)
        if dry_run or (checked.wrong and not good_part):
            return BookImport(checked, None)
        return BookImport(checked, opened.record(progress))
    finally:
        opened.close()
