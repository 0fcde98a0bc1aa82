"""Checks and records workbooks behind the requests, one at a time in each process; takes up what another left undone.

Who works on a workbook says so every few seconds (`run_rows.py`). A process that is killed falls silent, and any other,
or the same one started anew, goes on: a check begins again, a recording goes on after its last committed piece. Two
that worked on one file at once would record no row twice, as each row is known by what it says.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import BinaryIO, cast

import structlog

from api.application.background.readiness import Service
from api.application.bringing.run_found import UNFORESEEN, BookFound, found_in, refused_run, seen_run
from api.application.evidence.reading_files import opened
from api.application.privacy.authorisation import Caller
from api.application.workbooks.book_import import OpenBook, Stage
from api.application.workbooks.kinds.book_registry import BOOKS
from domain.errors import Busy, Forbidden, NotFound, Refusal
from domain.spans import span
from domain.store.access.tokens import still_acts
from domain.store.db.db_errors import WritesStopped
from domain.store.db.engine import Connection, reading, writing
from domain.store.files.file_rows import claimed
from domain.store.files.objects import StoreUnavailable
from domain.store.files.run_rows import RunRow, RunState, add_recorded, beat, let_go, step, take, waiting
from domain.store.keys.vault import Vault
from domain.values import Role, new_id

log = structlog.get_logger("steward")
BEAT_SECONDS, LOOK_SECONDS = 2.0, 3.0
"""How often it is said that work goes on, and looked for work that nobody does."""
MOST_HELD = 5
"""So many checked workbooks are kept open for being confirmed; others are checked again before they are recorded."""
_LATER = (Busy, StoreUnavailable, WritesStopped)
"""What passes: the work is left for a while."""


class _Stopping(Exception):
    """The process ends: the work is left to who comes after."""


def opened_run(service: Service, row: RunRow) -> OpenBook:
    """A workbook's file, opened again for who brought it. Raises: NotFound where its day is over; StoreUnavailable."""
    with reading(service.ledger.engine) as connection:
        file = claimed(connection, Vault(connection), row.owner, row.sha256)
    if file is None:
        raise NotFound(
            "这份文件上传已满一天，已清除",
            "the day of this file is over, it is gone",
            remedy="请重新上传；已登记的行不会重复登记",
            remedy_en="Send it again: rows that are recorded are not recorded twice.",
        )
    caller = Caller(row.owner, Role(row.role), None, b"", "import")
    return OpenBook(service.ledger, caller, BOOKS[row.kind], cast("BinaryIO", opened(service.files, file)))


class BookWorker:
    """The workbooks that one process works on."""

    def __init__(self, service: Service) -> None:
        self._service, self._engine, self._holder = service, service.ledger.engine, new_id()
        self._thread = ThreadPoolExecutor(1, "steward-workbooks")
        self._stopping, self._lock = threading.Event(), threading.Lock()
        self._begun: set[str] = set()
        self._held: OrderedDict[str, OpenBook] = OrderedDict()
        self._done = 0
        self._looked = -LOOK_SECONDS

    def begin(self, run_id: str) -> None:
        """Work on it as soon as those before it are done."""
        with self._lock:
            if run_id in self._begun or self._stopping.is_set():
                return
            self._begun.add(run_id)
            self._thread.submit(self._run, run_id)

    def take_up(self) -> None:
        """Begin with what nobody works on; called now and then. Raises: Busy."""
        if time.monotonic() - self._looked >= LOOK_SECONDS and not self._stopping.is_set():
            self._looked = time.monotonic()
            with reading(self._engine) as connection:
                left = waiting(connection)
            for run_id in left:
                self.begin(run_id)

    def close(self) -> None:
        """End with the piece that is being recorded; the rest is left to who comes after."""
        self._stopping.set()
        self._thread.shutdown(wait=True, cancel_futures=True)
        for one in self._held.values():
            one.close()

    def _run(self, run_id: str) -> None:
        try:
            with writing(self._engine, beside=True) as connection:
                row = take(connection, run_id, self._holder)
            if row is not None:
                with span("background workbook"):
                    self._work(row)
        except _LATER as refusal:
            log.warning("workbook_left", run=run_id, error=type(refusal).__name__)
        except Exception:
            log.exception("workbook_failed", run=run_id)
        finally:
            with self._lock:
                self._begun.discard(run_id)

    def _work(self, row: RunRow) -> None:
        """One step of a workbook, and what comes of it."""
        try:
            with self._said(row.id):
                self._check(row) if row.state == "checking" else self._record(row)
        except (_Stopping, *_LATER) as left:
            with writing(self._engine, beside=True) as connection:
                let_go(connection, row.id, self._holder, at_once=isinstance(left, _Stopping))
            if not isinstance(left, _Stopping):
                raise
        except Refusal as refusal:
            self._end(row, "failed", refused_run(refusal))
        except Exception:
            self._end(row, "failed", BookFound(refused=UNFORESEEN))
            raise

    def _check(self, row: RunRow) -> None:
        book = opened_run(self._service, row)
        try:
            checked = book.check(self._progress)
        except BaseException:
            book.close()
            raise
        self._hold(row.id, book)
        self._end(row, "checked", found_in(checked), checked.facts)

    def _record(self, row: RunRow) -> None:
        """Record what is right. Where all was to be recorded and something is wrong by now, somebody is asked again."""
        book = self._taken(row.id) or opened_run(self._service, row)
        try:
            checked = book.checked or book.check(self._progress)
            if row.part == "all" and checked.wrong:
                self._end(row, "checked", found_in(checked), checked.facts)
                return
            done = book.record(self._progress, partial(self._piece, row))
            found = self._confirmed(row)
            known = found.by_row()
            later = [faults[0] for number, faults in sorted(checked.faults.items()) if number not in known]
            found.stopped = done.stopped or next(iter(later), None)
            self._end(row, "recorded", found)
        finally:
            book.close()
            self._service.housekeeper.recorded()

    def _piece(self, row: RunRow, connection: Connection, facts: int) -> None:
        """In the transaction of each piece: whoever confirmed it may still record. Raises: Forbidden."""
        if not still_acts(connection, row.owner, row.role):
            raise Forbidden(
                "上传人的账号或权限已停用，其余各行没有登记",
                "who sent it has no access in this role any more: the other rows are not recorded",
                remedy="请由有权的人员重新上传；已登记的行不会重复登记",
                remedy_en="Let somebody who may record them send it again: rows recorded are not recorded twice.",
            )
        add_recorded(connection, row.id, facts)

    def _confirmed(self, row: RunRow) -> BookFound:
        """What the check had found that somebody confirmed: of the rows recorded since, a later one says less."""
        with reading(self._engine) as connection:
            return seen_run(Vault(connection), row).found or BookFound()

    def _end(self, row: RunRow, after: RunState, found: BookFound, facts: int | None = None) -> None:
        with writing(self._engine, beside=True) as connection:
            kept = found.sealed(Vault(connection), row.id)
            step(connection, row.id, [row.state], after, facts=facts, found=kept, holder=self._holder)

    def _progress(self, _: Stage, done: int) -> None:
        self._done = done
        if self._stopping.is_set():
            raise _Stopping

    @contextmanager
    def _said(self, run_id: str) -> Iterator[None]:
        """Meanwhile it is said every few seconds that work goes on."""
        over = threading.Event()
        self._done = 0
        saying = threading.Thread(target=partial(self._say, run_id, over), name="steward-workbook-beat", daemon=True)
        saying.start()
        try:
            yield
        finally:
            over.set()
            saying.join()

    def _say(self, run_id: str, over: threading.Event) -> None:
        while not over.wait(BEAT_SECONDS):
            # a word that is lost is said again; after too long a silence another begins too, and records nothing twice
            with suppress(*_LATER), writing(self._engine, beside=True) as connection:
                beat(connection, run_id, self._holder, self._done)

    def _hold(self, run_id: str, book: OpenBook) -> None:
        with self._lock:
            self._held[run_id] = book
            gone = [self._held.popitem(last=False)[1] for _ in range(len(self._held) - MOST_HELD)]
        for one in gone:
            one.close()

    def _taken(self, run_id: str) -> OpenBook | None:
        with self._lock:
            return self._held.pop(run_id, None)
