"""Somebody with full access to a database: its triggers are no obstacle, and afterwards all looks as before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg2
from sqlalchemy import make_url

from domain.store.schema import metadata


class Tamperer:
    """An open database in the hands of a tamperer. `url`: SQLAlchemy's."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"

    @contextmanager
    def open(self) -> Iterator[Any]:
        """A cursor, with every trigger out of the way until it is closed."""
        connection = self._sqlite() if self.is_sqlite else self._postgresql()
        with closing(connection):
            cursor = connection.cursor()
            back = self._disarmed(cursor)
            yield cursor
            for statement in back:
                cursor.execute(statement)
            connection.commit()

    def run(self, *statements: str) -> None:
        """Some statements, and nobody stops them."""
        with self.open() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def _sqlite(self) -> Any:
        connection = sqlite3.connect(self._url.database or "", isolation_level="IMMEDIATE")
        connection.execute("PRAGMA ignore_check_constraints = 1")
        return connection

    def _postgresql(self) -> Any:
        url = self._url
        return psycopg2.connect(
            host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
        )

    def _disarmed(self, cursor: Any) -> list[str]:
        """Put the triggers out of the way; the statements that put them back."""
        if self.is_sqlite:
            found = cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in found:
                cursor.execute(f"DROP TRIGGER {name}")
            return [sql for _, sql in found]
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal"
        )
        found = cursor.fetchall()
        for table, name in found:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        return [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name in found]


class Flip(NamedTuple):
    """A value that was changed by its last bit or sign: where, what it was, and what it is."""

    table: str
    column: str
    row: Any
    old: Any
    new: Any


def columns() -> list[tuple[str, str]]:
    """Every column of every table."""
    return [(table.name, column.name) for table in metadata.sorted_tables for column in table.columns]


def flip(tamperer: Tamperer, table: str, column: str) -> Flip | None:
    """Change one value of a column a little; None where no row has one, or the database itself will not have it."""
    name = _row_name(tamperer, table)
    with tamperer.open() as cursor:
        cursor.execute(f'SELECT {name}, "{column}" FROM {table} WHERE "{column}" IS NOT NULL ORDER BY 1')
        rows = cursor.fetchall()
        if not rows:
            return None
        row, old = rows[len(rows) // 2]
        new = _flipped(bytes(old) if isinstance(old, memoryview) else old)
        place = "?" if tamperer.is_sqlite else "%s"
        cursor.execute("SAVEPOINT before")
        try:
            cursor.execute(
                f'UPDATE {table} SET "{column}" = {place} WHERE {name} = {place} RETURNING {name}', (new, row)
            )
            (row,) = cursor.fetchone()
        except (sqlite3.IntegrityError, psycopg2.Error):
            cursor.execute("ROLLBACK TO before")
            return None
        return Flip(table, column, row, old, new)


def flip_back(tamperer: Tamperer, done: Flip) -> None:
    """Put the value back."""
    place = "?" if tamperer.is_sqlite else "%s"
    name = _row_name(tamperer, done.table)
    with tamperer.open() as cursor:
        cursor.execute(
            f'UPDATE {done.table} SET "{done.column}" = {place} WHERE {name} = {place}', (done.old, done.row)
        )
        assert cursor.rowcount == 1


def _row_name(tamperer: Tamperer, table: str) -> str:
    """What names a row, whatever its columns say."""
    if tamperer.is_sqlite and table == "tree_nodes":
        return "level || '-' || place"
    return "rowid" if tamperer.is_sqlite else "ctid"


def _flipped(value: Any) -> Any:
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b"\x01"
    if isinstance(value, str):
        return value[:-1] + ("1" if value[-1] == "0" else "0") if value else "x"
    if isinstance(value, datetime):
        return value - timedelta(microseconds=1)
    if isinstance(value, date):
        return value - timedelta(days=1)
    if isinstance(value, UUID):
        return str(UUID(int=value.int ^ 1))
    return value + 1
