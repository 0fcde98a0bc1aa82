"""Stepping through an agency's history: by the days on which things hold, or in the order of recording."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import StringConstraints
from starlette.responses import Response

from api.application.questions.agency.comparison_questions import comparison_of
from api.application.questions.agency.course_questions import stops_around
from api.application.questions.agency.standing_questions import standing_of
from api.web.agency.agency_page import Day, within
from api.web.frame.basis_picker import asked, keeping
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask
from api.web.frame.render import page

router = APIRouter(route_class=PageRoute)
Number = Annotated[str, StringConstraints(max_length=20)]
Kind = Literal["changes", "facts"]
_UNTOLD = ("sanction.events", "calendar", "assessment.complete")
"""What would be said twice: the events stand with the tier, what is missing with the parts."""
_TEMPLATES = {"": "replay.html", "step": "replay-step.html", "card": "replay-card.html"}


@router.get("/agencies/{uscc}/replay")
async def replay(
    request: Request,
    uscc: str,
    by: Literal["day", "record"] = "day",
    day: Day = "",
    halt: Kind = "changes",
    version: Number = "",
    on: Literal["fact", "today"] = "fact",
    part: Literal["", "step", "card"] = "",
) -> Response:
    """One step of it; with `part` only the step itself, or in short what changed on a day, for the script."""
    step = _ByRecord(request, uscc, version, on) if by == "record" else _ByDay(request, uscc, day, halt)
    shown = await step.shown()
    return page(request, _TEMPLATES[part], name="replay", by=by, halt=halt, on=on, **shown)


class _ByDay:
    """At the basis' own `known_at`, the day after the day before."""

    def __init__(self, request: Request, uscc: str, day: str, halt: Kind) -> None:
        self.request, self.uscc, self.halt = request, uscc, halt
        self.asked = asked(request)
        self.day = day or self.asked.as_of or ""

    async def shown(self) -> dict[str, object]:
        known_at = self.asked.known_at
        stops = await ask(self.request, stops_around, uscc=self.uscc, as_of=self.day, known_at=known_at)
        if not self.day and stops[self.halt]["first"] is not None:
            stops = await ask(
                self.request, stops_around, uscc=self.uscc, as_of=stops[self.halt]["first"], known_at=known_at
            )
        day = date.fromisoformat(stops["day"])
        before = within(day, timedelta(days=-1))
        both = {"as_of": before.isoformat(), "as_of_2": day.isoformat(), "known_at": known_at, "known_at_2": known_at}
        compared = await ask(self.request, comparison_of, uscc=self.uscc, **both)
        path = f"/agencies/{stops['agency']['uscc']}/replay"
        beside = stops[self.halt]

        def to(name: str) -> str | None:
            halt = None if self.halt == "changes" else self.halt
            return beside[name] and keeping(self.request, path, halt=halt, day=beside[name])

        return {
            **_sides(compared),
            "agency": stops["agency"],
            "stops": stops,
            "facts": stops["on_day"],
            "more": stops["more_on_day"],
            "step": day.isoformat(),
            "place": beside["place"],
            "count": beside["count"],
            "links": {name: to(name) for name in ("first", "previous", "next", "last")},
        }


class _ByRecord:
    """After the Nth record of what was known before it, on the fact's own day or on the basis' day."""

    def __init__(self, request: Request, uscc: str, version: str, on: str) -> None:
        self.request, self.uscc, self.on = request, uscc, on
        self.version, self.asked = version, asked(request)

    async def shown(self) -> dict[str, Any]:
        newest = await ask(self.request, standing_of, uscc=self.uscc, known_at=self.asked.known_at)
        count = int(newest["version"])
        wanted = self.version.strip()
        number = max(1, min(int(wanted), count)) if wanted.isascii() and wanted.isdecimal() else 1
        known_at = f"version:{number}"
        stops = await ask(self.request, stops_around, uscc=self.uscc, known_at=known_at)
        recorded = stops["recorded"]
        day = self.asked.as_of if self.on == "today" else recorded["occurred_on"]
        if number > 1:
            both = {"as_of": day, "as_of_2": day, "known_at": f"version:{number - 1}", "known_at_2": known_at}
            sides = _sides(await ask(self.request, comparison_of, uscc=self.uscc, **both))
        else:  # before its first record the agency is not known
            after = await ask(self.request, standing_of, uscc=self.uscc, as_of=day, known_at=known_at)
            sides = {"before": None, "after": after, "difference": [], "echo": after}
        path = f"/agencies/{stops['agency']['uscc']}/replay"

        def to(place: int) -> str | None:
            on = None if self.on == "fact" else self.on
            there = 1 <= place <= count and place != number
            return keeping(self.request, path, by="record", on=on, version=place) if there else None

        return {
            **sides,
            "agency": stops["agency"],
            "stops": stops,
            "facts": [recorded],
            "more": 0,
            "step": str(number),
            "place": number,
            "count": count,
            "links": {"first": to(1), "previous": to(number - 1), "next": to(number + 1), "last": to(count)},
        }


def _sides(compared: dict[str, Any]) -> dict[str, object]:
    """Both sides of a comparison, and what differs of the standing; the law behind it has a page of its own."""
    told = [_plainly(one) for one in compared["difference"] if one["field"] not in _UNTOLD]
    return {"before": compared["before"], "after": compared["after"], "difference": told, "echo": compared["after"]}


def _plainly(one: dict[str, Any]) -> dict[str, object]:
    """A difference whose reason does without the ids of events: beside it stand links to them."""
    why, why_en = one["why"], one["why_en"]
    for event in one["events"]:
        why, why_en = why.replace(f"{event}，", ""), why_en.replace(f"{event}, ", "")
    return {**one, "why": why, "why_en": why_en}
