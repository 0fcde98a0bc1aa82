"""The drills stand at the beginning of what two workers are given, whatever else there is and however many workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lanes import LANES, in_lanes

HERE = Path(__file__).parent
DRILLS = [f"{name} {number}" for lane in LANES for name in lane for number in (1, 2)]
OTHERS = [f"test_other {number}" for number in range(200)]


def file_of(item: str) -> str:
    return item.split()[0]


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
def test_each_test_is_there_once_and_the_drills_come_first(workers: int) -> None:
    """xdist gives each worker a stretch of the same length."""
    items = [*OTHERS[:90], *DRILLS, *OTHERS[90:]]
    ordered = in_lanes(items, file_of, workers)
    assert sorted(ordered) == sorted(items)
    starts = [number * len(items) // workers for number in range(workers)]
    begin = [file_of(ordered[start]) for start in starts]
    assert begin[:2] == ([LANES[0][0]] if workers == 1 else [lane[0] for lane in LANES])
    assert set(begin[2:]) <= {"test_other"}
    for lane in LANES:
        drills = [file_of(one) for one in ordered if file_of(one) in lane]
        assert drills == [name for name in lane for _ in (1, 2)]


def test_a_part_of_the_tests_is_in_order_as_well() -> None:
    """More drills than a stretch is long, and none at all."""
    assert sorted(in_lanes(DRILLS, file_of, 4)) == sorted(DRILLS)
    assert in_lanes(OTHERS, file_of, 3) == OTHERS
    assert in_lanes([], file_of, 3) == []


def test_every_file_of_a_lane_is_there() -> None:
    """A file that was renamed would begin late."""
    names = {path.stem for path in HERE.rglob("test_*.py")}
    assert {name for lane in LANES for name in lane} <= names
