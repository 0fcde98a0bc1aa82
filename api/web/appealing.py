"""The form of an appeal: what it may name, whether it is in time, and what follows (art.20, R3, R33)."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from starlette.requests import Request

from api.web.form_entry import Entry
from api.web.inside import ask, look
from domain.measures.chapter4_appeals import appealed_result

FORM = "file-appeal"


class Filing(NamedTuple):
    """An appeal that is about to be recorded, or was: which result it is against and until when that could be."""

    year: int
    published_on: str
    """When the result that it is against was published."""
    last: str
    """The last day on which it is in time (R3)."""
    days_late: int
    """By how many days it comes later; 0 for one in time."""
    id: str | None = None
    """Once it is recorded."""
    waits: bool = False
    """Whether it waits to be admitted."""


async def filing(request: Request, entry: Entry) -> Filing | None:
    """Whether the appeal that a form holds is in time, before it is recorded; None for another form or no result."""
    if entry.command != FORM:
        return None
    year = entry.body["year"]
    answer = await look(request, f"/v1/agencies/{entry.uscc}/results/{year}")
    if answer.refused:
        return None
    day = date.fromisoformat(entry.day())
    against = appealed_result(answer.content["results"], day, lambda one: date.fromisoformat(one["published_on"]))
    if against is None or against["deadline"] is None:
        return None
    late = _days_late(entry.day(), against["deadline"]["day"])
    return Filing(year, against["published_on"], against["deadline"]["day"], late, waits=late > 0)


async def filed(request: Request, entry: Entry, receipt: dict[str, Any]) -> Filing | None:
    """The appeal that was recorded, as the register of appeals holds it; None for another form."""
    if entry.command != FORM:
        return None
    found = await ask(request, f"/v1/appeals/{receipt['ids']['appeal']}")
    last = found["deadline"]["day"]
    late = 0 if found["in_time"] else _days_late(found["filed_on"], last)
    waits = found["status"] == "awaiting_admission"
    return Filing(found["year"], found["contested"]["published_on"], last, late, found["id"], waits)


def _days_late(filed_on: str, last: str) -> int:
    return max(0, (date.fromisoformat(filed_on) - date.fromisoformat(last)).days)
