"""One search for everybody, and the public page of one firm (art.9, 11, 17(3), 19)."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.privacy.authorisation import rights_of
from api.application.questions.agency.inside_questions import found_inside
from api.application.questions.service.public_questions import firm_told, firms_listed
from api.http.query_params import Cursor, LooseText
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask
from api.web.frame.render import page
from api.web.frame.visitors import Visitor
from api.web.portal.whole_public_lists import whole_search
from api.web.printing.whole_lists import WholeList, printed, whole_link
from domain.values import instant, shanghai_date

ROWS = 25
"""Firms on one page of what is found."""

router = APIRouter(route_class=PageRoute)


@router.get("/search")
async def search(request: Request, q: LooseText = "", cursor: Cursor = None, whole: WholeList = "") -> Response:
    """Firms by fragments of a name, a former name or the code; for who is signed in, what is not public as well."""
    words, now = q.strip(), datetime.now(UTC)
    if whole and words:
        return await printed(request, whole_search(request.app.state.service, words))
    found = firms_listed(request.app.state.service, now, words, ROWS, cursor) if words else None
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    inside = None
    if words and visitor is not None and visitor.role in rights_of("GET", "/v1/search"):
        inside = await ask(request, found_inside, q=words)
    following = found and found.next_cursor
    return page(
        request,
        "search.html",
        name="search",
        q=words,
        items=() if found is None else found.items,
        inside=inside,
        today=shanghai_date(instant(now)),
        paged=cursor is not None,
        first=f"/search?{urlencode({'q': words})}",
        whole=found and whole_link(f"/search?{urlencode({'q': words})}", len(found.items)),
        following=following and f"/search?{urlencode({'q': words, 'cursor': following})}",
    )


@router.get("/firms/{uscc}")
def firm(request: Request, uscc: str) -> Response:
    """One firm: on file or not, blacklist, warning notice, its published years. Raises: NotFound."""
    now = datetime.now(UTC)
    found = firm_told(request.app.state.service, now, uscc)
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    inside = (
        visitor is not None
        and visitor.role in rights_of("GET", "/v1/agencies/{uscc}/standing")
        and visitor.account.uscc in (None, found.uscc)  # an agency reads its own file alone
    )
    return page(request, "firm.html", name="firm", firm=found, inside=inside, today=shanghai_date(instant(now)))
