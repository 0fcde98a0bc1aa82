"""The database itself refuses to change or delete what has been recorded."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from domain.store.db.engine import open_engine, open_migration_engine, reading, writing
from domain.store.db.schema import events, log_index
from domain.store.log.sequencer import seal
from tests.store.makers import append
from tests.store.test_sealer import seal_all


def _rows(engine: Engine) -> list[object]:
    with reading(engine) as connection:
        return [*connection.execute(select(events)).all(), *connection.execute(select(log_index)).all()]


CHANGES = [
    "UPDATE events SET actor = 'x'",
    "DELETE FROM events",
    "UPDATE log_index SET log_index = 9",
    "DELETE FROM log_index",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_no_update_and_no_delete(url: str, statement: str) -> None:
    """The owner of the tables is refused too, by a message that says what to do instead; the rows stay as they were."""
    engine = open_engine(url)
    append(engine, count=2)
    seal_all(engine, 2)
    before = _rows(engine)
    with (
        pytest.raises(DBAPIError, match=r"never changed or deleted.*只增不改"),
        open_migration_engine(url).begin() as connection,
    ):
        connection.execute(text(statement))
    assert _rows(engine) == before
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["events", "log_index"])
def test_no_truncate(postgres_url: str, table: str) -> None:
    """TRUNCATE goes round row triggers; it is refused by name, even with triggers of replicas switched off."""
    with open_migration_engine(postgres_url).begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        with pytest.raises(DBAPIError, match="never changed or deleted"):
            connection.execute(text(f"TRUNCATE {table}"))


@pytest.mark.parametrize("table", ["events", "log_index"])
def test_sqlite_does_not_replace(sqlite_engine: Engine, table: str) -> None:
    """`INSERT OR REPLACE` would delete without a delete trigger: it is refused as well, on every unique key."""
    append(sqlite_engine, count=2)
    seal(sqlite_engine)
    before = _rows(sqlite_engine)
    every = [column.name for column in (events if table == "events" else log_index).columns]
    for names in (every, [name for name in every if name != "position"] if table == "events" else every):
        columns = ", ".join(names)
        again = f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table} LIMIT 1"  # noqa: S608
        with pytest.raises(DBAPIError, match="never changed or deleted"), writing(sqlite_engine) as connection:
            connection.execute(text(again))
    assert _rows(sqlite_engine) == before
