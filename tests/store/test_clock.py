"""A clock that jumped is noticed before anything is recorded by it, and is believed again when it should be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.store.log import clock as clocks
from domain.store.log.clock import FILE, ClockDoubted, ClockWatch
from domain.values import Instant, instant

BOUND = timedelta(minutes=10)
NOON = datetime(2026, 11, 28, 4, tzinfo=UTC)


class Machine:
    """A machine whose running time is what the test says."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.boot, self.ran = "one", 1000.0
        patch.setattr(clocks, "_boot", lambda: (self.boot, self.ran))

    def later(self, **by: Any) -> datetime:
        """Time goes by, for both clocks alike; what the database's clock shows, if it is right."""
        self.ran += timedelta(**by).total_seconds()
        return NOON + timedelta(seconds=self.ran - 1000)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine that was started a while ago."""
    return Machine(monkeypatch)


def recorded(at: datetime | None) -> Any:
    """The last recorded instant, as it is asked for."""

    def last() -> Instant | None:
        return None if at is None else instant(at)

    return last


NOTHING = recorded(None)


@pytest.mark.shows("R1")
@pytest.mark.parametrize("jump", [timedelta(days=2), -timedelta(hours=1), timedelta(minutes=11)])
def test_a_jump_of_a_running_process_is_refused_until_it_is_taken_back(
    machine: Machine, tmp_path: Path, jump: timedelta
) -> None:
    """Ahead or back beyond the bound; set right again, all goes on, with nobody's doing."""
    watch = ClockWatch(tmp_path, BOUND)
    watch.require(NOON, NOTHING)
    watch.require(machine.later(hours=3), NOTHING)
    with pytest.raises(ClockDoubted, match="was to be expected") as refused:
        watch.require(machine.later(minutes=1) + jump, NOTHING)
    assert refused.value.remedy
    assert "clock accept" in refused.value.remedy_en
    watch.require(machine.later(minutes=1), NOTHING)


def test_a_step_within_the_bound_is_followed(machine: Machine, tmp_path: Path) -> None:
    """What a time server corrects is no jump, also when it adds up."""
    watch = ClockWatch(tmp_path, BOUND)
    for minutes in range(0, 60, 5):
        watch.require(machine.later(minutes=1) + timedelta(minutes=minutes), NOTHING)


def test_a_machine_that_slept_has_no_jump(machine: Machine, tmp_path: Path) -> None:
    """Its running time counts sleep too."""
    watch = ClockWatch(tmp_path, BOUND)
    watch.require(NOON, NOTHING)
    watch.require(machine.later(days=3), NOTHING)


def test_a_restart_does_not_forget(machine: Machine, tmp_path: Path) -> None:
    """The reflex is to restart the service: what both clocks showed lies in the file, and the new process asks it."""
    watch = ClockWatch(tmp_path, BOUND)
    watch.require(NOON, NOTHING)
    watch.keep()
    jumped = machine.later(minutes=1) + timedelta(days=2)
    again = ClockWatch(tmp_path, BOUND)
    for _ in range(2):
        with pytest.raises(ClockDoubted):
            again.require(jumped, NOTHING)
    again.require(machine.later(minutes=1), NOTHING)


def test_accepted_by_a_person_it_is_believed(machine: Machine, tmp_path: Path) -> None:
    """Of a running process and of new ones: the file says who and why, until the next is kept in it."""
    watch = ClockWatch(tmp_path, BOUND)
    watch.require(NOON, NOTHING)
    watch.keep()
    shift = timedelta(days=2)
    with pytest.raises(ClockDoubted):
        watch.require(machine.later(minutes=1) + shift, NOTHING)
    ClockWatch(tmp_path, BOUND).accept(machine.later(minutes=1) + shift, None, "张三", "虚拟机恢复后时钟落后")
    assert json.loads((tmp_path / FILE).read_text("utf-8"))["person"] == "张三"
    watch.require(machine.later(minutes=1) + shift, NOTHING)
    ClockWatch(tmp_path, BOUND).require(machine.later(minutes=1) + shift, NOTHING)
    with pytest.raises(ClockDoubted):
        watch.require(machine.later(minutes=1), NOTHING)


def test_after_a_restart_of_the_machine_the_last_fact_is_compared(machine: Machine, tmp_path: Path) -> None:
    """Nothing runs on over it: a clock behind what is recorded already, or a month ahead of it, is asked about."""
    watch = ClockWatch(tmp_path, BOUND)
    watch.require(NOON, NOTHING)
    watch.keep()
    machine.boot, machine.ran = "two", 5.0
    now = NOON + timedelta(hours=1)
    for last in (now + timedelta(days=2), now - timedelta(days=32)):
        with pytest.raises(ClockDoubted):
            ClockWatch(tmp_path, BOUND).require(now, recorded(last))
    for near in (now + timedelta(minutes=5), now - timedelta(days=30), None):
        ClockWatch(tmp_path, BOUND).require(now, recorded(near))


def test_facts_dated_ahead_are_accepted_once(machine: Machine, tmp_path: Path) -> None:
    """After a jump that nobody noticed facts stand in the future: accepted, no later start asks about the same."""
    now, ahead = NOON, NOON + timedelta(days=2)
    with pytest.raises(ClockDoubted):
        ClockWatch(tmp_path, BOUND).require(now, recorded(ahead))
    ClockWatch(tmp_path, BOUND).accept(now, instant(ahead), "张三", "已查明")
    watch = ClockWatch(tmp_path, BOUND)
    watch.require(machine.later(minutes=1), recorded(ahead))
    watch.keep()
    machine.boot, machine.ran = "two", 1000.0 + 3600
    ClockWatch(tmp_path, BOUND).require(NOON + timedelta(hours=1), recorded(ahead))
    with pytest.raises(ClockDoubted):
        ClockWatch(tmp_path, BOUND).require(NOON + timedelta(hours=1), recorded(ahead + timedelta(days=1)))
