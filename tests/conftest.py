"""For all tests: keys and checkpoints outside the databases go to a folder of the run; haste is not slowed down."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

_folders: list[tempfile.TemporaryDirectory[str]] = []


def pytest_configure(config: pytest.Config) -> None:
    """Before anything is opened, and inherited by the processes that tests start."""
    if not hasattr(config, "workerinput"):
        _folders.append(tempfile.TemporaryDirectory(prefix="steward-keys-"))
        os.environ["STEWARD_KEY_DIR"] = str(Path(_folders[0].name) / "keys")  # beside them lie the checkpoints
        os.environ["STEWARD_SHARED_KEYS"] = "true"  # of all ledgers of the run
        os.environ.update(STEWARD_RATE_PER_TOKEN="0", STEWARD_RATE_PER_ADDRESS="0")


def pytest_unconfigure() -> None:
    """The folder goes with the run."""
    for folder in _folders:
        folder.cleanup()
