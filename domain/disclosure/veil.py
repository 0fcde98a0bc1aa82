"""What is told of survey forms to the agency that they rate, where they are not told by name (R39, survey.disclosure).

Days would name a client as surely as its name does: whoever asked for two days, or two instants, beside each other
would see when one form came and what it said. So of a form such a reader learns the month alone: on every day of it
the forms of the whole month count, and at every instant of it all that were recorded in it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from domain.events import Event
from domain.measures.text.implements import implements
from domain.values import Instant, shanghai_date

if TYPE_CHECKING:
    from domain.trail.trail import Trail


@dataclass(frozen=True)
class Veil:
    """`forms`: the trail from which the forms are counted; `hidden`: the events of which the month alone is told."""

    forms: Trail
    hidden: frozenset[str]
    live: bool = True
    """Whether all is asked for that is known now."""

    def day_of(self, event: Event) -> date:
        """The day that an event is shown on: of a hidden one the first of its month."""
        return event.occurred_on.replace(day=1) if event.id in self.hidden else event.occurred_on


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


@implements("R39")
def of_month(events: Iterable[Event], at: Instant) -> list[Event]:
    """The events that were recorded by the end of an instant's month.

    Projects too: a project that becomes known alone would bring in the forms of its client, and so tell them apart.
    """
    last = month_end(shanghai_date(at))
    return [event for event in events if shanghai_date(event.recorded_at) <= last]
