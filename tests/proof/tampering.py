"""Somebody with full access to a database: its triggers are no obstacle, and afterwards all looks as before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg2
from sqlalchemy import Column, Date, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, Uuid, make_url

from domain.store.db.column_types import InstantColumn
from domain.store.db.schema import metadata


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


def flip(tamperer: Tamperer, table: str, column: str, step: int = 1) -> Flip | None:
    """Change one value of a column a little, a number by a step; None where none is, or the database refuses it."""
    name = _row_name(tamperer, table)
    with tamperer.open() as cursor:
        cursor.execute(f'SELECT {name}, "{column}" FROM {table} WHERE "{column}" IS NOT NULL ORDER BY 1')
        rows = cursor.fetchall()
        if not rows:
            return None
        row, old = rows[len(rows) // 2]
        new = _flipped(bytes(old) if isinstance(old, memoryview) else old, step)
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


def _flipped(value: Any, step: int) -> Any:
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
    return value + step


# ---- whole rows ----


def change_a_row(tamperer: Tamperer, table: str, unnoticed: Mapping[tuple[str, str], str]) -> None:
    """Change a value of a row, in the first column whose change is not said to be without consequence."""
    names = [column for of, column in columns() if of == table] or ["version_num"]
    telling = [one for one in names if (table, one) not in unnoticed] or names
    if not any(flip(tamperer, table, column, step) for step in (1, 10**6) for column in telling):
        raise AssertionError(f"no value of {table} can be changed")


def remove_a_row(tamperer: Tamperer, table: str) -> None:
    """Take a row away, from the middle of the table."""
    name = _row_name(tamperer, table)
    with tamperer.open() as cursor:
        _without_foreign_keys(tamperer, cursor)
        cursor.execute(f"SELECT {name} FROM {table} ORDER BY 1")
        rows = cursor.fetchall()
        place = "?" if tamperer.is_sqlite else "%s"
        cursor.execute(f"DELETE FROM {table} WHERE {name} = {place}", rows[len(rows) // 2])
        assert cursor.rowcount == 1


def add_a_row(tamperer: Tamperer, table: str) -> None:
    """Put a row beside those that are there, alike but for what has to differ; an invented one where there is none."""
    of = metadata.tables.get(table)
    if of is None:  # Alembic's own
        of = Table(table, MetaData(), Column("version_num", Text, primary_key=True))
    unique = {column.name for column in of.primary_key}
    unique |= {column.name for one in of.constraints if isinstance(one, UniqueConstraint) for column in one.columns}
    unique |= {column.name for column in of.columns if column.unique or column.name == "originator_id"}
    names = [column.name for column in of.columns]
    quoted, place = ", ".join(f'"{name}"' for name in names), "?" if tamperer.is_sqlite else "%s"
    with tamperer.open() as cursor:
        _without_foreign_keys(tamperer, cursor)
        cursor.execute(f"SELECT {quoted} FROM {table} ORDER BY {_row_name(tamperer, table)}")
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        row = dict(rows[len(rows) // 2]) if rows else {name: _invented(of.columns[name]) for name in names}
        for name in unique if rows else ():
            row[name] = _other([one[name] for one in rows])
        _without_checks(tamperer, cursor, table)
        override = "" if tamperer.is_sqlite else " OVERRIDING SYSTEM VALUE"
        values = [str(value) if isinstance(value, UUID) else value for value in row.values()]
        cursor.execute(f"INSERT INTO {table} ({quoted}){override} VALUES ({', '.join([place] * len(names))})", values)


def _without_checks(tamperer: Tamperer, cursor: Any, table: str) -> None:
    if tamperer.is_sqlite:
        return
    cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = to_regclass(%s)", (table,))
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def _without_foreign_keys(tamperer: Tamperer, cursor: Any) -> None:
    if not tamperer.is_sqlite:
        cursor.execute("SET session_replication_role = replica")


def _other(values: list[Any]) -> Any:
    """A value that none of the rows has."""
    one = values[len(values) // 2]
    if isinstance(one, int):
        return max(values) + 1
    if isinstance(one, (bytes, memoryview)):
        return bytes([bytes(one)[0] ^ 1]) + bytes(one)[1:]
    if isinstance(one, UUID):
        return UUID(int=one.int ^ 1)
    return None if one is None else ("1" if one[0] == "0" else "0") + one[1:]


def _invented(column: Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, Uuid):
        return UUID(int=1).hex
    if isinstance(kind, LargeBinary):
        return bytes(32)
    if isinstance(kind, Integer):
        return 1
    if isinstance(kind, Date):
        return "2024-01-01"
    return "2024-01-01T00:00:00.000000Z" if isinstance(kind, InstantColumn) else "x"
