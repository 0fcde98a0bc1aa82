"""Who read what about which agency, for the auditor.

Who changed whose access, for the auditor and the administrators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.questions.inquiry import Answer
from api.application.questions.service.access_questions import access_changes_listed, consultations_listed
from api.http.query_params import Cursor, LooseText, LooseUscc
from api.web.forms.form_filling import Refused, refused
from api.web.frame.basis_picker import ListOrder, keeping, list_order
from api.web.frame.field_names import ACCESS_ACTS, VIA
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import look
from api.web.frame.render import page
from api.web.printing.whole_lists import PrintedList, WholeList, asked_parts, printed, whole_link
from domain.values import Bilingual

router = APIRouter(route_class=PageRoute)
ROWS = 40
_FILTERS = ("uscc", "person", "from", "to", "name")


@router.get("/consultations")
async def consultations(
    request: Request,
    uscc: LooseUscc = "",
    person: LooseText = "",
    from_: Annotated[LooseText, Query(alias="from")] = "",
    to: LooseText = "",
    name: LooseText = "",
    sort: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """The record of consultations, the latest first or by a column."""
    filters = dict(zip(_FILTERS, (one.strip() for one in (uscc, person, from_, to, name)), strict=True))
    asked = await run_in_threadpool(_asked, request.app)
    sorting = _sorted(request, "/consultations", filters, sort, order)
    if whole:
        more = {"via": VIA, "asked_routes": asked}
        return await _printed(request, "consultations", ("查阅记录", "Consultations"), filters, sorting, more)
    return await register(request, "consultations", consultations_listed, filters, sorting, cursor, asked=asked)


def _sorted(request: Request, path: str, filters: dict[str, str], sort: str, order: str) -> ListOrder:
    given = {**filters, "sort": sort.strip(), "order": order.strip()}
    return list_order(request, path, given, "at", latest_first=True)


async def register(
    request: Request,
    name: str,
    question: Callable[..., Answer],
    filters: dict[str, str],
    sorting: ListOrder,
    cursor: str | None,
    **more: Any,
) -> Response:
    """A page of what a question lists for these filters, with what is wrong with them beside their fields."""
    path, asked_for = f"/{name}", {**filters, **sorting.query}
    found = await look(request, question, **asked_for, limit=ROWS, cursor=cursor)
    problem: Refused | None = None
    items, following = [], None
    if found.refused:
        problem = refused(found.problem, {f"?{one}": one for one in filters})
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
        sorting=sorting,
        paged=cursor is not None,
        first=keeping(request, path, **asked_for),
        whole=whole_link(keeping(request, path, **asked_for), len(items), found.total),
        following=None if following is None else keeping(request, path, **asked_for, cursor=following),
        **more,
    )


_PRINTED: dict[str, tuple[str, Callable[..., Answer]]] = {
    "consultations": ("consultations", consultations_listed),
    "access-changes": ("changes", access_changes_listed),
}


async def _printed(
    request: Request, name: str, title: Bilingual, filters: dict[str, str], sorting: ListOrder, more: Mapping[str, Any]
) -> Response:
    """A register whole. Who read what follows from no rulebook."""
    rows, question = _PRINTED[name]
    asked_for = {**filters, **sorting.query}
    parts, address = asked_parts(request, question, asked_for), keeping(request, f"/{name}", **asked_for)
    wanted = PrintedList(rows, title, address, parts, filters, with_rulebook=False, more=more)
    return await printed(request, wanted)


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
    sort: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """The record of changes of accounts and tokens, the latest first or by a column."""
    filters = dict(zip(_CHANGE_FILTERS, (one.strip() for one in (person, from_, to)), strict=True))
    sorting = _sorted(request, "/access-changes", filters, sort, order)
    if whole:
        more, title = {"via": VIA, "acts": ACCESS_ACTS}, ("权限变更记录", "Changes of access")
        return await _printed(request, "access-changes", title, filters, sorting, more)
    return await register(request, "access-changes", access_changes_listed, filters, sorting, cursor, acts=ACCESS_ACTS)
