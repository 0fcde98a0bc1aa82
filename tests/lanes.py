"""In which order several workers take the tests: what waits more than it works begins first, and not all in one worker.

xdist gives each worker a stretch of the tests that were collected, of equal length, and whoever has done with its own
takes the last half of the longest that is left. A drill that came late would run alone at the end, and all of them in
one stretch one after the other, while processors are idle. So the drills stand at the beginning of the stretches of
two workers, and those of one lane are not heavy at the same time as those of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
LANES = (
    (
        "test_cluster",
        "test_rolling_upgrade",
        "test_point_in_time",
        "test_failover",
        "test_read_replica",
        "test_replica_left_behind",
        "test_fault_drills",
        "test_installed",
        "test_quality",
    ),
    (
        "test_mail_drill",
        "test_kill_drill",
        "test_load_drill",
        "test_hostile_load",
        "test_restore_drills",
        "test_least_privileges",
        "test_frozen_database",
        "test_guide",
        "test_commands_stateful",
    ),
)
"""Files whose tests are drills on processes of their own or checks of the code, as two workers run them in turn."""


def in_lanes(items: Sequence[T], file_of: Callable[[T], str], workers: int) -> list[T]:
    """The tests in the order in which so many workers are to have them; each there once, those of a file together."""
    place = {name: at for lane in LANES for at, name in enumerate(lane)}
    lanes = [
        sorted((one for one in items if file_of(one) in lane), key=lambda one: place[file_of(one)]) for lane in LANES
    ]
    others = [one for one in items if file_of(one) not in place]
    if workers < len(lanes):
        lanes = [[one for lane in lanes for one in lane]]
    ordered: list[T] = []
    left = len(items)
    for worker in range(workers):
        stretch = left // (workers - worker)
        left -= stretch
        heads = lanes[worker] if worker < len(lanes) else []
        more = max(0, stretch - len(heads))
        ordered += [*heads, *others[:more]]
        del others[:more]
    return ordered + others
