"""The supervisor of the test database keeps what it promises; the tests of the product stand on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.postgres_binaries import PostgresError, find_binaries
from tests.postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A private server, whatever PGURL says: one of somebody else's is not to be killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PGURL", raising=False)
        with PostgresServer() as running:
            yield running


def _run(url: str, *statements: str) -> list[str]:
    """Runs the statements in one transaction each and returns the first column of the last one's rows."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    rows: list[str] = []
    for statement in statements:
        with engine.begin() as connection:
            result = connection.execute(sa.text(statement))
            rows = [str(row[0]) for row in result] if result.returns_rows else []
    return rows


def test_databases_are_utf8_and_sort_by_bytes(server: PostgresServer) -> None:
    """Chinese text goes in and comes out, and sorts as on SQLite, by bytes, whatever the machine's locale."""
    url = server.create_database("texts")
    found = _run(
        url, "CREATE TABLE t (x text)", "INSERT INTO t VALUES ('安'), ('b'), ('B')", "SELECT x FROM t ORDER BY x"
    )
    assert found == ["B", "b", "安"]
    assert _run(url, "SHOW server_encoding") == ["UTF8"]


def test_databases_are_apart(server: PostgresServer) -> None:
    """What one test writes no other test sees."""
    _run(server.create_database("one"), "CREATE TABLE t (x int)")
    assert _run(server.create_database("two"), "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == ["0"]


def test_a_database_name_is_never_pasted_in_unchecked(server: PostgresServer) -> None:
    """A name with a quote in it is refused before it reaches the server."""
    with pytest.raises(PostgresError, match="not a plain database name"):
        server.create_database('x"; DROP DATABASE postgres; --')


def test_a_password_is_needed(server: PostgresServer) -> None:
    """Other users of this machine cannot use the server without its generated password."""
    with pytest.raises(sa.exc.OperationalError, match="password"):
        _run(server.url().replace("postgres:", "postgres:wrong"), "SELECT 1")


def test_committed_stays_and_open_goes_after_kill_minus_nine(server: PostgresServer) -> None:
    """A crash keeps every acknowledged commit, loses the open transaction, and the URL stays good after the restart."""
    url = server.create_database("crash")
    _run(url, "CREATE TABLE t (x int)", "INSERT INTO t VALUES (1)")
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as session:
        session.execute(sa.text("INSERT INTO t VALUES (2)"))
        server.kill_minus_nine()
        with pytest.raises(sa.exc.OperationalError):
            session.execute(sa.text("SELECT 1"))
        session.invalidate()
    with pytest.raises(sa.exc.OperationalError):
        _run(url, "SELECT 1")
    server.restart()
    assert _run(url, "SELECT x FROM t") == ["1"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
def test_nothing_is_left_when_the_test_process_is_killed(tmp_path: Path) -> None:
    """After kill -9 of the process that started it, server and folder go by themselves."""
    environment = {key: value for key, value in os.environ.items() if key != "PGURL"} | {"TMPDIR": str(tmp_path)}
    if os.geteuid() == 0:
        del environment["TMPDIR"]  # pytest's own folder is closed to the user that the server runs as
    owner = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres_server"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        url = owner.stdout.readline().strip()
        folder = Path(_run(url, "SHOW data_directory")[0]).parent
        owner.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists()
    with pytest.raises(sa.exc.OperationalError):
        _run(url, "SELECT 1")


def test_stop_removes_everything_and_may_be_called_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping leaves neither server nor folder."""
    monkeypatch.delenv("PGURL", raising=False)
    server = PostgresServer(fsync=True)
    server.start()
    url = server.url()
    folder = Path(_run(url, "SHOW data_directory")[0]).parent
    assert _run(url, "SHOW fsync") == ["on"]
    server.stop()
    server.stop()
    assert not folder.exists()
    with pytest.raises(sa.exc.OperationalError):
        _run(url, "SELECT 1")


def test_a_server_named_by_pgurl_is_used_and_left_as_it_was(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an outside server databases get names of their own and are dropped at the end; it is never stopped."""
    monkeypatch.setenv("PGURL", server.url().replace("+psycopg2", ""))
    with PostgresServer() as outside:
        assert not outside.is_private
        assert _run(outside.create_database("mine"), "SELECT left(current_database(), 5)") == ["mine_"]
        with pytest.raises(PostgresError, match="not ours"):
            outside.kill_minus_nine()
    assert _run(server.url(), "SELECT count(*) FROM pg_database WHERE datname LIKE 'mine%'") == ["0"]


def test_a_missing_server_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrong STEWARD_PG_BIN is an error that names the folder; nothing else is taken in its place."""
    monkeypatch.setenv("STEWARD_PG_BIN", str(tmp_path / "nowhere"))
    with pytest.raises(PostgresError, match=r"nowhere.*\./run setup test"):
        find_binaries()
