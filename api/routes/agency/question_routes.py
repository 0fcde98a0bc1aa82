"""The questions of api.md about agencies, over HTTP: standing, sheet, timeline; lists, ranking, statistics, notices."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.district_questions import (
    agencies_listed,
    notices_listed,
    ranking_of,
    statistics_of,
)
from api.application.questions.agency.standing_questions import sheet_of, standing_of, timeline_of
from api.http.documentation.openapi import question_docs
from api.http.fast_standing import StandingRoute
from api.http.guard import GuardedRoute
from api.http.query_params import (
    AsOf,
    CategoryFilter,
    Cursor,
    FilingFilter,
    FirstDay,
    GradeFilter,
    KnownAt,
    LastDay,
    Limit,
    NoticeFilter,
    Search,
    TierFilter,
)
from api.http.responses import answered

router = APIRouter(route_class=GuardedRoute)
often = APIRouter(route_class=StandingRoute)
ONE, MANY = "问：一家机构", "问：全区"


@often.get("/v1/agencies/{uscc}/standing", tags=[ONE], **question_docs("standing", one_agency=True))
def standing(request: Request, uscc: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """惩戒等级、不良信息和考评得分 / Tier, bad records and score on a day, as known at an instant."""
    return answered(request, standing_of, uscc, as_of, known_at)


@router.get("/v1/agencies/{uscc}/sheets/{year}", tags=[ONE], **question_docs("sheet", one_agency=True))
def sheet(request: Request, uscc: str, year: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """附件1 考评打分表，逐项说明 / The score sheet of annex 1, every number explained."""
    return answered(request, sheet_of, uscc, year, as_of, known_at)


@router.get("/v1/agencies/{uscc}/timeline", tags=[ONE], **question_docs("timeline", one_agency=True))
def timeline(
    request: Request, uscc: str, first: FirstDay = None, last: LastDay = None, known_at: KnownAt = None
) -> Response:
    """状态发生变化的每一天及其原因 / Every day on which something of the standing changes, and why."""
    return answered(request, timeline_of, uscc, first, last, known_at)


@router.get("/v1/agencies", tags=[MANY], **question_docs("agencies"))
def agencies(
    request: Request,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    tier: TierFilter = None,
    grade: GradeFilter = None,
    category: CategoryFilter = None,
    filing: FilingFilter = None,
    q: Search = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """机构名单，可筛选 / The agencies, with filters; an agency sees its own row."""
    return answered(request, agencies_listed, as_of, known_at, tier, grade, category, filing, q, limit, cursor)


@router.get("/v1/rankings/{year}", tags=[MANY], **question_docs("ranking", not_found=True))
def ranking(
    request: Request, year: str, as_of: AsOf = None, known_at: KnownAt = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """某年度按类型的排名 / The ranking of a year, per category; an agency sees its own row."""
    return answered(request, ranking_of, year, as_of, known_at, limit, cursor)


@router.get("/v1/statistics", tags=[MANY], **question_docs("statistics"))
def statistics(request: Request, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """全区统计：等级、考评结果、类型、备案 / The district in numbers, by tier, grade, category and filing."""
    return answered(request, statistics_of, as_of, known_at)


@router.get("/v1/notices", tags=[MANY], **question_docs("notices"))
def notices(
    request: Request,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: NoticeFilter = "due",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """应发通知的清单（R18）/ The worklist of notices that are due (R18); an agency sees those about itself."""
    return answered(request, notices_listed, as_of, known_at, status, limit, cursor)
