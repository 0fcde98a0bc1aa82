"""Statements that are sent often: planned once a connection, and as many as go together in one round trip.

Both databases take the same text: parameters are written `$1`, `$2::text[]` ... in order; SQLite drops the types.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any, NamedTuple

import psycopg2
from sqlalchemy import Connection, text

from domain.store.db.dialect import is_postgresql
from domain.store.db.postgresql import POOLED

_PREPARED = "steward_prepared"
STAGED_ROWS = 500
"""How many rows go into a temporary table at a time."""
_MOST = 500
"""More than the code has; a connection that holds so many goes on without preparing."""
_PARAMETER = re.compile(r"\$(\d+)(::[a-z]+(?:\[\])?)?")


def run(connection: Connection, query: str, values: Sequence[Any] = (), *, first: str = "") -> list[Any]:
    """Run a statement of ours; its rows, with their columns as attributes. PostgreSQL plans it once a connection,
    but not through a pool, which changes the session between transactions.

    `first`: a statement without parameters that goes before it in the same round trip (PostgreSQL).
    """
    if not is_postgresql(connection):
        found = connection.exec_driver_sql(_for_sqlite(query), tuple(values))
        row = _row_type(tuple(found.keys()))
        return [row._make(one) for one in found]
    names: dict[str, str] = connection.info.setdefault(_PREPARED, {})
    name = names.get(query)
    if name is None:
        if len(names) >= _MOST or connection.info.get(POOLED):
            named = {str(at): one for at, one in enumerate(values, start=1)}
            return _rows(connection, first + _by_number(query), named)
        name = f"steward_{len(names)}"
        first = f"{first} PREPARE {name} AS {query.replace('%', '%%')};"
        names[query] = name
    try:
        return _rows(connection, f"{first} EXECUTE {name}{_marks(query)}", values)
    except BaseException:
        if "PREPARE" in first:
            names.pop(query, None)  # whether it got that far is unknown: another name next time
            names[f"{name} failed"] = name
        raise


def _rows(connection: Connection, query: str, values: Sequence[Any] | Mapping[str, Any]) -> list[Any]:
    """Past SQLAlchemy's own result, which takes as long to make as the question takes to answer."""
    driver = connection.connection
    try:
        with closing(driver.cursor()) as cursor:
            cursor.execute(query, values)
            row = _row_type(tuple(column[0] for column in cursor.description))
            return [row._make(one) for one in cursor.fetchall()]
    except psycopg2.Error:
        if driver.closed:
            connection.invalidate()
        raise


@cache
def _row_type(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns, rename=True)  # the columns of a statement, known when it has run


@cache
def _for_sqlite(query: str) -> str:
    return _PARAMETER.sub(r"?\1", query)


@cache
def _by_number(query: str) -> str:
    """The text for psycopg2, which knows parameters by name: one may stand several times, in any order."""
    return _PARAMETER.sub(lambda found: f"%({found[1]})s{found[2] or ''}", query.replace("%", "%%"))


@cache
def _marks(query: str) -> str:
    """`(%s::uuid[], %s)`: an array is text to `EXECUTE` unless it is told."""
    casts = {int(number): cast for number, cast in _PARAMETER.findall(query)}
    return f"({', '.join(f'%s{casts[number]}' for number in sorted(casts))})" if casts else ""


class Insert(NamedTuple):
    """Rows for a table."""

    table: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


class RowUpdate(NamedTuple):
    """Values for rows that have to be there: each row holds the new values, then the values of the keys."""

    table: str
    values: tuple[str, ...]
    keys: tuple[str, ...]
    types: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    where: str = ""
    """A further condition on the row, `t`."""


def write(connection: Connection, writes: Sequence[Insert | RowUpdate]) -> list[int]:
    """Do all of it, in one round trip where the database has one: how many rows each has touched."""
    writes = [one for one in writes if one.rows]
    if not is_postgresql(connection):
        return [_write_one(connection, one) for one in writes]
    if not writes:
        return []
    query = _together(tuple(one._replace(rows=()) for one in writes))
    values = [list(column) for one in writes for column in zip(*one.rows, strict=True)]
    return list(run(connection, query, values)[0])


def _write_one(connection: Connection, one: Insert | RowUpdate) -> int:
    if isinstance(one, Insert):
        marks = ", ".join("?" * len(one.columns))
        query = f"INSERT INTO {one.table} ({', '.join(one.columns)}) VALUES ({marks})"  # noqa: S608  # names of ours
    else:
        values = ", ".join(f"{name} = ?" for name in one.values)
        keys = " AND ".join(f"t.{name} = ?" for name in one.keys)
        query = f"UPDATE {one.table} AS t SET {values} WHERE {keys}{one.where}"  # noqa: S608  # the same
    return connection.exec_driver_sql(query, one.rows).rowcount


@cache
def _together(writes: tuple[Insert | RowUpdate, ...]) -> str:
    """One statement for all: every part sees the database as it was before, and none writes a row that another does."""
    parts, number = [], 0
    for place, one in enumerate(writes):
        arrays = ", ".join(f"${number + at}::{name}[]" for at, name in enumerate(one.types, start=1))
        number += len(one.types)
        if isinstance(one, Insert):
            names = ", ".join(one.columns)
            part = f"INSERT INTO {one.table} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608  # names of ours
        else:
            columns = ", ".join(f"c{at}" for at in range(len(one.types)))
            values = ", ".join(f"{name} = v.c{at}" for at, name in enumerate(one.values))
            keys = " AND ".join(f"t.{name} = v.c{at}" for at, name in enumerate(one.keys, start=len(one.values)))
            part = (
                f"UPDATE {one.table} AS t SET {values} FROM unnest({arrays}) AS v({columns}) "  # noqa: S608  # the same
                f"WHERE {keys}{one.where}"
            )
        parts.append(f"w{place} AS ({part} RETURNING 1)")
    counts = ", ".join(f"(SELECT count(*) FROM w{place})" for place in range(len(writes)))  # noqa: S608  # the same
    return f"WITH {', '.join(parts)} SELECT {counts}"


class Staged:
    """Inserts for very many streams, brought there before anybody has to wait, and put in place under the lock.

    PostgreSQL: they go into temporary tables first, which nobody else sees, so that under the lock only one statement a
    table is left to do. SQLite takes its only write lock at the beginning anyway. The first column of each is the
    originator of the row's stream.
    """

    def __init__(self, connection: Connection, inserts: Sequence[Insert]) -> None:
        self._connection = connection
        self._inserts = [one for one in inserts if one.rows]
        self._postgresql = is_postgresql(connection)
        if self._postgresql:
            for one in self._inserts:
                self._bring(one)

    def _bring(self, one: Insert) -> None:
        columns = ", ".join(one.columns)
        self._connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE {_name(one)} ON COMMIT DROP AS SELECT {columns} FROM {one.table} LIMIT 0"  # noqa: S608
        )
        for start in range(0, len(one.rows), STAGED_ROWS):
            piece = one._replace(table=_name(one), rows=one.rows[start : start + STAGED_ROWS])
            write(self._connection, [piece])

    def put(self, without: Collection[str] = ()) -> None:
        """Insert them all, but for the streams of these originator ids (hex)."""
        for one in self._inserts:
            if self._postgresql:
                columns = ", ".join(one.columns)
                self._connection.execute(
                    text(
                        f"INSERT INTO {one.table} ({columns}) SELECT {columns} FROM {_name(one)} "  # noqa: S608  # ours
                        "WHERE originator_id <> ALL (CAST(:without AS uuid[]))"
                    ),
                    {"without": list(without)},
                )
            else:
                rows: list[tuple[Any, ...]] = [row for row in one.rows if row[0] not in without]
                write(self._connection, [one._replace(rows=rows)])


def _name(one: Insert) -> str:
    return f"staged_{one.table}"
