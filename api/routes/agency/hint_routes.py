"""The worklist of hints (R37): of one agency and of the district, answered by replay."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.hint_questions import hints_listed, hints_of
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import AsOf, BehaviourFilter, Cursor, HintFilter, KnownAt, Limit
from api.http.responses import answered
from api.routes.agency.question_routes import MANY, ONE

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/hints", tags=[MANY], **question_docs("hints"))
def hints(
    request: Request,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: HintFilter = "open",
    behaviour: BehaviourFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """线索清单（R37）：应予核查的事实 / The worklist of hints (R37): facts to be looked into; they never count."""
    return answered(request, hints_listed, as_of, known_at, status, behaviour, limit, cursor)


@router.get("/v1/agencies/{uscc}/hints", tags=[ONE], **question_docs("agency_hints", one_agency=True))
def agency_hints(
    request: Request,
    uscc: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: HintFilter = "open",
    behaviour: BehaviourFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """一家机构的线索（R37）；机构只见自己的 / The hints at one agency (R37); an agency sees nothing of others."""
    return answered(request, hints_of, uscc, as_of, known_at, status, behaviour, limit, cursor)
