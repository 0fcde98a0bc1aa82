"""Lists of the district: agencies, the ranking of a year, and what waits on each worklist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any, TypedDict

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.privacy.authorisation import READERS
from api.application.questions.agency.district_questions import agencies_listed, ranking_of, statistics_of
from api.application.questions.inquiry import Answer, name_of, path_year
from api.application.questions.year.assessment_questions import years_of
from api.http.query_params import Cursor, LooseText
from api.web.district.worklist_pages import KINDS, OPEN, WorklistKind, items_of, statuses_of
from api.web.forms.form_fields import FORMS
from api.web.forms.form_texts import command_text
from api.web.frame.basis_picker import ListOrder, asked, keeping, list_order
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import Given, ask, ask_counted
from api.web.frame.render import page
from api.web.printing.whole_lists import (
    PrintedList,
    WholeLink,
    WholeList,
    asked_parts,
    of_agency,
    of_row,
    printed,
    whole_link,
)
from domain.errors import NotFound
from domain.measures.rulebook.kinds import heading
from domain.values import Bilingual, Role

router = APIRouter(route_class=PageRoute)
ROWS = 25
"""Rows on one page: with names of 300 characters still far below 100 kB."""


@router.get("/agencies")
async def agencies(
    request: Request,
    q: LooseText = "",
    tier: LooseText = "",
    grade: LooseText = "",
    category: LooseText = "",
    filing: LooseText = "",
    sort: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """The agencies on the basis, narrowed by filters, sorted by a column; an agency sees its own."""
    filters = {
        "q": q.strip(),
        "tier": tier.strip(),
        "grade": grade.strip(),
        "category": category.strip(),
        "filing": filing.strip(),
    }
    basis = asked(request).query
    sorting = ordered(request, "/agencies", filters, sort, order, "code")
    if whole:
        parts = asked_parts(request, agencies_listed, {**basis, **filters, **sorting.query})
        address = keeping(request, "/agencies", **filters, **sorting.query)
        return await printed(
            request, PrintedList("agencies", ("机构清单", "Agencies"), address, parts, filters, points=of_agency)
        )
    answer, total = await ask_counted(
        request, agencies_listed, **basis, **filters, **sorting.query, limit=ROWS, cursor=cursor
    )
    categories = []
    if request.state.visitor.role in READERS:
        counted = await ask(request, statistics_of, **basis)
        categories = [one["category"] for one in counted["categories"] if one["category"]]
    return page(
        request,
        "agencies.html",
        name="agencies",
        echo=answer,
        items=answer["items"],
        filters=filters,
        categories=categories,
        together=together(request.state.visitor.role),
        sorting=sorting,
        **paged(request, "/agencies", answer, cursor, {**filters, **sorting.query}, total),
    )


@router.get("/rankings/{year}")
async def ranking(
    request: Request,
    year: str,
    q: LooseText = "",
    sort: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """The ranking of a year per category on the basis (art.19, R30), and whether the year's results are published."""
    number = path_year(year)
    basis, filters = asked(request).query, {"q": q.strip()}
    sorting = ordered(request, f"/rankings/{number}", filters, sort, order, "rank")
    if whole:
        title = f"{number} 年度排名（按所选依据推算）", f"Ranking of {number} on the chosen basis"
        parts, address = (
            asked_parts(request, ranking_of, {"year": year, **basis, **filters, **sorting.query}),
            keeping(request, f"/rankings/{number}", **filters, **sorting.query),
        )
        return await printed(
            request, PrintedList("ranking", title, address, parts, filters, more={"heading_of": heading}, points=of_row)
        )
    ranks = {"year": year, **basis, **filters, **sorting.query, "limit": ROWS, "cursor": cursor}
    answer, total = await ask_counted(request, ranking_of, **ranks)
    years = (await ask(request, years_of))["items"]
    groups = [
        (ranked, heading(group, rows[0]["category"]), _with_ties(rows))
        for (ranked, group), found in groupby(
            answer["items"], lambda one: (one["rank"] is not None, one["category_group"])
        )
        for rows in [list(found)]
    ]
    return page(
        request,
        "ranking.html",
        name="ranking",
        echo=answer,
        year=number,
        years=years,
        groups=groups,
        q=filters["q"],
        heading=next((one for one in years if one["year"] == number), None),
        sorting=sorting,
        **paged(request, f"/rankings/{number}", answer, cursor, {**filters, **sorting.query}, total),
    )


def _with_ties(rows: Any) -> list[dict[str, object]]:
    """Each row with whether another of the page shares its rank."""
    items = list(rows)
    ranks = [one["rank"] for one in items]
    return [{**one, "tied": one["rank"] is not None and ranks.count(one["rank"]) > 1} for one in items]


@router.get("/todo/{list}")
async def worklist(
    request: Request,
    list: str,  # noqa: A002  # the name in the path
    status: LooseText = "",
    due_before: LooseText = "",
    q: LooseText = "",
    sort: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """What waits on one list, what is due first first, with the way to deal with each; hints: `hint_pages.py`."""
    role = request.state.visitor.role
    kind = KINDS.get(list)
    if kind is None:
        raise NotFound(
            f"没有“{list}”这个待办清单",
            f"there is no worklist {list}",
            remedy="可用：" + "、".join(KINDS),
            remedy_en="There are: " + ", ".join(KINDS),
        )
    given = {"due_before": due_before.strip()}
    filters = {"status": status.strip() or kind.statuses[0], **{name: given[name] for name in kind.filters}}
    filters["q"] = q.strip()
    basis = asked(request).query if kind.on_basis else {}
    sorting = ordered(request, f"/todo/{list}", filters, sort, order, "due")
    question, asked_for = kind.question, {**basis, **filters, **sorting.query}
    if whole:
        return await worklist_printed(request, list, filters, question, asked_for)
    answer, total = await ask_counted(request, question, **asked_for, limit=ROWS, cursor=cursor)
    return page(
        request,
        "work.html",
        name="worklist",
        echo=answer,
        list=list,
        kind=kind,
        tabs=tabs_of(role),
        filters=filters,
        items=items_of(list, answer["items"], role),
        statuses=statuses_of(list),
        open_ones=OPEN,
        together=together(role),
        sorting=sorting,
        **paged(request, f"/todo/{list}", answer, cursor, {**filters, **sorting.query}, total),
    )


async def worklist_printed(
    request: Request,
    name: str,
    filters: dict[str, str],
    question: Callable[..., Answer],
    asked_for: Mapping[str, Any],
    **in_words: Bilingual,
) -> Response:
    """A worklist whole; its rows in the words of the page. `in_words`: filters whose values only the list can name."""
    role, kind, words = request.state.visitor.role, KINDS[name], statuses_of(name)
    parts = asked_parts(request, question, asked_for, lambda rows: items_of(name, rows, role))
    said = {**filters, "status": words.get(filters["status"], filters["status"]), **in_words}
    address = keeping(request, f"/todo/{name}", **filters)
    return await printed(
        request, PrintedList("worklist", kind.title, address, parts, said, more={"statuses": words}, table=name)
    )


def tabs_of(role: Role) -> list[tuple[str, WorklistKind]]:
    """The lists that somebody in a role may read."""
    return [(name, one) for name, one in KINDS.items() if role in name_of(one.question).rights]


def together(role: Role) -> list[tuple[str, Bilingual]]:
    """What somebody of this role may record of many agencies at once: names of forms, and their titles."""
    return [(name, command_text(name).title) for name in FORMS if command_text(name).grid and role in FORMS[name].roles]


def ordered(request: Request, path: str, filters: dict[str, str], sort: str, order: str, by_itself: str) -> ListOrder:
    """How a list is sorted, as its address says; what is no column of it is refused by its question."""
    return list_order(request, path, {**filters, "sort": sort.strip(), "order": order.strip()}, by_itself)


class Pager(TypedDict):
    """Where a list begins, goes on, and stands whole; and whether this is a later part of it."""

    first: str
    whole: WholeLink
    paged: bool
    following: str | None


def paged(
    request: Request, path: str, answer: Given, cursor: str | None, filters: dict[str, str], total: int | None = None
) -> Pager:
    """What the pager needs; `total`: how many rows the list has of which the answer is a part."""
    following, first = answer["next_cursor"], keeping(request, path, **filters)
    return {
        "first": first,
        "whole": whole_link(first, len(answer["items"]), total),
        "paged": cursor is not None,
        "following": None if following is None else keeping(request, path, **filters, cursor=following),
    }
