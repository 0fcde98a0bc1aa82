"""Fixtures of the HTTP tests: the service on SQLite and on a real PostgreSQL, with a token for every role."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.http.dated import DatedWorld, dated
from tests.http.world import World
from tests.postgres_server import PostgresServer

DATABASES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", marks=pytest.mark.postgres, id="postgresql"),
]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One private server for all tests of this process."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session", params=DATABASES)
def dialect(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of its own."""
    return empty_database(dialect, request, tmp_path)


@pytest.fixture(scope="session")
def world(dialect: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running service, shared by many tests: each makes agencies of its own."""
    folder = tmp_path_factory.mktemp("http")
    url = empty_database(dialect, request, folder)
    with TestClient(create_app(Settings(database_url=url, data_dir=folder))) as client:
        yield World(client)


@pytest.fixture
def own_world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A running service for one test alone."""
    with TestClient(create_app(Settings(database_url=database_url, data_dir=tmp_path))) as client:
        yield World(client)


@pytest.fixture
def dated_world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatedWorld]:
    """A running service for one test alone, on a ledger with a clock of its own."""
    with dated(database_url, tmp_path, monkeypatch) as made:
        yield made


def empty_database(dialect: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of a new database: a file in the folder, or one of the private server's."""
    if dialect == "sqlite":
        return f"sqlite:///{folder / 'ledger.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create_database(f"http_{secrets.token_hex(5)}")
