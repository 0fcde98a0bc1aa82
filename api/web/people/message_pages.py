"""What one was told (R41): one's own messages; opening one leads to what it says, and it counts as read."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.messages.message_acts import ReadMessages, read_messages
from api.application.questions.service.message_questions import message_of, messages_told
from api.http.query_params import Cursor, LooseText
from api.web.frame.basis_picker import keeping
from api.web.frame.form_leads import see_other
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_questions import ask
from api.web.frame.render import page

router = APIRouter(route_class=PageRoute)
HERE, ROWS = "/messages", 40


@router.get(HERE)
async def messages(request: Request, unread: LooseText = "", cursor: Cursor = None) -> Response:
    """The messages, the latest first."""
    asked = {"unread": "true"} if unread else {}
    found = await ask(request, messages_told, limit=ROWS, cursor=cursor, **asked)
    following = found["next_cursor"]
    return page(
        request,
        "messages.html",
        name="messages",
        items=found["items"],
        only_unread=bool(unread),
        first=keeping(request, HERE, unread=unread),
        following=keeping(request, HERE, unread=unread, cursor=following) if following else None,
        paged=cursor is not None,
    )


@router.post(HERE)
async def read(request: Request) -> Response:
    """`open`: one message, which leads to the page that it speaks of; without one all of them are read."""
    service, caller = request.app.state.service, request.state.visitor.caller
    id_ = text_of(request.state.form, "open")
    there = (await run_in_threadpool(message_of, service, caller, id_)).path if id_ else HERE
    await run_in_threadpool(read_messages, service, caller, ReadMessages(ids=(id_,) if id_ else None))
    return see_other(request, there)
