"""Who read what about which agency, for the auditor.

Who changed whose access, for the auditor and the administrators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.questions.inquiry import Answer
from api.application.questions.service.access_questions import access_changes_listed, consultations_listed
from api.http.query_params import Cursor, LooseText, LooseUscc
from api.web.forms.form_filling import Refused, refused
from api.web.frame.basis_picker import keeping
from api.web.frame.field_names import ACCESS_ACTS, VIA
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import look
from api.web.frame.render import page
from domain.values import Bilingual

router = APIRouter(route_class=PageRoute)
ROWS = 40
_FILTERS = ("uscc", "person", "from", "to")


@router.get("/consultations")
async def consultations(
    request: Request,
    uscc: LooseUscc = "",
    person: LooseText = "",
    from_: Annotated[LooseText, Query(alias="from")] = "",
    to: LooseText = "",
    cursor: Cursor = None,
) -> Response:
    """The record of consultations, the latest first."""
    filters = dict(zip(_FILTERS, (one.strip() for one in (uscc, person, from_, to)), strict=True))
    asked = await run_in_threadpool(_asked, request.app)
    return await register(request, "consultations", consultations_listed, filters, cursor, asked=asked)


async def register(
    request: Request,
    name: str,
    question: Callable[..., Answer],
    filters: dict[str, str],
    cursor: str | None,
    **more: Any,
) -> Response:
    """A page of what a question lists for these filters, with what is wrong with them beside their fields."""
    path = f"/{name}"
    found = await look(request, question, **filters, limit=ROWS, cursor=cursor)
    problem: Refused | None = None
    items, following = [], None
    if found.refused:
        problem = refused(found.content, {f"?{one}": one for one in filters})
    else:
        items, following = found.content["items"], found.content["next_cursor"]
    return page(
        request,
        f"{name}.html",
        name=name,
        status=found.status if found.refused else 200,
        items=items,
        filters=filters,
        refused=problem,
        via=VIA,
        paged=cursor is not None,
        first=keeping(request, path, **filters),
        following=None if following is None else keeping(request, path, **filters, cursor=following),
        **more,
    )


def _asked(app: Any) -> dict[str, Bilingual]:
    """What the API's routes answer, in words, by method and path: the first line of each in its description.

    The first time the whole OpenAPI document is built: in a thread, so that nobody else waits for it.
    """
    return {
        f"{method.upper()} {path}": (zh, en or zh)
        for path, methods in app.openapi()["paths"].items()
        for method, documented in methods.items()
        for zh, _, en in [documented["description"].partition("\n")[0].partition(" / ")]
    }


_CHANGE_FILTERS = ("person", "from", "to")


@router.get("/access-changes")
async def access_changes(
    request: Request,
    person: LooseText = "",
    from_: Annotated[LooseText, Query(alias="from")] = "",
    to: LooseText = "",
    cursor: Cursor = None,
) -> Response:
    """The record of changes of accounts and tokens, the latest first."""
    filters = dict(zip(_CHANGE_FILTERS, (one.strip() for one in (person, from_, to)), strict=True))
    return await register(request, "access-changes", access_changes_listed, filters, cursor, acts=ACCESS_ACTS)
