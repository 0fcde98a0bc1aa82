"""`GET standing` over HTTP, against the smallest route of the same server, which asks no database."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

from sqlalchemy import Engine

from bench.generate import History, uscc
from bench.measure import Finding, finding
from bench.place import Place, fill, place
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import writing
from domain.store.log.sequencer import seal
from domain.values import Instant, Role, instant
from projections.rows.write.hint_rows import bring_up
from tests.postgres_server import PostgresServer

CONNECTIONS = 8
AGENCIES, FACTS = 50, 300


SMALLEST = "/healthz"


class Served(NamedTuple):
    """A server that runs, and a token for it."""

    port: int
    token: str
    pid: int


def _filled(target: Place) -> Instant:
    """A district, and an instant that lies before what is sealed."""
    for number in range(AGENCIES):
        fill(target.ledger, History(number).facts(FACTS))
    bring_up(target.ledger)  # what is worked out behind is none of what is measured
    known_at = instant(datetime.now(UTC))
    while (seal(target.engine), _horizon(target))[1] <= known_at:
        time.sleep(0.2)
    return known_at


def _targets(chance: random.Random, requests: int, known: str = "") -> list[str]:
    """Random agencies on random days."""
    days = (date(2021, 11, 1) + timedelta(days=chance.randrange(1_600)) for _ in range(requests))
    return [f"/v1/agencies/{uscc(chance.randrange(AGENCIES))}/standing?as_of={day}{known}" for day in days]


def measure(server: PostgresServer, repetitions: int, requests: int) -> list[Finding]:
    """The lines of the report."""
    targets = partial(_targets, random.Random(3), requests)
    with place(server, "serving") as target:
        past = f"&known_at={_filled(target)}"
        same = targets(past)[:1] * requests
        still = targets()[:1] * requests
        found: dict[str, list[dict[str, Any]]] = {}
        with served(target.url, target.engine) as running:
            etag, etag_now = etag_of(running, same[0]), etag_of(running, still[0])
            for _ in range(repetitions):
                for name, asked, more in (
                    ("smallest", [SMALLEST] * requests, {}),
                    ("standing", targets(), {}),
                    ("past", targets(past), {}),
                    ("repeated", same, {}),
                    ("if-none-match", same, {"If-None-Match": etag}),
                    ("of now", still, {"If-None-Match": etag_now}),
                ):
                    before = _cpu_seconds(running.pid)
                    made = load(running, asked, more)
                    made["cpu"] = (_cpu_seconds(running.pid) - before) / len(asked)
                    found.setdefault(name, []).append(made)
    rates = {name: [one["rate"] for one in several] for name, several in found.items()}
    worst = {name: [one["p99"] for one in several] for name, several in found.items()}
    spent = {name: [one["cpu"] for one in several] for name, several in found.items()}
    floor, of_server = rates["smallest"], "processor time of the server, whatever runs beside it"
    note = f"{CONNECTIONS} connections, one server process; floor: {SMALLEST}"
    return [
        finding("GET standing, random agency and day", "requests/s", rates["standing"], floor, least=0.45, note=note),
        finding("the same: a request", "s", spent["standing"], spent["smallest"], note=of_server),
        finding("the same, p99", "s", worst["standing"], worst["smallest"], most=3),
        finding("GET standing as known at a past instant", "requests/s", rates["past"], floor, note=note),
        finding("the same question repeated, past known_at", "requests/s", rates["repeated"], floor, least=0.8),
        finding("the same with If-None-Match", "requests/s", rates["if-none-match"], floor, least=0.8),
        finding("a question about now repeated with If-None-Match: 304", "requests/s", rates["of now"], floor),
    ]


WORKERS, OF_WORKERS = 2, 32
"""Processes, and how many connections there are for them to share: the kernel gives each to one of them."""


def measure_workers(server: PostgresServer, repetitions: int, requests: int) -> list[Finding]:
    """The lines of the report: how much more two processes answer than one.

    By the clock client, database and service share the machine's cores. By processor time it is what two cores of the
    service's own would answer: the requests, by the time of the process that had most to do.
    """
    chance = random.Random(4)
    by_clock: dict[int, list[float]] = {1: [], WORKERS: []}
    by_processor: dict[int, list[float]] = {1: [], WORKERS: []}
    together: dict[int, list[float]] = {1: [], WORKERS: []}
    with place(server, "workers") as target, ExitStack() as stack:
        _filled(target)
        ways = {count: stack.enter_context(served(target.url, target.engine, count)) for count in (1, WORKERS)}
        for turn in range(repetitions):
            for count, running in ways.items() if turn % 2 == 0 else reversed(ways.items()):
                each = _children(running.pid) if count > 1 else [running.pid]
                before = [_cpu_seconds(pid) for pid in each]
                by_clock[count].append(load(running, _targets(chance, requests), {}, OF_WORKERS)["rate"])
                spent = [_cpu_seconds(pid) - first for pid, first in zip(each, before, strict=True)]
                by_processor[count].append(requests / max(spent))
                together[count].append(requests / sum(spent))
    note = f"GET standing, {OF_WORKERS} connections; of the process that had most to do"
    return [
        finding(
            f"requests a processor second, `serve --workers {WORKERS}` to one process",
            "requests",
            by_processor[WORKERS],
            by_processor[1],
            least=1.8,
            note=note,
        ),
        finding(
            "the same, of both processes together",
            "requests",
            together[WORKERS],
            together[1],
            note="1: none costs more",
        ),
        finding(
            "the same by the clock",
            "requests/s",
            by_clock[WORKERS],
            by_clock[1],
            note=f"client and database on the same {os.cpu_count()} cores",
        ),
    ]


def _children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _cpu_seconds(pid: int) -> float:
    """What a process has spent of the processor (proc(5))."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _horizon(target: Place) -> str:
    with target.ledger.reading() as reader:
        return reader.sealed()[1] or ""


def etag_of(server: Served, path: str) -> str:
    """What an answer is to be asked for again with."""
    request = Request(f"http://127.0.0.1:{server.port}{path}", headers={"Authorization": f"Bearer {server.token}"})
    with urlopen(request) as answer:  # noqa: S310  # loopback
        return str(answer.headers["ETag"])


@contextmanager
def served(url: str, engine: Engine, workers: int = 1) -> Iterator[Served]:
    """The service as an operator starts it, over a database that is there."""
    with writing(engine) as connection:
        person = create_person(connection, "bench")
        token = create_token(connection, person, Role.REGULATOR, by=COMMAND_LINE)
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        port = _free_port()
        unlimited = {"STEWARD_RATE_PER_TOKEN": "0", "STEWARD_RATE_PER_ADDRESS": "0"}
        command = [str(Path(sys.executable).parent / "steward"), "serve", "--database", url, "--port", str(port)]
        command += ["--workers", str(workers)] if workers > 1 else []
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **unlimited})  # ours
        try:
            _wait(process, port)
            yield Served(port, token, process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            with urlopen(f"http://127.0.0.1:{port}{SMALLEST}", timeout=1):  # loopback
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def load(server: Served, targets: list[str], more: dict[str, str], connections: int = CONNECTIONS) -> dict[str, Any]:
    """Send them, and see to it that every answer was a good one."""
    headers = {"Authorization": f"Bearer {server.token}", **more}
    given = "\n".join([json.dumps(headers), *targets])
    command = [sys.executable, "-m", "bench.asking.load", "127.0.0.1", str(server.port), str(connections)]
    ended = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(ended.stdout)
    if set(found["statuses"]) - {"200", "304"} or sum(found["statuses"].values()) != len(targets):
        raise RuntimeError(f"not all were answered: {found['statuses']}")
    return found
