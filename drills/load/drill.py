"""Mixed load of real clients on `steward serve --workers 2`, bounded in time, on loopback; then what is left is judged.

Reported are p50 and p99 by kind of request, errors by kind, and memory and descriptors of the service's processes from
the beginning to the end. Afterwards: nothing acknowledged is lost or doubled, the log is dense, a follower of its
stream saw each place once and in order, and audit and check find nothing.

`./run drill load --seconds 600 --agencies 300 --agencies 10000 --database sqlite --database postgresql
--report bench/LOAD.md`; by default ten minutes each of 300 agencies on both databases, and no report.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text

from domain.store.db.engine import open_engine, reading
from drills.common import require, step
from drills.load.http_clients import Measured, run
from drills.load.load_report import Outcome, keep, lines_of
from drills.load.loaded_service import LoadedService, ProcessWatch
from drills.load.mixed_roles import Acknowledged, Crowd
from drills.servers.two_logins import ROOT, STEWARD
from tests.postgres_server import PostgresServer

SEED = 7


def main(options: Sequence[str] = ()) -> None:
    """The runs that are asked for, one after the other. Raises: Failed."""
    reader = argparse.ArgumentParser(prog="./run drill load")
    reader.add_argument("--seconds", type=float, default=600.0, metavar="N")
    reader.add_argument("--agencies", type=int, action="append", metavar="N")
    reader.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    reader.add_argument("--report", type=Path, metavar="FILE", help="a section of it is written anew for each run")
    given = reader.parse_args(options)
    for agencies in given.agencies or [300]:
        for database in given.database or ["sqlite", "postgresql"]:
            outcome = one_run(database, agencies, given.seconds)
            for line in lines_of(outcome):
                step(line)
            if given.report:
                keep(given.report, outcome)


def one_run(database: str, agencies: int, seconds: float) -> Outcome:
    """One database, so many agencies, so long; what was measured. Raises: Failed."""
    step(f"{database}, {agencies:,} agencies, {seconds:.0f} s")
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as name:
        folder = Path(name)
        if database == "sqlite":
            return _loaded(database, f"sqlite:///{folder / 'ledger.db'}", folder, agencies, seconds)
        with PostgresServer(fsync=True, settings={"shared_buffers": "256MB"}) as server:
            return _loaded(database, server.create_database("load"), folder, agencies, seconds)


def _loaded(database: str, url: str, folder: Path, agencies: int, seconds: float) -> Outcome:
    service = LoadedService(url, folder, agencies)
    try:
        measured, known = Measured(), Acknowledged(last_seen=service.seeded)
        with ProcessWatch(service.pid) as watch:
            begun = time.monotonic()
            chance = random.Random(SEED)  # noqa: S311  # what is asked for, not a secret
            crowd = Crowd(
                service.port,
                service.codes,
                service.tokens,
                service.login,
                begun,
                begun + seconds,
                measured,
                known,
                chance,
            )
            run(crowd.run())
            took = time.monotonic() - begun
        stopped = service.stop()
    finally:
        service.kill()
    step(f"{len(known.events):,} facts acknowledged; the service stopped within {stopped:.1f} s")
    _judge(service, known, measured)
    return Outcome(database, agencies, took, measured, watch.samples, known)


def _judge(service: LoadedService, known: Acknowledged, measured: Measured) -> None:
    engine = open_engine(service.url)
    try:
        with reading(engine) as connection:
            after = text("SELECT event_id FROM events WHERE position > :seeded AND stream LIKE 'agency/%'")
            there = list(map(str, connection.scalars(after, {"seeded": service.last_position})))
            last, count, events = connection.execute(
                text(
                    "SELECT (SELECT max(log_index) FROM log_index), (SELECT count(*) FROM log_index), "
                    "(SELECT count(*) FROM events)"
                )
            ).one()
    finally:
        engine.dispose()
    lost = set(known.events) - set(there)
    require(not lost, f"of {len(known.events):,} acknowledged facts lost: {len(lost)}")
    unanswered = sum(
        count for kinds in measured.errors.values() for what, count in kinds.items() if what == "no answer"
    )
    unasked = len(there) - len(known.events)
    require(0 <= unasked <= unanswered, f"recorded without being acknowledged, or twice: {unasked} of {len(there):,}")
    require(last == count == events, f"the log is dense: {events:,} events, {count:,} places, the last {last:,}")
    seen, wanted = known.seen, range(service.seeded + 1, known.last_seen + 1)
    missing = [one for one in wanted if seen[one] != 1]
    require(
        not missing and not known.out_of_order and known.last_seen >= service.seeded + len(known.events),
        f"the follower saw {len(wanted):,} places, each once and in order ({known.reconnected} connections ended)",
    )
    for command in ("audit", "check"):
        done = subprocess.run(
            [*STEWARD, command], cwd=ROOT, env=service.environment, capture_output=True, text=True, check=False
        )
        said = f"{done.returncode} {done.stdout[-300:]}{done.stderr[-300:]}" if done.returncode else ""
        require(done.returncode == 0, f"steward {command} finds nothing {said}")
