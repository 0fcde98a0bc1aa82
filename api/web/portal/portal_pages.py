"""The public portal (art.9, 11, 17(3), 19, 20): pages for everybody, of the same lists and the same law as the API."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.application.questions.inquiry import path_year
from api.application.questions.pagination import onward
from api.application.questions.pagination import page as part_of
from api.application.questions.service.law_questions import adopted_law
from api.application.questions.service.public_questions import explained_page, not_published, publicly, published_year
from api.application.questions.service.reading_questions import papers_of
from api.http.query_params import Cursor, LooseText
from api.http.sort_params import Direction, ListSort, ResultSort
from api.web.frame.basis_picker import ListOrder, keeping
from api.web.frame.glossary import groups
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_table import ASSETS
from api.web.frame.render import OWN_FILES, asset, packed, page
from api.web.frame.rule_words import value_said
from api.web.portal.survey_pages import worked_example
from api.web.portal.whole_public_lists import whole_blacklist, whole_register, whole_year
from api.web.printing.whole_lists import WholeList, printed, whole_link
from domain.errors import NotFound
from domain.measures.chapter4_appeals import appeal_deadline
from domain.measures.rulebook.kinds import DescribedValue, heading
from domain.measures.text.official_text import official_text
from domain.measures.text.paragraphs import paragraphs
from domain.values import FOREVER, Bilingual, instant, shanghai_date
from projections.public.firms import register_counted
from projections.rows.read.register import RegisterFilter
from projections.rows.read.searching import Ordering, ordering

ROWS = 25
"""Agencies on one page of a list: with names of 300 characters still far below 100 kB."""
_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_HOLIDAY_CASE = date(2024, 9, 27)
"""A day of publication whose week ends within the National Day holiday."""


router = APIRouter(route_class=PageRoute)


@router.get("/")
def home(request: Request) -> Response:
    """What this is and where to go."""
    now = datetime.now(UTC)
    with publicly(request.app.state.service, now) as public:
        years = public.years()
    return page(request, "home.html", name="home", years=years)


@router.get("/register")
async def register(
    request: Request,
    category: LooseText = "",
    q: LooseText = "",
    sort: ListSort = None,
    order: Direction = "asc",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """The agencies on file today (art.9), by category or part of the name, sorted by a column."""
    kind, words = category.strip() or None, q.strip() or None
    by = ordering(sort, order, "code")
    if whole:
        return await printed(request, whole_register(request.app.state.service, kind, words, by, _chosen(by, "code")))
    return await run_in_threadpool(_register, request, kind, words, by, cursor)


def _register(request: Request, kind: str | None, words: str | None, by: Ordering, cursor: str | None) -> Response:
    part, now = part_of(cursor, ROWS, question=("register page", kind, words, *by)), datetime.now(UTC)
    with publicly(request.app.state.service, now) as public:
        wanted = RegisterFilter(ROWS + 1, None, kind, words, order=by, offset=part.offset)
        items, following = part.part([one.item for one in public.agencies(wanted)], None, FOREVER)
        remembered = request.app.state.service.remembered
        categories = remembered.categories(public)
        counted = partial(register_counted, public, kind, words)
        total = len(items)
        if cursor or following:  # of what was typed, which is everybody's own, nothing is kept
            total = counted() if words or kind else remembered.answer(register_counted, public.state(), counted)
    narrowed = {name: value for name, value in (("category", kind), ("q", words)) if value}
    sorting = ListOrder(lambda **to: keeping(request, "/register", **{**narrowed, **to}), *_said(by, "code"))
    filters = narrowed | {name: value for name, value in sorting.query.items() if value}
    return page(
        request,
        "register.html",
        name="register",
        items=items,
        categories=categories,
        category=kind or "",
        q=words or "",
        sorting=sorting,
        today=_today(now),
        paged=cursor is not None,
        first=_address("/register", filters),
        whole=whole_link(_address("/register", filters), len(items), total),
        following=None if following is None else _address("/register", {**filters, "cursor": following}),
    )


@router.get("/blacklist")
async def blacklist(request: Request, q: LooseText = "", cursor: Cursor = None, whole: WholeList = "") -> Response:
    """The agencies that are blacklisted today (art.17(3)), with the term of the listing."""
    words = q.strip() or None
    if whole and words is None:
        return await printed(request, whole_blacklist(request.app.state.service))
    return await run_in_threadpool(_blacklist, request, words, cursor)


def _blacklist(request: Request, words: str | None, cursor: str | None) -> Response:
    part, now = onward(cursor, ROWS, question=("blacklist page", words)), datetime.now(UTC)
    filters = {"q": words} if words else {}
    with publicly(request.app.state.service, now) as public:
        found = public.blacklist(RegisterFilter(ROWS + 1, part.after, q=words))
        items, following = part.part([one.item for one in found])
    return page(
        request,
        "blacklist.html",
        name="blacklist",
        items=items,
        q=words or "",
        today=_today(now),
        paged=cursor is not None,
        first=_address("/blacklist", filters),
        whole=None if words else whole_link("/blacklist", len(items)),
        following=None if following is None else _address("/blacklist", {**filters, "cursor": following}),
    )


@router.get("/results")
def results(request: Request) -> Response:
    """The years whose results are published (art.19)."""
    now = datetime.now(UTC)
    with publicly(request.app.state.service, now) as public:
        years = public.years()
        windows = public.windows(years)
    return page(request, "results.html", name="results", years=years, windows=windows, today=_today(now))


@router.get("/results/{year}")
async def year(
    request: Request,
    year: str,
    q: LooseText = "",
    sort: ResultSort = None,
    order: Direction = "asc",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """A year's standing results per category by rank (art.19, R30), and until when they can be appealed (R3)."""
    words = q.strip() or None
    by = ordering(sort, order, "rank")
    if whole and words is None:
        whole_list = whole_year(request.app.state.service, path_year(year), by, _chosen(by, "rank"))
        return await printed(request, whole_list)
    return await run_in_threadpool(_year, request, path_year(year), words, by, cursor)


def _year(request: Request, number: int, words: str | None, by: Ordering, cursor: str | None) -> Response:
    now = datetime.now(UTC)
    wanted = part_of(cursor, ROWS, question=("results page", number, words, *by))
    with publicly(request.app.state.service, now) as public:
        published = published_year(public, number)
        windows = public.windows([published] if published else ())
        found = public.results(number, q=words, order=by, offset=wanted.offset, limit=ROWS + 1)
        rows, following = wanted.part(found, None, FOREVER)
        rows, left_out = explained_page(public, number, rows, first=not wanted.offset, q=words)
    if published is None:
        raise not_published(number)
    path, filters = f"/results/{number}", {"q": words} if words else {}
    sorting = ListOrder(lambda **to: keeping(request, path, **{**filters, **to}), *_said(by, "rank"))
    together = sorted(rows, key=lambda one: one.group or one.category or "")
    sections = [list(found) for _, found in groupby(together, lambda one: one.group)]
    groups = [(heading(one[0].group, one[0].category) or "", one) for one in sections]
    return page(
        request,
        "year.html",
        name="year",
        year=number,
        q=words or "",
        whole=None
        if words
        else whole_link(keeping(request, path, **sorting.query), len(rows) + len(left_out), published.results),
        published=published,
        groups=groups,
        today=_today(now),
        left_out=left_out,
        windows=windows,
        paged=cursor is not None,
        sorting=sorting,
        first=keeping(request, path, **filters, **sorting.query),
        following=None if following is None else keeping(request, path, **filters, **sorting.query, cursor=following),
    )


@router.get("/rules")
def rules(request: Request) -> Response:
    """The Measures as they are read: readings with their values, known defects of the text (art.28)."""
    law, day = adopted_law(request.app.state.service), _today(datetime.now(UTC))
    book = law.read_on(day)[-1]
    values: dict[str, list[tuple[DescribedValue, Bilingual]]] = {}
    for row in book.describe():
        values.setdefault(row["reading"], []).append((row, value_said(row["name"], row["value"])))
    titles = {one.ref: one for one in paragraphs()}
    return page(
        request, "rules.html", name="rules", book=book, values=values, titles=titles, papers=papers_of(law, book, day)
    )


@router.get("/rules/text")
def text(request: Request) -> Response:
    """Every paragraph of the Measures in its own words, beside ours, with its readings."""
    return page(request, "rules-text.html", name="rules-text", titles=paragraphs(), official=official_text)


@router.get("/rules/scores")
def scores(request: Request) -> Response:
    """How a score is computed, with an example that the real code has computed."""
    law = adopted_law(request.app.state.service)
    sheet = worked_example(law)
    return page(request, "scores.html", name="scores", sheet=sheet, book=list(law.rulebooks)[-1])


@router.get("/appeal")
def appeal(request: Request) -> Response:
    """Who can appeal, until when, what to name, and what happens then (art.20, R33-R36)."""
    now, law = datetime.now(UTC), adopted_law(request.app.state.service)
    with publicly(request.app.state.service, now) as public:
        years = public.years()
        windows = public.windows(years)
    days = law.rulebooks.on(_HOLIDAY_CASE).deadlines.appeal_days
    example = {
        "published_on": _HOLIDAY_CASE,
        "last": _HOLIDAY_CASE + timedelta(days=days),
        "deadline": appeal_deadline(_HOLIDAY_CASE, law.rulebooks, law.calendar).day,
    }
    return page(
        request,
        "appeal.html",
        name="appeal",
        years=years,
        windows=windows,
        days=days,
        example=example,
        today=_today(now),
    )


@router.get("/help")
def help_(request: Request) -> Response:
    """What the pages' words mean, how to read a page, and where each role begins."""
    return page(request, "help.html", name="help", groups=groups())


@router.get(f"{ASSETS}{{name}}")
def own_file(request: Request, name: str, v: str = "") -> Response:
    """Our styles, scripts and icon; `v` names their content, so under that address they never change."""
    kind = _KINDS.get(name.rpartition(".")[2])
    if kind is None or name not in OWN_FILES:
        raise NotFound("没有这个文件", "there is no such file")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if _takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(packed(name), 200, {**headers, "Content-Encoding": "gzip"}, kind)
    return Response(asset(name)[0], 200, headers, kind)


def _takes_gzip(accepted: str) -> bool:
    """Whether a client names gzip without refusing it (RFC 9110, 12.5.3); `*` need not be understood."""
    offers = (one.replace(" ", "").lower().partition(";q=") for one in accepted.split(","))
    return any(name == "gzip" and not re.fullmatch(r"0(\.0*)?", weight) for name, _, weight in offers)


def _said(by: Ordering, by_itself: str) -> tuple[str, str, str]:
    """An order as an address says it: nothing of the one that the list has by itself, which comes last."""
    return "" if by == Ordering(by_itself) else by.by, "desc" if by.descending else "asc", by_itself


def _chosen(by: Ordering, by_itself: str) -> dict[str, str]:
    """The parameters of an order that was chosen; none for the one that the list has by itself."""
    sort, order, _ = _said(by, by_itself)
    return {"sort": sort, "order": order} if sort else {}


def _today(now: datetime) -> date:
    return shanghai_date(instant(now))


def _address(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
