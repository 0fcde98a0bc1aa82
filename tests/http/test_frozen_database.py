"""A PostgreSQL server that keeps its connections and says nothing: nobody waits for it without end."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from domain.errors import Busy
from domain.store.engine import open_engine, reading, writing
from domain.store.migrate import migrate
from domain.store.patience import patience_of
from domain.store.postgresql import end_patience
from tests.cli.test_serving import ROOT, STEWARD
from tests.http.world import body_of, new_uscc
from tests.postgres_binaries import children, free_port
from tests.postgres_server import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
JSON = "application/json"
SECONDS = 3
"""How long the service under test waits for an answer."""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of our own, to be frozen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PGURL", raising=False)
        with PostgresServer() as running:
            yield running


@contextmanager
def frozen(server: PostgresServer) -> Iterator[None]:
    """All processes of the server are stopped until the block ends; its connections stay open."""
    main = server._running().pid
    stopped = [main, *children(main)]
    for pid in stopped:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_an_answer_that_does_not_come_is_busy(server: PostgresServer) -> None:
    """Past its limit a wait ends as a lost connection, in a transaction that reads, writes or commits; the next one
    opens a connection of its own, and what was quick enough is untouched.
    """
    url = server.create_database("patience")
    migrate(url)
    engine = open_engine(url, answer_seconds=1.0)
    for block in (reading, writing):
        begun = time.monotonic()
        with pytest.raises(Busy, match="connection was lost"), block(engine) as connection:
            connection.execute(text("SELECT pg_sleep(30)"))
        assert time.monotonic() - begun < 3
        with block(engine) as connection:
            assert connection.scalar(text("SELECT 1 FROM pg_sleep(0.5)")) == 1
    patience = patience_of(engine)
    assert patience is not None
    assert patience._waits == {}
    engine.dispose()
    end_patience(engine)


class Running:
    """The service as a process, and a token for it."""

    def __init__(self, url: str, folder: Path) -> None:
        migrate(url)
        self.token = ""
        self.port, self.log = free_port(), folder / "log"
        own = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
        own |= {"STEWARD_DATABASE_SECONDS": str(SECONDS), "STEWARD_DATA_DIR": str(folder)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*STEWARD, "serve", "--database", url, "--port", str(self.port)],
                cwd=ROOT,
                env=own,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while self.ask("GET", "/readyz")[0] != 200:
            assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < until
            time.sleep(0.1)
        made = [*STEWARD, "token", "create", "--role", "association", "--person", "经办人", "--database", url]
        self.token = subprocess.run(made, cwd=ROOT, env=own, check=True, capture_output=True, text=True).stdout.strip()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], float]:
        """Status, headers and seconds; status 0 when nobody listens."""
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                method, path, None if body is None else json.dumps(body),
                {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), "Content-Type": JSON},
            )  # fmt: skip
            answer = connection.getresponse()
            answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, time.monotonic() - begun
        except OSError:
            return 0, {}, time.monotonic() - begun
        finally:
            connection.close()

    def file(self) -> tuple[int, dict[str, str], float]:
        """File a new agency."""
        return self.ask("POST", "/v1/agencies", {**body_of("FileAgency"), "uscc": new_uscc(), "personnel": []})

    def many(self, uscc: str) -> list[tuple[int, dict[str, str], float]]:
        """Commands and questions of every kind at once; how each ended."""
        found: list[tuple[int, dict[str, str], float]] = []
        asks = [
            self.file,
            lambda: self.ask("GET", f"/v1/agencies/{uscc}/standing"),
            lambda: self.ask("GET", "/v1/agencies"),
        ]
        threads = [threading.Thread(target=lambda one=one: found.append(one())) for one in asks * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        return found


@pytest.fixture
def running(server: PostgresServer, tmp_path: Path) -> Iterator[Running]:
    """A service over a database of its own."""
    made = Running(server.create_database(f"frozen_{tmp_path.name[-20:].lower().translate({45: 95})}"), tmp_path)
    yield made
    made.process.kill()
    made.process.wait(10)


def test_requests_end_in_503_and_all_goes_on_afterwards(server: PostgresServer, running: Running) -> None:
    """Frozen: every request is 503 with Retry-After soon after the limit, none is 500; readiness says so within
    seconds, and the process lives. Thawed: it goes on by itself.
    """
    uscc = new_uscc()
    assert running.ask("POST", "/v1/agencies", {**body_of("FileAgency"), "uscc": uscc})[0] == 201
    assert running.ask("GET", f"/v1/agencies/{uscc}/standing")[0] == 200
    with frozen(server):
        ready = running.ask("GET", "/readyz")
        assert (ready[0], ready[2] < 5) == (503, True)
        ended = running.many(uscc)
        assert {status for status, _, _ in ended} == {503}
        assert all("retry-after" in headers for _, headers, _ in ended)
        assert max(seconds for *_, seconds in ended) < 4 * SECONDS + 10
        assert running.ask("GET", "/healthz")[0] == 200
    until = time.monotonic() + 30
    while running.ask("GET", "/readyz")[0] != 200:
        assert time.monotonic() < until, running.log.read_text("utf-8")[-3000:]
        time.sleep(0.2)
    assert running.file()[0] == 201
    assert running.ask("GET", f"/v1/agencies/{uscc}/standing")[0] == 200
    assert '"status": 500' not in running.log.read_text("utf-8")


def test_a_stop_does_not_wait_for_the_database(server: PostgresServer, running: Running) -> None:
    """SIGTERM with requests that wait for a frozen server: the process ends within seconds, and so do they."""
    with frozen(server):
        asking = threading.Thread(target=running.many, args=(new_uscc(),))
        asking.start()
        time.sleep(0.5)
        begun = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(30)
        assert time.monotonic() - begun < 8
        asking.join(30)
        assert not asking.is_alive()
