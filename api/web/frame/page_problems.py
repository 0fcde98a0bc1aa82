"""What a page shows of a refusal: the problem that the API would have answered, without asking it (RFC 9457)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.application.parsing.validation_texts import WrongFields
from domain.errors import Refusal


@dataclass(frozen=True)
class PageAnswer:
    """What a question or an act came to: its status and content, as plain data."""

    status: int
    content: dict[str, Any]
    replayed: bool = False
    """Whether the answer was given before, to the same form (Idempotency-Key)."""

    @property
    def refused(self) -> bool:
        """Whether it was refused: then the content is a problem (RFC 9457)."""
        return self.status >= 400


async def wrong(request: Request, model: type[BaseModel], body: dict[str, Any]) -> dict[str, Any] | None:
    """The problem that the API would answer to a body of this shape, before anything is sent; None for a right one."""
    errors = body_errors(model, body)
    return (await problem_of(request, "/v1", RequestValidationError(errors, body=body))).content if errors else None


def body_errors(model: type[BaseModel], body: dict[str, Any]) -> list[Any]:
    """What is wrong with a body, as FastAPI names it; nothing for a right one."""
    try:
        model.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return [{**one, "loc": ("body", *(one["loc"] or (one["type"],)))} for one in found]
    return []


async def refusal_of(request: Request, path: str, judge: Callable[[], None]) -> dict[str, Any] | None:
    """The problem that the API would answer to what `judge` refuses, before anything is sent; None for what it lets by.

    `judge` asks the ledger and raises a Refusal, or what is wrong with a body's form, as the route at `path` would.
    """
    try:
        await run_in_threadpool(judge)
    except (Refusal, WrongFields) as error:
        return (await problem_of(request, path, error)).content
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
