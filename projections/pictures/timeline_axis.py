"""The axis of days below a picture of a timeline: where a day lies, which lines are drawn, where labels fit.

The lanes of a timeline, in the browser and on paper: names, signs, and which facts are drawn in which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from projections.answers.summaries import Lane
from projections.fact_kinds import FACTS
from projections.pictures.svg import about_wide, said, tag

LEFT, RIGHT = 104.0, 18.0
"""Room for the names of the lanes, and at the end."""
_DAY = timedelta(days=1)
_GRID, _DIM = "#b8b8b8", "#555"
_LEAST_SPAN = 5.0
_SIZE = 11.0


class AxisRow(NamedTuple):
    """A span with a label: first and last day, and the event to which it leads."""

    first: date
    last: date
    text: str
    event: str


@dataclass(frozen=True)
class Axis:
    """Days from `first` to `last`, both included, over a picture `width` units wide."""

    first: date
    last: date
    width: float

    def x(self, day: date) -> float:
        """Where a day begins; days outside lie at the ends."""
        days = (self.last - self.first).days + 1
        passed = min(max((day - self.first).days, 0), days)
        return LEFT + (self.width - LEFT - RIGHT) * passed / days

    def middle(self, day: date) -> float:
        """The middle of a day."""
        return (self.x(day) + self.x(day + _DAY)) / 2

    def span(self, row: AxisRow) -> tuple[float, float]:
        """Where a span is drawn, wide enough to be seen."""
        x, after = self.x(row.first), self.x(row.last + _DAY)
        if after - x >= _LEAST_SPAN:
            return x, after
        x = min(x, self.width - RIGHT - _LEAST_SPAN)
        return x, x + _LEAST_SPAN

    def label(self, row: AxisRow, size: float) -> tuple[float, str]:
        """Where its label stands and how it is anchored: behind it, else before it, else from where it begins."""
        x, after = self.span(row)
        wide = about_wide(row.text, size)
        if after + 5 + wide <= self.width - 2:
            return after + 5, "start"
        if x - 5 - wide >= LEFT:
            return x - 5, "end"
        return max(LEFT, min(x, self.width - 2 - wide)) + 3, "start"

    def taken(self, row: AxisRow) -> tuple[float, float]:
        """What a span takes of its line together with its label."""
        x, after = self.span(row)
        at, anchor = self.label(row, _SIZE)
        wide = about_wide(row.text, _SIZE)
        left, right = (at, at + wide) if anchor == "start" else (at - wide, at)
        return min(x, left), max(after, right)

    def grid(self, top: float, low: float) -> Iterator[str]:
        """A line where each year, month or day begins, whichever is legible, with labels that do not touch."""
        free = LEFT - 1
        for day, text, strong in self._ticks():
            x = self.x(day)
            yield tag("line", x1=x, x2=x, y1=top, y2=low, stroke=_GRID, stroke_width=1 if strong else 0.4)
            if x >= free and x + about_wide(text, 10) < self.width:
                yield tag("text", said(text), x=x + 2, y=top - 4, font_size=10, fill=_DIM)
                free = x + about_wide(text, 10) + 10

    def _ticks(self) -> Iterator[tuple[date, str, bool]]:
        days = (self.last - self.first).days + 1
        day = self.first
        while day <= self.last:
            year, month = (day.month, day.day) == (1, 1), day.day == 1
            if year or day == self.first:
                yield day, day.isoformat() if day == self.first or days <= 800 else str(day.year), year
            elif (days <= 45) or (month and days <= 800):
                yield day, f"{day.month}-{day.day:02d}", month
            day += _DAY


def stacked(rows: Iterable[AxisRow], axis: Axis) -> list[tuple[AxisRow, int]]:
    """Each span with the number of the line in which neither it nor its label touches another."""
    ends: list[float] = []
    placed = []
    for row in sorted(rows, key=lambda one: (one.first, one.last, one.event)):
        left, right = axis.taken(row)
        line = next((index for index, end in enumerate(ends) if end + 6 <= left), len(ends))
        ends[line:] = [right, *ends[line + 1 :]]
        placed.append((row, line))
    return placed


class DrawnLane(NamedTuple):
    """A lane of a timeline: its names, the sign of its facts, and what else than facts is drawn in it."""

    zh: str
    en: str
    shape: str
    """A path around 0,0."""
    colour: str
    brought_by_time: frozenset[str] = frozenset()
    zh_printed: str = ""
    """The name on paper, where it is another."""


LANES: dict[Lane, DrawnLane] = {
    "complaints": DrawnLane(
        "投诉与惩戒", "Complaints", "M0,-5 L5,4 L-5,4 Z", "#8b1a1a", frozenset({"tag_ended", "window_ended"})
    ),
    "lapses": DrawnLane("扣分与不良信息", "Lapses", "M-5,-4 L5,-4 L0,5 Z", "#a0530a", frozenset({"lapse"})),
    "scores": DrawnLane("调查与评分", "Surveys, scores", "M-4,0 A4,4 0 1 0 4,0 A4,4 0 1 0 -4,0 Z", "#1f5fa8"),
    "honours": DrawnLane(
        "荣誉",
        "Honours",
        "M0,-6 L1.8,-1.9 L6,-1.9 L2.6,0.9 L3.8,5 L0,2.5 L-3.8,5 L-2.6,0.9 L-6,-1.9 L-1.8,-1.9 Z",
        "#6b5b00",
    ),
    "results": DrawnLane("公布与异议", "Results, appeals", "M-4,-4 L4,-4 L4,4 L-4,4 Z", "#5a2d82"),
    "others": DrawnLane("其他事实", "Other facts", "M0,-4.5 L4.5,0 L0,4.5 L-4.5,0 Z", "#555", zh_printed="其他"),
}
"""In the order in which they are drawn; the last one takes what no other does."""
_TIME: dict[str, Lane] = {kind: key for key, lane in LANES.items() for kind in lane.brought_by_time}
LANE_OF: dict[str, Lane] = _TIME | {kind.__name__: one.lane for kind, one in FACTS.items()}
"""By type of fact, and by what time alone brings."""
PRINTED_LANE_OF: dict[str, Lane] = _TIME | {
    kind.__name__: one.lane for kind, one in FACTS.items() if one.printed_in_lane
}
"""The lanes of the printed timeline, in which some kinds stand among the others."""
