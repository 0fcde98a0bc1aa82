"""SQLite's writers of one process come one after the other: nobody who writes all the time keeps another waiting."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from domain.errors import Busy
from domain.store.db.engine import open_engine, writing
from domain.store.db.write_guard import WriterTurns, guard_of

HOLDS_S = 0.05


def test_who_writes_row_after_row_keeps_nobody_waiting(tmp_path: Path) -> None:
    """SQLite's own waiting looks again every 0.1 s, and finds the lock taken by the one who began again at once."""
    engine = open_engine(f"sqlite:///{tmp_path / 'some.db'}")
    ended = threading.Event()

    def write_on() -> None:
        while not ended.is_set():
            with writing(engine, beside=True):
                time.sleep(HOLDS_S)

    busy = threading.Thread(target=write_on)
    busy.start()
    try:
        waits = []
        for _ in range(10):
            time.sleep(HOLDS_S / 2)
            begun = time.monotonic()
            with writing(engine, beside=True):
                waits.append(time.monotonic() - begun)
    finally:
        ended.set()
        busy.join()
        engine.dispose()
    assert sorted(waits)[5] < 5 * HOLDS_S, waits


def test_they_come_in_their_order() -> None:
    """First come, first served."""
    turns, came, order = WriterTurns(), threading.Event(), list[int]()

    def wait(number: int) -> None:
        with turns.turn(30):
            order.append(number)

    with turns.turn(1):
        threads = [threading.Thread(target=wait, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
            came.wait(0.05)
        assert not order
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_who_has_waited_long_enough_is_told_and_holds_up_nobody_behind() -> None:
    """The one in the middle gives up; the last still gets its turn."""
    turns, order = WriterTurns(), list[str]()

    def last() -> None:
        with turns.turn(30):
            order.append("last")

    with turns.turn(1):
        with pytest.raises(sqlite3.OperationalError) as told, turns.turn(0.05):
            order.append("never")
        assert told.value.sqlite_errorname == "SQLITE_BUSY"
        waiting = threading.Thread(target=last)
        waiting.start()
    waiting.join()
    assert order == ["last"]


def test_waiting_in_vain_is_said_as_any_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, try again: not an error of ours."""
    monkeypatch.setattr("domain.store.db.engine.WAIT_MS", 50)
    engine = open_engine(f"sqlite:///{tmp_path / 'some.db'}")
    with guard_of(engine).turn(1), pytest.raises(Busy), writing(engine, beside=True):
        pass
    engine.dispose()
