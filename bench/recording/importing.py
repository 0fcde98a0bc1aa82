"""Importing many facts in batches, against recording them singly and against hand-written SQL in batches.

A workbook of many rows: read, checked whole, recorded; its seconds and its greatest memory.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from api.application.importer.import_pieces import PIECE_LINES
from api.application.importer.run import run_import
from api.application.privacy.authorisation import Caller
from api.application.workbooks.book_import import OpenBook
from api.application.workbooks.kinds.book_registry import BOOKS
from bench import floor
from bench.generate import History
from bench.measure import Finding, finding, in_turns, most_megabytes, rate
from bench.place import fill, opened, place
from bench.recording.append import append_all
from demo.invented_names import uscc
from domain.store.access.tokens import create_person
from domain.store.db.engine import writing
from domain.values import Role
from tests.postgres_server import PostgresServer

OF_AN_AGENCY = 1000
SINGLY = 300
BY_HAND = 10
"""Agencies whose rows are written by hand."""
_count = iter(range(10**9))


def measure(server: PostgresServer, repetitions: int, facts: int) -> list[Finding]:
    """The lines of the report."""
    agencies = max(1, facts // OF_AN_AGENCY)
    recording: list[float] = []

    def singly() -> float:
        with place(server, f"singly_{next(_count)}") as target:
            waiting = list(History(0).facts(OF_AN_AGENCY))
            fill(target.ledger, waiting[: OF_AN_AGENCY - SINGLY])
            return rate(lambda: append_all(target, waiting[-SINGLY:]), SINGLY)

    def imported() -> float:
        with place(server, f"import_{next(_count)}") as target, tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "facts.jsonl"
            count = write_file(file, agencies)
            began = time.perf_counter()
            marks: dict[str, float] = {}

            def progress(stage: str, done: int, total: int) -> None:
                marks.setdefault(stage, time.perf_counter())

            outcome = run_import(target.ledger, file, "bench", on_error=lambda error: None, progress=progress)
            ended = time.perf_counter()
            if outcome.recorded != count:
                raise RuntimeError(f"{outcome.recorded} of {count} facts were recorded")
            recording.append((count - PIECE_LINES) / (ended - marks["record"]))  # marked after the first piece
            return count / (ended - began)

    with place(server, "import_source") as source:
        for number in range(BY_HAND):
            fill(source.ledger, History(number).facts(OF_AN_AGENCY))
        with floor.connect(source.url) as connection:
            written = [one for number in range(BY_HAND) for one in floor.written(connection, History(number).uscc)]

    def by_hand() -> float:
        with place(server, f"by_hand_{next(_count)}") as target:
            return rate(lambda: _by_hand(target.url, written), len(written))

    ways = {"singly": singly, "import": imported, "by hand": by_hand}
    found = in_turns(ways, repetitions)
    count = agencies * OF_AN_AGENCY
    return [
        finding(f"import of {count:,} facts: recording, to the single-fact path", "facts/s", recording,
                found["singly"], least=8, note="pieces of 500 facts a transaction"),
        finding("the same, to hand-written SQL in batches", "facts/s", recording, found["by hand"],
                note="floor: the same rows, one statement a table, pieces of 500; nothing decided or projected"),
        finding("the same with the check of the whole file before it", "facts/s", found["import"], found["singly"],
                note="every line is decided twice: nothing is recorded unless the whole file is good"),
    ]  # fmt: skip


def _by_hand(url: str, written: list[floor.Written]) -> None:
    connection = floor.connect(url)
    cursor = connection.cursor()
    for piece in floor.pieces(written, PIECE_LINES):
        floor.write_many(cursor, piece)
        connection.commit()
    connection.close()


def write_file(file: Path, agencies: int) -> int:
    """A file of commands; how many lines. A fact of the same file is named by the label of its line."""
    count = 0
    with file.open("w", encoding="utf-8") as lines:
        for number in range(agencies):
            for fact in History(number).facts(OF_AN_AGENCY):
                post = fact.post if fact.path_id is None else fact.post.replace(fact.path_id, f"${fact.path_id}")
                line = {"post": post, "body": fact.body, "ref": fact.id}
                lines.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1
    return count


AGENCIES = 100
"""Of a workbook."""


def measure_workbook(server: PostgresServer, rows: int) -> list[Finding]:
    """The lines of a workbook: in a process of its own, so that the memory is that of nothing else."""
    with place(server, "workbooks") as target:
        done = subprocess.run(
            [sys.executable, "-m", "bench.recording.importing", target.url, str(rows)],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    name = f"a workbook of {rows:,} rows"
    return [
        finding(f"{name}: read and checked whole", "rows/s", [rows / found["check"]], note=f"{found['check']:.1f} s"),
        finding(f"{name}: recorded", "facts/s", [found["recorded"] / found["record"]], note=f"{found['record']:.1f} s"),
        finding(f"{name}: brought again, nothing recorded", "rows/s", [rows / found["again"]]),
        finding(
            f"{name}: greatest memory of the process",
            "MB",
            [found["megabytes"]],
            note=f"{found['before']:.0f} MB before the file was opened",
        ),
        finding(f"{name}: processor time of both, the database's apart", "s", [found["cpu"]]),
    ]


def _file(kind: str, rows: list[dict[str, Any]]) -> io.BytesIO:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"constant_memory": True})
    sheet, columns = book.add_worksheet(), BOOKS[kind].columns
    for place_, one in enumerate(columns):
        sheet.write_string(0, place_, one.heading)
    for number, row in enumerate(rows, 1):
        for place_, one in enumerate(columns):
            if one.field in row:
                sheet.write_string(number, place_, str(row[one.field]))
    book.close()
    made.seek(0)
    return made


def in_process(url: str, rows: int) -> None:
    """In the process that is measured."""
    codes = [uscc(number) for number in range(1, AGENCIES + 1)]
    filing = [
        {"uscc": code, "name": f"第{place_}安全技术有限公司", "category": "综合安全服务", "submitted_on": "2024-01-08"}
        for place_, code in enumerate(codes)
    ]
    first = date(2024, 1, 10)
    absent = [
        {
            "agency": codes[number % AGENCIES],
            "meeting": f"第 {number} 次安全生产工作会议",
            "occurred_on": first + timedelta(days=number % 600),
            "status": "缺席",
        }
        for number in range(rows)
    ]
    content = _file("attendance", absent).getvalue()
    del absent
    with opened(url) as target:
        with writing(target.engine) as connection:
            person = create_person(connection, "bench")
        caller = Caller(person, Role.ASSOCIATION, None, b"", "import")
        book = OpenBook(target.ledger, caller, BOOKS["filing"], _file("filing", filing))
        book.check()
        book.record()
        before = most_megabytes()
        found: dict[str, float] = {"before": before}
        for turn in ("first", "again"):
            began, cpu = time.perf_counter(), time.process_time()
            book = OpenBook(target.ledger, caller, BOOKS["attendance"], io.BytesIO(content))
            book.check()
            checked = time.perf_counter()
            recorded = book.record().recorded
            if turn == "first":
                found |= {"check": checked - began, "record": time.perf_counter() - checked, "recorded": recorded}
                found |= {"megabytes": most_megabytes(), "cpu": time.process_time() - cpu}
            else:
                found["again"] = time.perf_counter() - began
                if recorded:
                    raise RuntimeError(f"{recorded} facts were recorded twice")
            book.close()
    print(json.dumps(found))


if __name__ == "__main__":
    in_process(sys.argv[1], int(sys.argv[2]))
