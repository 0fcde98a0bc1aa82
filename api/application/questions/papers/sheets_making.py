"""All sheets of a year as one file, made behind the requests: how far it is, cancelled on a word, fetched later.

One at a time in a process, which alone knows how far it is. The file is kept as an upload of who asked for it,
encrypted, for a day. What a process that ended had not finished is begun again: from the same place of the log come the
same bytes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import structlog

from api.application.background.readiness import Service
from api.application.evidence.receiving import Incoming
from api.application.privacy.authorisation import Caller
from api.application.questions.inquiry import Inquiry, QuestionName, Snapshot, require_right
from api.application.questions.papers.issuing import PlaceOfPaper, prepared, sealed_file
from api.application.questions.papers.year_papers import sheets_together
from domain.errors import Contradiction, NotFound, Refusal
from domain.spans import span
from domain.values import Bilingual, new_id

log = structlog.get_logger("steward")
SHEETS = "/v1/assessments/{year}/sheets-paper"
MOST_BYTES = 2 * 1024 * 1024 * 1024
"""Of a file: a sheet is 0.1 MB."""
MOST_KEPT, MOST_WAITING = 50, 5
_PORTION = 1024 * 1024
_UNFORESEEN: Bilingual = ("制作出错，已记入日志", "making it failed, which was logged")
RunState = Literal["waiting", "making", "made", "failed", "cancelled"]


class _Cancelled(Exception):
    """Nobody wants it any more, or the process ends."""


@dataclass
class SheetsRun:
    """A file on its way. Changed by the thread that makes it, read by everybody."""

    id: str
    owner: str
    year: int
    at: PlaceOfPaper
    state: RunState = "waiting"
    done: int = 0
    of: int = 0
    sha256: str = ""
    size: int = 0
    why: Bilingual = ("", "")

    @property
    def busy(self) -> bool:
        """Whether it is to be asked about again."""
        return self.state in ("waiting", "making")


class SheetsMaker:
    """The files that one process makes and has made."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._thread = ThreadPoolExecutor(1, "steward-sheets")
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._runs: OrderedDict[str, SheetsRun] = OrderedDict()

    def begin(self, caller: Caller, year: int) -> SheetsRun:
        """Have it made; the one of the caller that is on its way already. Raises: Forbidden, Busy, LogKeyMissing."""
        inquiry = self._inquiry(caller)
        at = prepared(inquiry, None)
        with self._lock:
            waiting = [one for one in self._runs.values() if one.busy]
            own = next((one for one in waiting if (one.owner, one.year) == (caller.person_id, year)), None)
            if own is not None:
                return own
            if len(waiting) >= MOST_WAITING or self._stopping.is_set():
                raise Contradiction(
                    "正在制作的文件太多",
                    "too many files are being made",
                    remedy="请稍后再试",
                    remedy_en="Try again in a while.",
                )
            run = SheetsRun(new_id(), caller.person_id, year, at)
            self._runs[run.id] = run
            while len(self._runs) > MOST_KEPT:
                self._runs.popitem(last=False)
        self._thread.submit(self._spanned, run, caller)
        return run

    def seen(self, caller: Caller, run_id: str) -> SheetsRun:
        """One of the caller's. Raises: NotFound for another's, and where the process that made it has ended."""
        run = self._runs.get(run_id)
        if run is None or run.owner != caller.person_id:
            raise NotFound(
                "没有您的这份文件：服务重启后须重新制作",
                "there is no such file of yours: after a restart it is made again",
                remedy="请重新制作；同一日志位置的文件逐字节相同",
                remedy_en="Have it made again: the same place of the log gives the same bytes.",
            )
        return run

    def of(self, caller: Caller, year: int) -> list[SheetsRun]:
        """The caller's of a year, the latest first."""
        found = [one for one in list(self._runs.values()) if (one.owner, one.year) == (caller.person_id, year)]
        return found[::-1]

    def cancel(self, caller: Caller, run_id: str) -> None:
        """Stop at the next sheet; what is made already stays. Raises: NotFound."""
        run = self.seen(caller, run_id)
        with self._lock:
            if run.busy:
                run.state = "cancelled"

    def close(self) -> None:
        """The process ends: what is not finished is left."""
        self._stopping.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _inquiry(self, caller: Caller) -> Inquiry:
        reach = require_right(QuestionName("GET", SHEETS).rights, caller, None)
        return Inquiry(Snapshot(self._service, caller), reach)

    def _spanned(self, run: SheetsRun, caller: Caller) -> None:
        with span("background sheets"):
            self._make(run, caller)

    def _make(self, run: SheetsRun, caller: Caller) -> None:
        try:
            self._step(run, "making")
            content = self._painted(run, caller)
            with Incoming(self._service.files, MOST_BYTES) as incoming:
                for place in range(0, len(content), _PORTION):
                    incoming.write(content[place : place + _PORTION])
                kept = incoming.keep(self._service, caller).answer
            run.sha256, run.size = kept.sha256, kept.size
            self._step(run, "made")
        except _Cancelled:
            run.state = "cancelled"
        except Refusal as refusal:
            run.why, run.state = (refusal.text, refusal.text_en), "failed"
        except Exception:
            run.why, run.state = _UNFORESEEN, "failed"
            log.exception("sheets_failed", year=run.year)

    def _painted(self, run: SheetsRun, caller: Caller) -> bytes:
        def heard(done: int, of: int) -> None:
            run.done, run.of = done, of
            if run.state != "making" or self._stopping.is_set():
                raise _Cancelled

        inquiry = self._inquiry(caller)
        with inquiry.replaying() as (questions, reader):
            content = sheets_together(inquiry, questions, reader, run.at, run.year, heard)
        return sealed_file(self._service, run.at, content)

    def _step(self, run: SheetsRun, state: RunState) -> None:
        with self._lock:
            if not run.busy or self._stopping.is_set():
                raise _Cancelled
            run.state = state
