"""Looking up at any basis as histories grow: 10,000 agencies with more and more rows each.

What the agencies are, and are copies of: `place.py`.

The standings of a whole district in one answer, in every form: seconds and greatest memory, each form in a process of
its own, for a tenth of the district and for all of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from api.application.exports.exporting import EVERY_FORM, FileForm, exported
from api.application.privacy.authorisation import Caller, Reach
from api.application.questions.agency.district_questions import standings_of
from api.application.questions.inquiry import Inquiry, Snapshot
from api.settings import Settings
from api.starting import start, stop
from bench.generate import uscc
from bench.measure import Finding, finding, in_turns, median, most_megabytes
from bench.place import AGENCIES, Place, grow, place
from domain.store.db.fast_read import quick_reads
from domain.values import Role, agency_stream, instant
from projections.rows.read.row_queries import RowQueries
from projections.rows.read.row_sql import asked, look_up_query, parameters_of
from tests.postgres_server import PostgresServer

LOOK_UPS = 1_000
"""Of one agency, a repetition."""
DISTRICTS = 5
FACTS = 40_000
SMALL = AGENCIES // 10


def measure(server: PostgresServer, repetitions: int, sizes: tuple[int, ...]) -> list[Finding]:
    """The lines of the report: the smallest size is what the others are measured against."""
    with ExitStack() as stack:
        places, rows = {}, {}
        for size in sizes:
            made = stack.enter_context(place(server, f"look_up_{size}"))
            places[f"{size:,}"], rows[f"{size:,}"] = made, grow(made, size)
        one = in_turns({name: lambda made=made: _one_agency(made) for name, made in places.items()}, repetitions)  # type: ignore[misc]
        all_ = in_turns({name: lambda made=made: _district(made) for name, made in places.items()}, repetitions)  # type: ignore[misc]
    smallest, largest = next(iter(places)), list(places)[-1]
    lines = []
    for name in list(places)[1:]:
        note = f"rows: {rows[smallest]:,} and {rows[name]:,}; p50 of {LOOK_UPS} random questions"
        goal = 1.4 if name == largest else None
        lines.append(
            finding(
                f"look-up of one agency, {name} rows to {smallest}", "s", one[name], one[smallest], most=goal, note=note
            )
        )
        lines.append(
            finding(
                f"district of {AGENCIES:,} agencies, {name} rows to {smallest}",
                "s",
                all_[name],
                all_[smallest],
                most=4 if goal else None,
                note="statistics at random bases",
            )
        )
    return lines


def _random_day(chance: random.Random) -> date:
    return date(2017, 1, 1) + timedelta(days=chance.randrange(3_500))


def _one_agency(made: Place) -> float:
    """Median seconds of a look-up, one after the other."""
    return asyncio.run(_asked(made))


async def _asked(made: Place) -> float:
    chance = random.Random(5)
    now = instant(datetime.now(UTC))
    with made.ledger.reading() as reader:
        law = reader.law(now)
    if law is None:
        raise RuntimeError("no law was adopted")
    reads = await quick_reads(made.engine)
    took = []
    for _ in range(LOOK_UPS):
        basis = asked(law, _random_day(chance), now)
        query = look_up_query("postgresql", basis)
        values = parameters_of(basis) | {"stream": agency_stream(uscc(chance.randrange(AGENCIES)))}
        began = time.perf_counter()
        await reads.row(query, values)
        took.append(time.perf_counter() - began)
    await reads.close()
    return median(took)


def _district(made: Place) -> float:
    """Median seconds of the whole district in numbers."""
    chance, took = random.Random(6), []
    for _ in range(DISTRICTS):
        with made.ledger.reading() as reader:
            look_ups = RowQueries(reader, instant(datetime.now(UTC)))
            began = time.perf_counter()
            look_ups.statistics(look_ups.district(_random_day(chance)))
            took.append(time.perf_counter() - began)
    return median(took)


# ---- the whole district as a file ----


def measure_standings(server: PostgresServer) -> list[Finding]:
    """The lines of the report."""
    of_size: dict[int, dict[str, Any]] = {}
    for agencies in (SMALL, AGENCIES):
        with place(server, f"standings_{agencies}") as made:
            grow(made, FACTS * agencies // AGENCIES, agencies)
            of_size[agencies] = {form: _exported(made.url, form) for form in EVERY_FORM}
    return [line for form in EVERY_FORM for line in _lines(form, of_size[SMALL][form], of_size[AGENCIES][form])]


def _lines(form: FileForm, small: dict[str, float], whole: dict[str, float]) -> list[Finding]:
    name = f"standings of {AGENCIES:,} agencies, {form}"
    more, more_small = whole["most"] - whole["before"], small["most"] - small["before"]
    size = f"{whole['bytes'] / 2**20:.1f} MB"
    return [
        finding(name, "s", [whole["seconds"]], note=f"{size}; {small['seconds']:.2f} s for {SMALL:,} agencies"),
        finding(f"{name}: processor time, the database's apart", "s", [whole["cpu"]], note=f"{small['cpu']:.2f} s"),
        finding(
            f"{name}: memory beyond the process's own",
            "MB",
            [more],
            note=f"of {whole['most']:.0f}; {more_small:.1f} MB for {SMALL:,} agencies",
        ),
    ]


def _exported(url: str, form: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.asking.lookups", url, form],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def in_process(url: str, form: FileForm) -> None:
    """In the process that is measured: a first part, so that what every answer needs is there; then the whole."""
    service = start(Settings(database_url=url))
    try:
        inquiry = Inquiry(Snapshot(service, Caller("", Role.AUDITOR, None, b"")), Reach.ALL)
        standings_of(inquiry, limit=20)
        before, began, cpu = most_megabytes(), time.perf_counter(), time.process_time()
        made = exported(inquiry, standings_of, {}, form)
        took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        made.file.close()
        print(json.dumps({"before": before, "most": most_megabytes(), **took, "bytes": made.size}))
    finally:
        stop(service)


if __name__ == "__main__":
    form_: Any = sys.argv[2]
    in_process(sys.argv[1], form_)
