"""Databases for the store's tests: each test gets a new one, of either kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.store.db.engine import open_engine
from tests.databases import BOTH, Databases


@pytest.fixture(params=BOTH)
def new_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """The URL of a database that is still empty."""
    return databases.empty(request.param, tmp_path)


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """The URL of a migrated database."""
    return databases.migrated(request.param, tmp_path)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An engine for serving a migrated database."""
    opened = open_engine(url)
    yield opened
    opened.dispose()


@pytest.fixture
def postgres_url(databases: Databases) -> str:
    """The URL of a migrated PostgreSQL database."""
    return databases.migrated("postgresql")


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """An engine for serving a migrated PostgreSQL database."""
    opened = open_engine(postgres_url)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(databases: Databases, tmp_path: Path) -> Iterator[Engine]:
    """An engine for serving a migrated SQLite file."""
    opened = open_engine(databases.migrated("sqlite", tmp_path))
    yield opened
    opened.dispose()
