"""Rows of an earlier version of the projections are made anew by one of those that start at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from api.starting import start, stop
from domain.store.db import migrate, state
from domain.store.db.engine import open_engine, reading, writing
from domain.store.db.schema import read_model_build
from projections.rebuild import inspect_rows, rebuild
from tests.databases import BOTH, Databases


@pytest.mark.parametrize("kind", BOTH)
def test_of_those_that_start_at_once_one_makes_the_rows(
    kind: str, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait until it is done, and find it done: the district is gone through once."""
    url = databases.empty(kind, tmp_path)
    stop(start(Settings(database_url=url, data_dir=tmp_path)))
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(read_model_build.update().values(made_by=0))
    inspected, real, all_there = list[int](), inspect_rows.inspect_all, threading.Barrier(4)

    def inspect_all(*arguments: Any) -> Any:
        inspected.append(1)
        return real(*arguments)

    monkeypatch.setattr(rebuild, "inspect_all", inspect_all)

    def renew() -> None:
        all_there.wait()
        rebuild.ensure_rows(url, lambda *_: None)

    threads = [threading.Thread(target=renew) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert inspected == [1]
    with reading(engine) as connection:
        assert rebuild.is_current(connection)
    engine.dispose()


def test_a_start_looks_at_the_schema_once(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a database that is of this version; one that another process has just made ready is not gone through."""
    settings = Settings(database_url=databases.empty("sqlite", tmp_path), data_dir=tmp_path)
    stop(start(settings))
    looked = list[int]()

    def state_of(*arguments: Any, **more: Any) -> Any:
        looked.append(1)
        return state.state_of(*arguments, **more)

    monkeypatch.setattr(migrate, "state_of", state_of)
    stop(start(settings))
    assert looked == [1]
    monkeypatch.setattr("api.starting.require_whole", lambda *_: pytest.fail("looked at by who started this process"))
    stop(start(settings, prepared=True))
    assert looked == [1, 1]
