"""For all tests: keys that lie outside the databases go to a folder of the run's own, and haste is not slowed down."""

from __future__ import annotations

import os
import tempfile

import pytest

_folders: list[tempfile.TemporaryDirectory[str]] = []


def pytest_configure(config: pytest.Config) -> None:
    """Before anything is opened, and inherited by the processes that tests start."""
    if not hasattr(config, "workerinput"):
        _folders.append(tempfile.TemporaryDirectory(prefix="steward-keys-"))
        os.environ["STEWARD_KEY_DIR"] = _folders[0].name
        os.environ.update(STEWARD_RATE_PER_TOKEN="0", STEWARD_RATE_PER_ADDRESS="0")


def pytest_unconfigure() -> None:
    """The folder goes with the run."""
    for folder in _folders:
        folder.cleanup()
