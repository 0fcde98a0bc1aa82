"""Opening the database, and its two kinds of transaction."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from domain.errors import Busy
from domain.store.access.tokens import create_person
from domain.store.db import engine as engines
from domain.store.db import postgresql
from domain.store.db.engine import database_url, open_engine, open_migration_engine, reading, writing
from domain.store.db.migrate import migrate
from domain.store.db.postgresql import POOLED
from domain.store.db.statements import run
from domain.store.log.stream_heads import lock_head, lock_heads
from tests.databases import Databases
from tests.haste import prepare_durably
from tests.postgres_server import PostgresServer
from tests.store.makers import STREAM, append, undone
from tests.store.workers import append_once, finish, start


def test_sqlite_is_opened_durably(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write-ahead log, every commit on disk, foreign keys watched, ten seconds of patience: on every connection."""
    monkeypatch.setattr(engines, "_prepare_sqlite", prepare_durably)  # not in the haste of tests
    engine = open_engine(databases.migrated("sqlite", tmp_path))
    for _ in range(2):
        with reading(engine) as one, reading(engine) as other:
            for connection in (one, other):
                pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
                found = [connection.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas]
                assert found == ["wal", 2, 1, 10_000]
    engine.dispose()


def test_a_new_file_is_private(tmp_path: Path) -> None:
    """The folders it makes are 0700 and the file 0600; a folder that was there keeps its mode."""
    tmp_path.chmod(0o755)
    engine = open_engine(f"sqlite:///{tmp_path / 'data folder' / 'deep' / 'ledger.db'}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
        files = list((tmp_path / "data folder" / "deep").iterdir())
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    engine.dispose()
    folders = [tmp_path, tmp_path / "data folder", tmp_path / "data folder" / "deep"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in folders] == [0o755, 0o700, 0o700]


def test_opening_a_file_again_does_not_let_go_of_it(tmp_path: Path) -> None:
    """Closing any descriptor of a file drops a process's locks on it; then another process would take its log away."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    serving = open_engine(url)
    append(serving)  # its connection stays in the pool, with its locks
    open_engine(url).dispose()
    open_migration_engine(url).dispose()
    assert finish([start(append_once, url)]) == [0]
    append(serving)
    assert finish([start(append_once, url)]) == [0]
    with reading(serving) as connection:
        assert connection.scalar(text("SELECT count(*) FROM events")) == 4
    serving.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true", "mysql://h/d"])
def test_other_databases_are_not_opened(url: str) -> None:
    """Nothing in memory, where facts would be lost, and no database that was never tested."""
    with pytest.raises(ValueError, match="sqlite:///"):
        open_engine(url)


def test_a_plain_postgresql_url_is_enough() -> None:
    """The driver need not be named, and what is in the URL stays in it."""
    url = database_url("postgresql://u:p%40ss@h:5/d?sslmode=require")
    assert url.render_as_string(hide_password=False) == "postgresql+psycopg2://u:p%40ss@h:5/d?sslmode=require"


def test_an_error_rolls_everything_back(engine: Engine) -> None:
    """A block of `writing` that ends by an error leaves no event and no head, not even an empty one."""
    with undone(engine) as connection:
        lock_head(connection, STREAM)
        create_person(connection, "张三")
    with reading(engine) as connection:
        for table in ("events", "stream_heads", "persons"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608


def test_reading_sees_one_moment(engine: Engine) -> None:
    """What is committed during a `reading` block is not seen in it, and writers need not wait for it."""
    append(engine)
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM events")) == 1
        append(engine)
        assert connection.scalar(text("SELECT count(*) FROM events")) == 1
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM events")) == 2


@pytest.mark.postgres
def test_reading_cannot_write(postgres_engine: Engine) -> None:
    """PostgreSQL refuses a write in a reading transaction: a mistake of ours, so it is not called busy."""
    with pytest.raises(DBAPIError, match="read-only"), reading(postgres_engine) as connection:
        create_person(connection, "张三")


def test_waiting_for_a_writer_ends_in_busy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream held by somebody else for too long is `Busy`, with a remedy in both languages; then all goes on."""
    monkeypatch.setattr(engines, "WAIT_MS", 200)
    patient = postgresql.POSTGRESQL_SESSION
    hasty = patient.replace(f"lock_timeout = {postgresql.WAIT_MS};", "lock_timeout = 200;")
    assert hasty != patient
    monkeypatch.setattr(postgresql, "POSTGRESQL_SESSION", hasty)
    engine = open_engine(url)
    append(engine)
    with writing(engine) as holder:
        lock_head(holder, STREAM)
        with pytest.raises(Busy) as busy, writing(engine) as connection:
            lock_head(connection, STREAM)
    assert "held by another writer" in busy.value.text_en
    assert busy.value.text
    assert busy.value.remedy
    assert "Idempotency-Key" in busy.value.remedy_en
    append(engine)
    engine.dispose()


@pytest.mark.postgres
def test_a_deadlock_is_busy(postgres_engine: Engine) -> None:
    """Two that lock the same streams in opposite order: one gets `Busy`, none hangs. `lock_heads` avoids it."""
    append(postgres_engine, "agency/a")
    append(postgres_engine, "agency/b")
    barrier, found = threading.Barrier(2), []

    def lock(*streams: str) -> None:
        try:
            with writing(postgres_engine) as connection:
                lock_head(connection, streams[0])
                barrier.wait(10)
                lock_head(connection, streams[1])
        except Busy as busy:
            found.append(busy.text_en)

    threads = [
        threading.Thread(target=lock, args=order) for order in (("agency/a", "agency/b"), ("agency/b", "agency/a"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == ["the write collided with another one at the same moment"]
    with writing(postgres_engine) as connection:
        assert list(lock_heads(connection, ["agency/b", "agency/a", "agency/b"])) == ["agency/a", "agency/b"]


def test_a_full_disk_is_named(sqlite_engine: Engine) -> None:
    """SQLite's "database or disk is full" becomes `Busy` with the disk named, and the transaction leaves nothing."""

    def fill() -> None:
        with writing(sqlite_engine) as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))
            for _ in range(1000):
                create_person(connection, "很长的名字" * 200)

    with pytest.raises(Busy, match="disk"):
        fill()
    with reading(sqlite_engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM persons")) == 0


def test_a_read_only_file_is_named(sqlite_engine: Engine) -> None:
    """SQLite's "attempt to write a readonly database" becomes `Busy` that speaks of permissions."""

    def write() -> None:
        with writing(sqlite_engine) as connection:
            connection.execute(text("PRAGMA query_only = ON"))
            create_person(connection, "张三")

    with pytest.raises(Busy, match="read-only"):
        write()


def test_a_path_that_cannot_be_is_named(tmp_path: Path) -> None:
    """A file where a folder should be: the file cannot be opened, and the remedy speaks of the path."""
    (tmp_path / "file").touch()
    with pytest.raises(Busy, match="cannot be opened"):
        open_engine(f"sqlite:///{tmp_path / 'file' / 'ledger.db'}")


@pytest.mark.postgres
def test_an_unreachable_server_is_named() -> None:
    """Nobody listens: `Busy`, and the remedy names the setting."""
    engine = open_engine("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Busy, match="cannot be reached") as busy, reading(engine):
        pass
    assert "STEWARD_DATABASE_URL" in busy.value.remedy_en


@pytest.mark.postgres
def test_a_killed_server_is_busy_and_then_all_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """kill -9 of the server during a transaction is `Busy`; after its restart the same engine goes on by itself."""
    monkeypatch.delenv("PGURL", raising=False)
    with PostgresServer() as server:
        url = server.create_database("killed")
        migrate(url)
        engine = open_engine(url)
        append(engine, count=3)

        def interrupted() -> None:
            with writing(engine) as connection:
                lock_head(connection, STREAM)
                server.kill_minus_nine()
                lock_head(connection, STREAM)

        with pytest.raises(Busy, match="connection was lost"):
            interrupted()
        server.restart()
        monkeypatch.setattr(postgresql, "IDLE_S", -1.0)
        assert append(engine)[0].version == 4
        engine.dispose()


def test_nothing_is_prepared_through_a_pool(postgres_engine: Engine) -> None:
    """A session of the server may be another one in each transaction: the statement goes whole, its parameters by
    number, however often and in whatever order they stand in it."""
    query = "SELECT $2::int - $1::int AS difference, $1::int AS first, '100%' AS said"
    with reading(postgres_engine) as connection:
        assert connection.info[POOLED] is False
        direct = run(connection, query, (3, 10))
        prepared = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
        connection.info[POOLED] = True
        assert run(connection, f"{query} ", (3, 10)) == direct == [(7, 3, "100%")]
        assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == prepared
        connection.info[POOLED] = False
