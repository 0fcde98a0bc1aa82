"""Reading one row in one statement, without a thread to hand it to where the driver can do that.

PostgreSQL is asked by asyncpg, SQLite in a thread. A statement sees one moment of the database by itself, so there is
no transaction around it. Parameters are written `:name`; days and instants are given as text, as everywhere.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Engine

from domain.errors import Busy
from domain.store.engine import POSTGRESQL_SESSION, TAKE_SERVICE_ROLE, WAIT_MS, may_take_service_role, reading
from domain.values import moment

CONNECTIONS = 4
"""More would not read faster: one process asks."""
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
    if engine.dialect.name != "postgresql":
        return _Sqlite(engine)
    return _Postgresql(
        await asyncpg.create_pool(
            engine.url.set(drivername="postgresql").render_as_string(hide_password=False),
            min_size=0,
            max_size=CONNECTIONS,
            timeout=WAIT_MS / 1000,
            command_timeout=WAIT_MS / 1000,
            init=_prepare,
            reset=_keep,
            server_settings={"application_name": "steward", "default_transaction_read_only": "on"},
        )
    )


class _Postgresql:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def row(self, query: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        text, names = _numbered(query)
        given = [_native(name, values[name]) for name in names]
        try:
            async with self._pool.acquire() as connection:
                found: Mapping[str, Any] | None = await connection.fetchrow(text, *given)
                return found
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Unanswered(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        await self._pool.close()


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

    def _ask(self, query: str, values: dict[str, Any]) -> Mapping[str, Any] | None:
        try:
            with reading(self._engine) as connection:
                found = connection.exec_driver_sql(query, values).one_or_none()
                return None if found is None else dict(found._mapping)
        except Busy as error:
            raise Unanswered(str(error)) from error

    async def close(self) -> None:
        """Its connections are the engine's."""
