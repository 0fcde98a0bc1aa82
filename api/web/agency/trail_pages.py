"""The audit trail of an agency as a page: who recorded what when, and what was annulled by whom and why."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.application.questions.agency.trail_questions import events_of
from api.http.query_params import Cursor, LooseText
from api.web.frame.basis_picker import asked, keeping
from api.web.frame.event_links import events_named
from api.web.frame.field_names import VIA, brief
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask, look
from api.web.frame.render import page
from projections.fact_kinds import FACTS

router = APIRouter(route_class=PageRoute)
ROWS = 40
"""Events on one page: with texts of any length still far below 100 kB."""
KINDS = {kind.__name__: (one.zh, one.en) for kind, one in FACTS.items() if one.of_an_agency}
"""The kinds of facts that stand in an agency's trail."""


@router.get("/agencies/{uscc}/trail")
async def trail(
    request: Request,
    uscc: str,
    type: LooseText = "",  # noqa: A002  # the query's name
    counts: LooseText = "",
    from_: Annotated[LooseText, Query(alias="from")] = "",
    to: LooseText = "",
    recorded_from: LooseText = "",
    recorded_to: LooseText = "",
    actor: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
) -> Response:
    """The events that fit the filter, a page at a time; a filter that is wrong is shown with what is wrong."""
    filters = {
        "type": type,
        "counts": counts,
        "from_": from_,
        "to": to,
        "recorded_from": recorded_from,
        "recorded_to": recorded_to,
        "actor": actor,
        "order": order,
    }
    known_at = asked(request).query.get("known_at")
    query = {**filters, "known_at": known_at, "cursor": cursor, "limit": ROWS}
    found = await look(request, events_of, uscc=uscc, **query)
    wrong = found.content if found.status == 422 and _about(found.content, filters) else None
    if wrong is None:
        answer = await ask(request, events_of, uscc=uscc, **query) if found.refused else found.content
    else:
        unfiltered = await ask(request, events_of, uscc=uscc, known_at=known_at, limit=1)
        answer = {**unfiltered, "items": [], "next_cursor": None, "count": 0}
    annulments = [one["annulled_by"] for one in answer["items"] if one["annulled_by"]]
    here, kept = f"/agencies/{answer['agency']['uscc']}/trail", {name.rstrip("_"): one for name, one in filters.items()}
    following = answer["next_cursor"] and keeping(request, here, **kept, cursor=answer["next_cursor"])
    return page(
        request,
        "trail.html",
        name="trail",
        status=422 if wrong else 200,
        agency=answer["agency"],
        echo={"as_of": None, "projected": False, **answer},
        answer=answer,
        filters=kept,
        kinds=KINDS,
        via=VIA,
        wrong={} if wrong is None else _by_field(wrong),
        brief=brief,
        filtered=any(kept.values()),
        cited=await events_named(request, answer["agency"]["uscc"], annulments, known_at),
        paged=cursor is not None,
        first=keeping(request, here, **kept),
        following=following,
        narrowed=lambda **more: keeping(request, here, **{**kept, **more}),
    )


def _about(problem: dict[str, Any], filters: dict[str, str]) -> bool:
    """Whether what is wrong are fields of the filter: anything else is a page of its own."""
    names = {f"?{name.rstrip('_')}" for name in filters}
    return all(one["pointer"] in names for one in problem.get("errors", [])) and bool(problem.get("errors"))


def _by_field(problem: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["pointer"].removeprefix("?"): one for one in problem["errors"]}
