"""How long a fact waits while the results of a whole year are published: another officer records on meanwhile.

What the papers of a year cost: one sheet, and those of all agencies as one file.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event, Thread

from starlette.testclient import TestClient

from api.app import create_app
from api.application.action_context import ActionContext
from api.application.assessing.publishing import publish_year
from api.application.background.checkpoint_signer import proven_up
from api.application.background.readiness import Service
from api.application.privacy.authorisation import Caller, Reach
from api.application.questions.inquiry import Inquiry, Snapshot
from api.application.questions.papers.sheet_papers import sheet_paper_of
from api.application.questions.papers.year_papers import sheets_paper_of
from api.settings import Settings
from bench.generate import Fact, History, uscc
from bench.measure import Finding, finding
from bench.place import Place, fill, place
from bench.recording.append import append_one
from domain.commands.rounds import PublishYear
from domain.values import Role, instant, new_id
from projections.rows.read.row_queries import RowQueries
from tests.postgres_server import PostgresServer

YEAR, PUBLISHED_ON = 2024, date(2025, 3, 10)
FACTS = 30
"""Of each agency."""
MOST_SECONDS = 1.0


def measure(server: PostgresServer, results: int) -> list[Finding]:
    """The lines of the report."""
    with place(server, "publishing") as target:
        for number in range(results):
            fill(target.ledger, [*History(number, years=3).facts(FACTS), closing(number)])
        body = PublishYear.model_validate(
            {
                "published_on": PUBLISHED_ON,
                "meeting_on": PUBLISHED_ON,
                "reason": "测量用",
                "waivers": list(waivers(target)),
            }
        )
        waits: list[float] = []
        with _recording(target, waits):
            act = ActionContext(target.ledger, Caller("bench", Role.COMMITTEE, None, bytes(32)), None)
            began = time.perf_counter()
            answer, _ = publish_year(act, YEAR, body)
            took = time.perf_counter() - began
    note = f"{answer['count']:,} results in one decision, worked out in {took:.0f} s beside {len(waits):,} other facts"
    return [
        finding("the longest wait of a fact while a year is published", "s", [max(waits)], most=MOST_SECONDS, note=note)
    ]


def closing(number: int) -> Fact:
    """The year's survey of an agency is closed before its results are published (R12)."""
    body = {"year": YEAR, "closed_on": "2025-03-07"}
    return Fact(f"/v1/agencies/{uscc(number)}/survey-closings", body, None, new_id())


def waivers(target: Place) -> Iterator[dict[str, str]]:
    """A reason for each part that an assessed agency lacks (R25)."""
    with target.ledger.reading() as reader:
        look_ups = RowQueries(reader, instant(datetime.now(UTC)))
        for row in look_ups.ranking(look_ups.district(PUBLISHED_ON), YEAR):
            for part in row.missing if row.assessed else ():
                yield {"uscc": row.agency.uscc, "part": part, "reason": "bench"}


@contextmanager
def _recording(target: Place, waits: list[float]) -> Iterator[None]:
    """Facts of one agency meanwhile, of a later year, each as soon as the one before is there."""
    ended = Event()
    body = {"item": 4, "occurred_on": "2025-06-02"}

    def record() -> None:
        while not ended.is_set():
            fact = Fact(f"/v1/agencies/{uscc(0)}/lapses", body, None, new_id())
            began = time.perf_counter()
            append_one(target, fact)
            waits.append(time.perf_counter() - began)

    thread = Thread(target=record)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


SHEETS, ONE_SHEET, ALL_SHEETS = 300, 0.3, 20.0
"""So many sheets make one file; CPU seconds of one sheet's PDF, and seconds of one core for the file, at most."""


def measure_papers(repetitions: int) -> list[Finding]:
    """One sheet as a PDF, the first of a process and a further one, and all sheets of a year as one file."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        app = create_app(Settings(database_url=url, data_dir=Path(folder)))
        with TestClient(app):
            service: Service = app.state.service
            for number in range(SHEETS):
                fill(service.ledger, History(number, years=3).facts(FACTS))
            inquiry = Inquiry(Snapshot(service, Caller("bench", Role.ASSOCIATION, None, bytes(32), "api")), Reach.ALL)
            proven_up(service.ledger, service.notary)
            first, further, together, walls, size = [], [], [], [], 0
            for number in range(repetitions):
                fresh = subprocess.run([sys.executable, "-c", _ONE], capture_output=True, text=True, check=True)
                first.append(float(fresh.stdout))
                began = time.process_time()
                sheet_paper_of(inquiry, uscc(number), str(YEAR))
                further.append(time.process_time() - began)
                wall, began = time.perf_counter(), time.process_time()
                size = len(sheets_paper_of(inquiry, str(YEAR)).body)
                together.append(time.process_time() - began)
                walls.append(time.perf_counter() - wall)
    return [
        finding("a sheet's PDF, the first of a process, imports included", "s", first, most=ONE_SHEET, note="CPU"),
        finding("a sheet's PDF from the ledger, a further one", "s", further, most=ONE_SHEET, note="CPU, with QR code"),
        finding(
            f"{SHEETS} sheets as one file",
            "s",
            together,
            most=ALL_SHEETS,
            note=f"CPU of one core; {min(walls):.0f} s by the clock beside what else ran; {size / 1e6:.1f} MB",
        ),
    ]


_ONE = """
import time
from tests.dossier.answers import sheet
answer = sheet()
began = time.process_time()
from projections.paper.sheet_pdf import sheet_pdf
sheet_pdf(answer, {})
print(time.process_time() - began)
"""
