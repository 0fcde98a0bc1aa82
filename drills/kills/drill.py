"""The process dies at every step of the write path, many hundred times; what was acknowledged stands, once.

Steps of recording, sequencing, signing, publication, outbox, clean-up and start-up, each before and after
(`points.py`); inside SQLite's statements; PostgreSQL killed with -9 under the service; SIGKILL at moments of chance.
Clients go on with the same keys all the while.

`./run drill kills --sqlite 1000 --postgres 300 --failovers 30 --tally FILE` is the whole of it: each ledger that was
judged is a line of the file, and a run that was stopped goes on from there. No verdict asks how fast the machine is.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

from api.settings import Settings
from api.starting import make_ready
from domain.ledger.ledger import Ledger
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import open_engine, writing
from domain.store.messages.target_rows import TargetAddress, add_target
from domain.values import Role, instant
from drills.common import Failed, require, step
from drills.kills.dying_service import DyingService, Plan, kill
from drills.kills.patience import moving
from drills.kills.points import KillPoint, steps
from drills.kills.recorders import YEARS, HookReceiver, Recorders
from drills.kills.tally import Judged, Tally
from drills.kills.verdict import judge, log_of, settled
from projections.rows.read.row_queries import RowQueries
from projections.rows.write.projector import open_ledger
from tests.postgres_server import PostgresServer

A_LEDGER = 50
"""Deaths of one ledger; then another one begins, with years to publish."""
A_CLUSTER = 6
"""Failovers of one cluster: each kind twice."""
POINT_SECONDS = 6.0
"""By when a process has come to its step; else it is killed where it is."""
MOMENTS_OF_CHANCE, INSIDE_STATEMENTS, SERVER_KILLS = 0.2, 0.15, 0.08
MOST_SECONDS_ALIVE = 1.2
MOST_PIECES = 4_000
MOST_TRIES = 500
"""So often a publication may fail beside a service that lives; more is none that comes about."""
DEATH_SECONDS = 600.0
"""A process that was killed is gone by then, on the slowest machine."""


def main(options: Sequence[str] = ()) -> None:
    """As many deaths as are asked for. Raises: Failed."""
    reader = argparse.ArgumentParser(prog="./run drill kills")
    reader.add_argument("--sqlite", type=int, default=100, metavar="N")
    reader.add_argument("--postgres", type=int, default=40, metavar="N")
    reader.add_argument("--failovers", type=int, default=0, metavar="N", help="of a cluster under Patroni")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--tally", type=Path, metavar="FILE", help="go on from what it holds; each ledger is added")
    given = reader.parse_args(options)
    tally = Tally(given.tally)
    try:
        sqlite_kills(given.sqlite, given.seed, tally)
        postgresql_kills(given.postgres, given.seed, tally)
        cluster_failovers(given.failovers, tally)
    finally:
        for line in tally.lines():
            print(line, flush=True)


def sqlite_kills(kills: int, seed: int, tally: Tally) -> None:
    """As many more as the tally lacks, on SQLite. Raises: Failed."""
    for number, chance, begun in lacking("sqlite", kills, seed, tally):
        with tempfile.TemporaryDirectory(prefix="steward-drill-") as name:
            folder = Path(name)
            ledger = _Ledger("sqlite", f"sqlite:///{folder / 'ledger.db'}", folder, chance, None)
            tally.add(ledger.die(number, begun))


def postgresql_kills(kills: int, seed: int, tally: Tally) -> None:
    """The same on PostgreSQL, some of them of the server itself. Raises: Failed."""
    if tally.deaths("postgresql") >= kills:
        return
    with PostgresServer() as server:
        for number, chance, begun in lacking("postgresql", kills, seed, tally):
            url = server.create_database(f"kills_{tally.deaths('postgresql')}")
            with tempfile.TemporaryDirectory(prefix="steward-drill-") as name:
                tally.add(_Ledger("postgresql", url, Path(name), chance, server).die(number, begun))


def cluster_failovers(count: int, tally: Tally) -> None:
    """As many more changes of the primary as the tally lacks. Raises: Failed."""
    from drills.cluster import failovers

    while (done := tally.deaths("patroni")) < count:
        number = min(A_CLUSTER, count - done)
        tally.add(Judged("patroni", number, failovers(number), f"/{done}"))


def lacking(database: str, kills: int, seed: int, tally: Tally) -> Iterator[tuple[int, random.Random, str]]:
    """For each ledger that is lacking its number of deaths, its chances, and what they grew from."""
    while (done := tally.deaths(database)) < kills:
        begun = f"{seed}/{database}/{done}"
        yield min(A_LEDGER, kills - done), random.Random(begun), begun  # noqa: S311  # moments, not secrets


class _Ledger:
    """One ledger, and the processes that die over it."""

    def __init__(
        self, database: str, url: str, folder: Path, chance: random.Random, server: PostgresServer | None
    ) -> None:
        self._database, self._url, self._folder, self._chance, self._server = database, url, folder, chance, server
        own = {name: value for name, value in os.environ.items() if not name.startswith(("STEWARD_", "PG"))}
        here = {"STEWARD_DATA_DIR": str(folder), "STEWARD_KEY_DIR": str(folder / "keys"), "STEWARD_DATABASE_URL": url}
        self._environment = own | here
        self._died: Counter[str] = Counter()
        named = steps(database)
        chance.shuffle(named)
        self._steps = cycle(named)

    def die(self, kills: int, seed: str) -> Judged:
        """So many deaths, and the verdict. Raises: Failed."""
        begun = time.monotonic()
        with self._recording() as (service, recorders, hooks):
            for _ in range(kills):
                self._one(service, recorders)
            took = time.monotonic() - begun
            pid = service.start(None)
            recorders.publishes.set()
            _wait_for_publication(recorders)
            recorders.end()
            engine = open_engine(self._url)
            try:
                settled(engine, hooks)
                kill(pid)
                service.died(DEATH_SECONDS)
                parts = ", ".join(f"{part} {count}" for part, count in sorted(self._died.items()))
                step(f"{self._database}: {kills} deaths in {took:.0f} s ({parts}); answers {dict(recorders.statuses)}")
                require(set(recorders.statuses) <= {0, 200, 201, 503}, "whoever was answered was told 200, 201 or 503")
                judge(engine, recorders, hooks, self._environment, kills)
            finally:
                engine.dispose()
        return Judged(self._database, kills, len(recorders.acknowledged), seed, dict(self._died))

    def _one(self, service: DyingService, recorders: Recorders) -> None:
        draw = self._chance.random()
        if self._server is not None and draw < SERVER_KILLS:
            self._kill_server(service)
            return
        plan, part, seconds = self._plan(draw, is_published=len(recorders.published) == len(YEARS))
        if isinstance(plan, tuple) and plan[0].needs_publication:
            recorders.publishes.set()
        pid = service.start(plan)
        if service.died(seconds) is None:
            kill(pid)
            service.died(DEATH_SECONDS)
            part = part if plan is None else f"{part} (not reached)"
        recorders.publishes.clear()
        self._died[part] += 1
        if recorders.wrong:
            raise Failed(f"wrong answers: {recorders.wrong[:3]}")

    def _plan(self, draw: float, *, is_published: bool) -> tuple[Plan, str, float]:
        """Where the next process dies, what that is part of, and by when it has come there."""
        if draw < SERVER_KILLS + MOMENTS_OF_CHANCE:
            return None, "moments of chance", self._chance.uniform(0.05, MOST_SECONDS_ALIVE)
        if self._database == "sqlite" and draw < SERVER_KILLS + MOMENTS_OF_CHANCE + INSIDE_STATEMENTS:
            return self._chance.randrange(1, MOST_PIECES), "inside a statement", POINT_SECONDS
        point, moment = next(one for one in self._steps if not (is_published and one[0].needs_publication))
        return (point, moment, self._turn(point)), point.part, POINT_SECONDS

    def _turn(self, point: KillPoint) -> int:
        return self._chance.randint(1, point.most)

    def _kill_server(self, service: DyingService) -> None:
        """PostgreSQL dies under the service, which lives on and is killed a moment later."""
        if self._server is None:
            raise Failed("there is no server to kill")
        pid = service.start(None)
        time.sleep(self._chance.uniform(0.3, MOST_SECONDS_ALIVE))
        self._server.kill_minus_nine()
        self._server.restart()
        time.sleep(self._chance.uniform(0.05, 0.5))
        kill(pid)
        service.died(DEATH_SECONDS, without_database=True)
        self._died["the server"] += 1

    @contextmanager
    def _recording(self) -> Iterator[tuple[DyingService, Recorders, HookReceiver]]:
        """A new ledger with agencies, people and a program to be told; clients record until the block ends."""
        hooks, tokens = HookReceiver(), self._opened_with_people()
        service = DyingService(self._url, self._folder)
        try:
            recorders = Recorders(service.port, tokens)
            pid = service.start(None)
            self._add_target(hooks.url)
            recorders.file_base()
            recorders.bodies = self._publications()
            recorders.begin()
            kill(pid)
            service.died(DEATH_SECONDS)
            yield service, recorders, hooks
        except Failed as failed:
            raise Failed(f"{failed}\n{log_of(self._folder)}") from failed
        finally:
            service.close()
            hooks.close()

    def _opened_with_people(self) -> dict[str, str]:
        engine = open_engine(self._url)
        try:
            make_ready(engine, Settings(database_url=self._url, data_dir=self._folder, key_dir=self._folder / "keys"))
            with writing(engine) as connection:
                return {
                    str(role): create_token(connection, create_person(connection, f"{role} 甲"), role, by=COMMAND_LINE)
                    for role in (Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR)
                }
        finally:
            engine.dispose()

    def _add_target(self, url: str) -> None:
        engine = open_engine(self._url)
        try:
            with _own(engine, self._url, self._folder).writing() as unit:
                address = TargetAddress(url, "whsec_" + "c3Rld2FyZC1kcmlsbC1zZWNyZXQtb2YtMzItYnl0ZXM=")
                add_target(unit.connection, "演练", "webhook", Role.ASSOCIATION, None, address, "drill")
        finally:
            engine.dispose()

    def _publications(self) -> dict[int, dict[str, Any]]:
        """What the committee sends of each year: a reason for each part that an agency lacks (R25)."""
        engine = open_engine(self._url)
        bodies = {}
        try:
            with _own(engine, self._url, self._folder).reading() as reader:
                look_ups = RowQueries(reader, instant(datetime.now(UTC)))
                for year in YEARS:
                    day = date(year + 1, 3, 10)
                    waivers = [
                        {"uscc": row.agency.uscc, "part": part, "reason": "演练"}
                        for row in look_ups.ranking(look_ups.district(day), year)
                        for part in (row.missing if row.assessed else ())
                    ]
                    said = {"published_on": str(day), "meeting_on": str(day), "reason": "演练", "waivers": waivers}
                    bodies[year] = said
        finally:
            engine.dispose()
        return bodies


def _own(engine: Any, url: str, folder: Path) -> Ledger:
    from domain.store.keys.master_key import use_keys

    use_keys(engine, Settings(database_url=url, data_dir=folder, key_dir=folder / "keys").keys)
    return open_ledger(engine)


def _wait_for_publication(recorders: Recorders) -> None:
    """One more year is published, if one is left: what was tried all the time comes to its end."""
    before, tried = len(recorders.published), recorders.tried

    def look() -> tuple[int, int, int]:
        return len(recorders.published), recorders.tried - tried, len(recorders.acknowledged)

    def is_over(seen: tuple[int, int, int]) -> bool:
        if seen[1] > MOST_TRIES:
            raise Failed(f"the year is not published: {recorders.statuses}")
        return seen[0] > before or seen[0] == len(YEARS) or bool(recorders.wrong)

    moving(look, is_over, "a year is being published")
