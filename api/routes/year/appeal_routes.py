"""One appeal: the published sheet, today's, the difference, and the dossier for who decides (R33-R35)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.assessing.appeal import Appeal, appeal_of
from api.application.assessing.appeal_decisions import involving
from api.application.assessing.dossier import ZIP, dossier
from api.application.background.checkpoint_signer import sealed_up
from api.http.documentation.openapi import dossier_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import KnownAt
from api.http.reading_notes import about
from api.http.responses import answer
from api.routes.agency.question_routes import MANY, asking, own_only
from domain.errors import Invalid

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/appeals/{id}", tags=[MANY], **question_docs("appeal", not_found=True))
def appeal(request: Request, id: str) -> Response:  # noqa: A002  # the name in the path
    """一件异议：公布的打分表、现在的打分表及差异 / An appeal: the published sheet, today's, and the difference."""
    with asking(request) as (questions, reader):
        uscc, filed = appeal_of(reader, id, own_only(request))
        about(request, uscc)
        found, caller = Appeal(questions, uscc, filed), request.state.caller
        separate = request.app.state.service.settings.separate_duties
        conflict = involving(found.basis.trail, filed, caller.person_id) if separate else []
        content = {**found.answer(caller), "conflict": [one.id for one in conflict]}
    return answer(request, content)


@router.get("/v1/appeals/{id}/dossier", tags=[MANY], **dossier_docs())
def appeal_dossier(request: Request, id: str, known_at: KnownAt = None) -> Response:  # noqa: A002  # as above
    """异议卷宗：一个可重复生成的 ZIP / The dossier of an appeal: one ZIP, the same bytes from the same log."""
    log_index = _place_in_log(request, known_at)
    with asking(request) as (questions, reader):
        uscc, filed = appeal_of(reader, id, own_only(request))
        about(request, uscc)
        found = Appeal(questions, uscc, filed, f"log:{log_index}")
        archive = dossier(questions, found, request.state.caller, log_index)
    name = f"dossier-{uscc}-{filed.year}-{filed.id[:8]}-log{log_index}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
    return Response(archive, 200, headers, ZIP)


def _place_in_log(request: Request, known_at: str | None) -> int:
    """The place of the log that a dossier is made at: the given one, or the last of now. Raises: Invalid, Busy."""
    if known_at is None:
        return sealed_up(request.app.state.service.ledger)
    if not known_at.startswith("log:"):
        raise Invalid(
            "卷宗按日志位置制作，known_at 须写作 log:N",
            "a dossier is made at a place of the log: give known_at=log:N",
            cites=("api.md",),
            remedy="请写 log:N，或不填（取最新的已封存位置）",
            remedy_en="Write log:N, or leave it out for the last sealed place.",
            pointer="?known_at",
        )
    return int(known_at.removeprefix("log:"))
