"""One ledger of each kind for all tests of tampering, and a copy for each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.databases import BOTH, Databases
from tests.proof.held import Held, filled


@pytest.fixture(scope="session", params=BOTH)
def original(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Held, str, bytes]:
    """A ledger to be copied and never written to, an agency in it and a certificate of that agency."""
    folder = tmp_path_factory.mktemp("original")
    url = databases.migrated(request.param, folder)
    uscc, certificate = filled(url, folder)
    return Held(url, folder), uscc, certificate


@pytest.fixture
def held(original: tuple[Held, str, bytes], tmp_path: Path, databases: Databases) -> Held:
    """A copy of it, to be tampered with."""
    first = original[0]
    shutil.copytree(first.folder, tmp_path, dirs_exist_ok=True)
    if first.tamperer.is_sqlite:
        return Held(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    return Held(databases.copied(first.url), tmp_path)
