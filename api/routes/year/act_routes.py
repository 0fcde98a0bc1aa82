"""The routes of acts that go by HTTP only, on a year's assessment and on personal data: `(request, id, body)`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from inspect import Parameter, Signature
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.assessing.acts import carry_out
from api.application.commands import ACTS, ActRoute
from api.http.documentation.openapi import act_docs
from api.http.guard import GuardedRoute
from api.http.recording import action_of, created


def _endpoint(row: ActRoute) -> Callable[..., Response]:
    named = "year" if "{year}" in row.path else "id"

    def endpoint(request: Request, body: Any, **given: str) -> Response:
        return created(carry_out(request.app.state.service, row, given, body, partial(action_of, request)))

    def parameter(name: str, kind: Any) -> Parameter:
        return Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind)

    signature = [parameter("request", Request), parameter(named, str), parameter("body", row.body)]
    endpoint.__signature__ = Signature(signature, return_annotation=Response)  # type: ignore[attr-defined]
    endpoint.__name__ = row.name
    return endpoint


@cache
def act_router() -> APIRouter:
    """The routes of all acts: the same for every application, as those of the modules are."""
    router = APIRouter(route_class=GuardedRoute)
    for row in ACTS:
        router.post(row.path, **act_docs(row))(_endpoint(row))
    return router
