"""All measurements, one after the other. `steward bench` calls this."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psycopg2
from sqlalchemy import make_url

from bench import place, report
from bench.asking import district, lookups, pages, questions, serving, what_if
from bench.measure import Finding
from bench.recording import append, growth, importing, loading, proof, publishing, rebuilding
from tests.postgres_server import PostgresServer

HERE = Path(__file__).parent


class Extent(NamedTuple):
    """How much is measured."""

    repetitions: int
    appended: int
    """Facts a repetition, all writers together."""
    imported: int
    requests: int
    rows: tuple[int, ...]
    rebuilt: int
    published: int
    audited: int
    questions: int


QUICK = Extent(3, 400, 10_000, 1_500, (10**5, 10**6), 20_000, 500, 10_000, 20_000)
WHOLE = Extent(3, 1_200, 10**5, 3_000, (10**5, 10**6, 10**7), 60_000, 5_000, 100_000, 10**6)

SECTIONS: dict[str, tuple[str, Callable[[PostgresServer, Extent], list[Finding]]]] = {
    "append": ("Appending a fact", lambda server, to: append.measure(server, to.repetitions, to.appended)),
    "workbooks": (
        "Workbooks",
        lambda server, to: importing.measure_workbook(server, to.imported // 2) + lookups.measure_standings(server),
    ),
    "import": ("Importing", lambda server, to: importing.measure(server, to.repetitions - 1, to.imported)),
    "load": ("Loading an aggregate", lambda server, to: loading.measure(server, to.repetitions)),
    "growth": ("A fact of a long history", lambda server, to: growth.measure(server, to.repetitions)),
    "serve": ("Over HTTP", lambda server, to: serving.measure(server, to.repetitions, to.requests)),
    "workers": (
        "Two processes of the service",
        lambda server, to: serving.measure_workers(server, to.repetitions, to.requests),
    ),
    "look-up": ("Looking up at any basis", lambda server, to: lookups.measure(server, to.repetitions, to.rows)),
    "district": ("Pages of a district of 10,000 agencies", lambda server, to: district.measure(server, to.repetitions)),
    "questions": ("Random questions both ways", lambda server, to: questions.measure(server, to.questions)),
    "what-if": ("What if", lambda server, to: what_if.measure(server, to.repetitions)),
    "pages": ("Pages about a long history", lambda server, to: pages.measure(to.repetitions)),
    "proof": (
        "Sealing, proving, auditing",
        lambda server, to: proof.measure(server, to.repetitions, to.appended, to.audited),
    ),
    "publish": ("Publishing a year", lambda server, to: publishing.measure(server, to.published)),
    "capacity": ("What a million facts cost", lambda server, to: growth.measure_cost(server, to.rebuilt)),
    "papers": ("Papers", lambda server, to: publishing.measure_papers(to.repetitions)),
    "rebuild": ("Rebuilding", lambda server, to: rebuilding.measure(server, to.repetitions, to.rebuilt)),
}


def run(*, quick: bool, only: list[str], folder: Path, tell: Callable[[str], None]) -> list[Finding]:
    """Measure, write the report into the folder, and give its lines."""
    extent = QUICK if quick else WHOLE
    command = " ".join(["./run bench", *(["--quick"] if quick else []), *(f"--only {name}" for name in only)])
    sections = []
    folder.mkdir(parents=True, exist_ok=True)  # rather now than after half an hour
    with place.server() as server:
        version = _version(server)
        for name, (title, measure) in SECTIONS.items():
            if not only or name in only:
                tell(title)
                sections.append((title, measure(server, extent)))
                report.write(folder, sections, command, version)  # after each: a long run may be ended early
    return [one for _, findings in sections for one in findings]


def _version(server: PostgresServer) -> str:
    parts = make_url(server.url())
    connection = psycopg2.connect(
        host=parts.host, port=parts.port, user=parts.username, password=parts.password, dbname=parts.database
    )
    version = connection.server_version
    connection.close()
    return f"{version // 10_000}.{version % 10_000}"
