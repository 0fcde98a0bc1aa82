"""A workbook brought: kept as it came, checked, marked, confirmed, recorded. One use case for pages and for HTTP.

All that matters is in the database and in the store of files: any process shows it, and what one process leaves undone
(`book_worker.py`) another takes up. Nothing has to be sent again after a restart, and no row is recorded twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import BinaryIO, cast

from api.application.background.readiness import Service
from api.application.bringing.book_worker import BookWorker, opened_run
from api.application.bringing.run_found import RunSeen, seen_run
from api.application.evidence.file_kinds import kind_of_table
from api.application.evidence.receiving import Incoming
from api.application.privacy.authorisation import Caller, rights_of
from api.application.problem_types import KeyReused
from api.application.questions.inquiry import require_right
from api.application.workbooks.kinds.sheet_kinds import SheetKind
from api.application.workbooks.reading_books import Book
from domain.errors import Contradiction, NotFound
from domain.store.db.engine import reading, writing
from domain.store.files.cipher import OpenedFile
from domain.store.files.run_rows import RunPart, RunRow, add_run, run_of, runs_of, sealed_text, step
from domain.store.keys.vault import Vault
from domain.values import instant

MOST_LISTED = 20
MOST_NAME = 100
"""Characters of a file's name that are kept."""


def bring(
    service: Service,
    worker: BookWorker,
    caller: Caller,
    kind: SheetKind,
    incoming: Incoming,
    file_name: str,
    run_id: str,
) -> RunSeen:
    """Keep a file that has arrived and begin to check it; one of the same id that is here already is that one.

    Raises: Forbidden, Invalid for one that cannot be read, KeyReused for another file under the same id, and what
    `Incoming.keep` raises; then nothing is kept.
    """
    require_right(rights_of("POST", kind.path), caller, None)
    if (before := _row(service, caller, run_id)) is not None:
        _must_be(before, incoming)
        return _seen(service, before)
    rows = 0

    def looked_at(content: OpenedFile) -> None:
        nonlocal rows
        book = Book(cast("BinaryIO", content), kind)
        rows = book.about_rows()
        book.close()

    received = incoming.keep(service, caller, looked_at, kind_of_table)
    now = instant(datetime.now(UTC))
    with writing(service.ledger.engine, beside=True) as connection:
        name = sealed_text(Vault(connection), run_id, file_name[:MOST_NAME].encode("utf-8", "replace"))
        role, sha256 = str(caller.role), received.answer.sha256
        row = RunRow(run_id, caller.person_id, role, kind.name, sha256, "checking", None, 0, rows, 0, now, name, None)
        before = None if add_run(connection, row) else run_of(connection, run_id)  # of two that arrive at once
    if before is not None:
        _must_be(before, incoming)
    worker.begin(run_id)
    return run_seen(service, caller, run_id)


def _must_be(before: RunRow, incoming: Incoming) -> None:
    """What is here under an id is this very file. Raises: KeyReused."""
    if before.sha256 != incoming.sha256:
        raise KeyReused(
            "这个 Idempotency-Key 已用于另一份工作簿",
            "this Idempotency-Key stands for another workbook",
            cites=("api.md",),
            remedy="另一份文件请用新的键；重试请原样重发",
            remedy_en="Use a new key for another file; repeat a request unchanged to retry it.",
        )


def run_seen(service: Service, caller: Caller, run_id: str) -> RunSeen:
    """How far somebody's workbook is. Raises: NotFound, also for another's."""
    row = _row(service, caller, run_id)
    if row is None:
        raise NotFound(
            "没有您上传的这份工作簿：上传满一天后清除",
            "there is no such workbook of yours: it goes a day after it was sent",
            remedy="请重新上传；已登记的行不会重复登记",
            remedy_en="Send it again: rows that are recorded are not recorded twice.",
        )
    return _seen(service, row)


def own_runs(service: Service, caller: Caller) -> list[RunSeen]:
    """The workbooks that somebody has brought within the day, the latest first."""
    with reading(service.ledger.engine) as connection:
        vault = Vault(connection)
        return [seen_run(vault, row) for row in runs_of(connection, caller.person_id, MOST_LISTED)]


def confirm(service: Service, worker: BookWorker, caller: Caller, run_id: str, part: RunPart) -> RunSeen:
    """Begin to record: `all` of a workbook in which nothing is wrong, or its `good` part; once however often asked for.

    Raises: NotFound; Contradiction before the check is over, for one that failed, and for `all` where cells are wrong.
    """
    seen = run_seen(service, caller, run_id)
    if seen.state in ("recording", "recorded"):
        return seen
    if seen.state != "checked" or seen.found is None:
        raise Contradiction(
            "这份工作簿还没有检查完，或没有办完",
            "this workbook is still being checked, or was not finished",
            remedy="请在检查完成后再确认；没有办完的请重新上传",
            remedy_en="Confirm it once it is checked; send one that was not finished again.",
        )
    if part == "all" and seen.found.wrong:
        raise Contradiction(
            f"有 {seen.found.wrong} 行有误，不能全部登记",
            f"{seen.found.wrong} rows are wrong: it cannot be recorded as a whole",
            remedy="请改正后重新上传，或只登记正确的部分（part=good）",
            remedy_en="Correct them and send it again, or record the good part (part=good).",
            pointer="/part",
        )
    with writing(service.ledger.engine, beside=True) as connection:
        step(connection, run_id, ["checked"], "recording", part=part, facts=seen.found.facts)
    worker.begin(run_id)
    return run_seen(service, caller, run_id)


def marked_run(service: Service, caller: Caller, run_id: str) -> tuple[BinaryIO, str]:
    """The workbook with its wrong cells marked, to be closed by who reads it, and what the file is called.

    Raises: NotFound where it is another's, or its file is gone; Contradiction before the check is over.
    """
    seen = run_seen(service, caller, run_id)
    row = _row(service, caller, run_id)
    if seen.found is None or row is None or seen.state == "checking":
        raise Contradiction(
            "这份工作簿还没有检查完",
            "this workbook is still being checked",
            remedy="请稍后再取",
            remedy_en="Ask again in a moment.",
        )
    opened = opened_run(service, row)
    try:
        name = seen.file_name.rpartition(".")[0] or seen.kind.title[0]
        return opened.marked(seen.found.by_row()), f"{name}-有误.xlsx"
    finally:
        opened.close()


def _row(service: Service, caller: Caller, run_id: str) -> RunRow | None:
    with reading(service.ledger.engine) as connection:
        row = run_of(connection, run_id)
    return row if row is not None and row.owner == caller.person_id else None


def _seen(service: Service, row: RunRow) -> RunSeen:
    with reading(service.ledger.engine) as connection:
        return seen_run(Vault(connection), row)
