"""A refusal under a page's path as a page: the same problem, in both languages at once, for people."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.web.basis import NAMES
from api.web.render import page
from api.web.table import is_page, page_at

_KEPT = ("allow", "retry-after", "www-authenticate")


def in_its_kind(request: Request, problem: Response) -> Response:
    """The problem as it is, or as a page where the path is one of theirs."""
    if not is_page(request.url.path):
        return problem
    body = msgspec.json.decode(problem.body)
    wrong = _wrong_basis(request, body)
    response = page(
        request, "wrong-basis.html" if wrong else "error.html", name="home", status=problem.status_code, problem=body,
        wrong=wrong,
    )  # fmt: skip
    for name in _KEPT:
        if name in problem.headers:
            response.headers[name] = problem.headers[name]
    return response


def _wrong_basis(request: Request, problem: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What is wrong with the basis in the address, by its name, where that is all and the page has a basis."""
    known = page_at(getattr(request.scope.get("route"), "path", ""))
    errors = {one["pointer"].removeprefix("?"): one for one in problem.get("errors", ())}
    of_basis = request.method == "GET" and known is not None and known.roles is not None
    return errors if of_basis and errors and NAMES.issuperset(errors) else {}
