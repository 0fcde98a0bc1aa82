"""A route for every row of the table of commands, with its body typed, so that the documentation shows the fields."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.commands import COMMANDS, CommandRoute
from api.guard import GuardedRoute, path_uscc
from api.openapi import command_docs
from api.recording import Order, record
from domain.commands.base import Command


def _endpoint(row: CommandRoute) -> Callable[..., Response]:
    """The function behind a row: `(request, [uscc], [id], body)`."""
    in_path = [name for name in ("uscc", "id") if f"{{{name}}}" in row.path]

    def endpoint(request: Request, body: Command, **given: str) -> Response:
        uscc = path_uscc(given["uscc"]) if "uscc" in given else str(getattr(body, "uscc"))  # noqa: B009
        path_id = given.get("id")
        order = Order(
            command=body,
            uscc=uscc,
            path_id=path_id,
            path=row.path.format(uscc=uscc, id=path_id),
            may_create="uscc" not in given,
            caller=request.state.caller,
        )
        service = request.app.state.service
        answer = record(service.ledger, order, request, request.state.body)
        service.housekeeper.recorded()
        return answer

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


def command_router() -> APIRouter:
    """The routes of all commands."""
    router = APIRouter(route_class=GuardedRoute)
    for row in COMMANDS:
        router.post(row.path, **command_docs(row))(_endpoint(row))
    return router
