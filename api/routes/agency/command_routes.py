"""A route for every row of the table of commands, with its body typed, so that the documentation shows the fields."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.action_context import CommandRequest
from api.application.commands import COMMANDS, CommandRoute
from api.application.path_subjects import Subject
from api.application.questions.inquiry import path_uscc
from api.application.record import record
from api.http.documentation.openapi import command_docs
from api.http.guard import GuardedRoute
from api.http.recording import action_of, created
from domain.commands.base import Command
from domain.values import Role


def _endpoint(row: CommandRoute) -> Callable[..., Response]:
    """The function behind a row: `(request, [uscc], [id], body)`."""
    in_path = [name for name in ("uscc", "id") if f"{{{name}}}" in row.path]

    def endpoint(request: Request, body: Command, **given: str) -> Response:
        path_id = given.get("id")
        if row.subject is not None:
            uscc = _found(request, row.subject, path_id or "")
        else:
            uscc = path_uscc(given["uscc"]) if "uscc" in given else str(getattr(body, "uscc"))  # noqa: B009
        context = action_of(request, row.path.format(uscc=uscc, id=path_id))
        answered = record(context, CommandRequest(body, uscc, path_id, may_create=not in_path))
        request.app.state.service.housekeeper.recorded()
        return created(answered)

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


def _found(request: Request, subject: Subject, id_: str) -> str:
    """The agency that an id is about. Another agency's is 404 for an agency, as if it did not exist (api.md)."""
    caller = request.state.caller
    with request.app.state.service.ledger.reading() as reader:
        uscc = subject.agency_of(reader.connection, id_)
    if uscc is None or (caller.role is Role.AGENCY and uscc != caller.uscc):
        raise subject.unknown()
    return uscc


def command_router() -> APIRouter:
    """The routes of all commands."""
    router = APIRouter(route_class=GuardedRoute)
    for row in COMMANDS:
        router.post(row.path, **command_docs(row))(_endpoint(row))
    return router
