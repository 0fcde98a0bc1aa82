"""Fixtures of the HTTP tests: the service on SQLite and on a real PostgreSQL, with a token for every role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.databases import BOTH, Databases
from tests.http.dated import DatedWorld, dated
from tests.http.world import World


@pytest.fixture(scope="session", params=BOTH)
def dialect(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, databases: Databases, tmp_path: Path) -> str:
    """An empty database of its own."""
    return databases.empty(dialect, tmp_path)


@pytest.fixture
def migrated_url(dialect: str, databases: Databases, tmp_path: Path) -> str:
    """A database of its own with all tables and nothing in them."""
    return databases.migrated(dialect, tmp_path)


@pytest.fixture(scope="session")
def _worlds() -> Iterator[tuple[dict[str, World], ExitStack]]:
    """The shared service of each kind of database, kept to the end in whatever order tests come."""
    with ExitStack() as stack:
        yield {}, stack


@pytest.fixture(scope="session")
def world(
    dialect: str,
    databases: Databases,
    _worlds: tuple[dict[str, World], ExitStack],
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    """A running service, shared by many tests: each makes agencies of its own."""
    made, stack = _worlds
    if dialect not in made:
        folder = tmp_path_factory.mktemp("http")
        app = create_app(Settings(database_url=databases.migrated(dialect, folder), data_dir=folder))
        made[dialect] = World(stack.enter_context(TestClient(app)))
    return made[dialect]


@pytest.fixture(scope="module")
def module_world(dialect: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running service for the tests of one file, where what others have recorded in the district would be met."""
    folder = tmp_path_factory.mktemp("http")
    with TestClient(create_app(Settings(database_url=databases.migrated(dialect, folder), data_dir=folder))) as client:
        yield World(client)


@pytest.fixture
def own_world(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    """A running service for one test alone."""
    with TestClient(create_app(Settings(database_url=migrated_url, data_dir=tmp_path))) as client:
        yield World(client)


@pytest.fixture
def dated_world(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatedWorld]:
    """A running service for one test alone, on a ledger with a clock of its own."""
    with dated(migrated_url, tmp_path, monkeypatch) as made:
        yield made
