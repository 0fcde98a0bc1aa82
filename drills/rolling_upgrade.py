"""Two versions of the service on one PostgreSQL, under load: the later one starts while the earlier serves.

Where only tables were added both record and answer. Where the read models are others the earlier one serves until the
later one's are in place, then refuses by name. Either way nothing that was acknowledged is lost or there twice, no
answer mixes the two, and the earlier one drains on SIGTERM. What is promised: docs/upgrades.md. The later version is
made of this one; `--from COMMIT` takes a real earlier one (`drills/versions`).
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drills.common import Failed, require, step
from drills.facts import degraded
from drills.failover import Load
from drills.servers.next_version import MARK, REVISION, next_version
from drills.servers.two_logins import ROOT, STEWARD
from drills.service import Answer, Running
from tests.postgres_server import PostgresServer

READY_SECONDS, MORE_SECONDS, EXIT_SECONDS = 120.0, 90.0, 60.0
NO_LIMIT = {"STEWARD_RATE_PER_TOKEN": "0", "STEWARD_RATE_PER_ADDRESS": "0"}
PAUSE_SECONDS = 0.1
"""Of each client between two facts: the later version works out thousands of rows on the same few cores meanwhile."""
REFUSED = 3
"""Exit code of a program that may not serve the database."""


class InTurn:
    """Gives each request to the next of several instances, ready or not, as a proxy that asks nobody would."""

    def __init__(self, *instances: Running) -> None:
        self.instances = list(instances)
        self.recorded: Counter[int] = Counter()
        """Facts acknowledged, by the instance's port."""
        self._turns = itertools.count()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request, to whoever's turn it is."""
        instances = self.instances
        one = instances[next(self._turns) % len(instances)]
        answer = one.ask(method, path, body, **headers)
        if answer.status == 201:
            self.recorded[one.port] += 1
            time.sleep(PAUSE_SECONDS)
        return answer


class Watching:
    """Asks an instance again and again what only rows of one version answer: each answer is right or a refusal."""

    def __init__(self, instance: Running, *, marked: bool) -> None:
        self._instance, self._marked, self._ended = instance, marked, threading.Event()
        self.answered = self.refused = 0
        self.wrong: list[str] = []
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Ask no more. Raises: Failed for a wrong answer."""
        self._ended.set()
        self._thread.join(60)
        if self.wrong:
            raise Failed(f"wrong answers: {self.wrong[:3]}")

    def _ask(self) -> None:
        while not self._ended.wait(0.05):
            answer = self._instance.ask("GET", f"/v1/agencies?q={MARK}&limit=1")
            if answer.status == 200:
                self.answered += 1
                if bool(answer.body["items"]) != self._marked:
                    self.wrong.append(str(answer.body)[:200])
            elif answer.status == 503 and "retry-after" in answer.headers:
                self.refused += 1
            else:
                self.wrong.append(f"{answer.status} {str(answer.body)[:200]}")


def main(options: Sequence[str] = ()) -> None:
    """Both ways, and what is refused; or from a real earlier commit. Raises: Failed."""
    reader = argparse.ArgumentParser(prog="./run drill rolling_upgrade")
    reader.add_argument("--from", dest="commit", metavar="COMMIT", help="another commit of this repository")
    if commit := reader.parse_args(options).commit:
        from drills.versions.from_commit import from_commit

        return from_commit(commit)
    for drill in (side_by_side, taking_over, contracted):
        alone(drill)
    return None


def alone(drill: Callable[[str, Path], None]) -> None:
    """One of them, on a server of its own."""
    step(f"{drill.__name__.replace('_', ' ')}:")
    with PostgresServer() as server, tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
        drill(server.create_database("steward"), Path(folder))


def side_by_side(url: str, folder: Path) -> None:
    """The later version has added a column and a table: both record and answer, then the earlier one drains."""
    program = next_version(folder / "next")
    with _serving(url, folder) as (old, load, both):
        new = Running(url, folder, token=old.token, root=str(program), **NO_LIMIT)
        try:
            new.wait_until_ready(READY_SECONDS)
            both.instances = [old, new]
            load.wait_for_more(20, MORE_SECONDS)
            require(min(both.recorded[old.port], both.recorded[new.port]) > 3, "both have recorded")
            require(degraded(old) == degraded(new) == set(), "both are ready")
            load.wait_for_more(5, MORE_SECONDS)
            code = next(iter(load.acknowledged))
            path = f"/v1/agencies/{code}/standing?as_of=2024-06-30"
            answers = [{**one.ask("GET", path).body, "known_at": ""} for one in (old, new)]
            require(answers[0] == answers[1], "both answer the same")
            drain(old, both, new)
            load.wait_for_more(5, MORE_SECONDS)
            end(load, new)
            _refused(url, folder, REVISION)
            _audit(url, folder, program)
        finally:
            new.stop()


def taking_over(url: str, folder: Path) -> None:
    """The later version has other read models: the earlier one serves until they are in place, and never mixes them."""
    program = next_version(folder / "next", other_rows=True)
    with _serving(url, folder) as (old, load, both):
        earlier = Watching(old, marked=False)
        before = len(load.acknowledged)
        new = Running(url, folder, token=old.token, root=str(program), **NO_LIMIT)
        later = Watching(new, marked=True)
        try:
            new.wait_until_ready(READY_SECONDS)
            step(f"ok: {len(load.acknowledged) - before} facts recorded by the earlier version while the later started")
            require("rows-of-another" in degraded(old), "readyz of the earlier version says who has taken over")
            refused = old.ask("GET", f"/v1/agencies/{next(iter(load.acknowledged))}/standing")
            require((refused.status, "retry-after" in refused.headers) == (503, True), "it refuses to answer")
            both.instances = [old, new]
            load.wait_for_more(10, MORE_SECONDS)
            recorded = both.recorded[old.port]
            load.wait_for_more(5, MORE_SECONDS)
            require(both.recorded[old.port] == recorded, "it records nothing onto the rows of the other")
            earlier.end()
            require(earlier.answered > 3 and earlier.refused > 0, "it answered from its own rows, then refused")
            drain(old, both, new)
            load.wait_for_more(5, MORE_SECONDS)
            later.end()
            end(load, new)
            found = new.ask("GET", f"/v1/agencies?q={MARK}&limit=500").body
            count = min(500, len(load.acknowledged))
            require(len(found["items"]) == count, "all rows are the later version's")
            _refused(url, folder, REVISION)
            _audit(url, folder, program)
        finally:
            new.stop()


def contracted(url: str, folder: Path) -> None:
    """The later version's migration says that earlier programs cannot serve: they say so, and it goes on alone."""
    program = next_version(folder / "next", contracts=True)
    with _serving(url, folder) as (old, load, both):
        new = Running(url, folder, token=old.token, root=str(program), **NO_LIMIT)
        try:
            new.wait_until_ready(READY_SECONDS)
            answer = old.ask("GET", "/readyz")
            require(answer.status == 503 and REVISION in str(answer.body), "the earlier version is not ready, by name")
            drain(old, both, new)
            load.wait_for_more(5, MORE_SECONDS)
            end(load, new)
            _refused(url, folder, REVISION)
        finally:
            new.stop()


# ---- what is done ----


@contextmanager
def _serving(url: str, folder: Path) -> Iterator[tuple[Running, Load, InTurn]]:
    old = Running(url, folder, **NO_LIMIT)
    try:
        both = InTurn(old)
        load = Load(both)
        load.wait_for_more(20, MORE_SECONDS)
        yield old, load, both
    finally:
        old.stop()


def drain(old: Running, both: InTurn, new: Running) -> None:
    """SIGTERM while it is asked: it ends in order, and from then on the other one is asked."""
    old.process.terminate()
    code = old.process.wait(EXIT_SECONDS)
    both.instances = [new]
    require(code in (0, -signal.SIGTERM), "the earlier version drained and ended in order")


def end(load: Load, new: Running) -> None:
    """Every acknowledged fact is there, once. Raises: Failed."""
    load.stop()
    for code, event in load.acknowledged.items():
        items = new.ask("GET", f"/v1/agencies/{code}/events").body["items"]
        if [one["id"] for one in items] != [event]:
            raise Failed(f"{code}: acknowledged {event}, there is {items}")
    require(load.without_retry_after == 0, "every 503 said when to try again")
    require(set(load.statuses) <= {0, 201, 503}, f"answers to commands were 201 or 503: {load.statuses}")
    step(f"ok: {len(load.acknowledged)} acknowledged facts are there once")


def _refused(url: str, folder: Path, revision: str) -> None:
    """The earlier version does not start on what the later one has migrated. Raises: Failed."""
    done = run_in(url, folder, ROOT, "serve", "--port", "0")
    by_name = done.returncode == REFUSED and revision in done.stderr
    require(by_name, "the earlier version does not start any more, by name")


def _audit(url: str, folder: Path, program: Path) -> None:
    done = run_in(url, folder, program, "audit")
    if done.returncode:
        raise Failed(f"an audit by the later version: {done.stdout[-1500:]}{done.stderr[-1500:]}")
    step("ok: an audit by the later version finds nothing")


def run_in(url: str, folder: Path, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the command line of the program that lies there, on this database."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("STEWARD_", "PG"))}
    environment = own | {"STEWARD_DATA_DIR": str(folder), "STEWARD_DATABASE_URL": url}
    return subprocess.run(
        [*STEWARD, *arguments], cwd=program, env=environment, capture_output=True, text=True, timeout=180, check=False
    )


if __name__ == "__main__":
    main()
