"""The questions of api.md about agencies. Each is answered from one snapshot of the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.privacy.authorisation import Reach
from api.application.privacy.veiled import veil_of
from api.http.documentation.openapi import question_docs
from api.http.fast_standing import StandingRoute
from api.http.guard import GuardedRoute, path_uscc
from api.http.pagination import Page, page
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
from api.http.responses import answer, may_cache_for_ever
from domain.errors import NotFound
from domain.ledger.ledger import Reader
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.store.log.stream_heads import last_recorded_at
from domain.values import instant
from projections.replay.basis import Basis
from projections.replay.queries import ReplayQueries
from projections.replay.sheet import Sheet
from projections.rows.read.district import Filters
from projections.rows.read.row_queries import RowQueries

router = APIRouter(route_class=GuardedRoute)
ONE, MANY = "问：一家机构", "问：全区"


@contextmanager
def asking(request: Request) -> Iterator[tuple[ReplayQueries, Reader]]:
    """Questions to one snapshot at this moment's clock, answered by replay."""
    with request.app.state.service.ledger.reading() as reader:
        yield ReplayQueries(reader, instant(datetime.now(UTC)), _hidden(request, reader)), reader


def _hidden(request: Request, reader: Reader) -> frozenset[str]:
    """The survey forms of which the caller is told little (R39); their answer passes the veil (`answers.answer`)."""
    request.state.veil = veil = veil_of(reader, request.state.caller)
    return frozenset() if veil is None else veil.ids


@contextmanager
def looking_up(request: Request) -> Iterator[tuple[RowQueries, Reader]]:
    """The same, answered from the rows."""
    with request.app.state.service.ledger.reading() as reader:
        _hidden(request, reader)
        yield RowQueries(reader, instant(datetime.now(UTC))), reader


def one_agency(request: Request, uscc: str, as_of: AsOf, known_at: KnownAt, ask: str, *more: Any) -> Response:
    """The answer to a question about one agency at one basis."""
    with asking(request) as (questions, reader):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        content = getattr(questions, ask)(basis, *more)
        for_ever = _for_ever(reader, as_of, known_at, basis.known_at)
    return answer(request, content, for_ever=for_ever)


def _for_ever(reader: Reader, as_of: AsOf, known_at: KnownAt, resolved: str) -> bool:
    return may_cache_for_ever(
        reader.connection, as_of_given=as_of is not None, known_at=resolved, known_at_given=known_at is not None
    )


def path_year(text: str) -> int:
    """The assessment year that a path names. Raises: NotFound for what is no year."""
    if not (len(text) == 4 and text.isascii() and text.isdecimal() and 2000 <= int(text) <= 2199):
        raise NotFound(
            "没有这个考评年度",
            "there is no such assessment year",
            remedy="请写四位数字的年度，如 2024",
            remedy_en="Write the year in four digits, like 2024.",
        )
    return int(text)


often = APIRouter(route_class=StandingRoute)


@often.get("/v1/agencies/{uscc}/standing", tags=[ONE], **question_docs("standing", one_agency=True))
def standing(request: Request, uscc: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """惩戒等级、不良信息和考评得分 / Tier, bad records and score on a day, as known at an instant."""
    with looking_up(request) as (look_ups, reader):
        if (as_of or known_at) and request.state.veil is not None and request.state.veil.by_id:
            return one_agency(request, uscc, as_of, known_at, "standing")  # by the month: rows know days (R39)
        content = look_ups.standing(path_uscc(uscc), as_of, known_at)
        for_ever = _for_ever(reader, as_of, known_at, content["known_at"])
    return answer(request, content, for_ever=for_ever)


@router.get("/v1/agencies/{uscc}/sheets/{year}", tags=[ONE], **question_docs("sheet", one_agency=True))
def sheet(request: Request, uscc: str, year: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """附件1 考评打分表，逐项说明 / The score sheet of annex 1, every number explained."""
    return one_agency(request, uscc, as_of, known_at, "sheet", path_year(year))


@router.get("/v1/agencies/{uscc}/timeline", tags=[ONE], **question_docs("timeline", one_agency=True))
def timeline(
    request: Request, uscc: str, first: FirstDay = None, last: LastDay = None, known_at: KnownAt = None
) -> Response:
    """状态发生变化的每一天及其原因 / Every day on which something of the standing changes, and why."""
    return one_agency(request, uscc, None, known_at, "timeline", first, last)


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
    filters = Filters(tier, grade, category, filing, q, own_only(request))
    wanted = page(cursor, limit, question=("agencies", *filters), as_of=as_of, at=known_at)
    with looking_up(request) as (look_ups, reader):
        basis = look_ups.district(wanted.as_of, wanted.known_at)
        rows = look_ups.agencies(basis, filters, offset=wanted.offset, limit=wanted.limit + 1)
        rows = by_month(request, reader, wanted, rows)
        return listed(request, reader, basis.echo(), wanted.part(rows, basis.as_of, basis.known_at), as_of, known_at)


@router.get("/v1/rankings/{year}", tags=[MANY], **question_docs("ranking", not_found=True))
def ranking(
    request: Request, year: str, as_of: AsOf = None, known_at: KnownAt = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """某年度按类型的排名 / The ranking of a year, per category; an agency sees its own row."""
    number = path_year(year)
    wanted = page(cursor, limit, question=("ranking", number), as_of=as_of, at=known_at)
    with looking_up(request) as (look_ups, reader):
        basis = look_ups.district(wanted.as_of, wanted.known_at)
        own = own_only(request)
        rows = look_ups.ranking(basis, number, uscc=own, offset=wanted.offset, limit=wanted.limit + 1)
        part = wanted.part(by_month(request, reader, wanted, rows, number), basis.as_of, basis.known_at)
        return listed(request, reader, {"year": number, **basis.echo()}, part, as_of, known_at)


@router.get("/v1/statistics", tags=[MANY], **question_docs("statistics"))
def statistics(request: Request, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """全区统计：等级、考评结果、类型、备案 / The district in numbers, by tier, grade, category and filing."""
    with looking_up(request) as (look_ups, reader):
        basis = look_ups.district(as_of, known_at)
        content = {**basis.echo(), **look_ups.statistics(basis)}
        for_ever = _for_ever(reader, as_of, known_at, basis.known_at)
    return answer(request, content, for_ever=for_ever)


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
    wanted = page(cursor, limit, question=("notices", status), as_of=as_of, at=known_at)
    with asking(request) as (questions, reader):
        basis = RowQueries(reader, questions.now).district(wanted.as_of, wanted.known_at)
        own = own_only(request)
        if own is None and of_now(questions, wanted):
            rows = request.app.state.service.remembered.notices(questions)
        else:
            bases = _only(questions, own, wanted) if own else questions.district(wanted.as_of, wanted.known_at)
            rows = [row for one in bases for row in questions.notices(one)]
        if status != "all":
            rows = [row for row in rows if (row["sent_on"] is not None) == (status == "sent")]
        rows.sort(key=lambda row: (row["due_on"], row["agency"]["uscc"], row["id"]))
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        return listed(request, reader, basis.echo(), part, as_of, known_at)


def of_now(questions: ReplayQueries, wanted: Page) -> bool:
    """Whether a page is of today and of all that is known: asked for so, or going on while nothing came in since."""
    if wanted.as_of not in (None, questions.today):
        return False
    latest = last_recorded_at(questions.reader.connection) or ""
    return wanted.known_at is None or (wanted.known_at[:1].isdigit() and latest <= wanted.known_at)


def by_month(request: Request, reader: Reader, wanted: Page, rows: Iterable[Any], year: int | None = None) -> list[Any]:
    """The rows of a list; an agency's own with what survey forms it is told of by month give at a basis (R39)."""
    found, veil = list(rows), request.state.veil
    if veil is None or not veil.by_id or not (wanted.as_of or wanted.known_at):
        return found
    questions = ReplayQueries(reader, instant(datetime.now(UTC)), veil.ids)
    for place, row in enumerate(found):
        for one in _only(questions, row["agency"]["uscc"], wanted):
            of_year = Sheet(one, year or assessment_year_of(one.as_of, one.rulebook)).summary()
            told = {name: of_year[name] for name in row if name in of_year}
            found[place] = {**row, **told, **({"assessment": of_year} if "assessment" in row else {})}
    return found


def own_only(request: Request) -> str | None:
    """The agency to which the answer is narrowed, for a caller who may see only that."""
    own: str | None = request.state.caller.uscc if request.state.reach is Reach.PART else None
    return own


def _only(questions: ReplayQueries, uscc: str, wanted: Page) -> list[Basis]:
    """One agency as the only one of the district; none where it was not known yet."""
    with suppress(NotFound):
        return [questions.basis(uscc, wanted.as_of, wanted.known_at)]
    return []


def listed(
    request: Request,
    reader: Reader,
    echo: dict[str, Any],
    part: tuple[list[Any], str | None],
    as_of: AsOf,
    known_at: KnownAt,
) -> Response:
    """The answer of a list: the echo of its basis, a page of items, the next cursor."""
    items, next_cursor = part
    for_ever = _for_ever(reader, as_of, known_at, echo["known_at"])
    return answer(request, {**echo, "items": items, "next_cursor": next_cursor}, for_ever=for_ever)
