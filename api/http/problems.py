"""Everything that goes wrong becomes one `application/problem+json` body here (RFC 9457); routes never catch."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from api.application.parsing.refused_bodies import refusal_body
from api.application.parsing.validation_texts import WrongFields, field_errors
from api.application.problem_types import (
    MEDIA_TYPE,
    PROBLEM_TYPES,
    NotSatisfiable,
    ProblemType,
    TooManyRequests,
    TooSlow,
    Unauthenticated,
    problem_type_of,
)
from domain.errors import Refusal, Unreadable
from domain.store.db.db_errors import DBAPIError

log = structlog.get_logger("steward")

RETRY_AFTER_SECONDS = 2
CHALLENGE = 'Bearer realm="steward"'


PROBLEMS = "steward.problems"
"""Where the edge of the application finds in the scope of a request which kinds of problem it came to."""


FAILURES = frozenset(("internal", "unreadable"))
"""The kinds that `on_failure` gives: of these only the service is the cause."""


class ProblemAnswer(Response):
    """The response for one problem, which knows its kind: figures and traces count by it."""

    kind: ProblemType

    def note(self, scope: Scope) -> None:
        """Tell the edge of the application, which counts it if the request comes to nothing better."""
        scope.get(PROBLEMS, []).append(self.kind.name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and be counted."""
        self.note(scope)
        await super().__call__(scope, receive, send)


def problem(
    kind: ProblemType, detail: str, detail_en: str, *, headers: dict[str, str] | None = None, **more: Any
) -> ProblemAnswer:
    """The response for one problem; empty members are left out."""
    body = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "title_en": kind.title_en,
        "detail_en": detail_en,
        **{name: value for name, value in more.items() if value},
    }
    if kind.status == 503:
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS), **(headers or {})}
    said = {"Cache-Control": "no-store", **(headers or {})}
    answer = ProblemAnswer(msgspec.json.encode(body), kind.status, said, MEDIA_TYPE)
    answer.kind = kind
    return answer


async def on_refusal(request: Request, error: Exception) -> ProblemAnswer:
    """A command or question that is refused, by the domain or at the edge."""
    assert isinstance(error, Refusal)  # noqa: S101  # Starlette hands over what it was registered for
    kind = problem_type_of(error)
    headers = {"WWW-Authenticate": CHALLENGE} if isinstance(error, Unauthenticated) else {}
    if isinstance(error, Unauthenticated) and "authorization" in request.headers:
        headers["WWW-Authenticate"] = f'{CHALLENGE}, error="invalid_token"'
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.seconds)
    if isinstance(error, NotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, TooSlow):
        headers["Connection"] = "close"  # what may still come of the body is no request (RFC 9110, 15.5.9)
    return problem(kind, error.text, error.text_en, headers=headers, **refusal_body(error))


async def on_validation_error(request: Request, error: Exception) -> ProblemAnswer:
    """Fields or query parameters that are wrong."""
    assert isinstance(error, (RequestValidationError, WrongFields))  # noqa: S101
    errors = field_errors(error.errors(), error.body)
    first = errors[0]
    said, said_en = f"{first['pointer']}：{first['detail']}", f"{first['pointer']}: {first['detail_en']}"
    if len(errors) > 1:
        said, said_en = f"内容有 {len(errors)} 处不对，见 errors", f"{len(errors)} things are wrong, see errors"
    return problem(PROBLEM_TYPES["invalid"], said, said_en, errors=errors)


async def on_http_error(request: Request, error: Exception) -> ProblemAnswer:
    """What routing itself refuses: an unknown path, a method that is not offered."""
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == 405:
        allowed = ", ".join(allowed_methods(request))
        return problem(
            PROBLEM_TYPES["method-not-allowed"],
            f"该路径只支持 {allowed}",
            f"this path offers {allowed} only",
            headers={"Allow": allowed},
        )
    if error.status_code == 404:
        return problem(PROBLEM_TYPES["not-found"], "没有这个路径", "there is no such path")
    if error.status_code == 400:
        return problem(PROBLEM_TYPES["malformed-request"], "请求无法读取", "the request cannot be read")
    return on_failure(request.scope.get("steward.reference", "-"), error)


def allowed_methods(request: Request) -> list[str]:
    """The methods of every route that this path matches: one route knows only its own."""
    methods: set[str] = set()
    for route in request.app.router.routes:
        methods |= _methods_at(route, request)
    if "GET" in methods:
        methods.add("HEAD")
    return sorted(methods)


def _methods_at(route: BaseRoute, request: Request) -> set[str]:
    match, _ = route.matches(request.scope)
    own = getattr(route, "methods", None) or {"GET"}  # files below a mount
    return set(own) if match is not Match.NONE else set()


def on_failure(reference: str, error: BaseException) -> ProblemAnswer:
    """A failure of ours: logged under a reference, and nothing of it told but which event cannot be read."""
    log.error("failure", reference=reference, error=_named(error), frames=_frames(error))
    if isinstance(error, Unreadable):
        which, which_en = (
            (f"事件 {error.event_id}", f"event {error.event_id}") if error.event_id else ("一处记录", "a record")
        )
        return problem(
            PROBLEM_TYPES["unreadable"],
            f"{which}无法读取；不跳过它作答，编号 {reference}",
            f"{which_en} cannot be read, and nothing is answered as if it were not there; logged as {reference}",
            reference=reference,
            remedy="请管理员运行 steward audit 查明，再从备份恢复；如由较新版本写入，请改用该版本",
            remedy_en="Have the administrator run steward audit, then restore a backup; what a newer version of the "
            "software wrote, that version reads.",
        )
    return problem(
        PROBLEM_TYPES["internal"],
        f"服务器内部错误，编号 {reference}",
        f"an internal error, logged as {reference}",
        reference=reference,
    )


_TOLD = (DBAPIError, OSError, Refusal, Unreadable)
"""Errors whose first line holds nothing that somebody sent; of others, which may quote it, only the class is told."""


def _named(error: BaseException) -> list[str]:
    """The chain of errors by class and, where it names nobody, first line; a database error without parameters."""
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 10:
        said = str(current.orig) if isinstance(current, DBAPIError) else str(current)
        told = f": {said.partition(chr(10))[0][:300]}" if isinstance(current, _TOLD) else ""
        chain.append(f"{type(current).__name__}{told}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-25:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


Refusing = Callable[[Request, Exception], Coroutine[Any, Any, ProblemAnswer]]
Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]


InItsKind = Callable[[Request, Response], Response]
"""What makes a page of a problem where people asked, and leaves it as it is for machines."""


def install(app: FastAPI, in_its_kind: Callable[[Request, Response], Awaitable[Response]]) -> None:
    """Let this module render all that is raised below the middleware (which renders failures by `on_failure`)."""

    def for_pages_too(handler: Refusing) -> Handler:
        async def answer(request: Request, error: Exception) -> Response:
            refused = await handler(request, error)
            refused.note(request.scope)  # a page that is made of it knows no kind
            return await in_its_kind(request, refused)

        return answer

    app.add_exception_handler(Refusal, for_pages_too(on_refusal))
    for wrong_fields in (RequestValidationError, WrongFields):
        app.add_exception_handler(wrong_fields, for_pages_too(on_validation_error))
    app.add_exception_handler(HTTPException, for_pages_too(on_http_error))
