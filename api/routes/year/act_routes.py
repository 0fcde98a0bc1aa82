"""The routes of acts that go by HTTP only, on a year's assessment and on personal data: `(request, id, body)`."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.action_context import ActionContext
from api.application.assessing.appeal_decisions import decide, simple
from api.application.assessing.impact_decisions import dispose
from api.application.assessing.publishing import close_year, publish_year
from api.application.commands import ACTS, ActRoute
from api.application.idempotency import Answered
from api.application.privacy.erasing_subjects import erase
from api.application.questions.inquiry import path_year
from api.http.documentation.openapi import act_docs
from api.http.guard import GuardedRoute
from api.http.recording import action_of, created
from domain.commands import appeals, rounds
from domain.commands.erasing import EraseSubject

_CARRY_OUT: dict[Any, Callable[[ActionContext, Any, Any], Answered]] = {
    rounds.PublishYear: publish_year,
    rounds.CloseYear: close_year,
    appeals.AdmitAppeal: simple,
    appeals.WithdrawAppeal: simple,
    appeals.DecideAppeal: decide,
    rounds.DisposeImpact: dispose,
    EraseSubject: erase,
}


def _endpoint(row: ActRoute) -> Callable[..., Response]:
    named = "year" if "{year}" in row.path else "id"

    def endpoint(request: Request, body: Any, **given: str) -> Response:
        subject: Any = path_year(given[named]) if named == "year" else given[named]
        context = action_of(request, row.path.format(**{named: subject}))
        answered = _CARRY_OUT[row.body](context, subject, body)
        request.app.state.service.housekeeper.recorded(erased=row.body is EraseSubject)
        return created(answered)

    def parameter(name: str, kind: Any) -> Parameter:
        return Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind)

    signature = [parameter("request", Request), parameter(named, str), parameter("body", row.body)]
    endpoint.__signature__ = Signature(signature, return_annotation=Response)  # type: ignore[attr-defined]
    endpoint.__name__ = row.name
    return endpoint


def act_router() -> APIRouter:
    """The routes of all acts."""
    router = APIRouter(route_class=GuardedRoute)
    for row in ACTS:
        router.post(row.path, **act_docs(row))(_endpoint(row))
    return router
