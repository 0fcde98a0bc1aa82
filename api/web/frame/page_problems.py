"""What a page shows of a refusal: the problem that the API would have answered, without asking it (RFC 9457).

A refusal under a page's path as a page: the same problem, in both languages at once, for people.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import msgspec
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match

from api.application.parsing.refused_bodies import ErrorPlace, ProblemBody
from api.application.parsing.validation_texts import WrongFields
from api.http.request import prefers
from api.web.frame.basis_picker import NAMES
from api.web.frame.menu import meet
from api.web.frame.page_table import ASSETS, is_page, page_at
from api.web.frame.render import page
from domain.errors import Refusal


@dataclass(frozen=True)
class PageAnswer:
    """What a question or an act came to: its status and content, as plain data."""

    status: int
    content: dict[str, Any]
    replayed: bool = False
    """Whether the answer was given before, to the same form (Idempotency-Key)."""
    total: int | None = None
    """Of a part of a list, how many rows the whole has."""

    @property
    def refused(self) -> bool:
        """Whether it was refused: then the content is a problem (RFC 9457)."""
        return self.status >= 400

    @property
    def problem(self) -> ProblemBody:
        """Of a refused question or act: why."""
        return cast(ProblemBody, self.content)


def over_or_busy(found: PageAnswer, over: str) -> str:
    """The template that says why a one-time link was refused: `over`, or that the service cannot say it now.

    Of a link that nobody could look up nothing is known: neither that it was used nor that it has ended.
    """
    return over if found.status in _OF_THE_LINK else "link-busy.html"


_OF_THE_LINK = frozenset({404, 409, 410, 422})


async def wrong(request: Request, model: type[BaseModel], body: Mapping[str, object]) -> ProblemBody | None:
    """The problem that the API would answer to a body of this shape, before anything is sent; None for a right one."""
    errors = body_errors(model, body)
    return (await problem_of(request, "/v1", RequestValidationError(errors, body=body))).problem if errors else None


def body_errors(model: type[BaseModel], body: Mapping[str, object]) -> list[Any]:
    """What is wrong with a body, as FastAPI names it; nothing for a right one."""
    try:
        model.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return [{**one, "loc": ("body", *(one["loc"] or (one["type"],)))} for one in found]
    return []


async def refusal_of(request: Request, path: str, judge: Callable[[], None]) -> ProblemBody | None:
    """The problem that the API would answer to what `judge` refuses, before anything is sent; None for what it lets by.

    `judge` asks the ledger and raises a Refusal, or what is wrong with a body's form, as the route at `path` would.
    """
    try:
        await run_in_threadpool(judge)
    except (Refusal, WrongFields) as error:
        return (await problem_of(request, path, error)).problem
    return None


async def or_problem(request: Request, path: str, answering: Awaitable[PageAnswer]) -> PageAnswer:
    """The answer, or the problem it is refused with."""
    try:
        return await answering
    except (Refusal, RequestValidationError, WrongFields, HTTPException) as error:
        return await problem_of(request, path, error)


async def problem_of(request: Request, path: str, error: Exception) -> PageAnswer:
    """A refusal as the API would have answered it."""
    handler = request.app.exception_handlers[_registered(error)]
    answer = await handler(_as_api(request, path), error)
    return PageAnswer(answer.status_code, msgspec.json.decode(answer.body))


def _registered(error: Exception) -> type[Exception]:
    kinds = (Refusal, RequestValidationError, WrongFields, HTTPException)
    return next(kind for kind in kinds if isinstance(error, kind))


def _as_api(request: Request, path: str) -> Request:
    """The request as it would have come to the API: a problem there is JSON, not a page."""
    return Request({**request.scope, "path": path, "headers": []})


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


async def in_its_kind_for(request: Request, problem: Response) -> Response:
    """As `in_its_kind`; at an address that there is not, whoever is signed in is met first: nothing on the way did."""
    is_unknown = problem.status_code == NOT_FOUND and (is_page(request.url.path) or _of_nobody(request, problem))
    if is_unknown and not hasattr(request.state, "visitor"):
        await run_in_threadpool(meet, request)
    return in_its_kind(request, problem)


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


def _wrong_basis(request: Request, problem: ProblemBody) -> dict[str, ErrorPlace]:
    """What is wrong with the basis in the address, by its name, where that is all and the page has a basis."""
    known = page_at(getattr(request.scope.get("route"), "path", ""))
    errors = {one["pointer"].removeprefix("?"): one for one in problem.get("errors", ())}
    of_basis = request.method == "GET" and known is not None and known.roles is not None
    return errors if of_basis and errors and NAMES.issuperset(errors) else {}
