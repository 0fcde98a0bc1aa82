"""SQLite's writers of one process come one after the other: nobody who writes all the time keeps another waiting."""

from __future__ import annotations

import contextlib
import dis
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from domain.errors import Busy
from domain.store.db import write_guard
from domain.store.db.engine import open_engine, writing
from domain.store.db.write_guard import WriterTurns, guard_of

HOLDS_S = 0.05
LOOKS_FOR_SIGNALS = {"CALL", "CALL_FUNCTION_EX", "RESUME", "JUMP_BACKWARD"}


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


@contextlib.contextmanager
def held_by_another(turns: WriterTurns) -> Iterator[None]:
    """Another thread has its turn meanwhile."""
    has, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with turns.turn(30):
            has.set()
            ended.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    has.wait()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_who_has_waited_long_enough_is_told_and_holds_up_nobody_behind() -> None:
    """The one in the middle gives up; the last still gets its turn."""
    turns, order = WriterTurns(), list[str]()

    def last() -> None:
        with turns.turn(30):
            order.append("last")

    with held_by_another(turns):
        with pytest.raises(sqlite3.OperationalError) as told, turns.turn(0.05):
            order.append("never")
        assert told.value.sqlite_errorname == "SQLITE_BUSY"
        waiting = threading.Thread(target=last)
        waiting.start()
    waiting.join()
    assert order == ["last"]


def interrupt_after(steps: int) -> Callable[[FrameType, str, Any], Any]:
    """A trace by which Ctrl-C strikes at so many a place, of what begins, waits for and ends a turn, at which the
    interpreter looks for signals: after a call, at the beginning of a function and where a loop goes back.
    """
    left, last = [steps], dict[FrameType, str]()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in (write_guard.__file__, contextlib.__file__):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            left[0] -= last.get(frame) in LOOKS_FOR_SIGNALS
            if left[0] == 0:
                left[0] = -1
                raise KeyboardInterrupt
            last[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
        return trace

    return trace


def take_one(turns: WriterTurns) -> None:
    """A turn, and its end."""
    with turns.turn(1):
        pass


def test_ctrl_c_leaves_no_turn_taken() -> None:
    """Wherever it strikes: who writes while it is handled, as what cleans up does, has a turn at once; and so has
    anybody afterwards.
    """
    struck, before = 0, sys.gettrace()
    for steps in range(1, 2000):
        turns = WriterTurns()
        sys.settrace(interrupt_after(steps))
        try:
            take_one(turns)
        except KeyboardInterrupt:
            sys.settrace(before)
            struck += 1
            with turns.turn(0.001):
                pass
        else:
            break
        finally:
            sys.settrace(before)
        other = threading.Thread(target=take_one, args=(turns,))
        other.start()
        other.join()
        assert not turns._queue, steps
    assert 20 < struck < 1999


def test_waiting_in_vain_is_said_as_any_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, try again: not an error of ours."""
    monkeypatch.setattr("domain.store.db.engine.WAIT_MS", 50)
    engine = open_engine(f"sqlite:///{tmp_path / 'some.db'}")
    turns = guard_of(engine)._turns
    assert turns is not None
    with held_by_another(turns), pytest.raises(Busy), writing(engine, beside=True):
        pass
    engine.dispose()
