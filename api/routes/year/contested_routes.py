"""What a decision would change, before it is taken: an appeal decided so, a later fact let in (R34, R36)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.year.contested_questions import SupposedDecision, decision_supposed, impact_in_full
from api.http.documentation.openapi import body_question_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.responses import answered, answered_once
from api.routes.agency.question_routes import MANY

router = APIRouter(route_class=GuardedRoute)


@router.post("/v1/appeals/{id}/what-if", tags=[MANY], **body_question_docs("appeal_what_if"))
def appeal_what_if(request: Request, id: str, body: SupposedDecision) -> Response:  # noqa: A002  # the name in the path
    """假设这样决定异议，结果和名次会怎样；不写入任何内容 / What a decision would change (R34); nothing is written."""
    return answered_once(request, decision_supposed, id, body)


@router.get("/v1/impacts/{id}", tags=[MANY], **question_docs("impact", not_found=True))
def impact(request: Request, id: str) -> Response:  # noqa: A002  # the name in the path
    """一项影响：迟到的事实、公布的结果、重开会怎样 / A late fact, the result, and what reopening it would change."""
    return answered(request, impact_in_full, id)
