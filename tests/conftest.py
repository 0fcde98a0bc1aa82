"""For all tests: keys that lie outside the databases go to a folder of the run's own, never into the project's."""

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


def pytest_unconfigure() -> None:
    """The folder goes with the run."""
    for folder in _folders:
        folder.cleanup()
