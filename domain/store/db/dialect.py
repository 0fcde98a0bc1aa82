"""The one place that asks whether a database is SQLite or PostgreSQL: what queries elsewhere need of the difference."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal, cast

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.dialects import postgresql, sqlite

Dialect = Literal["postgresql", "sqlite"]
LAW_LOCK = 0x57E7A2D_0003
"""The number that stands for the law in force (`lock_law`)."""
DIALECTS: tuple[Dialect, ...] = ("postgresql", "sqlite")


def dialect_of(database: Connection | Engine) -> Dialect:
    """Which of the two it is."""
    return cast("Dialect", database.dialect.name)  # `database_url` lets no other one in


def is_postgresql(database: Connection | Engine) -> bool:
    """Whether it is PostgreSQL; else it is SQLite, whose writers come one after another."""
    return dialect_of(database) == "postgresql"


def read_day(value: date | str) -> date:
    """A day as either driver gives it: SQLite's has no type for it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


# ---- texts of queries ----


def mark(connection: Connection) -> str:
    """How a statement given to the driver itself marks a parameter."""
    return "%s" if is_postgresql(connection) else "?"


def among(dialect: Dialect, column: str, parameter: str, kind: str = "text") -> str:
    """The condition that a column is one of many; the parameter's value is made by `many`."""
    if dialect == "postgresql":
        return f"{column} = ANY({parameter}::{kind}[])"
    return f"{column} IN (SELECT value FROM json_each({parameter}))"  # noqa: S608  # names of ours


def many(connection: Connection, values: Collection[Any]) -> Any:
    """The value of a parameter that stands for many (`among`)."""
    return list(values) if is_postgresql(connection) else json.dumps(list(values))


def holds_text(dialect: Dialect, column: str, parameter: str) -> str:
    """The condition that a column holds the parameter's text somewhere, character for character."""
    return f"{'strpos' if dialect == 'postgresql' else 'instr'}({column}, {parameter}) > 0"


def by_code_points(dialect: Dialect, column: str) -> str:
    """A text to sort by, so that either database puts the same rows in the same order."""
    return f'{column} COLLATE "C"' if dialect == "postgresql" else column


def not_by_index(dialect: Dialect, column: str) -> str:
    """A column that is compared and not looked up, where another one of the query finds fewer rows.

    SQLite keeps no statistics here and would take the index with more columns; PostgreSQL knows.
    """
    return column if dialect == "postgresql" else f"+{column}"


def cross_join(dialect: Dialect, table: str, alias: str, where: str) -> str:
    """To each row before it the one row of a table: always from there to here, whatever the planner believes."""
    if dialect == "postgresql":
        return f"CROSS JOIN LATERAL (SELECT * FROM {table} {alias} WHERE {where} LIMIT 1) {alias}"  # noqa: S608  # ours
    return f"CROSS JOIN {table} {alias} ON {where}"


def each_of(dialect: Dialect, table: str, alias: str, where: str) -> str:
    """To each of many texts, `k.key` of the second parameter (`many`), the rows of a table: key by key by its index.

    Without OFFSET PostgreSQL may read all rows that share the other columns, and see which have one of the keys.
    """
    if dialect == "postgresql":
        rows = " ".join(("SELECT * FROM", table, alias, "WHERE", where, "OFFSET 0"))
        return f"unnest($2::text[]) k(key) CROSS JOIN LATERAL ({rows}) {alias}"
    keys = "(SELECT value AS key FROM json_each($2)) k"
    return f"{keys} CROSS JOIN {table} {alias} ON {where}"


def left_join_first(dialect: Dialect, table: str, alias: str, where: str, order: str) -> str:
    """To each row before it the first row of a table in an order, or none."""
    rows = f"FROM {table} {alias} WHERE {where} ORDER BY {order} LIMIT 1"
    if dialect == "postgresql":
        return f"LEFT JOIN LATERAL (SELECT * {rows}) {alias} ON true"  # names of ours
    return f"LEFT JOIN {table} {alias} ON {alias}.rowid = (SELECT {alias}.rowid {rows})"  # the same


def join_one(dialect: Dialect, table: str, alias: str, where: str, order: str) -> str:
    """To each of many rows before it the one row of a table that fits, or none: where never more than one does.

    PostgreSQL reads the table once and matches; SQLite probes the index, from the last row in the order back.
    """
    if dialect == "postgresql":
        return f"LEFT JOIN {table} {alias} ON {where}"
    return left_join_first(dialect, table, alias, where, order)


_ONCE = "WITH o AS MATERIALIZED ({query}) SELECT * FROM o"


def worked_out_once(dialect: Dialect, query: str) -> str:
    """A sub-query whose columns, each a query of its own, are worked out once a row, however often they are named."""
    if dialect == "postgresql":
        return f"{query} OFFSET 0"
    return _ONCE.format(query=query)


# ---- what is done ----


def insert_new(
    connection: Connection, table: Table, row: Mapping[str, Any], unique: Sequence[str] | None = None
) -> bool:
    """Insert a row unless it is there; whether this did. On PostgreSQL it waits for another one that inserts it.

    `unique`: the columns whose values may stand once only; by default any that the table says so of.
    """
    if is_postgresql(connection):
        made = postgresql.insert(table).values(row).on_conflict_do_nothing(index_elements=unique)
        return connection.execute(made).rowcount == 1
    return connection.execute(sqlite.insert(table).values(row).on_conflict_do_nothing(unique)).rowcount == 1


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that are not there yet, by whatever the table says may stand once only."""
    insert = postgresql.insert if is_postgresql(connection) else sqlite.insert
    if rows:
        connection.execute(insert(table).on_conflict_do_nothing(), list(rows))


def lock_number(connection: Connection, number: int) -> None:
    """Have alone what a number stands for, until the transaction ends; SQLite's write lock does it. Raises: Busy."""
    if is_postgresql(connection):
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))


def lock_law(connection: Connection) -> None:
    """Have the law alone until the end of the transaction: recorders share this lock (`lock_for_recording`).

    So no fact is judged by a law that somebody is replacing. On SQLite the write lock does it. Raises: Busy.
    """
    lock_number(connection, LAW_LOCK)


def database_clock(connection: Connection) -> datetime:
    """The clock that facts are recorded by: PostgreSQL's, or this process's."""
    return _asked(connection, "SELECT clock_timestamp()")


def transaction_clock(connection: Connection) -> datetime:
    """The database's clock, read after this transaction has got its id: what `sequencer.py` asks of `recorded_at`."""
    return _asked(
        connection,
        "SELECT clock_timestamp() FROM (SELECT pg_current_xact_id() AS id OFFSET 0) own WHERE own.id IS NOT NULL",
    )


def _asked(connection: Connection, query: str) -> datetime:
    if not is_postgresql(connection):
        return datetime.now(UTC)
    found: datetime = connection.execute(text(query)).scalar_one()
    return found
