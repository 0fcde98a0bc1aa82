"""For all tests: keys and checkpoints outside the databases go to a folder of the run; haste is not slowed down."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from pathlib import Path

import pytest
from fastapi.dependencies import models
from hypothesis import settings

from tests.databases import databases, databases_of_the_test
from tests.haste import haste
from tests.lanes import in_lanes
from tests.one_day import begin_on_one_day

__all__ = ["databases", "databases_of_the_test"]
NEVER = 10**9
_folders: list[tempfile.TemporaryDirectory[str]] = []


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Several workers take tests in their order, long runs at a time: a module's ledger is made by one of them."""
    if config.getoption("numprocesses", None) and config.getoption("dist") == "no":
        config.option.dist = "worksteal"


def pytest_configure(config: pytest.Config) -> None:
    """Before anything is opened, and inherited by the processes that tests start.

    Byte code is kept: hundreds of processes would each compile all of the project and of its libraries.
    """
    settings.register_profile("untimed", deadline=None)  # an example that takes long is none that fails
    settings.load_profile("untimed")
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    _folders.append(tempfile.TemporaryDirectory(prefix="steward-keys-"))
    os.environ["STEWARD_KEY_DIR"] = str(Path(_folders[0].name) / "keys")  # beside them lie the checkpoints
    os.environ["STEWARD_SHARED_KEYS"] = "true"  # of all ledgers of this process: of thousands
    os.environ.update(STEWARD_RATE_PER_TOKEN="0", STEWARD_RATE_PER_ADDRESS="0")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Before anything of the test is made."""
    begin_on_one_day()


def pytest_sessionfinish() -> None:
    """What was kept for the whole run is looked through at its end as well."""
    gc.unfreeze()


def pytest_unconfigure() -> None:
    """The folder goes with the run."""
    for folder in _folders:
        folder.cleanup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: at the end no worker is left alone with it (`tests/lanes.py`)."""
    items[:] = in_lanes(items, lambda item: item.path.stem, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no collection of garbage has to walk through it.

    And what tests leave behind mostly goes by itself: looking for cycles often is a tenth of the time wasted. The old
    generation is never looked through while a test runs: what it would find there is some other test's.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, NEVER)


@pytest.fixture(scope="session", autouse=True)
def _hastily() -> Iterator[None]:
    """Nothing here has to survive a power cut, and nobody guesses a password (`tests/haste.py`)."""
    with haste():
        yield


@pytest.fixture(scope="module", autouse=True)
def _forget_applications() -> Iterator[None]:
    """FastAPI remembers the functions of every application that was made: here those of hundreds, which are gone.

    With them goes what a file's tests have left behind as a whole: its own last test hears of it. What is still there
    then stays to the end, as it mostly does, and is not looked through again until then.
    """
    yield
    for cached in vars(models).values():
        if isinstance(cached, _lru_cache_wrapper):
            cached.cache_clear()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _charged_with_its_own(request: pytest.FixtureRequest) -> Iterator[None]:
    """A socket, loop or file that a test leaves open in a cycle is found when that test ends: it fails, by its name.

    Found later by chance, it would fail whatever test runs then. Only what is new is looked through: the cost is that
    of the test's own objects. Its name puts this fixture before all others, so that it ends after them; the fixtures'
    values, which pytest keeps until its report is written, are let go as well.
    """
    yield
    if request.node.funcargs is not None:  # so it is when the run is broken off
        request.node.funcargs.clear()
    gc.collect(1)
