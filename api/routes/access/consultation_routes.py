"""Who looked at what about whom, for the auditor."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints
from starlette.responses import Response

from api.application.questions.service.access_questions import consultations_listed
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import Cursor, FirstDay, LastDay, Limit, UsccFilter
from api.http.responses import answered

router = APIRouter(route_class=GuardedRoute)

PersonFilter = Annotated[
    str | None, StringConstraints(min_length=1, max_length=64), Query(description="人员编号 / the person's id")
]


@router.get("/v1/consultations", tags=["监督"], **question_docs("consultations"))
def consultations(
    request: Request,
    uscc: UsccFilter = None,
    person: PersonFilter = None,
    first: FirstDay = None,
    last: LastDay = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """查阅记录，最近的在前：谁何时按什么基准查了哪家机构 / Who read what about which agency, the latest first."""
    return answered(request, consultations_listed, uscc, person, first, last, limit, cursor)
