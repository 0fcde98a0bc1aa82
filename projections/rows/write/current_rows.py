"""The rows of an agency that stand, and how they are replaced: closed by `known_to`, never overwritten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol

from domain.values import FOREVER, Instant

ALWAYS = date.min
"""`valid_from` of what holds from the beginning of time."""
NEVER = date.max
"""`valid_to` of what holds until further notice."""
ONE_DAY = timedelta(days=1)


class Period(NamedTuple):
    """What holds on the days `[valid_from, valid_to)`."""

    valid_from: date
    valid_to: date
    value: Any


class RowKey(NamedTuple):
    """Which rows belong together: a table, a year where it has one (else 0), and a key where it has one (else '')."""

    table: str
    year: int = 0
    key: str = ""


@dataclass(slots=True)
class CurrentRow:
    """One row of a read model. `stored`: it is in the database already."""

    place: RowKey
    step: Period
    known_from: Instant
    known_to: Instant = FOREVER
    stored: bool = False


class Stored(Protocol):
    """Where the rows that stand come from, when they are not in memory."""

    def standing(self, place: RowKey, since: date, until: date) -> list[CurrentRow]:
        """The standing rows of a place with `valid_to > since` and `valid_to <= until`, by `valid_from`."""
        ...

    def standing_at(self, places: Sequence[RowKey]) -> dict[RowKey, list[CurrentRow]]:
        """All standing rows of some places of one table that differ in their key alone, by `valid_from`."""
        ...


class ReplacedPeriods(NamedTuple):
    """The steps of a place that no longer stand, and those that stand in their stead."""

    place: RowKey
    before: list[Period]
    after: list[Period]


@dataclass
class CurrentRows:
    """The standing rows as far as they are needed, and what has changed of them."""

    stored: Stored | None = None
    opened: list[CurrentRow] = field(default_factory=list)
    """Every row made here, also those closed again since."""
    closed: list[CurrentRow] = field(default_factory=list)
    """Rows of the database that no longer stand."""
    changes: list[ReplacedPeriods] = field(default_factory=list)
    """What the event at hand has changed, in order; `project` begins it anew."""
    _rows: dict[RowKey, list[CurrentRow]] = field(default_factory=dict)
    _since: dict[RowKey, date] = field(default_factory=dict)

    def rows(self, place: RowKey, since: date = ALWAYS) -> list[CurrentRow]:
        """The standing rows of a place with `valid_to > since`, by `valid_from`."""
        rows = self._rows.get(place)
        if self.stored is not None and (rows is None or since < self._since[place]):
            until = NEVER if rows is None else min(self._since[place], rows[0].step.valid_from if rows else NEVER)
            rows = [*self.stored.standing(place, since, until), *(rows or ())]
            self._rows[place], self._since[place] = rows, since
        return [row for row in rows or () if row.step.valid_to > since]

    def expect(self, places: Iterable[RowKey]) -> None:
        """Read in one go what stands at places that will be asked for, of one table, differing in their key alone."""
        if self.stored is None:
            return
        unread = [place for place in dict.fromkeys(places) if place not in self._rows]
        if len(unread) > 1:
            for place, rows in self.stored.standing_at(unread).items():
                self._rows[place], self._since[place] = rows, ALWAYS

    def take(self, row: CurrentRow) -> None:
        """Take a standing row that was read elsewhere."""
        self._rows.setdefault(row.place, []).append(row)

    def places(self) -> set[RowKey]:
        """Where rows stand."""
        return {place for place, rows in self._rows.items() if rows}

    def steps(self, place: RowKey, since: date = ALWAYS) -> list[Period]:
        """What those rows say."""
        return [row.step for row in self.rows(place, since)]

    def replace(self, place: RowKey, new: Iterable[Period], at: Instant, since: date = ALWAYS) -> None:
        """Let `new` stand from `at` on in place of the rows with `valid_to > since`; what stays the same stays."""
        wanted = set(new)
        kept: list[CurrentRow] = []
        gone: list[Period] = []
        for row in self.rows(place, since):
            if row.step in wanted:
                wanted.discard(row.step)
                kept.append(row)
            else:
                gone.append(row.step)
                self._close(row, at)
        made = [CurrentRow(place, step, at) for step in wanted]
        self.opened += made
        if gone or made:
            self.changes.append(ReplacedPeriods(place, gone, [row.step for row in made]))
        before = [row for row in self._rows.get(place, ()) if row.step.valid_to <= since]
        self._rows[place] = sorted([*before, *kept, *made], key=lambda row: row.step.valid_from)

    def _close(self, row: CurrentRow, at: Instant) -> None:
        row.known_to = at
        if row.stored:
            self.closed.append(row)
        elif row.known_from == at:  # it stood between two steps of one event: nobody ever knew it
            self.opened = [one for one in self.opened if one is not row]


def shifted(steps: list[Period], day: date, change: Callable[[Any], Any], default: Any) -> list[Period]:
    """These steps with every value from `day` on changed; where nothing stood yet, the default is what changes."""
    found = list(steps)
    begins = found[0].valid_from if found else NEVER
    if day < begins:
        found.insert(0, Period(day, begins, default))
    changed: list[Period] = []
    for first, last, value in found:
        if last <= day:
            changed.append(Period(first, last, value))
            continue
        if first < day:
            changed.append(Period(first, day, value))
        changed.append(Period(max(first, day), last, change(value)))
    return merged(changed)


def merged(steps: Iterable[Period]) -> list[Period]:
    """Periods of which neighbours of equal value are joined."""
    found: list[Period] = []
    for step in steps:
        if found and found[-1].value == step.value and found[-1].valid_to == step.valid_from:
            found[-1] = Period(found[-1].valid_from, step.valid_to, step.value)
        else:
            found.append(step)
    return found


def cut(steps: Iterable[Period], days: Iterable[date]) -> list[Period]:
    """Periods cut on each of the days."""
    found = list(steps)
    for day in sorted(days):
        pieces: list[Period] = []
        for step in found:
            if step.valid_from < day < step.valid_to:
                pieces += [Period(step.valid_from, day, step.value), Period(day, step.valid_to, step.value)]
            else:
                pieces.append(step)
        found = pieces
    return found


def value_on(steps: Iterable[Period], day: date) -> Any:
    """What holds on a day; None where nothing does."""
    return next((step.value for step in steps if step.valid_from <= day < step.valid_to), None)
