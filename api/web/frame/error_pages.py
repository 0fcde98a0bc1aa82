"""A refusal under a page's path as a page: the same problem, in both languages at once, for people."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match

from api.http.request.content_negotiation import prefers
from api.web.frame.basis_picker import NAMES
from api.web.frame.page_table import ASSETS, is_page, page_at
from api.web.frame.render import page

NOT_FOUND = 404
MACHINES = ("/v1/", ASSETS)
"""Below these nobody expects a page, whatever asks."""
_KEPT = ("allow", "retry-after", "www-authenticate")


def in_its_kind(request: Request, problem: Response) -> Response:
    """The problem as it is; as a page where the path is one of theirs, or is nobody's and a browser asks.

    A page's address with a slash too many leads to the page.
    """
    if not (is_page(request.url.path) or _of_nobody(request, problem)):
        return problem
    if problem.status_code == NOT_FOUND and (meant := _without_slash(request)) is not None:
        return RedirectResponse(meant, 308, {"Cache-Control": "no-store"})
    body = msgspec.json.decode(problem.body)
    wrong = _wrong_basis(request, body)
    response = page(
        request,
        "wrong-basis.html" if wrong else "error.html",
        name="home",
        status=problem.status_code,
        problem=body,
        wrong=wrong,
    )
    for name in _KEPT:
        if name in problem.headers:
            response.headers[name] = problem.headers[name]
    return response


def _of_nobody(request: Request, problem: Response) -> bool:
    """Whether a browser came to an address that there is not, outside of what machines ask."""
    machines = request.url.path.startswith(MACHINES)
    return problem.status_code == NOT_FOUND and not machines and prefers(request, "text/html", "application/json")


def _without_slash(request: Request) -> str | None:
    path = request.url.path.rstrip("/")
    if request.method != "GET" or path == request.url.path or not is_page(path or "//"):
        return None
    scope = {**request.scope, "path": path}
    if all(route.matches(scope)[0] is not Match.FULL for route in request.app.router.routes):
        return None
    return quote(path) + (f"?{request.url.query}" if request.url.query else "")


def _wrong_basis(request: Request, problem: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What is wrong with the basis in the address, by its name, where that is all and the page has a basis."""
    known = page_at(getattr(request.scope.get("route"), "path", ""))
    errors = {one["pointer"].removeprefix("?"): one for one in problem.get("errors", ())}
    of_basis = request.method == "GET" and known is not None and known.roles is not None
    return errors if of_basis and errors and NAMES.issuperset(errors) else {}
