"""A failover of PostgreSQL under load: nothing acknowledged is lost or doubled, and the service goes on by itself.

Two real servers, the second a synchronous replica of the first. Twice: with both hosts in the address, the first of
them crashing; and behind a forwarder that leads to the demoted server for a while, so that every connection, old and
new, ends at a replica until it is turned round.
"""

from __future__ import annotations

import contextlib
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from demo.invented_names import uscc
from drills.common import Failed, require, step
from drills.servers.replicas import PASSWORD, Forwarder, Node, replicate
from drills.service import Answer, Running

RECOVER_SECONDS = 30.0
LOAD_SECONDS = 3.0


class Answering(Protocol):
    """A service, or what shares requests among several."""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; header names with underscores."""


class Load:
    """Two clients that record all the time; each goes on with the same key until it is told that it is recorded."""

    def __init__(self, service: Answering, first: int = 5_000_000) -> None:
        """`first`: the number of the first agency; loads of one database begin at different ones."""
        self._service, self._stop = service, threading.Event()
        self.acknowledged: dict[str, str] = {}
        self.statuses: dict[int, int] = {}
        self.without_retry_after = 0
        self._number, self._lock = first, threading.Lock()
        self._threads = [threading.Thread(target=self._record, daemon=True) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each client finish what it has begun."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            if thread.is_alive():
                raise Failed("a client is still waiting to be acknowledged")

    def take_over(self, other: Load) -> None:
        """Answer for what another load, which has stopped, was acknowledged too."""
        with self._lock:
            self.acknowledged |= other.acknowledged
            self.without_retry_after += other.without_retry_after
            for status, count in other.statuses.items():
                self.statuses[status] = self.statuses.get(status, 0) + count

    def wait_for_more(self, count: int, seconds: float) -> float:
        """Wait until so many more are acknowledged; how long it took. Raises: Failed."""
        begun, wanted = time.monotonic(), len(self.acknowledged) + count
        while len(self.acknowledged) < wanted:
            if time.monotonic() - begun > seconds:
                raise Failed(f"nothing more was acknowledged: {self.statuses}")
            time.sleep(0.05)
        return time.monotonic() - begun

    def _record(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                self._number += 1
                code = uscc(self._number)
            body = {"uscc": code, "name": f"机构{code[-6:]}", "category": "综合安全管家", "submitted_on": "2024-01-03"}
            key = str(uuid.uuid4())
            while True:
                answer = self._service.ask("POST", "/v1/agencies", body, Idempotency_Key=key)
                with self._lock:
                    self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
                    if answer.status == 503 and "retry-after" not in answer.headers:
                        self.without_retry_after += 1
                if answer.status == 201:
                    self.acknowledged[code] = answer.body["events"][0]["id"]
                    break
                time.sleep(0.05)


def main() -> None:
    """Both failovers."""
    for drill in (with_both_hosts, behind_a_forwarder):
        step(drill.__name__.replace("_", " "))
        with _two_servers() as (first, second), tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
            drill(first, second, Path(folder))


def with_both_hosts(first: Node, second: Node, folder: Path) -> None:
    """The primary crashes; the replica is promoted; the old one comes back as a replica."""
    hosts = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
    url = f"postgresql://postgres:{PASSWORD}@{hosts}/steward?target_session_attrs=read-write&connect_timeout=2"
    with _serving(url, folder) as (service, load):
        first.stop(signal.SIGQUIT)
        time.sleep(1)
        require(service.ask("GET", "/readyz").status == 503, "without a primary the service is not ready")
        second.promote()
        step(f"ok: recording again {load.wait_for_more(5, RECOVER_SECONDS):.1f} s after the promotion")
        first.make_replica_of(second)
        time.sleep(LOAD_SECONDS)
        nothing_is_lost(service, load, second)


def behind_a_forwarder(first: Node, second: Node, folder: Path) -> None:
    """The replica is promoted, the old primary is a replica at once, and the forwarder still leads there."""
    forwarder = Forwarder(first.port)
    url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{forwarder.port}/steward?keepalives=1"
    with _serving(url, folder) as (service, load):
        first.stop()
        second.promote()
        first.make_replica_of(second)
        until = time.monotonic() + RECOVER_SECONDS
        while "read-only" not in str(service.ask("GET", "/readyz").body):
            if time.monotonic() > until:
                raise Failed("readyz does not say that the server is a replica")
            time.sleep(0.1)
        step("ok: readyz says that the server takes no writes")
        before = len(load.acknowledged)
        code = uscc(4_999_999)
        require(service.ask("GET", f"/v1/agencies/{code}/standing").status == 404, "a replica answers questions")
        time.sleep(LOAD_SECONDS)
        require(len(load.acknowledged) == before, "nothing is acknowledged by a replica")
        forwarder.target = second.port
        step(f"ok: recording again {load.wait_for_more(5, RECOVER_SECONDS):.1f} s after the forwarder was turned")
        time.sleep(LOAD_SECONDS)
        nothing_is_lost(service, load, second)
    forwarder.close()


@contextlib.contextmanager
def _two_servers() -> Iterator[tuple[Node, Node]]:
    first, second = Node(), Node()
    try:
        first.make_primary()
        first.ask("CREATE DATABASE steward TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
        replicate(first, second)
        yield first, second
    finally:
        second.close()
        first.close()


@contextlib.contextmanager
def _serving(url: str, folder: Path) -> Iterator[tuple[Running, Load]]:
    service = Running(url, folder, STEWARD_RATE_PER_TOKEN="0", STEWARD_RATE_PER_ADDRESS="0")  # noqa: S106  # no limit
    try:
        load = Load(service)
        load.wait_for_more(20, RECOVER_SECONDS)
        yield service, load
    finally:
        service.stop()


class Asked(Protocol):
    """A server, or whatever leads to the one that is the primary."""

    def ask(self, statement: str, database: str) -> object:
        """One statement; the first value of its answer."""


def nothing_is_lost(service: Running, load: Load, primary: Asked) -> None:
    """End the load: what was acknowledged stands there once, and the audit finds nothing. Raises: Failed."""
    load.stop()
    step(f"answers by status: {load.statuses}")
    require(set(load.statuses) <= {201, 503}, "every answer was 201 or 503")
    require(load.without_retry_after == 0, "every 503 said when to try again")
    step(f"ok: ready {service.wait_until_ready(RECOVER_SECONDS):.1f} s later")
    found = primary.ask("SELECT count(*) FROM stream_heads WHERE stream LIKE 'agency/%'", "steward")
    require(found == len(load.acknowledged), f"{found} agencies are there, each acknowledged")
    events = primary.ask("SELECT count(*) FROM events WHERE topic LIKE '%FilingSubmitted%'", "steward")
    require(events == len(load.acknowledged), "none of them was filed twice")
    for code, event in load.acknowledged.items():
        items = service.ask("GET", f"/v1/agencies/{code}/events").body["items"]
        if [one["id"] for one in items] != [event]:
            raise Failed(f"{code}: acknowledged {event}, there is {items}")
    step(f"ok: all {len(load.acknowledged)} acknowledged events are the ones that stand")
    done = service.steward("audit", "--json")
    require(done.returncode == 0, f"the audit finds nothing: {done.stdout[-500:]}{done.stderr[-500:]}")


if __name__ == "__main__":
    main()
