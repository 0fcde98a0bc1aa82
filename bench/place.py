"""Where it is measured: a PostgreSQL server with fsync, and ledgers on it with invented histories.

A district of 10,000 agencies: a hundred get real histories through the ledger, the others are copies under codes and
names of their own, whose events are there to be counted, not to be read.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple
from unittest import mock

from sqlalchemy import Connection, Engine, text

from api.settings import Settings
from api.starting import make_ready
from bench.generate import Fact, History, command_of, record, uscc
from domain.ledger.ledger import Ledger
from domain.store.db.dialect import is_postgresql
from domain.store.db.engine import open_engine, open_migration_engine, writing
from domain.values import agency_stream, stream_id
from projections.rows.write.hint_rows import bring_up
from projections.rows.write.projector import open_ledger
from projections.rows.write.tables import COLUMNS, SHAPES
from tests.postgres_server import PostgresServer

PIECE = 500
"""Facts a transaction when filling: as the import does."""


class Place(NamedTuple):
    """A ledger in a database of its own."""

    url: str
    engine: Engine
    ledger: Ledger


@contextmanager
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own, durable, with room enough to hold what is asked often.

    Keys, and the checkpoints beside them, lie in a folder that goes with it, for the processes started meanwhile too,
    and for one ledger after the other.
    """
    settings = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, {"STEWARD_KEY_DIR": f"{folder}/keys", "STEWARD_SHARED_KEYS": "true"}),
        PostgresServer(fsync=True, settings=settings) as started,
    ):
        yield started


@contextmanager
def place(started: PostgresServer, name: str) -> Iterator[Place]:
    """A new ledger on the server."""
    url = started.create_database(name)
    with opened(url) as made:
        make_ready(made.engine, Settings(database_url=url))
        yield made


@contextmanager
def opened(url: str) -> Iterator[Place]:
    """A ledger that is there."""
    engine = open_engine(url)
    try:
        yield Place(url, engine, open_ledger(engine))
    finally:
        engine.dispose()


def fill(ledger: Ledger, facts: Iterable[Fact], actor: str = "bench") -> int:
    """Record facts in pieces; how many. `actor`: see `record`."""
    waiting, count = iter(facts), 0
    while piece := list(islice(waiting, PIECE)):
        parsed = [(fact, *command_of(fact)) for fact in piece]
        with ledger.writing() as unit:
            unit.expect((agency, command, fact.path_id) for fact, agency, command in parsed)
            for fact, agency, command in parsed:
                record(unit, fact, agency, command, actor)
        count += len(piece)
    return count


AGENCIES = 10_000
TEMPLATES = 100
ROWS_OF_A_FACT = 1.75
"""About so many rows a fact leaves in the tables that a look-up searches; what there really is, is counted."""
SEARCHED = (*SHAPES, "events")
_NAME = "replace(t.name, c.old_end, c.new_end)"
_NAMED = {
    "agency_status": {
        "name": _NAME,
        "search": "replace(replace(t.search, c.old_code, c.new_code), c.old_low, c.new_low)",
    },
    "published_result": {"name": _NAME},
}
"""Columns with an agency's name, which ends as its code does."""
_EVENT = ("originator_version", "topic", "occurred_on", "recorded_at", "actor", "leaf_hash")
_HINT = ("rule", "behaviour", "year", "day", "status", "details")


def grow(made: Place, size: int, agencies: int = AGENCIES) -> int:
    """Fill a ledger up to about so many rows; how many there are."""
    each = max(3, round(size / agencies / ROWS_OF_A_FACT))
    for number in range(TEMPLATES):
        fill(made.ledger, History(number).facts(each))
    return spread(made, agencies)


def spread(made: Place, agencies: int = AGENCIES) -> int:
    """Copy the agencies that are there until there are so many; how many rows a look-up then searches."""
    bring_up(made.ledger)
    with writing(made.engine) as connection:
        _name_copies(connection, agencies)
        made_up = "gen_random_uuid()::text" if is_postgresql(connection) else "lower(hex(randomblob(16)))"
        _copy(connection, "stream_heads", ("version", "count", "last_recorded_at", "hash"), {"stream": "c.stream"})
        new = {"stream": "c.stream", "event_id": made_up, "state": "t.leaf_hash"}
        _copy(connection, "events", _EVENT, new)
        for table in SHAPES:
            own = _NAMED.get(table, {})
            _copy(connection, table, [name for name in COLUMNS[table][0] if name not in ("originator_id", *own)], own)
        _copy(connection, "hint_state", ("version",))
        _copy(connection, "hint", _HINT, {"id": f"substr(t.id, 1, 21) || substr({made_up}, 1, 24)"})
        count = sum(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in SEARCHED)
    _analyse(made)
    return count


def _name_copies(connection: Connection, agencies: int) -> None:
    """Which agency each copy is of."""
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE copies (source {id}, copy {id}, stream text, old_end text, new_end text, "
            "old_low text, new_low text, old_code text, new_code text)".replace(
                "{id}", "uuid" if is_postgresql(connection) else "text"
            )
        )
    )

    def row(number: int) -> dict[str, Any]:
        old, new = uscc(number % TEMPLATES), uscc(number)
        source, copy = (stream_id(agency_stream(one)) for one in (old, new))
        is_text = not is_postgresql(connection)
        return {
            "source": source.hex if is_text else str(source),
            "copy": copy.hex if is_text else str(copy),
            "stream": agency_stream(new),
            "old_end": old[-6:],
            "new_end": new[-6:],
            "old_low": old[-6:].lower(),
            "new_low": new[-6:].lower(),
            "old_code": old.lower(),
            "new_code": new.lower(),
        }

    columns = list(row(0))
    statement = text(f"INSERT INTO copies VALUES ({', '.join(f':{one}' for one in columns)})")
    connection.execute(statement, [row(number) for number in range(TEMPLATES, agencies)])


def _copy(connection: Connection, table: str, kept: Iterable[str], own: Mapping[str, str] | None = None) -> None:
    """Each copy gets the rows of its source, with what is its `own`."""
    given = {name: f"t.{name}" for name in kept} | dict(own or {})
    connection.execute(
        text(
            f"INSERT INTO {table} (originator_id, {', '.join(given)}) SELECT c.copy, {', '.join(given.values())} "
            f"FROM {table} t JOIN copies c ON c.source = t.originator_id"
        )
    )


def _analyse(made: Place) -> None:
    """PostgreSQL gathers statistics by itself after a while: not so long here. SQLite has none in service either."""
    if is_postgresql(made.engine):
        owner = open_migration_engine(made.url)  # the role that serves owns no table
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
