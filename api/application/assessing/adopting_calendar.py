"""A year's holidays are looked at and adopted: by an event, for the whole ledger, known from then on (R2, R4).

The page gives one year's days, the command line a file; both are shown what would change before it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from api.application.parsing.day_lists import listed_days
from domain.commands.fields import Body, Label
from domain.errors import Contradiction, Invalid
from domain.events import Via
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.measures.calendar import FIRST_YEAR, Calendar
from domain.measures.text.implements import implements
from domain.values import FOREVER, instant, shanghai_date
from projections.compare.calendar_difference import CalendarDifference, calendar_difference
from projections.replay.queries import ReplayQueries

YEARS_AHEAD = 2
"""How far ahead a year's days may be said: the State Council announces the next year's."""
_SATURDAY = 5


class CalendarYear(Body):
    """A year's arrangement as people write it. `source`: which notice says so."""

    year: int
    holidays: str = ""
    workdays: str = ""
    source: Label


def calendar_with(ledger: Ledger, body: CalendarYear) -> Calendar:
    """The adopted calendar with this year in place of what it said of it. Raises: Invalid, naming the field."""
    today = shanghai_date(instant(datetime.now(UTC)))
    if not FIRST_YEAR <= body.year <= today.year + YEARS_AHEAD:
        raise Invalid(
            f"年度须在 {FIRST_YEAR} 至 {today.year + YEARS_AHEAD} 之间",
            f"the year has to lie between {FIRST_YEAR} and {today.year + YEARS_AHEAD}",
            cites=("R2",),
            pointer="/year",
        )
    holidays = listed_days(body.holidays, body.year, "/holidays")
    workdays = listed_days(body.workdays, body.year, "/workdays")
    _must_be_an_arrangement(holidays, workdays)
    with ledger.reading() as reader:
        law = reader.law(FOREVER)
    years: dict[str, dict[str, list[str]]] = {} if law is None else law.calendar.content["years"]
    years[str(body.year)] = {
        "holidays": [day.isoformat() for day in holidays],
        "workdays": [day.isoformat() for day in workdays],
    }
    own = f"{body.year}: "
    before: str = "" if law is None else law.calendar.content["source"]
    sources = [one for one in before.split("; ") if one and not one.startswith(own)]
    listed = json.dumps(years, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return Calendar.from_content(
        {
            "id": f"cn-{max(map(int, years))}-{hashlib.sha256(listed).hexdigest()[:8]}",
            "source": "; ".join([*sources, own + body.source.replace(";", "；")]),
            "years": years,
        }
    )


def _must_be_an_arrangement(holidays: Sequence[date], workdays: Sequence[date]) -> None:
    if not holidays:
        raise Invalid(
            "没有填写任何休息日",
            "no day off is given",
            cites=("R2",),
            pointer="/holidays",
            remedy="请照国务院办公厅的通知填写，至少有元旦",
            remedy_en="Copy them from the State Council's notice: New Year's Day at least.",
        )
    if both := sorted(set(holidays) & set(workdays)):
        raise Invalid(
            f"{both[0]} 既是休息日又是上班日",
            f"{both[0]} is both a day off and a working day",
            cites=("R2",),
            pointer="/workdays",
            remedy="请从一处删去",
            remedy_en="Remove it from one of them.",
        )
    if plain := [day for day in workdays if day.weekday() < _SATURDAY]:
        raise Invalid(
            f"{plain[0]} 不是周末，本来就上班",
            f"{plain[0]} is no weekend: it is a working day anyway",
            cites=("R2",),
            pointer="/workdays",
            remedy="只填调休上班的周六、周日",
            remedy_en="Give only Saturdays and Sundays on which people work.",
        )


@implements("R2")
def calendar_preview(ledger: Ledger, calendar: Calendar) -> CalendarDifference:
    """What adopting it would change, as known now."""
    with ledger.reading() as reader:
        return calendar_difference(ReplayQueries(reader, instant(datetime.now(UTC))), calendar)


@implements("R2", "R4")
def adopt_holidays(
    ledger: Ledger,
    calendar: Calendar,
    actor: Callable[[UnitOfWork], str],
    via: Via = "api",
    *,
    instead_of: str | None = None,
) -> bool:
    """Adopt it by an event, unless it is in use already: whether it was adopted now.

    `instead_of`: the digest of the adopted calendar that the preview was made against. Raises: Contradiction where
    another one was adopted since; then nothing is recorded.
    """
    with ledger.writing() as unit:
        adopted = unit.law().calendar.sha256
        if adopted == calendar.sha256:
            return False
        if instead_of not in (None, adopted):
            raise Contradiction(
                "其间已有人采用了另一份日历，没有改动",
                "another calendar was adopted meanwhile: nothing was changed",
                cites=("R2",),
                remedy="请重新核对后再采用",
                remedy_en="Look at it again, then adopt it.",
            )
        unit.adopt_calendar(calendar, actor(unit), via)
    return True
