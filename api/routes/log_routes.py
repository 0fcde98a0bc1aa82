"""Routes about the log as a whole: its feed, and the proofs that it was not changed.

`GET /v1/log`: every event by its place in the sealed log, in pages or as a stream.

Proofs about the log: signed checkpoints, RFC 6962 proofs, the head of an agency, receipts (api.md, Questions).
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.answers.log import LogPage
from api.application.background.checkpoint_signer import CheckpointSigner, signed_log
from api.application.background.readiness import Service
from api.application.questions.pagination import page
from api.application.questions.service.log_places import require_log
from api.application.questions.service.log_questions import (
    consistency_of,
    head_of_agency,
    inclusion_of,
    proven,
    receipt_of,
    size_signed,
)
from api.http.documentation.openapi import checkpoint_docs, log_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.log_feed import LogFeed, log_item
from api.http.query_params import After, Cursor, EventId, FirstSize, LastSize, Limit, Size, log_place
from api.http.request import prefers, secret_of
from api.http.responses import ASK_AGAIN, JSON, PageBytes, answer, answered
from domain.errors import Invalid
from domain.ledger.ledger import Ledger
from domain.store.proof.proof_reader import checkpoint_at
from domain.store.proof.restored import acceptances

router = APIRouter(route_class=GuardedRoute)
STREAMED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second is for nginx, which else keeps what is sent until it has a buffer full."""


@router.get("/v1/log", tags=["问：全区"], **log_docs())
async def log(request: Request, after: After = 0, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """全部事件，按日志序号；Accept: text/event-stream 则持续推送 / All events by log index; streamed on request."""
    if EventSourceResponse.media_type in request.headers.get("accept", ""):
        last = request.headers.get("last-event-id")
        feed: LogFeed = request.app.state.feed
        feed.require_place()
        place = after if last is None else _place_of(last)
        ledger: Ledger = request.app.state.service.ledger
        await run_in_threadpool(require_log, ledger, place, "?after" if last is None else "Last-Event-ID")
        return EventSourceResponse(feed.listen(secret_of(request), place), headers=STREAMED)
    return await run_in_threadpool(_page, request, request.app.state.service, after, limit, cursor)


def _place_of(last: str) -> int:
    try:
        return log_place(last)
    except ValueError:
        raise Invalid(
            "Last-Event-ID 须为日志序号（0 或正整数）",
            "Last-Event-ID has to be a log index: 0 or a positive integer",
            remedy="请原样传回最后收到的 id",
            remedy_en="Send back the id that came last.",
            pointer="Last-Event-ID",
        ) from None


def _page(request: Request, service: Service, after: int, limit: int, cursor: str | None) -> Response:
    wanted = page(cursor, limit, question=("log", after))
    ledger = service.ledger
    with service.asking() as reader:
        sealed, _ = reader.sealed()
        if after > sealed:
            require_log(ledger, after, "?after")
        up_to = sealed if wanted.known_at is None else int(wanted.known_at.removeprefix("log:"))
        entries = ledger.log_entries(reader, after + wanted.offset, min(up_to, sealed), limit + 1)
    items, next_cursor = wanted.part([log_item(entry) for entry in entries], None, f"log:{up_to}")
    return answer(request, LogPage(after=after, sealed=sealed, items=tuple(items), next_cursor=next_cursor))


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
