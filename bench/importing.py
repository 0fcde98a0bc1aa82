"""Importing many facts in batches, against recording them singly and against hand-written SQL in batches."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from api.application.importer.import_pieces import PIECE_LINES
from api.application.importer.run import run_import
from bench import floor
from bench.append import append_all
from bench.generate import History
from bench.measure import Finding, finding, in_turns, rate
from bench.place import fill, place
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
