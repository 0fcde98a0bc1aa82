"""`GET /v1/log`: every event by its place in the sealed log, in pages or as a stream."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.answers.log import LogPage
from api.application.questions.pagination import page
from api.http.documentation.openapi import log_docs
from api.http.guard import GuardedRoute
from api.http.log_feed import LogFeed, log_item
from api.http.query_params import After, Cursor, Limit, log_place
from api.http.request.bearer import secret_of
from api.http.responses import answer
from domain.errors import Contradiction, Invalid
from domain.ledger.ledger import Ledger

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
        await run_in_threadpool(_require_there, ledger, place, "?after" if last is None else "Last-Event-ID")
        return EventSourceResponse(feed.listen(secret_of(request), place), headers=STREAMED)
    return await run_in_threadpool(_page, request, request.app.state.service.ledger, after, limit, cursor)


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


def _require_there(ledger: Ledger, place: int, pointer: str) -> None:
    """Nobody waits for events beyond the end of the log: whoever has seen such a place has seen another log.

    Raises: Contradiction, which names the last place there is.
    """
    with ledger.reading() as reader:
        sealed, _ = reader.sealed()
    if place > sealed:
        raise Contradiction(
            f"日志只到第 {sealed} 条，{place} 在其后",
            f"the log ends at {sealed}, and {place} lies beyond it",
            remedy=f"请从 after={sealed} 起读取；如已读到过 {place}，则是另一本日志，或由较早的备份恢复：请与协会核对",
            remedy_en=f"Read from after={sealed}. If you have read as far as {place}, this is another log, or one that "
            "was restored from an earlier backup: ask the association.",
            pointer=pointer,
        )


def _page(request: Request, ledger: Ledger, after: int, limit: int, cursor: str | None) -> Response:
    wanted = page(cursor, limit, question=("log", after))
    with ledger.reading() as reader:
        sealed, _ = reader.sealed()
        if after > sealed:
            _require_there(ledger, after, "?after")
        up_to = sealed if wanted.known_at is None else int(wanted.known_at.removeprefix("log:"))
        entries = ledger.log_entries(reader, after + wanted.offset, min(up_to, sealed), limit + 1)
    items, next_cursor = wanted.part([log_item(entry) for entry in entries], None, f"log:{up_to}")
    return answer(request, LogPage(after=after, sealed=sealed, items=tuple(items), next_cursor=next_cursor))
