"""Pages ask the API itself, inside the process: the same routes, rights, validation and answers, in the visitor's name.

So no page has rules of its own about who may see or do what, and whatever a page shows can be asked by a machine too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from api.application.validation_texts import WrongFields
from api.http.bearer import CALLER
from api.web.frame.visitors import Visitor
from domain.errors import Refusal

_COPIED = ("app", "fastapi_middleware_astack", "fastapi_inner_astack", "fastapi_function_astack", "client", "server")


@dataclass(frozen=True)
class Inside:
    """An answer of the API: its status, headers (in lower case) and body. `content`: the body's JSON."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found

    @property
    def refused(self) -> bool:
        """Whether the API said no: then the content is a problem (RFC 9457)."""
        return self.status >= 400


async def ask(request: Request, path: str, **query: Any) -> dict[str, Any]:
    """The answer to `GET path?query` in the visitor's name; parameters that are None or empty are left out.

    `path` may hold blanks of any kind: it is quoted here. Raises: whatever the route refuses with, to be shown as page.
    """
    return (await call(request, "GET", path, query=_query(query))).content


async def look(request: Request, path: str, **query: Any) -> Inside:
    """The answer to `GET path?query`, or the problem it is refused with, for pages that say more than an error page."""
    return await _or_problem(request, path, call(request, "GET", path, query=_query(query)))


async def passed_on(request: Request, path: str, **query: Any) -> Response:
    """The file that `GET path?query` answers, for a browser: it has a session, and no token to ask the API itself.

    Raises: whatever the route refuses with.
    """
    found = await call(request, "GET", path, query=_query(query))
    headers = {"Content-Disposition": found.headers["content-disposition"], "Cache-Control": "no-store"}
    return Response(found.body, 200, headers, found.headers["content-type"])


async def tell(
    request: Request,
    path: str,
    body: dict[str, Any],
    *,
    key: str | None = None,
    version: int | None = None,
    query: str = "",
) -> Inside:
    """Post a body in the visitor's name. What is refused comes back as a problem, so that a form can show it.

    `key`: the Idempotency-Key, so that a form sent twice records once; `version`: If-Match; `query`: quoted already.
    """
    headers = {"content-type": "application/json"}
    if key is not None:
        headers["idempotency-key"] = key
    if version is not None:
        headers["if-match"] = f'"{version}"'
    return await _or_problem(
        request, path, call(request, "POST", path, query=query, body=msgspec.json.encode(body), headers=headers)
    )


async def wrong(request: Request, model: type[BaseModel], body: dict[str, Any]) -> dict[str, Any] | None:
    """The problem that the API would answer to a body of this shape, before anything is sent; None for a right one."""
    try:
        model.model_validate(body)
    except ValidationError as error:
        errors = [{**one, "loc": ("body", *(one["loc"] or (one["type"],)))} for one in error.errors(include_url=False)]
        answer = await _problem(request, "/v1", RequestValidationError(errors, body=body))
        return answer.content
    return None


async def refusal_of(request: Request, path: str, judge: Callable[[], None]) -> dict[str, Any] | None:
    """The problem that the API would answer to what `judge` refuses, before anything is sent; None for what it lets by.

    `judge` asks the ledger and raises a Refusal, or what is wrong with a body's form, as the route at `path` would.
    """
    try:
        await run_in_threadpool(judge)
    except (Refusal, WrongFields) as error:
        return (await _problem(request, path, error)).content
    return None


def _query(query: dict[str, Any]) -> str:
    return urlencode({name.rstrip("_"): value for name, value in query.items() if value not in (None, "")})


async def _or_problem(request: Request, path: str, answering: Awaitable[Inside]) -> Inside:
    try:
        return await answering
    except (Refusal, RequestValidationError, WrongFields, HTTPException) as error:
        return await _problem(request, path, error)


async def _problem(request: Request, path: str, error: Exception) -> Inside:
    """A refusal as the API would have answered it."""
    handler = request.app.exception_handlers[_registered(error)]
    answer = await handler(_as_api(request, path), error)
    return Inside(answer.status_code, dict(answer.headers), bytes(answer.body))


async def call(
    request: Request,
    method: str,
    path: str,
    *,
    query: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> Inside:
    """Let the application's router answer a request of ours. Raises: what the route raises."""
    visitor: Visitor | None = request.state.visitor
    scope: dict[str, Any] = {
        **{name: request.scope[name] for name in _COPIED if name in request.scope},
        "type": "http",
        "http_version": "1.1",
        "scheme": request.url.scheme,
        "root_path": "",
        "method": method,
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "state": {},
        "steward.reference": request.scope.get("steward.reference", "-"),
    }
    if visitor is not None:
        scope[CALLER] = visitor.caller
    sent: list[Message] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await request.app.router(scope, receive, send)
    start = sent[0]
    found = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return Inside(start["status"], found, b"".join(one.get("body", b"") for one in sent[1:]))


def _registered(error: Exception) -> type[Exception]:
    kinds = (Refusal, RequestValidationError, WrongFields, HTTPException)
    return next(kind for kind in kinds if isinstance(error, kind))


def _as_api(request: Request, path: str) -> Request:
    """The request as it would have come to the API: a problem there is JSON, not a page."""
    return Request({**request.scope, "path": path, "headers": []})
