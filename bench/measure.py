"""Measuring: ways of doing the same work, repeated in turns, so that a noisy minute falls on all of them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Way = Callable[[], float]
"""Does a piece of work once; how much of it was done in a second, or what else is compared."""


class Finding(NamedTuple):
    """One line of the report: a figure, what it is measured against in the same run, and what was to be reached."""

    what: str
    ours: float
    floor: float | None
    unit: str
    ratio: float | None
    """Of the medians, ours to the floor's."""
    target: str
    reached: bool | None
    """None where there is no target."""
    note: str = ""


def in_turns(ways: Mapping[str, Way], repetitions: int) -> dict[str, list[float]]:
    """What each way gave, repetition by repetition, the order turned round every time."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(repetitions):
        for name in names if turn % 2 == 0 else reversed(names):
            gc.collect()
            found[name].append(ways[name]())
    return found


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def rate(work: Callable[[], Any], count: int) -> float:
    """How many of `count` things `work` does in a second."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def finding(
    what: str,
    unit: str,
    ours: Sequence[float],
    floor: Sequence[float] | None = None,
    *,
    least: float | None = None,
    most: float | None = None,
    note: str = "",
) -> Finding:
    """A line of the report. `least` and `most` bound the ratio, or ours itself where there is no floor."""
    mine = median(ours)
    other = None if floor is None else median(floor)
    ratio = None if other is None else mine / other
    judged = mine if ratio is None else ratio
    target = f"≥ {least:g}" if least is not None else f"≤ {most:g}" if most is not None else ""
    reached = judged >= least if least is not None else judged <= most if most is not None else None
    return Finding(what, mine, other, unit, ratio, target, reached, note)


def most_megabytes() -> float:
    """The greatest memory of this process so far; `ru_maxrss` would begin with what its parent held when it made it."""
    (line,) = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) / 1024
