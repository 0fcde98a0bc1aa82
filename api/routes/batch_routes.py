"""Routes of many facts at once: a batch previewed, recorded all or nothing, and shown again."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.batches.batch_lines import BatchIn
from api.application.batches.batch_questions import batch_of, batch_previewed
from api.application.batches.invitation_sheets import invitation_sheet_of
from api.application.batches.recording_batches import record_batch
from api.application.privacy.authorisation import BATCH, BATCH_PREVIEW, BATCHES, INVITATION_SHEET
from api.http.documentation.file_docs import paper_docs
from api.http.documentation.openapi import batch_docs, body_question_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.recording import action_of_batch, created
from api.http.responses import answered, answered_once, handed_out

MANY_AT_ONCE = "一次记录多件"
router = APIRouter(route_class=GuardedRoute)


@router.post(BATCHES, tags=[MANY_AT_ONCE], **batch_docs())
def record_many(request: Request, body: BatchIn) -> Response:
    """多条命令一次记录：要么全部记录，要么一条都不记 / Record many commands: all of them or none."""
    return created(record_batch(request.app.state.service, action_of_batch(request, body), body))


@router.post(BATCH_PREVIEW, tags=[MANY_AT_ONCE], **body_question_docs("batch_preview"))
def batch_preview(request: Request, body: BatchIn) -> Response:
    """逐行预览：各行的后果，哪些会被拒绝；不写入任何内容 / What each row would do; nothing is written."""
    return answered_once(request, batch_previewed, body)


@router.get(BATCH, tags=[MANY_AT_ONCE], **question_docs("batch_shown", not_found=True))
def batch_shown(request: Request, batch: str) -> Response:
    """已记录的批次及其各行 / A recorded batch with its rows."""
    return answered(request, batch_of, batch)


@router.get(INVITATION_SHEET, tags=[MANY_AT_ONCE], **paper_docs("invitation_sheet", editable=False))
def invitation_sheet(request: Request, batch: str) -> Response:
    """本人所发调查邀请的二维码，可剪开分送 / The QR codes of the invitations that the caller has sent."""
    return handed_out(request, invitation_sheet_of, batch)
