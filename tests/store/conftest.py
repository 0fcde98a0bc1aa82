"""Databases for the store's tests: each test gets a new one, of either kind."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.store.db.engine import open_engine
from domain.store.db.migrate import migrate
from tests.postgres_server import PostgresServer

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def store_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests of the store."""
    with PostgresServer() as running:
        yield running


@pytest.fixture(params=BOTH)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that is still empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: PostgresServer = request.getfixturevalue("store_server")
    return server.create_database(f"store_{secrets.token_hex(4)}")


@pytest.fixture
def url(new_url: str) -> str:
    """The URL of a migrated database."""
    migrate(new_url)
    return new_url


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An engine for serving a migrated database."""
    opened = open_engine(url)
    yield opened
    opened.dispose()


@pytest.fixture
def postgres_url(store_server: PostgresServer) -> str:
    """The URL of a migrated PostgreSQL database."""
    made = store_server.create_database(f"store_{secrets.token_hex(4)}")
    migrate(made)
    return made


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """An engine for serving a migrated PostgreSQL database."""
    opened = open_engine(postgres_url)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine for serving a migrated SQLite file."""
    made = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(made)
    opened = open_engine(made)
    yield opened
    opened.dispose()
