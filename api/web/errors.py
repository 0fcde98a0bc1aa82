"""A refusal under a page's path as a page: the same problem, in both languages at once, for people."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.web.render import page
from api.web.table import is_page

_KEPT = ("allow", "retry-after", "www-authenticate")


def in_its_kind(request: Request, problem: Response) -> Response:
    """The problem as it is, or as a page where the path is one of theirs."""
    if not is_page(request.url.path):
        return problem
    body = msgspec.json.decode(problem.body)
    response = page(request, "error.html", name="home", status=problem.status_code, problem=body)
    for name in _KEPT:
        if name in problem.headers:
            response.headers[name] = problem.headers[name]
    return response
