"""Two bases of one agency side by side as a page: what differs, marked, each difference with its cause (R5, R17)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.application.questions.agency.comparison_questions import comparison_of
from api.application.questions.agency.standing_questions import standing_of
from api.application.questions.agency.trail_questions import events_of
from api.http.query_params import LooseText
from api.web.frame.basis_picker import asked, keeping, utc_of
from api.web.frame.difference_words import compared, grade_shown, in_words
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import Given, ask, ask_together, events_named, ids_in, look, parted
from api.web.frame.render import page
from domain.values import instant, shanghai_date
from projections.compare.causes import accounts, by_cause

router = APIRouter(route_class=PageRoute)
_SIDES = ("before", "after")
_LATEST_YEARS = 3
"""For how many published years a comparison is offered ready-made."""


@router.get("/agencies/{uscc}/compare")
async def compare(
    request: Request,
    uscc: str,
    as_of_2: LooseText = "",
    known_at_2: LooseText = "",
    local: LooseText = "",
    exact: LooseText = "",
    local_2: LooseText = "",
    exact_2: LooseText = "",
    year: LooseText = "",
    sent: LooseText = "",
) -> Response:
    """Both standings, their sheets and the differences; without a basis in the address, last year's end and now."""
    first, path = asked(request), f"/agencies/{uscc}/compare"
    if sent:
        return RedirectResponse(
            keeping(
                request,
                path,
                known_at=exact.strip() or _clock(local),
                as_of_2=as_of_2.strip(),
                known_at_2=exact_2.strip() or _clock(local_2),
                year=year.strip(),
            ),
            303,
            {"Cache-Control": "no-store"},
        )
    today = shanghai_date(instant(datetime.now(UTC)))
    by_default = not (first.query or as_of_2 or known_at_2)
    sides = {
        "as_of": date(today.year - 1, 12, 31).isoformat() if by_default else first.as_of,
        "known_at": first.known_at,
        "as_of_2": as_of_2,
        "known_at_2": known_at_2,
        "year": year,
    }
    found = await look(request, comparison_of, uscc=uscc, **sides)
    wrong = found.content if found.status == 422 else None
    if found.refused and wrong is None:
        await ask(request, comparison_of, uscc=uscc, **sides)
    answer = found.content if wrong is None else None
    results = {"type": "ResultPublished", "order": "latest", "limit": _LATEST_YEARS}
    standing, published = await ask_together(
        request, (standing_of, {"uscc": uscc}), (events_of, {"uscc": uscc, **results})
    )
    found_apart = [] if answer is None else _differences(answer)
    ids = [id_ for one in found_apart for id_ in (*one["events"], *ids_in(one["why"]))]
    cited = await events_named(request, standing["agency"]["uscc"], ids)
    sheets = [] if answer is None else answer["sheets"]
    sides_of = [one[side] for one in sheets for side in ("before", "after") if one[side] is not None]
    grouped = by_cause(found_apart, cited, [line for sheet in sides_of for line in sheet["lines"]])
    return page(
        request,
        "compare.html",
        name="compare",
        status=200 if wrong is None else 422,
        agency=standing["agency"],
        echo=standing,
        answer=answer,
        sides=sides,
        grouped=grouped,
        accounts=accounts(sheets, grouped),
        parted=parted,
        in_words=in_words,
        pairs=[] if answer is None else compared(answer),
        wrong={one["pointer"].removeprefix("?"): one for one in (wrong or {}).get("errors", [])},
        presets=[one["fact"] | {"published_on": one["occurred_on"]} for one in published["items"]],
        last_year=date(today.year - 1, 12, 31),
        cited=cited,
    )


def _clock(local: str) -> str:
    return utc_of(local.strip()) if local.strip() else ""


def _differences(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What differs: the standings first, then the sheets where they differ besides."""
    told = {one["field"].removeprefix("assessment.") for one in answer["difference"]}
    years = {side["assessment"]["year"] for side in (answer["before"], answer["after"])}
    found = [_of_sides(one, None, *(answer[side]["assessment"] for side in _SIDES)) for one in answer["difference"]]
    for sheet in answer["sheets"]:
        same = years == {sheet["year"]}
        found += [
            _of_sides(one, sheet["year"], *(sheet[side] for side in _SIDES))
            for one in sheet["difference"]
            if not (same and one["field"] in told)
        ]
    return found


def _of_sides(one: dict[str, Any], year: int | None, before: Given, after: Given) -> Given:
    """A difference with the year of its sheet; its grades as the two sides may show them (R44)."""
    if not one["field"].endswith("grade"):
        return {**one, "year": year}
    shown = {side: grade_shown(one[side], of) for side, of in zip(_SIDES, (before, after), strict=True)}
    return {**one, **shown, "year": year}
