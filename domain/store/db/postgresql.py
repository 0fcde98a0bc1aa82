"""PostgreSQL: where an engine's connections go, what each is set to, and how they are dropped when the server has
turned out to be another one than it was: gone, restarted, or made read-only by a failover.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import psycopg2
import sqlalchemy.exc
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from domain.store.db.db_errors import has_other_server
from domain.store.db.dialect import is_postgresql
from domain.store.db.patience import PATIENCE_OPTION, Patience, patience_of

SERVICE_ROLE = "steward_service"
WAIT_MS = 10_000
"""How long to wait for somebody else's lock before saying so."""
IDLE_S = 5.0
"""A pooled connection that lay idle for longer is asked whether it still lives before it is used."""
POSTGRESQL_SESSION = (
    f"SET TIME ZONE 'UTC'; SET lock_timeout = {WAIT_MS}; "
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off; "
    "SET client_encoding = 'UTF8'; "
    "SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off; "
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
"""Statements of ours go by keys: planning them anew for other values, or compiling them, gains nothing; and one that
was planned while its tables were small has to be good when they have grown. Isolation is what the code is written for,
whatever the database's default; and what is acknowledged is on disk."""
TAKE_SERVICE_ROLE = f"SET ROLE {SERVICE_ROLE}"
CONNECTING: dict[str, object] = {
    "application_name": "steward",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How to connect, where the URL says nothing else (libpq's names)."""
PROBE_SECONDS = 2
"""The shortest that libpq can be told to wait for a connection."""
REACHED_OPTION = "steward_reached"
POOLED = "steward_pooled"
"""What a connection's `info` says of a pool between (pgbouncer): a statement that one session of the server has
prepared is unknown to the next, or is another statement of the same name. So nothing is prepared through one."""
_BOTH_DRIVERS = (
    "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation",
    "ssl_min_protocol_version", "ssl_max_protocol_version", "krbsrvname", "gsslib", "service",
)  # fmt: skip
"""What asyncpg reads from a URL as libpq does. All else would go to the server, which refuses what it does not know."""
_HOSTS = re.compile(r"(?<=//)(?P<who>[^/?@]*@)?(?P<hosts>[^/?@,]+(?:,[^/?@,]+)+)(?P<path>/[^?]*)?(?:\?(?P<query>.*))?$")


class Reached:
    """Which server an engine's connections go to, and how often they were dropped."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.place: tuple[str, int] | None = None
        self.dropped = 0
        self.is_pooled = False
        """Whether a pool lies between, which may give each transaction another of the server's sessions."""


def several_hosts(address: str) -> str:
    """libpq's `postgresql://user@a:5432,b:5432/name` as SQLAlchemy writes it: `?host=a:5432&host=b:5432`."""
    found = _HOSTS.search(address)
    if found is None:
        return address
    hosts = urlencode([("host", one) for one in found["hosts"].split(",")], safe=":[]")
    query = "&".join(one for one in (hosts, found["query"]) if one)
    return f"{address[: found.start()]}{found['who'] or ''}{found['path'] or '/'}?{query}"


def postgresql_engine(url: URL, answer_seconds: float | None = None, **pool: Any) -> Engine:
    """An engine whose every session is set as the code needs it. `answer_seconds`: see `patience.py`."""
    given = {name: value for name, value in CONNECTING.items() if name not in url.query}
    options: dict[str, object] = {REACHED_OPTION: Reached()}
    if answer_seconds is not None:
        options[PATIENCE_OPTION] = patience = Patience(answer_seconds)
        given["connection_factory"] = patience.connection
    engine = create_engine(url, connect_args=given, isolation_level="READ COMMITTED", execution_options=options, **pool)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "connect", _note_place(reached_by(engine)))
    return engine


def serve_under_role(engine: Engine) -> None:
    """Each connection takes the role that may only serve, if its login may; one that rested is asked if it lives."""
    event.listen(engine, "connect", _take_service_role)
    event.listen(engine, "checkin", _remember_when)
    event.listen(engine, "checkout", _ask_if_idle)


def reached_by(engine: Engine) -> Reached:
    """Which server the engine's connections go to."""
    found: Reached = engine.get_execution_options()[REACHED_OPTION]
    return found


def libpq_arguments(url: URL) -> dict[str, object]:
    """The address as psycopg2 takes it."""
    dialect: Any = PGDialect_psycopg2  # has no types of its own
    return dict(dialect().create_connect_args(url)[1])


def asyncpg_arguments(engine: Engine) -> dict[str, object]:
    """The engine's URL as asyncpg takes it, but for the server: that is the one which the engine has reached."""
    libpq = libpq_arguments(engine.url)
    settings = {"application_name": str(libpq.get("application_name", CONNECTING["application_name"]))}
    if "options" in libpq:
        settings["options"] = str(libpq["options"])
    query = urlencode({name: value for name, value in libpq.items() if name in _BOTH_DRIVERS})
    return {
        "dsn": f"postgresql://?{query}" if query else None,
        "user": libpq.get("user"),
        "password": libpq.get("password"),
        "passfile": libpq.get("passfile"),
        "database": libpq.get("dbname"),
        "server_settings": {**settings, "default_transaction_read_only": "on"},
    }


# ---- a server that is another one now ----


@contextmanager
def dropped_if_other(engine: Engine, connection: Connection, *, writes: bool) -> Iterator[None]:
    """Where the block finds the server gone or read-only, no other connection to it is used again."""
    try:
        yield
    except (sqlalchemy.exc.DBAPIError, psycopg2.Error) as error:
        if is_postgresql(engine) and has_other_server(error, writes=writes):
            pool = engine.pool
            connection.invalidate()
            drop_connections(engine, pool)
        raise


def drop_connections(engine: Engine, pool: Any = None) -> None:
    """Use none of the open connections again, of both drivers: the next ones look for the server anew.

    `pool`: the one that they are of; nothing happens when it was dropped already.
    """
    reached = reached_by(engine)
    with reached.lock:
        if pool is None or engine.pool is pool:
            reached.place, reached.dropped = None, reached.dropped + 1
            engine.dispose()


def takes_writes(connection: Connection) -> bool:
    """Whether the server is no replica and not set to be read only. An embedded file always takes them."""
    if not is_postgresql(connection):
        return True
    query = "SELECT NOT pg_is_in_recovery() AND NOT current_setting('default_transaction_read_only')::boolean"
    return bool(connection.scalar(text(query)))


def hurry_unless_it_answers(engine: Engine) -> None:
    """The process is to end: where the server does not even take a connection, nothing waits for it any longer."""
    patience = patience_of(engine)
    if patience is not None and not patience.is_over and not _answers(engine):
        patience.hurry()


def end_patience(engine: Engine) -> None:
    """The engine is used no more."""
    patience = patience_of(engine)
    if patience is not None:
        patience.end()


def _answers(engine: Engine) -> bool:
    """Whether the server that was reached takes a new connection at this moment."""
    place = reached_by(engine).place
    arguments = libpq_arguments(engine.url) | {"connect_timeout": PROBE_SECONDS}
    if place is not None:
        arguments |= {"host": place[0], "port": place[1]}
    try:
        psycopg2.connect(**arguments).close()
    except psycopg2.OperationalError:
        return False
    return True


# ---- each new connection ----


def _prepare(dbapi: Any, _: ConnectionPoolEntry) -> None:
    run_alone(dbapi, POSTGRESQL_SESSION)


def _note_place(reached: Reached) -> Any:
    def note(dbapi: Any, entry: ConnectionPoolEntry) -> None:
        reached.place = dbapi.info.host, dbapi.info.port
        # a pool says the number of a session of its own; the server knows by which process it is asked
        reached.is_pooled = run_alone(dbapi, "SELECT pg_backend_pid()") != dbapi.info.backend_pid
        entry.info[POOLED] = reached.is_pooled

    return note


def _take_service_role(dbapi: Any, _: ConnectionPoolEntry) -> None:
    if run_alone(dbapi, may_take_service_role(dbapi.server_version)):
        run_alone(dbapi, TAKE_SERVICE_ROLE)


def may_take_service_role(server_version: int) -> str:
    """The question whether the session's login may put away rights that serving does not need.

    A login outside the role keeps what it was granted itself.
    """
    may = "SET" if server_version >= 160000 else "MEMBER"
    role = f"SELECT FROM pg_roles WHERE rolname = '{SERVICE_ROLE}' AND pg_has_role(session_user, oid, '{may}')"
    return f"SELECT EXISTS ({role})"


def run_alone(dbapi: Any, statement: str) -> Any:
    """Run outside any transaction, so that no later rollback takes a setting back; the first value of the answer."""
    dbapi.autocommit = True
    try:
        with dbapi.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return None if row is None else row[0]
    finally:
        dbapi.autocommit = False


def _remember_when(dbapi: Any, entry: ConnectionPoolEntry) -> None:
    entry.info["used"] = time.monotonic()
    if dbapi is not None and not dbapi.closed:
        dbapi.readonly = None  # after reading: as the database says again, which may have been set to be read only


def _ask_if_idle(dbapi: Any, entry: ConnectionPoolEntry, _: Any) -> None:
    """After a restart of the server: raising makes the pool open another connection."""
    if time.monotonic() - entry.info.get("used", time.monotonic()) > IDLE_S:
        try:
            run_alone(dbapi, "SELECT 1")
        except Exception as error:
            raise DisconnectionError from error
