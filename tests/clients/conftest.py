"""The package of the client, made once for the tests of a process from the document as it is."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from clients.python.packing import pack


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `steward_client` out of the wheel; its parent can be put on PYTHONPATH."""
    made = tmp_path_factory.mktemp("client")
    wheel, _ = pack(made / "packed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made)
    return made / "steward_client"
