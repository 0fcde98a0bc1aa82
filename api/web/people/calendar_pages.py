"""A year's holidays, copied from the State Council's notice: what would change is shown before they are adopted."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.assessing.adopting_calendar import (
    YEARS_AHEAD,
    CalendarYear,
    adopt_holidays,
    calendar_preview,
    calendar_with,
)
from api.application.idempotency import Answered
from api.application.privacy.authorisation import rights_of
from api.application.questions.inquiry import require_right
from api.application.questions.service.law_questions import adopted_law
from api.http.query_params import LooseText
from api.web.forms.form_filling import Refused, refused
from api.web.frame.form_leads import see_other
from api.web.frame.page_acts import STAY, carried_out, valid
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.render import page, today
from domain.measures.calendar import FIRST_YEAR, Calendar
from domain.values import Bilingual
from projections.compare.calendar_difference import CalendarDifference

router = APIRouter(route_class=PageRoute)
HERE = "/admin/calendar"
API = "/v1/accounts"
"""Whose problems are shown: what the interface would answer the administrator."""
_TEXTS = ("year", "holidays", "workdays", "source")
_LOOK: Bilingual = (
    "内容已改过，或其间日历已变：请重新核对下面的变化，再采用",
    "This was changed since you looked at it: look at what would change once more, then adopt it.",
)
_PAST: Bilingual = (
    "会改变已过去的日子，请先勾选“我已核对”",
    "Days gone by would change: tick that you have looked at them",
)


@router.get(HERE)
async def calendar(request: Request, year: LooseText = "", done: LooseText = "") -> Response:
    """The years that are known, and the form for one: the named one, or the first that is not known."""
    return await run_in_threadpool(partial(_shown, request, {"year": year}, done=done))


@router.post(HERE)
async def change_calendar(request: Request) -> Response:
    """Look at what a year's days would change, or adopt them; what is refused changes nothing and keeps the form."""
    given = {name: text_of(request.state.form, name).strip() for name in (*_TEXTS, "seen", "against", "looked")}
    act = text_of(request.state.form, "act")
    if act == STAY:
        return await run_in_threadpool(partial(_shown, request, given))
    service, caller = request.app.state.service, request.state.visitor.caller
    looked = list[tuple[Calendar, CalendarDifference]]()

    def look() -> Answered:
        require_right(rights_of("POST", API), caller, None)
        body = valid(CalendarYear, {**{name: given[name] for name in _TEXTS[1:]}, "year": _number(given["year"])})
        made = calendar_with(service.ledger, body)
        looked.append((made, calendar_preview(service.ledger, made)))
        return Answered({}, replayed=False)

    made = await carried_out(request, API, look)
    if made.refused:
        return await _refused(request, given, made.content, made.status)
    wanted, change = looked[0]
    if act != "adopt":
        return await run_in_threadpool(partial(_shown, request, given, preview=(wanted, change)))
    problem = None
    if given["seen"] != wanted.sha256:
        problem = Refused(_LOOK, ("", ""), {})
    elif change.must_be_confirmed and not given["looked"]:
        problem = Refused(_PAST, ("", ""), {"looked": _PAST})
    if problem is not None:
        return await run_in_threadpool(
            partial(_shown, request, given, preview=(wanted, change), problem=problem, status=409)
        )

    def adopt() -> Answered:
        adopt_holidays(
            service.ledger, wanted, lambda _: caller.person_id, caller.via, instead_of=given["against"] or None
        )
        return Answered({}, replayed=False)

    done = await carried_out(request, API, adopt)
    if done.refused:
        return await _refused(request, given, done.content, done.status)
    return see_other(request, f"{HERE}?done={given['year']}")


def _number(text: str) -> int:
    """The year that was typed; 0, which is none, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


async def _refused(request: Request, given: dict[str, str], content: Any, status: int) -> Response:
    problem = refused(content, {f"/{name}": name for name in _TEXTS})
    return await run_in_threadpool(partial(_shown, request, given, problem=problem, status=status))


def _shown(
    request: Request,
    given: dict[str, str],
    *,
    done: str = "",
    preview: tuple[Calendar, CalendarDifference] | None = None,
    problem: Refused | None = None,
    status: int = 200,
) -> Response:
    adopted = adopted_law(request.app.state.service).calendar
    years = [(one, adopted.covers(one)) for one in range(FIRST_YEAR, today().year + YEARS_AHEAD + 1)]
    year = given["year"] or str(next((one for one, there in years if not there), today().year))
    change = None if preview is None else preview[1]
    return page(
        request,
        "calendar.html",
        name="calendar",
        status=status,
        years=years,
        known=[one for one, there in years if there],
        given={**dict.fromkeys(_TEXTS, ""), **given, "year": year},
        done=done if done in {str(one) for one, there in years if there} else "",
        change=change,
        seen="" if preview is None else preview[0].sha256,
        against=adopted.sha256,
        deadlines=[] if change is None else _deadlines(change),
        refused=problem,
    )


def _deadlines(change: CalendarDifference) -> list[dict[str, object]]:
    """How many deadlines move from which day to which, and for how many a report is late, or in time, by it.

    Numbers alone: the administrator reads no facts about agencies (api.md).
    """
    moves = Counter((one.before.day, one.after.day) for one in change.other_days)
    late = Counter(
        (one.before.day, one.after.day)
        for one in change.other_days
        if (one.change.reported_on > one.before.day) != (one.change.reported_on > one.after.day)
    )
    return [
        {"before": before, "after": after, "count": count, "otherwise": late[before, after]}
        for (before, after), count in sorted(moves.items())
    ]
