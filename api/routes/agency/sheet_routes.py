"""The score sheet as a paper: annex 1 as a PDF, as of a day, or as it was published (art.20, R32)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.standing_questions import sheet_paper_of
from api.http.documentation.openapi import pdf_docs
from api.http.guard import GuardedRoute
from api.http.query_params import AsOf, KnownAt, Published
from api.http.responses import handed_out
from api.routes.agency.question_routes import ONE

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/agencies/{uscc}/sheets/{year}/pdf", tags=[ONE], **pdf_docs())
def sheet_paper(
    request: Request, uscc: str, year: str, as_of: AsOf = None, known_at: KnownAt = None, of: Published = "basis"
) -> Response:
    """考评打分表 PDF，附件1 版式 / The sheet in the layout of annex 1, to print; same basis, same bytes."""
    return handed_out(request, sheet_paper_of, uscc, year, as_of, known_at, of)
