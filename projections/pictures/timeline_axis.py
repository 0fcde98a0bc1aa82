"""The axis of days below a picture of a timeline: where a day lies, which lines are drawn, where labels fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

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
