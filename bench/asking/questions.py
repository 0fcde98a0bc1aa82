"""A great many random questions, answered from the rows and by the replay: whether any answer differs.

What asks is `steward check`. The histories are those of the tests of equivalence (annulments, late facts, terminations,
honours, closed surveys) and those of a working district, on both databases. Days lie around facts and far off; what was
known is that of a random event, by its instant, its version or a place of the sealed log.
"""

from __future__ import annotations

import os
import resource
import tempfile
from pathlib import Path

from api.settings import Settings
from api.starting import make_ready
from bench.generate import History
from bench.measure import Finding, finding
from bench.place import Place, fill, opened, place
from domain.store.log.sequencer import seal
from projections.rebuild.inspect_rows import Found, check
from tests.postgres_server import PostgresServer
from tests.rows.ledgers import Recordable, record
from tests.specification import uscc

TESTED, WORKING = 16, 8
"""Agencies of either kind, in each database."""
FIRST, STEP, FACTS = 20, 10, 60
CODES_FROM = 3000


def measure(server: PostgresServer, questions: int) -> list[Finding]:
    """The lines of the report: half of the questions to each database."""
    with place(server, "questions") as made:
        lines = _asked(made, "PostgreSQL", questions // 2)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        with opened(url) as small:
            make_ready(small.engine, Settings(database_url=url))
            lines += _asked(small, "SQLite", questions // 2)
    return lines


def _asked(made: Place, name: str, questions: int) -> list[Finding]:
    for number in range(TESTED):
        record(made.ledger, Recordable(number, FIRST + STEP * number).sent, uscc(CODES_FROM + number))
    for number in range(WORKING):
        fill(made.ledger, History(number).facts(FACTS))
    while seal(made.engine):
        pass
    bases = -(-questions // (TESTED + WORKING))
    found: list[Found] = []
    jobs, before = os.cpu_count() or 1, _spent()
    done = check(made.url, jobs=jobs, progress=lambda *_: None, report=found.append, bases=bases, seed=questions)
    spent, asked = _spent() - before, bases * done.agencies
    of_ours = "processor time; of PostgreSQL's own processes none"
    note = f"{asked:,} questions about {done.agencies} agencies with {done.events:,} events; {jobs} processes"
    return [
        finding(
            f"{name}, random questions: answers or rows that are not the replay's",
            f"of {asked:,}",
            [done.differences],
            most=0,
            note="".join((note, *(f"; {one.as_json()}" for one in found[:1]))),
        ),
        finding(f"{name}, a question answered both ways", "s", [spent / asked], note=of_ours),
    ]


def _spent() -> float:
    """Processor seconds of this process and of those that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)
