"""One anonymous caller and one agency do their worst: the others are served, and `/healthz` answers within 1 s.

The stranger (an address of its own on loopback) sends bodies of 60,000 unknown keys, bodies as large as a link takes,
guessed links and passwords, long queries, and heads that never end; the agency asks 16 what-ifs at once, all the time.
Both do so from a process of their own, so that what the others measure is the service. The association records, the
regulator asks what takes work, and a person signs in.
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from drills.common import require, step
from drills.facts import Facts
from drills.servers.two_logins import STEWARD
from drills.service import Running

SECONDS = 30.0
P99_SECONDS = 1.0
STRANGERS, WHAT_IFS, PAUSE_SECONDS = 8, 16, 0.05
STRANGER = "127.0.0.2"
"""Another address than the others': what is counted by address is the stranger's own."""
LOGIN, PASSWORD = "drill", "three quiet herons"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class Outcome(NamedTuple):
    """What the others got: statuses by who asked, and how long `/healthz` took, in seconds."""

    statuses: dict[str, Counter[int]]
    healthz: list[float]
    hostile: Counter[int]

    @property
    def p99(self) -> float:
        """So long at most in 99 of 100."""
        return sorted(self.healthz)[int(len(self.healthz) * 0.99)]


class _Load:
    """The callers of one run, each a thread until the time is over."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port, self._until = port, time.monotonic() + seconds
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.outcome = Outcome({}, [], Counter())

    def ask(
        self, method: str, path: str, body: bytes | None = None, token: str = "", kind: str = JSON, source: str = ""
    ) -> int:
        """One request; its status, 0 when the connection was closed."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=60, source_address=(source, 0) if source else None
        )
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
        return answer.status

    def repeat(self, who: str, do: Callable[[], int], pause: float = 0.0, times: int = 1) -> None:
        """Do it again and again, in so many threads."""

        def run() -> None:
            while time.monotonic() < self._until:
                status = do()
                with self._lock:
                    counted = self.outcome.hostile if who == "hostile" else self.outcome.statuses[who]
                    counted[status] += 1
                time.sleep(pause)

        self.outcome.statuses.setdefault(who, Counter())
        for _ in range(times):
            self._threads.append(threading.Thread(target=run, daemon=True))
            self._threads[-1].start()

    def watch(self) -> int:
        """How long `/healthz` takes."""
        begun = time.monotonic()
        status = self.ask("GET", "/healthz")
        with self._lock:
            self.outcome.healthz.append(time.monotonic() - begun)
        return status

    def endless_head(self) -> int:
        """A header that does not end."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 10, (STRANGER, 0)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
            for _ in range(20):
                connection.sendall(b"y" * 65_536)
        return 0

    def join(self) -> Outcome:
        """Wait until all are done."""
        for thread in self._threads:
            thread.join(120)
        self.outcome.statuses.pop("hostile", None)
        return self.outcome


def _hostile(load: _Load, agency: str, token: str) -> None:
    """What the stranger and the agency do."""
    many = json.dumps({f"k{number}": 1 for number in range(60_000)}).encode()
    some = json.dumps({"answers": [{f"k{key}": 0 for key in range(199)}] * 4}).encode()
    wrong = urlencode({"login": LOGIN, "password": "guess guess guess"}).encode()
    query = "?" + "&".join(f"k{number}=1" for number in range(5_000))
    worst: list[Callable[[], int]] = [
        lambda: load.ask("POST", "/v1/survey-links/x", many, source=STRANGER),
        lambda: load.ask("POST", "/v1/survey-links/x", some, source=STRANGER),
        lambda: load.ask("GET", "/v1/survey-links/guessed", source=STRANGER),
        lambda: load.ask("POST", "/sign-in", wrong, kind=FORM, source=STRANGER),
        lambda: load.ask("GET", f"/v1/public/agencies{query}", source=STRANGER),
        load.endless_head,
    ]
    for one in worst:
        load.repeat("hostile", one, PAUSE_SECONDS, times=STRANGERS // 4)
    lapse = {"post": f"/v1/agencies/{agency}/lapses", "body": {"item": 4, "occurred_on": "2024-05-20"}}
    what_if = json.dumps({"add": [lapse] * 20}).encode()
    path = f"/v1/agencies/{agency}/what-if"
    load.repeat("hostile", lambda: load.ask("POST", path, what_if, token, source=STRANGER), PAUSE_SECONDS, WHAT_IFS)


def _attack(port: int, seconds: float, agency: str, token: str, queue: Queue[dict[int, int]]) -> None:
    """The hostile part, in a process of its own."""
    load = _Load(port, seconds)
    _hostile(load, agency, token)
    queue.put(dict(load.join().hostile))


def _others(load: _Load, agency: str, association: str, regulator: str) -> None:
    """What everybody else does."""
    lapse = json.dumps({"item": 4, "occurred_on": "2024-05-20"}).encode()
    good = urlencode({"login": LOGIN, "password": PASSWORD}).encode()
    load.repeat("healthz", load.watch, 0.05)
    load.repeat(
        "association records", lambda: load.ask("POST", f"/v1/agencies/{agency}/lapses", lapse, association), 0.2
    )
    timeline = f"/v1/agencies/{agency}/timeline"
    load.repeat("regulator's question", lambda: load.ask("GET", timeline, None, regulator), 0.2)
    load.repeat("regulator's list", lambda: load.ask("GET", "/v1/agencies", None, regulator), 0.2)
    load.repeat("public list", lambda: load.ask("GET", "/v1/public/agencies"), 0.2)
    load.repeat("person signs in", lambda: load.ask("POST", "/sign-in", good, kind=FORM), 1.0)


@contextmanager
def _served(folder: Path) -> Iterator[tuple[Running, str, str, str]]:
    """A service with one agency and an account; the agency's code, its token and the regulator's."""
    running = Running(f"sqlite:///{folder / 'ledger.db'}", folder)
    try:
        facts = Facts()
        facts.record(running, 1)
        (code,) = facts.acknowledged
        agency = running.steward("token", "create", "--role", "agency", "--uscc", code, "--person", "某机构")
        regulator = running.steward("token", "create", "--role", "regulator", "--person", "某监管")
        made = subprocess.run(
            [*STEWARD, "account", "create", LOGIN, "--role", "auditor", "--person", "审计甲", "--password-stdin"],
            input=PASSWORD + "\n",
            env=running.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        require(made.returncode == 0, f"an account is there {made.stderr[:200] if made.returncode else ''}")
        yield running, code, agency.stdout.strip(), regulator.stdout.strip()
    finally:
        running.stop()


def hostile_load(seconds: float) -> Outcome:
    """The whole of it on a service of its own, for so long."""
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as (running, code, agency, regulator):
        load = _Load(running.port, seconds)
        _others(load, code, running.token, regulator)
        apart = get_context("spawn")
        queue: Queue[dict[int, int]] = apart.Queue()
        attack = apart.Process(target=_attack, args=(running.port, seconds, code, agency, queue))
        attack.start()
        outcome = load.join()
        outcome.hostile.update(queue.get(timeout=120))
        attack.join()
        return outcome


def unserved(outcome: Outcome) -> dict[str, Any]:
    """Whom of the others the load kept from being served: what they were answered instead."""
    right = {"association records": 201, "person signs in": 303}
    return {who: dict(statuses) for who, statuses in outcome.statuses.items() if set(statuses) != {right.get(who, 200)}}


def main() -> None:
    """Half a minute of it. Raises: Failed."""
    outcome = hostile_load(SECONDS)
    for who, statuses in outcome.statuses.items():
        step(f"{who}: {dict(statuses)}")
    step(f"hostile: {dict(outcome.hostile)}")
    require(not unserved(outcome), f"everybody else was served {unserved(outcome) or ''}")
    require(outcome.p99 < P99_SECONDS, f"/healthz: {len(outcome.healthz)} times, p99 {outcome.p99:.3f} s")
