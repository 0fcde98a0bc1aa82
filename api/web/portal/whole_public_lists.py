"""Public lists whole, to be printed: register, blacklist, results of a year, what a search found (art.9, 17(3), 19).

Which agencies stand on one is decided at the moment at which its first part is read: all parts are of that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool

from api.application.background.readiness import Service
from api.application.questions.service.public_questions import firms_listed, not_published, publicly, published_year
from api.web.printing.whole_lists import PART, ListPart, Parts, PrintedList
from domain.measures.rulebook.kinds import heading
from domain.values import Bilingual
from projections.public.public import Public, ranked
from projections.rows.read.register import OnDay, RegisterFilter
from projections.rows.read.searching import Ordering


def whole_register(
    service: Service, category: str | None, q: str | None, by: Ordering, chosen: Mapping[str, str]
) -> PrintedList:
    """The agencies on file (art.9), narrowed and ordered as on the page; `chosen`: the order as its address says it."""

    def read(public: Public, place: int) -> tuple[Sequence[Any], int | None]:
        wanted = RegisterFilter(PART + 1, None, category, q, order=by, offset=place)
        rows = [one.item for one in public.agencies(wanted)]
        return (rows[:PART], place + PART) if len(rows) > PART else (rows, None)

    filters = {"category": category or "", "q": q or ""}
    asked = urlencode({name: value for name, value in {**filters, **chosen}.items() if value})
    address = f"/register?{asked}" if asked else "/register"
    parts = _of_one_moment(service, read, 0, int)
    return PrintedList("register", ("备案名录", "Register of agencies on file"), address, parts, filters)


def whole_blacklist(service: Service) -> PrintedList:
    """The blacklisted agencies (art.17(3))."""

    def read(public: Public, after: str | None) -> Sequence[Any]:
        return [one.item for one in public.blacklist(RegisterFilter(PART + 1, after))]

    return PrintedList("blacklist", ("黑名单", "Blacklist"), "/blacklist", _by_uscc(service, read), {})


def whole_year(service: Service, year: int, by: Ordering, chosen: Mapping[str, str]) -> PrintedList:
    """The published results of a year (art.19), ordered as on the page, then who was not assessed and why (R29).

    Raises, when it is read: NotFound for a year that is not published.
    """

    def read(public: Public, place: int) -> tuple[Sequence[Any], int | None]:
        if published_year(public, year) is None:
            raise not_published(year)
        rows = public.results(year, order=by, offset=place, limit=PART + 1)
        if len(rows) > PART:
            return public.explained(year, rows[:PART]), place + PART
        left_out = public.explained(year, public.results(year, graded=False))
        told = public.explained(year, rows)
        return [*(told if chosen else ranked(told)), *left_out], None

    title: Bilingual = (f"{year} 年度考评结果", f"Results of {year}")
    more = {"heading_of": heading}
    address = f"/results/{year}" + (f"?{urlencode(chosen)}" if chosen else "")
    parts = _of_one_moment(service, read, 0, int)
    return PrintedList("results", title, address, parts, {}, more=more, points=lambda one: (one.total, one.grade))


def whole_search(service: Service, q: str) -> PrintedList:
    """The firms that public lists name so."""

    async def part(cursor: str | None) -> ListPart:
        found = await run_in_threadpool(firms_listed, service, datetime.now(UTC), q, PART, cursor)
        return ListPart(found.items, found.next_cursor, found.as_of)

    return PrintedList("firms", ("查到的机构", "Firms found"), f"/search?{urlencode({'q': q})}", part, {"q": q})


def _by_uscc(service: Service, read: Callable[[Public, str | None], Sequence[Any]]) -> Parts:
    """The parts of a list that goes on after a USCC; `read` gives one row more than a part, where there is one."""

    def split(public: Public, after: str | None) -> tuple[Sequence[Any], str | None]:
        rows = read(public, after)
        return (rows[:PART], rows[PART - 1].uscc) if len(rows) > PART else (rows, None)

    return _of_one_moment(service, split, None, str)


def _of_one_moment(
    service: Service,
    read: Callable[[Public, Any], tuple[Sequence[Any], Any]],
    begin: Any,
    place_of: Callable[[str], Any],
) -> Parts:
    """The parts of a public list, all of the moment of the first; a cursor is where the next one begins, as a text."""
    moment: list[OnDay] = []

    def one(cursor: str | None) -> ListPart:
        with publicly(service, datetime.now(UTC)) as public:
            if moment:
                public.on = moment[0]
            else:
                moment.append(public.on)
            rows, following = read(public, begin if cursor is None else place_of(cursor))
        return ListPart(rows, None if following is None else str(following), public.on.day, public.on.known_at)

    async def part(cursor: str | None) -> ListPart:
        return await run_in_threadpool(one, cursor)

    return part
