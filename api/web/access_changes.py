"""Who changed whose access, for the auditor and the administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.queries import Cursor, LooseText
from api.web.basis import keeping
from api.web.fields import VIA
from api.web.inside import look
from api.web.refused import Refused, refused
from api.web.render import page
from api.web.routes import PageRoute
from api.web.words import ACCESS_ACTS

router = APIRouter(route_class=PageRoute)
ROWS = 40
_FILTERS = ("person", "from", "to")


@router.get("/access-changes")
async def access_changes(
    request: Request,
    person: LooseText = "",
    from_: Annotated[LooseText, Query(alias="from")] = "",
    to: LooseText = "",
    cursor: Cursor = None,
) -> Response:
    """The record of changes of accounts and tokens, the latest first."""
    filters = dict(zip(_FILTERS, (one.strip() for one in (person, from_, to)), strict=True))
    found = await look(request, "/v1/access-changes", **filters, limit=ROWS, cursor=cursor)
    problem: Refused | None = None
    items, following = [], None
    if found.refused:
        problem = refused(found.content, {f"?{name}": name for name in _FILTERS})
    else:
        items, following = found.content["items"], found.content["next_cursor"]
    return page(
        request, "access-changes.html", name="access-changes", status=found.status if found.refused else 200,
        items=items, filters=filters, refused=problem, via=VIA, acts=ACCESS_ACTS, paged=cursor is not None,
        first=keeping(request, "/access-changes", **filters),
        following=None if following is None else keeping(request, "/access-changes", **filters, cursor=following),
    )  # fmt: skip
