"""Questions about a year's assessment: a preview, what was published, and what became of a result (R32-R36)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.year.assessment_questions import assessment_of, decisions_of, result_of, years_of
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import AsOf, Cursor, Limit
from api.http.responses import answered
from api.routes.agency.question_routes import MANY, ONE

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/assessments", tags=[MANY], **question_docs("assessments"))
def assessments(request: Request) -> Response:
    """各考评年度到了哪一步，最近的在前 / How far each assessment year has come, the latest first."""
    return answered(request, years_of)


@router.get("/v1/assessments/{year}", tags=[MANY], **question_docs("assessment", not_found=True))
def assessment(request: Request, year: str, as_of: AsOf = None, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """年度考评：公布前为截至 as_of 的预览，公布后为结果 / A year: a preview on a day, or what was published."""
    return answered(request, assessment_of, year, as_of, limit, cursor)


@router.get("/v1/assessments/{year}/events", tags=[MANY], **question_docs("assessment_events", not_found=True))
def assessment_events(request: Request, year: str, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """年度考评的决定：公布、名次变动、办结 / The decisions on a year: publication, moved ranks, closing."""
    return answered(request, decisions_of, year, limit, cursor)


@router.get("/v1/agencies/{uscc}/results/{year}", tags=[ONE], **question_docs("result", one_agency=True))
def result(request: Request, uscc: str, year: str) -> Response:
    """公布的结果及其更正，以及对有争议结果的三种回答 / Published results, and three answers to a contested one."""
    return answered(request, result_of, uscc, year)
