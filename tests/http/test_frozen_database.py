"""A PostgreSQL server that keeps its connections and says nothing: nobody waits for it without end."""

from __future__ import annotations

import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.errors import Busy
from domain.store.db.engine import open_engine, reading, writing
from domain.store.db.migrate import migrate
from domain.store.db.patience import patience_of
from domain.store.db.postgresql import end_patience
from drills.service import Answer, Running
from tests.http.world import body_of, new_uscc
from tests.postgres_binaries import children
from tests.postgres_server import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
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


def file(service: Running) -> Answer:
    """File a new agency."""
    return service.ask("POST", "/v1/agencies", {**body_of("FileAgency"), "uscc": new_uscc(), "personnel": []})


def many(service: Running, uscc: str) -> list[Answer]:
    """Commands and questions of every kind at once; how each ended."""
    found: list[Answer] = []
    asks: list[Callable[[], Answer]] = [
        lambda: file(service),
        lambda: service.ask("GET", f"/v1/agencies/{uscc}/standing"),
        lambda: service.ask("GET", "/v1/agencies"),
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
    name = f"frozen_{secrets.token_hex(4)}"
    made = Running(server.create_database(name), tmp_path, STEWARD_DATABASE_SECONDS=str(SECONDS))
    yield made
    made.process.kill()
    made.process.wait(10)


def test_requests_end_in_503_and_all_goes_on_afterwards(server: PostgresServer, running: Running) -> None:
    """Frozen: every request is 503 with Retry-After soon after the limit, none is 500; readiness says so within
    seconds, and the process lives. Thawed: it goes on by itself.
    """
    uscc = new_uscc()
    assert running.ask("POST", "/v1/agencies", {**body_of("FileAgency"), "uscc": uscc}).status == 201
    assert running.ask("GET", f"/v1/agencies/{uscc}/standing").status == 200
    with frozen(server):
        ready = running.ask("GET", "/readyz")
        assert (ready.status, ready.seconds < 5) == (503, True)
        ended = many(running, uscc)
        assert {one.status for one in ended} == {503}
        assert all("retry-after" in one.headers for one in ended)
        assert max(one.seconds for one in ended) < 4 * SECONDS + 10
        assert running.ask("GET", "/healthz").status == 200
    running.wait_until_ready(30)
    assert file(running).status == 201
    assert running.ask("GET", f"/v1/agencies/{uscc}/standing").status == 200
    assert '"status": 500' not in running.log.read_text("utf-8")


def test_a_stop_does_not_wait_for_the_database(server: PostgresServer, running: Running) -> None:
    """SIGTERM with requests that wait for a frozen server: the process ends within seconds, and so do they."""
    with frozen(server):
        asking = threading.Thread(target=many, args=(running, new_uscc()))
        asking.start()
        time.sleep(0.5)
        begun = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(30)
        assert time.monotonic() - begun < 8
        asking.join(30)
        assert not asking.is_alive()
