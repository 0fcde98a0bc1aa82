"""What is told of survey forms to the agency that they rate, where they are not told by name (R39, survey.disclosure).

Days would name a client as surely as its name does: whoever asked for two days, or two instants, beside each other
would see when one form came and what it said. So of a form such a reader learns the month alone: on every day of it
the forms of the whole month count, and at every instant of it all that were recorded in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.events import Event
from domain.measures.text.implements import implements
from domain.values import Instant, month_end, shanghai_date


@implements("R39")
def of_month(events: Iterable[Event], at: Instant) -> list[Event]:
    """The events that were recorded by the end of an instant's month.

    Projects too: a project that becomes known alone would bring in the forms of its client, and so tell them apart.
    """
    last = month_end(shanghai_date(at))
    return [event for event in events if shanghai_date(event.recorded_at) <= last]
