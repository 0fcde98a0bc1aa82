"""Whether a fact costs more the longer the agency's history is: all facts over ten years, and all in one year.

What a million facts cost on either database, and what a hundred million rows would: the second by arithmetic. Measured
are bytes on disk, processor time of the process that records and of the database beside it, and memory, while so many
facts are recorded in pieces as an import does. To a million they are scaled, as every fact writes the same rows
whatever was there before. How deep an index of a hundred million rows is follows from how many of its entries fit a
page: that is arithmetic, and its lines say so.
"""

from __future__ import annotations

import math
import os
import resource
import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from sqlalchemy import text

from api.settings import Settings
from api.starting import make_ready
from bench.generate import History
from bench.measure import Finding, finding, in_turns, rate
from bench.place import Place, fill, opened, place
from bench.recording.append import append_all
from domain.store.db.engine import reading
from projections.rows.write.tables import COLUMNS
from tests.postgres_server import PostgresServer

SHORT, LONG = 100, 10_000
TIMED = 100
"""Facts a repetition, to each agency in turn."""
OF_ONE_AGENCY = 200
MILLION = 1_000_000
ROWS = 10**8
PAGE_BYTES = 8_192
_WIDEST = text(
    "SELECT pg_relation_size(indexrelid) FROM pg_index WHERE indrelid = CAST('matter' AS regclass) "
    "AND indpred IS NULL ORDER BY 1 DESC LIMIT 1"
)
"""The index with the widest key that a look-up descends by: agency, kind and id of a matter, days and instants."""


def measure(server: PostgresServer, repetitions: int) -> list[Finding]:
    """The lines of the report: seconds a fact."""
    lines = []
    with place(server, "growth") as target:
        for first, (years, named) in enumerate(((10.0, "over ten years"), (1.0, "within one year"))):
            ways: dict[str, Callable[[], float]] = {}
            spent: dict[int, list[float]] = {SHORT: [], LONG: []}
            for number, length in enumerate((SHORT, LONG)):
                history = History(10 * first + number, years)
                facts = history.facts(length + repetitions * TIMED)
                fill(target.ledger, islice(facts, length))

                def timed(facts=facts, own=spent[length]) -> float:  # type: ignore[no-untyped-def]
                    waiting, began = list(islice(facts, TIMED)), _own_seconds()
                    took = 1 / rate(lambda: append_all(target, waiting), TIMED)
                    own.append((_own_seconds() - began) / TIMED)
                    return took

                ways[f"{length}"] = timed
            found = in_turns(ways, repetitions)
            what = f"a fact to an agency with {LONG:,} facts {named}, to one with {SHORT}"
            lines.append(finding(what, "s", found[f"{LONG}"], found[f"{SHORT}"], most=1.3))
            note = "processor time of the process that records, whatever runs beside it"
            lines.append(finding(f"{what}: CPU", "s", spent[LONG], spent[SHORT], note=note))
    return lines


def measure_cost(server: PostgresServer, facts: int) -> list[Finding]:
    """The lines of the report."""
    with place(server, "capacity") as made:
        empty = _bytes(made)
        lines = _cost(made, "PostgreSQL", facts)
        lines += _deep(made, facts, empty)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        with opened(url) as small:
            make_ready(small.engine, Settings(database_url=url))
            lines += _cost(small, "SQLite", facts)
    return lines


def _cost(made: Place, name: str, facts: int) -> list[Finding]:
    """Bytes, processor seconds and memory of a million facts, from what these took."""
    size, of_database, own = _bytes(made), _database_seconds(made), _own_seconds()
    for number in range(facts // OF_ONE_AGENCY):
        fill(made.ledger, History(number).facts(OF_ONE_AGENCY))
    own, of_database, size = _own_seconds() - own, _database_seconds(made) - of_database, _bytes(made) - size
    each, note = MILLION / facts, f"{facts:,} facts measured, scaled to a million"
    beside = f"{note}; the database's processes beside it: {of_database * each:,.0f} s"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        finding(f"{name}, a million facts: on disk, with all rows and indexes", "MB", [size * each / 2**20], note=note),
        finding(
            f"{name}, a million facts: processor time of recording, in pieces",
            "CPU s",
            [own * each],
            note=beside if name == "PostgreSQL" else note,
        ),
        finding(f"{name}: greatest memory of the process", "MB", [peak], note="whatever the number of facts"),
    ]


def _deep(made: Place, facts: int, empty: int) -> list[Finding]:
    """How much a hundred million rows are, and how deep a look-up goes into them."""
    with reading(made.engine) as connection:
        counted = {
            table: int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in (*COLUMNS, "events")
        }
        of_index = int(connection.scalar(_WIDEST) or 0)
    rows, entries = sum(counted.values()), max(1, counted["matter"])
    a_page = max(2.0, entries / max(1.0, of_index / PAGE_BYTES))

    def levels(count: float) -> int:
        return math.ceil(math.log(count, a_page))

    size = (_bytes(made) - empty) / rows * ROWS / 2**30
    deep = ", ".join(f"10^{power}: {levels(10**power)}" for power in (5, 6, 7, 8))
    return [
        finding("rows that a fact leaves, its event and keys counted", "/ 100", [100 * rows / facts], note="measured"),
        finding(
            f"10^8 rows: on disk, about {ROWS / (rows / facts) / 1e6:,.0f} million facts",
            "GB",
            [size],
            note=f"arithmetic: bytes a row measured at {rows:,} rows, times 10^8",
        ),
        finding(
            "10^8 rows: pages that a look-up descends through in the widest index",
            "pages",
            [float(levels(ROWS))],
            note=f"arithmetic: {a_page:.0f} entries a page as measured, so levels at {deep}",
        ),
    ]


def _bytes(made: Place) -> int:
    with reading(made.engine) as connection:
        if made.engine.dialect.name == "postgresql":
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        pages, each = (connection.scalar(text(f"PRAGMA {name}")) for name in ("page_count", "page_size"))
        return int(pages or 0) * int(each or 0)


def _own_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def _database_seconds(made: Place) -> float:
    """Processor seconds of the database's own processes, those that have ended too; none of SQLite, which has none."""
    if made.engine.dialect.name != "postgresql":
        return 0.0
    with reading(made.engine) as connection:
        pid = int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)
    first = int(_stat(pid)[1])
    ticks = sum(map(int, _stat(first)[11:15]))
    for one in Path("/proc").glob("[0-9]*"):
        try:
            stat = _stat(int(one.name))
        except OSError:
            continue  # it has ended since
        if int(stat[1]) == first:
            ticks += sum(map(int, stat[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """`/proc/PID/stat` from the third field on (proc(5)): state, parent, ..., own time, time of ended children."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
