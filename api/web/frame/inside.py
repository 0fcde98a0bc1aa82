"""Pages record through the API's routes, inside the process, in the visitor's name: same rights, same refusals."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.types import Message

from api.http.bearer import CALLER
from api.web.frame.page_problems import PageAnswer, or_problem
from api.web.frame.visitors import Visitor

_COPIED = ("app", "fastapi_middleware_astack", "fastapi_inner_astack", "fastapi_function_astack", "client", "server")


async def tell(
    request: Request,
    path: str,
    body: dict[str, Any],
    *,
    key: str | None = None,
    version: int | None = None,
    query: str = "",
) -> PageAnswer:
    """Post a body in the visitor's name. What is refused comes back as a problem, so that a form can show it.

    `key`: the Idempotency-Key, so that a form sent twice records once; `version`: If-Match; `query`: quoted already.
    """
    headers = {"content-type": "application/json"}
    if key is not None:
        headers["idempotency-key"] = key
    if version is not None:
        headers["if-match"] = f'"{version}"'
    return await or_problem(
        request, path, _call(request, "POST", path, query=query, body=msgspec.json.encode(body), headers=headers)
    )


async def _call(
    request: Request,
    method: str,
    path: str,
    *,
    query: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> PageAnswer:
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
    return PageAnswer(start["status"], found, msgspec.json.decode(b"".join(one.get("body", b"") for one in sent[1:])))
