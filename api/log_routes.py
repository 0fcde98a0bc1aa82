"""`GET /v1/log`: every event by its place in the sealed log, in pages or as a stream."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.answers import answer
from api.auth import secret_of
from api.guard import GuardedRoute
from api.log_feed import LogFeed, log_item
from api.openapi import log_docs
from api.pages import page
from api.queries import After, Cursor, Limit, log_place
from domain.errors import Invalid
from domain.ledger import Ledger
from domain.store.log import sealed_entries

router = APIRouter(route_class=GuardedRoute)
EVENT_STREAM = "text/event-stream"


@router.get("/v1/log", tags=["问：全区"], **log_docs())
async def log(request: Request, after: After = 0, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """全部事件，按日志序号；Accept: text/event-stream 则持续推送 / All events by log index; streamed on request."""
    if EVENT_STREAM in request.headers.get("accept", ""):
        last = request.headers.get("last-event-id")
        feed: LogFeed = request.app.state.feed
        feed.require_place()
        events = feed.listen(secret_of(request), after if last is None else _place_of(last))
        return StreamingResponse(events, headers={"Cache-Control": "no-store"}, media_type=EVENT_STREAM)
    return await run_in_threadpool(_page, request, request.app.state.service.ledger, after, limit, cursor)


def _place_of(last: str) -> int:
    try:
        return log_place(last)
    except ValueError:
        raise Invalid(
            "Last-Event-ID 须为日志序号（0 或正整数）", "Last-Event-ID has to be a log index: 0 or a positive integer",
            remedy="请原样传回最后收到的 id", remedy_en="Send back the id that came last.", pointer="Last-Event-ID",
        ) from None  # fmt: skip


def _page(request: Request, ledger: Ledger, after: int, limit: int, cursor: str | None) -> Response:
    wanted = page(cursor, limit, question=("log", after))
    with ledger.reading() as reader:
        sealed, _ = reader.sealed()
        up_to = sealed if wanted.known_at is None else int(wanted.known_at.removeprefix("log:"))
        entries = sealed_entries(reader.connection, after + wanted.offset, min(up_to, sealed), limit + 1)
    items, next_cursor = wanted.part([log_item(entry) for entry in entries], None, f"log:{up_to}")
    return answer(request, {"after": after, "sealed": sealed, "items": items, "next_cursor": next_cursor})
