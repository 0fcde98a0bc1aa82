"""`GET /v1/agencies/{uscc}/certificate`: an answer with everything it follows from, in one file that proves itself."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.certificate_questions import certificate_of
from api.http.documentation.openapi import certificate_docs
from api.http.guard import GuardedRoute
from api.http.query_params import AsOf, KnownAt, SheetYear
from api.http.responses import handed_out
from api.routes.agency.question_routes import ONE

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/agencies/{uscc}/certificate", tags=[ONE], **certificate_docs())
def certificate(
    request: Request, uscc: str, as_of: AsOf = None, known_at: KnownAt = None, year: SheetYear = None
) -> Response:
    """证书：状态、打分表及其全部依据和证明 / Standing and score sheet with all they follow from, and the proofs."""
    return handed_out(request, certificate_of, uscc, as_of, known_at, year)
