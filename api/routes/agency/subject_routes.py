"""Whose personal data is recorded about an agency, and where: so that what a request is about can be found."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.subject_questions import subjects_of
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import Cursor, Limit, Search
from api.http.responses import answered
from api.routes.agency.question_routes import ONE

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/agencies/{uscc}/subjects", tags=[ONE], **question_docs("subjects", one_agency=True))
def subjects(request: Request, uscc: str, q: Search = None, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """个人信息主体：内容、出处、是否已删除 / Whose personal data is recorded, where, erased or not."""
    return answered(request, subjects_of, uscc, q, limit, cursor)
