"""The course of one agency's standing, quick and small: for pictures of it, and for stepping through its days."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.course_questions import course_between, stops_around
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import AsOf, FirstDay, KnownAt, LastDay
from api.http.responses import answered
from api.routes.agency.question_routes import ONE

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/agencies/{uscc}/course", tags=[ONE], **question_docs("course", one_agency=True))
def course_of(
    request: Request,
    uscc: str,
    first: FirstDay = None,
    last: LastDay = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Response:
    """得分、惩戒等级和事实的走势，过密的合并 / Score, tier and facts over a stretch, drawn together for a picture.

    `score` 是逐日得分，止于年末。`ended_years` 是到 `as_of` 已结束的各年度：当天的打分表和公布的结果，含年末后收到的 /
    `score` is by day and stops at a year's end. `ended_years`: each year that is over by `as_of`, with its sheet of
    that day, in which what came in after the year's end counts too, and its published `result` (null: none).
    """
    return answered(request, course_between, uscc, first, last, as_of, known_at)


@router.get("/v1/agencies/{uscc}/stops", tags=[ONE], **question_docs("stops", one_agency=True))
def stops_of(request: Request, uscc: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """回放时前后可停的日期 / Beside a day: the previous and next day with facts, and with a change of the standing."""
    return answered(request, stops_around, uscc, as_of, known_at)
