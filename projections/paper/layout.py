"""Laying a paper out: where each piece of text and each line goes on which page, before anything is drawn.

Positions are points (1/72 inch) from the upper left corner of an A4 page. What does not fit goes on on the next page:
no text is ever cut, shortened or drawn outside the margins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from projections.paper.fonts import HEI, SONG, printable, width, wrapped

PAGE_WIDTH, PAGE_HEIGHT = 595.28, 841.89
LEFT, RIGHT, TOP, BOTTOM = 48.0, PAGE_WIDTH - 48.0, 64.0, PAGE_HEIGHT - 56.0
"""What content may use; above and below stand the running head and the page number."""
PAD = 3.5
"""Between a cell's border and its text."""
LEADING = 1.42
"""Line distance by size."""
_ASCENT = 1.02
"""From the top of a line to its base, by size."""
_LEAST = 30.0
"""A row does not begin in less than this."""


@dataclass(frozen=True)
class Text:
    """Printable text on one line; `x`, `y` is the left end of its base line. Grey 0 is black."""

    x: float
    y: float
    text: str
    style: str
    size: float
    grey: float = 0.0


@dataclass(frozen=True)
class Rule:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    thickness: float = 0.5
    grey: float = 0.0


@dataclass(frozen=True)
class Block:
    """A black rectangle: a module of a QR code. `x`, `y` is its upper left corner."""

    x: float
    y: float
    wide: float
    high: float


Mark = Text | Rule | Block


@dataclass(frozen=True)
class Span:
    """A paragraph within a cell. Its text need not be printable yet."""

    text: str
    style: str = SONG
    size: float = 8.5
    grey: float = 0.0

    def lines(self, room: float) -> list[Span]:
        """One span per printed line."""
        cut = wrapped(printable(self.text), self.style, self.size, room)
        return [Span(line, self.style, self.size, self.grey) for line in cut]


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its width in points, how its text stands."""

    heading: str
    width: float
    centred: bool = False


Cell = tuple[Span, ...]


def height(lines: Iterable[Span]) -> float:
    """How much room lines take, in points."""
    return sum(line.size * LEADING for line in lines)


@dataclass
class Flow:
    """The pages so far, and where the next thing goes."""

    pages: list[list[Mark]] = field(default_factory=lambda: [[]])
    y: float = TOP

    @property
    def room(self) -> float:
        """What is left of the page, in points."""
        return BOTTOM - self.y

    def new_page(self) -> None:
        """Goes on at the top of another page."""
        self.pages.append([])
        self.y = TOP

    def keep(self, needed: float) -> None:
        """Goes to a new page unless so many points are left on this one."""
        if needed > self.room:
            self.new_page()

    def put(self, one: Mark) -> None:
        """Onto the present page, as it is."""
        self.pages[-1].append(one)

    def box(self, x: float, y: float, wide: float, high: float) -> None:
        """A frame of four thin lines."""
        right, low = x + wide, y + high
        for ends in ((x, y, right, y), (x, low, right, low), (x, y, x, low), (right, y, right, low)):
            self.put(Rule(*ends))

    def lines(self, lines: Iterable[Span], x: float, y: float, room: float, *, centred: bool = False) -> None:
        """Lines one below the other from the top `y`; they move nothing."""
        for line in lines:
            left = x + (room - width(line.text, line.style, line.size)) / 2 if centred else x
            self.put(Text(left, y + line.size * _ASCENT, line.text, line.style, line.size, line.grey))
            y += line.size * LEADING

    def paragraph(self, span: Span, *, centred: bool = False, after: float = 3.0) -> None:
        """A paragraph over the whole width, from page to page where it is long."""
        for line in span.lines(RIGHT - LEFT):
            self.keep(line.size * LEADING)
            self.lines([line], LEFT, self.y, RIGHT - LEFT, centred=centred)
            self.y += line.size * LEADING
        self.y += after

    def heading(self, text: str) -> None:
        """A section's heading, never alone at the foot of a page."""
        self.keep(70.0)
        self.y += 6
        self.paragraph(Span(text, HEI, 10.5), after=4)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
        """A table with its headings again on each page. A row higher than a page goes on on the next one."""
        self.keep(_LEAST * 2)
        self._headings(columns)
        for row in rows:
            self.row(columns, row, headings=True)
        self.y += 6

    def row(self, columns: Sequence[Column], row: Sequence[Cell], *, headings: bool = False) -> None:
        """One row of a table, on as many pages as it takes; `headings`: each of them begins with the headings."""
        waiting = [
            [line for span in cell for line in span.lines(column.width - 2 * PAD)]
            for column, cell in zip(columns, row, strict=True)
        ]
        if self.room < min(_LEAST, max(map(height, waiting)) + 2 * PAD):
            self._next_page(columns if headings else ())
        while True:
            waiting = self._draw(columns, waiting)
            if not any(waiting):
                break
            self._next_page(columns if headings else ())
            waiting[0] = waiting[0] or Span("续", SONG, 8).lines(columns[0].width - 2 * PAD)

    def _next_page(self, columns: Sequence[Column]) -> None:
        self.new_page()
        if columns:
            self._headings(columns)

    def _headings(self, columns: Sequence[Column]) -> None:
        titles = [[Span(column.heading, HEI, 8.5)] for column in columns]
        self._draw([Column("", column.width, centred=True) for column in columns], titles)

    def _draw(self, columns: Sequence[Column], cells: Sequence[list[Span]]) -> list[list[Span]]:
        """Draws of each cell what fits on the page; gives what is left over."""
        shown = [fitting(cell, self.room - 2 * PAD) for cell in cells]
        high = max(map(height, shown)) + 2 * PAD
        x = LEFT
        for column, lines in zip(columns, shown, strict=True):
            self.box(x, self.y, column.width, high)
            self.lines(lines, x + PAD, self.y + PAD, column.width - 2 * PAD, centred=column.centred)
            x += column.width
        self.y += high
        return [cell[len(lines) :] for cell, lines in zip(cells, shown, strict=True)]


def fitting(lines: Sequence[Span], room: float) -> list[Span]:
    """The first of these lines, as many as `room` points hold."""
    fit: list[Span] = []
    for line in lines:
        room -= line.size * LEADING
        if room < 0:
            break
        fit.append(line)
    return fit
