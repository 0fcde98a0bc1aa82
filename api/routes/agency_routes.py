"""Routes about one agency and the district: standing, sheet, timeline, notices, hints, persons, lists.

The questions of api.md about agencies, over HTTP: standing, sheet, timeline; lists, ranking, statistics, notices.

The course of one agency's standing, quick and small: for pictures of it, and for stepping through its days.

Whose personal data is recorded about an agency, and where: so that what a request is about can be found.

The score sheet as a paper: annex 1 as a PDF, as of a day, or as it was published (art.20, R32).

The worklist of hints (R37): of one agency and of the district, answered by replay.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.application.questions.agency.course_questions import (
    course_between,
    hints_grouped,
    hints_listed,
    hints_of,
    stops_around,
)
from api.application.questions.agency.district_questions import (
    agencies_listed,
    notices_listed,
    ranking_of,
    standings_of,
    statistics_of,
)
from api.application.questions.agency.file_questions import file_of
from api.application.questions.agency.inside_questions import found_inside
from api.application.questions.agency.people_questions import people_named
from api.application.questions.agency.standing_questions import sheet_of, standing_of, subjects_of, timeline_of
from api.application.questions.papers.sheet_papers import sheet_paper_of
from api.application.questions.year.conduct_questions import bad_records_of, surveys_of
from api.http.documentation.file_docs import pdf_docs
from api.http.documentation.openapi import list_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import (
    WORDS,
    AsOf,
    BehaviourFilter,
    CategoryFilter,
    Cursor,
    FilingFilter,
    FirstDay,
    GradeFilter,
    HintFilter,
    KnownAt,
    LastDay,
    Limit,
    MatterYear,
    NoticeFilter,
    Published,
    RuleFilter,
    Search,
    TierFilter,
    UsccFilter,
)
from api.http.responses import answered, handed_out
from api.http.sort_params import AgencySort, Direction, HintSort, NoticeSort, RankingSort

router = APIRouter(route_class=GuardedRoute)
ONE, MANY = "问：一家机构", "问：全区"


@router.get("/v1/agencies/{uscc}/standing", tags=[ONE], **question_docs("standing", one_agency=True))
def standing(request: Request, uscc: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """惩戒等级、不良信息和考评得分 / Tier, bad records and score on a day, as known at an instant."""
    return answered(request, standing_of, uscc, as_of, known_at)


@router.get("/v1/agencies/{uscc}/file", tags=[ONE], **question_docs("agency_file", one_agency=True))
def agency_file(request: Request, uscc: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """机构档案：备案信息、资质、人员、曾用名、项目、承诺书 / What is on file of it, and its projects and pledges."""
    return answered(request, file_of, uscc, as_of, known_at)


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


@router.get("/v1/agencies", tags=[MANY], **list_docs("agencies"))
def agencies(
    request: Request,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    tier: TierFilter = None,
    grade: GradeFilter = None,
    category: CategoryFilter = None,
    filing: FilingFilter = None,
    q: Search = None,
    sort: AgencySort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """机构名单，可筛选、排序 / The agencies, with filters, sorted; an agency sees its own row."""
    narrowed = (tier, grade, category, filing, q)
    return answered(request, agencies_listed, as_of, known_at, *narrowed, sort, order, limit, cursor)


@router.get("/v1/standings", tags=[MANY], **list_docs("standings", "ndjson"))
def standings(request: Request, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """全区机构的状态，一次给全 / The standings of all agencies at one basis, in one answer; an agency sees its own."""
    return answered(request, standings_of, as_of, known_at)


@router.get("/v1/bad-records/{year}", tags=[MANY], **list_docs("bad_records", not_found=True))
def bad_records(request: Request, year: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """全区某年度的不良信息，一次给全（第十六条）/ The bad records of a year in the district, in one answer."""
    return answered(request, bad_records_of, year, as_of, known_at)


@router.get("/v1/survey-summaries/{year}", tags=[MANY], **list_docs("survey_summaries", not_found=True))
def survey_summaries(request: Request, year: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """某年度各机构的满意度汇总（第二十三条）/ What the surveys of a year said, agency by agency, in one answer."""
    return answered(request, surveys_of, year, as_of, known_at)


@router.get("/v1/search", tags=[MANY], **question_docs("search"))
def search(
    request: Request,
    q: Annotated[
        str,
        *WORDS,
        Query(description="名称、代码、合同号的片段，或记录编号、log:N / fragments, a record's id, or its log index"),
    ],
) -> Response:
    """按机构、客户、合同或记录编号查询 / Agencies, projects by client or contract, a record by its number."""
    return answered(request, found_inside, q)


@router.get("/v1/people", tags=[MANY], **question_docs("people"))
def people(
    request: Request,
    q: Annotated[
        str,
        *WORDS,
        Query(description="完整姓名或证书编号；不支持片段 / a whole name or certificate number, no part of it"),
    ],
) -> Response:
    """按姓名或证书编号查人，每次查找均有记录 / Where a person is named; every search is put on record."""
    return answered(request, people_named, q)


@router.get("/v1/rankings/{year}", tags=[MANY], **list_docs("ranking", not_found=True))
def ranking(
    request: Request,
    year: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    q: Search = None,
    sort: RankingSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """某年度按类型的排名 / The ranking of a year, per category; an agency sees its own row."""
    return answered(request, ranking_of, year, as_of, known_at, q, sort, order, limit, cursor)


@router.get("/v1/statistics", tags=[MANY], **question_docs("statistics"))
def statistics(request: Request, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """全区统计：等级、考评结果、类型、备案 / The district in numbers, by tier, grade, category and filing."""
    return answered(request, statistics_of, as_of, known_at)


@router.get("/v1/notices", tags=[MANY], **list_docs("notices"))
def notices(
    request: Request,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: NoticeFilter = "due",
    q: Search = None,
    sort: NoticeSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """应发通知的清单（R18）/ The worklist of notices that are due (R18); an agency sees those about itself."""
    return answered(request, notices_listed, as_of, known_at, status, q, sort, order, limit, cursor)


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


@router.get("/v1/agencies/{uscc}/subjects", tags=[ONE], **list_docs("subjects", one_agency=True))
def subjects(request: Request, uscc: str, q: Search = None, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """个人信息主体：内容、出处、是否已删除 / Whose personal data is recorded, where, erased or not."""
    return answered(request, subjects_of, uscc, q, limit, cursor)


@router.get("/v1/agencies/{uscc}/sheets/{year}/pdf", tags=[ONE], **pdf_docs())
def sheet_paper(
    request: Request, uscc: str, year: str, as_of: AsOf = None, known_at: KnownAt = None, of: Published = "basis"
) -> Response:
    """考评打分表 PDF，附件1 版式 / The sheet in the layout of annex 1, to print; same basis, same bytes."""
    return handed_out(request, sheet_paper_of, uscc, year, as_of, known_at, of)


@router.get("/v1/hints", tags=[MANY], **list_docs("hints"))
def hints(
    request: Request,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: HintFilter = "open",
    behaviour: BehaviourFilter = None,
    rule: RuleFilter = None,
    year: MatterYear = None,
    uscc: UsccFilter = None,
    q: Search = None,
    sort: HintSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """线索清单（R37）：应予核查的事实 / The worklist of hints (R37): facts to be looked into; they never count."""
    narrowed = status, behaviour, rule, year, uscc, q
    return answered(request, hints_listed, as_of, known_at, *narrowed, sort, order, limit, cursor)


@router.get("/v1/hints/groups", tags=[MANY], **question_docs("hint_groups"))
def grouped_hints(
    request: Request,
    status: HintFilter = "open",
    behaviour: BehaviourFilter = None,
    year: MatterYear = None,
    uscc: UsccFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """线索按原因、机构和年度归组，本年度的在前（R37、R40） / Hints by cause, agency and year; of now."""
    return answered(request, hints_grouped, status, behaviour, year, uscc, limit, cursor)


@router.get("/v1/agencies/{uscc}/hints", tags=[ONE], **list_docs("agency_hints", one_agency=True))
def agency_hints(
    request: Request,
    uscc: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: HintFilter = "open",
    behaviour: BehaviourFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """一家机构的线索（R37）；机构只见自己的 / The hints at one agency (R37); an agency sees nothing of others."""
    return answered(request, hints_of, uscc, as_of, known_at, status, behaviour, limit, cursor)
