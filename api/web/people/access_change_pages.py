"""Who changed whose access, for the auditor and the administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.application.questions.service.access_questions import access_changes_listed
from api.http.query_params import Cursor, LooseText
from api.web.frame.names import ACCESS_ACTS
from api.web.frame.page_guard import PageRoute
from api.web.people.consultation_pages import register

router = APIRouter(route_class=PageRoute)
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
    return await register(request, "access-changes", access_changes_listed, filters, cursor, acts=ACCESS_ACTS)
