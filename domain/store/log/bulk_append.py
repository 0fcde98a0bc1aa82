"""Rows for very many streams, brought to the database before anybody has to wait, and put in place under the lock.

PostgreSQL: they go into temporary tables first, which nobody else sees, so that under the lock only one statement a
table is left to do. SQLite takes its only write lock at the beginning anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.store.db.statements import Insert, write

PIECE = 500


def transaction_clock(connection: Connection) -> datetime:
    """The database's clock, read after this transaction has got its id: what `sealer.py` asks of `recorded_at`."""
    if connection.dialect.name != "postgresql":
        return datetime.now(UTC)
    query = "SELECT clock_timestamp() FROM (SELECT pg_current_xact_id() AS id OFFSET 0) own WHERE own.id IS NOT NULL"
    found: datetime = connection.execute(text(query)).scalar_one()
    return found


class Staged:
    """Inserts whose first column is the originator of the row's stream."""

    def __init__(self, connection: Connection, inserts: Sequence[Insert]) -> None:
        self._connection = connection
        self._inserts = [one for one in inserts if one.rows]
        self._postgresql = connection.dialect.name == "postgresql"
        if self._postgresql:
            for one in self._inserts:
                self._bring(one)

    def _bring(self, one: Insert) -> None:
        columns = ", ".join(one.columns)
        self._connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE {_name(one)} ON COMMIT DROP AS SELECT {columns} FROM {one.table} LIMIT 0"  # noqa: S608
        )
        for start in range(0, len(one.rows), PIECE):
            piece = one._replace(table=_name(one), rows=one.rows[start : start + PIECE])
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
