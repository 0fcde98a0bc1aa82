"""The charts of the board: where each column stands. The numbers are those of the answer, the template draws them.

Every chart has its numbers in a table too, and two series differ by filling and outline, not by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from domain.values import Bilingual
from projections.answers.districts import MonthOfComplaints, ScoreBand

WIDTH, HEIGHT, TOP, FLOOR = 400, 200, 24, 172
"""Of a picture, in its own units: columns stand on the floor, and reach up to the top."""
YEAR_MONTHS = 12


class Bar(NamedTuple):
    """A column of one series: its place in the picture, and the number that it stands for."""

    x: float
    y: float
    width: float
    height: float
    number: int
    series: str
    """`now`, `part` (of `now`) or `before`."""


class Place(NamedTuple):
    """A place on the floor: what stands there, and the columns."""

    title: Bilingual
    middle: float
    columns: tuple[Bar, ...]


class Chart(NamedTuple):
    """A picture; `rows`: its table, a title and the numbers of each place."""

    places: tuple[Place, ...]
    rows: tuple[tuple[Bilingual, tuple[int, ...]], ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(number for _, numbers in self.rows for number in numbers)


def scores_chart(scores: Sequence[ScoreBand], published: Sequence[ScoreBand] = ()) -> Chart:
    """How many assessed agencies have which total, beside the published totals of the year before."""
    before = [one.agencies for one in published] or [0] * len(scores)
    rows = [(_band(now), (now.agencies, then)) for now, then in zip(scores, before, strict=True)]
    return _drawn(rows, ("now", "before"))


def complaints_chart(months: Sequence[MonthOfComplaints]) -> Chart:
    """The complaints of the last twelve months: received, upheld of them, and received a year before."""
    pairs = zip(months[-YEAR_MONTHS:], months[:YEAR_MONTHS], strict=True) if months else ()
    rows = [(_month(one.month), (one.received, one.upheld, then.received)) for one, then in pairs]
    return _drawn(rows, ("now", "part", "before"))


def _band(band: ScoreBand) -> Bilingual:
    low, high = band.from_points, band.below_points
    if high is None:
        return f"{low}+", f"{low}+"
    return (f"<{high}", f"<{high}") if low == 0 else (f"{low}–{high}", f"{low}–{high}")


def _month(month: str) -> Bilingual:
    year, number = month.split("-")
    return f"{year}年{int(number)}月", month


def _drawn(rows: Sequence[tuple[Bilingual, tuple[int, ...]]], series: tuple[str, ...]) -> Chart:
    """Columns side by side at each place; a `part` stands within the column of `now`."""
    highest = max((number for _, numbers in rows for number in numbers), default=0)
    step = WIDTH / max(len(rows), 1)
    wide = step * 0.38
    places = []
    for index, (title, numbers) in enumerate(rows):
        middle = step * (index + 0.5)
        columns = []
        for number, kind in zip(numbers, series, strict=True):
            height = (FLOOR - TOP) * number / highest if highest else 0.0
            x = middle if kind == "before" else middle - wide
            columns.append(Bar(round(x, 2), round(FLOOR - height, 2), round(wide, 2), round(height, 2), number, kind))
        places.append(Place(title, round(middle, 2), tuple(columns)))
    return Chart(tuple(places), tuple(rows))
