"""Two bases of one agency side by side, and what would be if: `comparison` and `what-if` (api.md, Questions)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.comparison_questions import WhatIf, comparison_of, what_if_of
from api.http.documentation.openapi import body_question_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import AsOf, KnownAt, YearFilter
from api.http.responses import answered, answered_once
from api.routes.agency.question_routes import ONE

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/agencies/{uscc}/comparison", tags=[ONE], **question_docs("comparison", one_agency=True))
def compare(
    request: Request,
    uscc: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    as_of_2: AsOf = None,
    known_at_2: KnownAt = None,
    year: YearFilter = None,
) -> Response:
    """两个基准下的状态、差别及所依据的事实 / Two standings, what differs, and the events behind each difference."""
    return answered(request, comparison_of, uscc, as_of, known_at, as_of_2, known_at_2, year)


@router.post("/v1/agencies/{uscc}/what-if", tags=[ONE], **body_question_docs("what_if"))
def what_if(request: Request, uscc: str, body: WhatIf, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """假设撤销、增加事实或改动规则会怎样；不写入任何内容 / What would be if: nothing is written."""
    return answered_once(request, what_if_of, uscc, body, as_of, known_at)
