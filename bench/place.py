"""Where it is measured: a PostgreSQL server with fsync, and ledgers on it with invented histories."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple
from unittest import mock

from sqlalchemy import Engine

from api.app import make_ready
from api.settings import Settings
from bench.generate import Fact, command_of, record
from domain.ledger.ledger import Ledger
from domain.store.db.engine import open_engine
from projections.rows.write.projector import open_ledger
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

    Keys lie in a folder that goes with it, for the processes started meanwhile too.
    """
    settings = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
    with (
        tempfile.TemporaryDirectory() as keys,
        mock.patch.dict(os.environ, {"STEWARD_KEY_DIR": keys}),
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


def fill(ledger: Ledger, facts: Iterable[Fact]) -> int:
    """Record facts in pieces; how many."""
    waiting, count = iter(facts), 0
    while piece := list(islice(waiting, PIECE)):
        parsed = [(fact, *command_of(fact)) for fact in piece]
        with ledger.writing() as unit:
            unit.expect((agency, command, fact.path_id) for fact, agency, command in parsed)
            for fact, agency, command in parsed:
                record(unit, fact, agency, command)
        count += len(piece)
    return count
