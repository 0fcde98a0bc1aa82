"""One record as a page: all that was recorded, whether it counts, what followed from it, what can be done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.trail_questions import event_of
from api.application.questions.service.log_questions import inclusion_of
from api.web.frame.basis_picker import asked
from api.web.frame.event_links import events_named, ids_in, parted
from api.web.frame.field_names import VIA, told
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask, look
from api.web.frame.render import page

router = APIRouter(route_class=PageRoute)


@router.get("/agencies/{uscc}/events/{event}")
async def one_event(request: Request, uscc: str, event: str) -> Response:
    """A record in full at the basis of the address (R26: every number explains itself, down to here)."""
    basis = asked(request).query
    answer = await ask(request, event_of, uscc=uscc, id=event, **basis)
    item, effects = answer["event"], answer["effects"] or {"sheets": [], "tags": [], "notices": [], "results": []}
    rows = told(item["fact"], item["id"])
    ids = [id_ for one in rows if one.kind == "events" for id_ in one.value]
    ids += [one["id"] for name in ("names", "named_by", "annuls") for one in answer[name]]
    ids += [item["annulled_by"]] if item["annulled_by"] else []
    for sheet in effects["sheets"]:
        ids += ids_in(*(one["reason"] for one in sheet["considered"]))
    ids += [tag["event"] for tag in effects["tags"]]
    code = answer["agency"]["uscc"]
    proof = await look(request, inclusion_of, event_id=event)
    return page(
        request,
        "event.html",
        name="event",
        agency=answer["agency"],
        echo=answer,
        answer=answer,
        item=item,
        rows=rows,
        effects=effects,
        via=VIA,
        proof=None if proof.refused else proof.content,
        parted=parted,
        appealed=_appealed(effects),
        cited=await events_named(request, code, [one for one in ids if one != event], basis.get("known_at")),
    )


def _appealed(effects: dict[str, Any]) -> int | None:
    """The last year whose published result rests on the record: of whose sheet names it, else of any (art.20)."""
    years = {one["year"] for one in effects["results"]}
    return max(years & {one["year"] for one in effects["sheets"]} or years, default=None)
