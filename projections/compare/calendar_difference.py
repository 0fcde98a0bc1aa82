"""What adopting another holiday calendar would change: years, days, and the deadlines that rest on them (R2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.law import Law
from domain.measures.calendar import FIRST_YEAR, Calendar
from domain.measures.text.implements import implements
from projections.replay.moved_deadlines import MovedDeadline, moved_deadlines
from projections.replay.queries import ReplayQueries

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class CalendarDifference:
    """Between the adopted calendar and another one. Years and days ascend."""

    added: tuple[int, ...]
    """Years that only the other one covers."""
    dropped: tuple[int, ...]
    """Years that only the adopted one covers: they would know weekends only again."""
    rest: tuple[date, ...]
    """Working days that become days off."""
    work: tuple[date, ...]
    """Days off that become working days."""
    past: tuple[date, ...]
    """Of both, those up to today: deadlines that were may move."""
    moved: tuple[MovedDeadline, ...]

    @property
    def is_none(self) -> bool:
        """Whether no day and no year is taken otherwise."""
        return not (self.added or self.dropped or self.rest or self.work)

    @property
    def must_be_confirmed(self) -> bool:
        """Whether somebody has to say that this is meant: days gone by change, or a year is known no more."""
        return bool(self.past or self.dropped)

    @property
    def other_days(self) -> tuple[MovedDeadline, ...]:
        """Deadlines with another last day; the rest only become settled, or provisional."""
        return tuple(one for one in self.moved if one.before.day != one.after.day)


@implements("R2")
def calendar_difference(questions: ReplayQueries, calendar: Calendar) -> CalendarDifference:
    """What adopting this calendar would change, as known now. Nothing is written."""
    law = questions.reader.law(questions.now)
    if law is None:
        return CalendarDifference((), (), (), (), (), ())
    adopted, last = law.calendar, max(_last_year(law.calendar), _last_year(calendar), questions.today.year)
    years = range(FIRST_YEAR, last + 1)
    days = [day for day in _days(last) if adopted.is_working_day(day) != calendar.is_working_day(day)]
    return CalendarDifference(
        added=tuple(year for year in years if calendar.covers(year) and not adopted.covers(year)),
        dropped=tuple(year for year in years if adopted.covers(year) and not calendar.covers(year)),
        rest=tuple(day for day in days if adopted.is_working_day(day)),
        work=tuple(day for day in days if calendar.is_working_day(day)),
        past=tuple(day for day in days if day <= questions.today),
        moved=_moved(questions, law, calendar),
    )


def _moved(questions: ReplayQueries, law: Law, calendar: Calendar) -> tuple[MovedDeadline, ...]:
    found = moved_deadlines(questions.reader, law.rulebooks, law.calendar, calendar)
    return tuple(sorted(found, key=lambda one: (one.before.day, one.change.id)))


def _days(last: int) -> Iterator[date]:
    """Every day from the first year of calendars to the end of `last`."""
    first = date(FIRST_YEAR, 1, 1)
    return (first + _DAY * number for number in range((date(last, 12, 31) - first).days + 1))


def _last_year(calendar: Calendar) -> int:
    return max((int(year) for year in calendar.content["years"]), default=FIRST_YEAR)
