"""Proofs about the log: signed checkpoints, RFC 6962 proofs, the head of an agency, receipts (api.md, Questions)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.background.checkpoint_signer import CheckpointSigner, signed_log
from api.application.questions.service.log_questions import (
    consistency_of,
    head_of_agency,
    inclusion_of,
    proven,
    receipt_of,
    size_signed,
)
from api.http.atom import JSON
from api.http.documentation.openapi import checkpoint_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import EventId, FirstSize, LastSize, Size
from api.http.request.content_negotiation import prefers
from api.http.responses import ASK_AGAIN, PageBytes, answer, answered
from domain.errors import Invalid
from domain.store.proof.proof_reader import checkpoint_at
from domain.store.proof.restored import acceptances

router = APIRouter(route_class=GuardedRoute)
LOG, TEXT = "日志与证明", "text/plain"


@router.get("/v1/log/checkpoint", tags=[LOG], **checkpoint_docs())
def checkpoint(request: Request, size: Size = None) -> Response:
    """签名的检查点：日志有多少条、根散列为何 / The signed checkpoint; Accept: text/plain gives the note alone."""
    notary: CheckpointSigner = request.app.state.service.notary
    with proven(request.app.state.service) as (connection, latest):
        signed = latest if size is None else checkpoint_at(connection, size_signed(latest, size, "size"))
        restores = acceptances(connection)
    if signed is None:
        raise Invalid(
            f"没有恰好 {size} 条时的检查点",
            f"no checkpoint was made at exactly {size} entries",
            cites=("api.md",),
            remedy="请用 /v1/log/consistency 与最新的检查点比较，它对任何条数都可用",
            remedy_en="Compare with the latest by /v1/log/consistency, which takes any size.",
            pointer="?size",
        )
    if prefers(request, TEXT, JSON):
        headers = {"Cache-Control": ASK_AGAIN, "Vary": "Accept, Authorization"}
        return PageBytes(signed.note.encode(), headers, f"{TEXT}; charset=utf-8").response(request)
    return answer(request, signed_log(notary, signed, restores))


@router.get("/v1/log/consistency", tags=[LOG], **question_docs("log_consistency"))
def consistency(request: Request, first: FirstSize, last: LastSize = None) -> Response:
    """一致性证明：较早的日志是较晚日志的开头 / That the log of one size is the beginning of the log of another."""
    return answered(request, consistency_of, first, last)


@router.get("/v1/log/inclusion", tags=[LOG], **question_docs("log_inclusion", not_found=True))
def inclusion(request: Request, event_id: EventId, size: Size = None) -> Response:
    """包含证明：一条事件在日志之中 / That an event is in the log."""
    return answered(request, inclusion_of, event_id, size)


@router.get("/v1/log/receipt", tags=[LOG], **question_docs("log_receipt", not_found=True))
def log_receipt(request: Request, event_id: EventId) -> Response:
    """回执：可脱离本系统核验的一个文件 / A receipt: one file, checked without this service (steward verify-receipt)."""
    given = answered(request, receipt_of, event_id)
    given.headers["Content-Disposition"] = f'attachment; filename="receipt-{event_id}.json"'
    return given


@router.get("/v1/agencies/{uscc}/head", tags=[LOG], **question_docs("agency_head", one_agency=True))
def agency_head(request: Request, uscc: str) -> Response:
    """一家机构全部事件的条数与链散列，及其证明 / How many events an agency has, their chain, and the proof of it."""
    return answered(request, head_of_agency, uscc)
