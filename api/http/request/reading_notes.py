"""Behind an answer about one agency: it is noted that it was given (`application/privacy/reading_log.py`)."""

from __future__ import annotations

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.application.privacy.callers import Caller
from api.application.privacy.reading_log import NotedReading, ReadingLog
from domain.values import normal_uscc


async def note_reading(readings: ReadingLog, request: Request, caller: Caller, uscc: str, route: str) -> None:
    """Note an answered question. Raises: Busy when so many wait that they have to be written now, and cannot be."""
    scope = request.scope
    if readings.note(NotedReading(time.time(), caller, uscc, route, scope["query_string"], scope["path_params"])):
        await run_in_threadpool(readings.flush)


async def note_answer(request: Request, response: Response, route: str) -> None:
    """Note an answer, if it is one and about one agency: the path's, or the one that the question found."""
    caller = getattr(request.state, "caller", None)
    uscc = getattr(request.state, "about", None) or request.path_params.get("uscc")
    if caller is None or uscc is None or response.status_code not in (200, 304):
        return
    await note_reading(request.app.state.service.readings, request, caller, normal_uscc(uscc), route)
