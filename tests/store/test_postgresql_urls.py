"""What an operator may write into the address of a PostgreSQL database, and what its defaults may be."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import make_url, text

from domain.store.db.db_errors import DatabaseEncoded
from domain.store.db.engine import database_url, open_engine, open_migration_engine, reading, writing
from domain.store.db.fast_read import Unanswered, quick_reads
from domain.store.db.migrate import migrate, require_current
from domain.store.db.postgresql import asyncpg_arguments, reached_by
from tests.postgres_server import PostgresServer
from tests.store.makers import append

pytestmark = pytest.mark.postgres
_numbers = itertools.count()
PARAMETERS = [
    "target_session_attrs=read-write",
    "target_session_attrs=primary&keepalives=1&keepalives_idle=7&tcp_user_timeout=9000",
    "connect_timeout=3&application_name=mine&sslmode=prefer&channel_binding=prefer&gssencmode=disable",
    "options=-c%20work_mem%3D8MB",
]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of our own: databases with other encodings and defaults are made on it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PGURL", raising=False)
        with PostgresServer() as running:
            yield running


def _asked_quickly(engine: Any, query: str) -> Any:
    """The first column of a row by the short way."""

    async def ask() -> Any:
        reads = await quick_reads(engine)
        try:
            row = await reads.row(query, {})
            assert row is not None
            return next(iter(row.values()))
        finally:
            await reads.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_libpqs_parameters_serve_both_drivers(server: PostgresServer, parameters: str) -> None:
    """Whatever libpq knows may stand in the address: commands go on, and so does the short way."""
    url = server.create_database(f"url_{next(_numbers)}")
    migrate(url)
    engine = open_engine(f"{url}?{parameters}")
    append(engine)
    assert _asked_quickly(engine, "SELECT count(*) FROM events") == 1
    if "application_name" in parameters:
        for asked in (_asked_quickly(engine, "SHOW application_name"), _scalar(engine, "SHOW application_name")):
            assert asked == "mine"
    if "work_mem" in parameters:
        assert (_asked_quickly(engine, "SHOW work_mem"), _scalar(engine, "SHOW work_mem")) == ("8MB", "8MB")
    engine.dispose()


def _scalar(engine: Any, query: str) -> Any:
    with reading(engine) as connection:
        return connection.scalar(text(query))


def test_both_drivers_go_to_the_host_that_answers(server: PostgresServer) -> None:
    """Several hosts, the first of which is gone: both drivers end up at the same one, in either notation."""
    made = make_url(server.create_database(f"url_{next(_numbers)}"))
    migrate(made)
    hosts = f"127.0.0.1:1,127.0.0.1:{made.port}"
    for address in (
        f"postgresql://{made.username}:{made.password}@{hosts}/{made.database}?target_session_attrs=read-write",
        f"postgresql://{made.username}:{made.password}@/{made.database}?host=127.0.0.1:1&host=127.0.0.1:{made.port}",
    ):
        engine = open_engine(address)
        append(engine)
        assert reached_by(engine).place == ("127.0.0.1", made.port)
        assert _asked_quickly(engine, "SELECT inet_server_port()") == made.port
        engine.dispose()


def test_before_a_server_is_reached_the_short_way_gives_up(server: PostgresServer) -> None:
    """It goes where the engine has gone; until then the full way answers, and finds the server."""
    engine = open_engine(server.create_database(f"url_{next(_numbers)}"))
    with pytest.raises(Unanswered):
        _asked_quickly(engine, "SELECT 1")


def test_several_hosts_are_read_as_libpq_reads_them() -> None:
    """`user:password@a:1,b/name?x=y` becomes SQLAlchemy's repeated `host`; one host stays as it is."""
    url = database_url("postgresql://u:p%40@a:1,b,[::1]:3/name?connect_timeout=2")
    assert (url.username, url.password, url.database) == ("u", "p@", "name")
    assert url.query == {"host": ("a:1", "b", "[::1]:3"), "connect_timeout": "2"}
    assert database_url("postgresql://u:p,q@h/name").host == "h"


def test_an_address_without_parameters_needs_no_dsn(server: PostgresServer) -> None:
    """What goes to asyncpg holds no parameter that it would send to the server as a setting."""
    url = server.create_database(f"url_{next(_numbers)}")
    given = asyncpg_arguments(open_engine(f"{url}?keepalives=1&sslmode=require&target_session_attrs=any"))
    assert given["dsn"] == "postgresql://?sslmode=require"
    assert given["server_settings"] == {"application_name": "steward", "default_transaction_read_only": "on"}


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_is_not_utf8_is_refused_by_name(server: PostgresServer, encoding: str) -> None:
    """Chinese text could not be recorded in it: nothing is migrated, and the refusal names the encoding."""
    name = f"url_{next(_numbers)}"
    _on_its_own(
        server.url(), f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    url = server.url(name)
    for refused in (migrate, lambda at: require_current(open_engine(at))):
        with pytest.raises(DatabaseEncoded, match=encoding):
            refused(url)
    assert _scalar(open_engine(url), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def _on_its_own(url: str, *statements: str) -> None:
    with open_migration_engine(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_the_databases_defaults_do_not_change_what_is_recorded(server: PostgresServer) -> None:
    """`serializable`, a deferrable default and commits that do not wait for the disk: every session is set as the code
    needs it, also after reading, and two writers of two streams do not collide.
    """
    url = server.create_database(f"url_{next(_numbers)}")
    migrate(url)
    name = make_url(url).database
    _on_its_own(
        url,
        *(
            f"ALTER DATABASE {name} SET {one}"
            for one in (
                "default_transaction_isolation = 'serializable'",
                "default_transaction_deferrable = on",
                "synchronous_commit = off",
            )
        ),
    )
    engine = open_engine(url)
    for _ in range(3):
        with reading(engine) as connection:
            assert connection.scalar(text("SHOW transaction_isolation")) == "repeatable read"
        with writing(engine) as connection:
            assert connection.scalar(text("SHOW transaction_isolation")) == "read committed"
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    assert _asked_quickly(engine, "SHOW transaction_isolation") == "read committed"
    failed: list[Exception] = []

    def record(stream: str) -> None:
        try:
            for _ in range(30):
                append(engine, stream)
        except Exception as error:  # noqa: BLE001  # told by the main thread
            failed.append(error)

    threads = [threading.Thread(target=record, args=(f"agency/{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert _scalar(engine, "SELECT count(*) FROM events") == 120
    engine.dispose()
