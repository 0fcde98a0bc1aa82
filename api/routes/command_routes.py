"""A route for every row of the table of commands, with its body typed, so that the documentation shows the fields."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from inspect import Parameter, Signature
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.commands import COMMANDS, CommandRoute
from api.application.record import record_at
from api.http.documentation.openapi import command_docs
from api.http.guard import GuardedRoute
from api.http.recording import action_of, created
from domain.commands.base import Command


def _endpoint(row: CommandRoute) -> Callable[..., Response]:
    """The function behind a row: `(request, [uscc], [id], body)`."""
    in_path = [name for name in ("uscc", "id") if f"{{{name}}}" in row.path]

    def endpoint(request: Request, body: Command, **given: str) -> Response:
        service, caller = request.app.state.service, request.state.caller
        return created(record_at(service, caller, row, given, body, partial(action_of, request)))

    def parameter(name: str, kind: Any) -> Parameter:
        return Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind)

    signature = [
        parameter("request", Request),
        *(parameter(name, str) for name in in_path),
        parameter("body", row.body),
    ]
    endpoint.__signature__ = Signature(signature, return_annotation=Response)  # type: ignore[attr-defined]
    endpoint.__name__ = row.name
    return endpoint


@cache
def command_router() -> APIRouter:
    """The routes of all commands: the same for every application, as those of the modules are."""
    router = APIRouter(route_class=GuardedRoute)
    for row in COMMANDS:
        router.post(row.path, **command_docs(row))(_endpoint(row))
    return router
