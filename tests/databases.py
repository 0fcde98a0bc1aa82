"""New databases for tests, each of its own: the migrations run once a process, and their result is copied."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from domain.store.db.migrate import migrate
from tests.postgres_server import PostgresServer

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


class Databases:
    """Databases of either kind, on one PostgreSQL server that is started when the first one needs it.

    Whoever kills or stops a server, or makes roles on it, starts one of its own instead.
    """

    def __init__(self, new_folder: Callable[[], Path], stack: ExitStack) -> None:
        self._new_folder, self._stack = new_folder, stack
        self._server: PostgresServer | None = None
        self._templates: dict[str, str] = {}
        self._made: list[str] = []

    @property
    def server(self) -> PostgresServer:
        """The PostgreSQL server of this process."""
        if self._server is None:
            self._server = self._stack.enter_context(PostgresServer())
        return self._server

    def empty(self, kind: str, folder: Path | None = None) -> str:
        """The URL of a database without a table: a file in the folder that is not there yet, or one on the server."""
        if kind == "sqlite":
            return f"sqlite:///{(folder or self._new_folder()) / 'ledger.db'}"
        self._made.append(self.server.create_database(f"t_{secrets.token_hex(6)}"))
        return self._made[-1]

    def migrated(self, kind: str, folder: Path | None = None) -> str:
        """The URL of a database with all tables and nothing in them."""
        if kind not in self._templates:
            self._templates[kind] = self.empty(kind)
            if self._templates[kind] in self._made:
                self._made.remove(self._templates[kind])  # it stays
            migrate(self._templates[kind])
        if kind == "sqlite":
            url = self.empty(kind, folder)
            shutil.copy(make_url(self._templates[kind]).database or "", make_url(url).database or "")
            return url
        return self.copied(self._templates[kind])

    def copied(self, url: str) -> str:
        """The URL of a copy of a database on the server, to which nobody is connected."""
        self._made.append(self.server.copy_database(make_url(url).database or ""))
        return self._made[-1]

    @contextmanager
    def gone_afterwards(self) -> Iterator[None]:
        """Those on the server that are made within go at the end, else a run would leave thousands of them."""
        before = len(self._made)
        yield
        for url in self._made[before:]:
            self.server.drop_database(url)
        del self._made[before:]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases for all tests of this process."""
    with ExitStack() as stack:
        yield Databases(lambda: tmp_path_factory.mktemp("database"), stack)


@pytest.fixture(autouse=True)
def databases_of_the_test(databases: Databases) -> Iterator[None]:
    """What a test or a fixture of its own has made goes with it; what is shared was made before, and stays."""
    with databases.gone_afterwards():
        yield
