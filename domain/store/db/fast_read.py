"""Reading one row in one statement, without a thread to hand it to where the driver can do that.

PostgreSQL is asked by asyncpg, SQLite in a thread. A statement sees one moment of the database by itself, so there is
no transaction around it. Parameters are written `:name`; days and instants are given as text, as everywhere.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Engine

from domain.errors import Busy
from domain.spans import span
from domain.store.db.dialect import is_postgresql
from domain.store.db.engine import reading
from domain.store.db.postgresql import (
    POSTGRESQL_SESSION,
    TAKE_SERVICE_ROLE,
    asyncpg_arguments,
    may_take_service_role,
    reached_by,
)
from domain.values import moment

CONNECTIONS = 4
"""More would not read faster: one process asks."""
ANSWER_SECONDS = 3.0
"""A row that was not read by then is asked for the full way, which waits for longer and has words for it."""
REST_SECONDS = 2.0
"""After a server that did not answer, for how long it is not asked this way: nobody is to wait twice."""
CLOSE_SECONDS = 2.0
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
_INSTANTS = frozenset({"known"})
_DAYS = frozenset({"day", "first", "upto", "status_day"})


class Unanswered(Exception):
    """The database did not answer. Ask it the other way (`Ledger.reading`), which names the trouble."""


class QuickReads(Protocol):
    """Reads of one row."""

    async def row(self, query: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The row, or None. Raises: Unanswered."""

    async def close(self) -> None:
        """Let the connections go."""


async def quick_reads(engine: Engine) -> QuickReads:
    """Quick reads of the database behind an engine. Nothing is connected before the first."""
    if not is_postgresql(engine):
        return _Sqlite(engine)
    return _Postgresql(engine, await _Postgresql.pool_of(engine))


class _Postgresql:
    """Connections of asyncpg's, to the server that the engine's own go to: one URL, one server, two drivers."""

    def __init__(self, engine: Engine, pool: asyncpg.Pool) -> None:
        self._engine, self._pool = engine, pool
        self._dropped, self._rests_until = reached_by(engine).dropped, 0.0

    @staticmethod
    async def pool_of(engine: Engine) -> asyncpg.Pool:
        """The pool; it connects when it is first asked."""
        arguments = asyncpg_arguments(engine)

        async def connect(*_: Any, **given: Any) -> asyncpg.Connection:
            place = reached_by(engine).place
            if place is None:
                raise asyncpg.InterfaceError("the engine has reached no server yet")
            host, port = place
            return await asyncpg.connect(**{**given, **arguments, "host": host, "port": port})

        return await asyncpg.create_pool(
            connect=connect,
            min_size=0,
            max_size=CONNECTIONS,
            timeout=ANSWER_SECONDS,
            command_timeout=ANSWER_SECONDS,
            init=_prepare,
            reset=_keep,
        )

    async def row(self, query: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        reached = reached_by(self._engine)
        if reached.place is None or time.monotonic() < self._rests_until:
            raise Unanswered("no server is reached at the moment")
        if reached.is_pooled:
            # what one session has prepared another one runs under the same name: it may be another question
            raise Unanswered("a pool lies between, where statements cannot be prepared")
        if reached.dropped != self._dropped:
            self._dropped = reached.dropped
            await self._pool.expire_connections()
        text, names = _numbered(query)
        given = [_native(name, values[name]) for name in names]
        try:
            with span("database read one", {"db.system.name": self._engine.dialect.name}):
                return await self._asked(text, given)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            if not isinstance(error, asyncpg.PostgresError) or isinstance(error, _GONE):
                self._rests_until = time.monotonic() + REST_SECONDS
                await self._pool.expire_connections()
            raise Unanswered(f"{type(error).__name__}: {error}") from error

    async def _asked(self, text: str, given: list[Any]) -> Mapping[str, Any] | None:
        connection = await self._pool.acquire(timeout=ANSWER_SECONDS)
        try:
            found: Mapping[str, Any] | None = await connection.fetchrow(text, *given)
        except OSError:
            connection.terminate()  # out of time: handing it back would wait for the server once more
            raise
        finally:
            await self._pool.release(connection)
        return found

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._pool.close(), CLOSE_SECONDS)
        except TimeoutError:
            self._pool.terminate()


_GONE = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.ReadOnlySQLTransactionError)


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.execute(POSTGRESQL_SESSION)
    version = connection.get_server_version().major * 10_000
    if await connection.fetchval(may_take_service_role(version)):
        await connection.execute(TAKE_SERVICE_ROLE)


async def _keep(_: asyncpg.Connection) -> None:
    """Nothing to take back between two reads: settings are the same for all. (The driver's own way asks the server.)"""


@cache
def _numbered(query: str) -> tuple[str, tuple[str, ...]]:
    """The query with `$1`, `$2` ... and the names that stand behind the numbers."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${names.setdefault(found[1], len(names) + 1)}"

    return _PARAMETER.sub(number, query), tuple(names)


def _native(name: str, value: Any) -> Any:
    if name in _DAYS:
        return date.fromisoformat(value)
    return moment(value) if name in _INSTANTS else value


class _Sqlite:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def row(self, query: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        ask: Callable[[], Mapping[str, Any] | None] = partial(self._ask, query, dict(values))
        return await asyncio.to_thread(ask)

    def _ask(self, query: str, values: dict[str, object]) -> Mapping[str, Any] | None:
        try:
            with reading(self._engine) as connection:
                found = connection.exec_driver_sql(query, values).one_or_none()
                return None if found is None else dict(found._mapping)
        except Busy as error:
            raise Unanswered(str(error)) from error

    async def close(self) -> None:
        """Close nothing: the connections belong to the engine."""
