"""One appeal: the published sheet, today's, the difference, and the dossier for who decides (R33-R35)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.year.appeal_questions import appeal_in_full, dossier_of
from api.http.documentation.openapi import dossier_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import KnownAt
from api.http.responses import answered, handed_out
from api.routes.agency.question_routes import MANY

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/appeals/{id}", tags=[MANY], **question_docs("appeal", not_found=True))
def appeal(request: Request, id: str) -> Response:  # noqa: A002  # the name in the path
    """一件异议：公布的打分表、现在的打分表及差异 / An appeal: the published sheet, today's, and the difference."""
    return answered(request, appeal_in_full, id)


@router.get("/v1/appeals/{id}/dossier", tags=[MANY], **dossier_docs())
def appeal_dossier(request: Request, id: str, known_at: KnownAt = None) -> Response:  # noqa: A002  # as above
    """异议卷宗：一个可重复生成的 ZIP / The dossier of an appeal: one ZIP, the same bytes from the same log."""
    return handed_out(request, dossier_of, id, known_at)
