"""Lists of the district: agencies, the ranking of a year, and what waits on each worklist."""

from __future__ import annotations

from itertools import groupby
from typing import Any, get_args

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.privacy.authorisation import READERS
from api.application.questions.agency.course_questions import hints_of
from api.application.questions.agency.district_questions import agencies_listed, ranking_of, statistics_of
from api.application.questions.inquiry import name_of, path_year
from api.application.questions.year.assessment_questions import years_of
from api.http.query_params import Cursor, LooseText, LooseUscc
from api.web.district.worklist_pages import KINDS, OPEN, items_of, statuses_of
from api.web.frame.basis_picker import asked, keeping
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask, ask_together
from api.web.frame.render import page
from domain.errors import NotFound
from domain.events import Behaviour
from domain.measures.rulebook.kinds import heading

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
    cursor: Cursor = None,
) -> Response:
    """The agencies on the basis, narrowed by filters, as the API sorts them; an agency sees its own."""
    filters = {
        "q": q.strip(),
        "tier": tier.strip(),
        "grade": grade.strip(),
        "category": category.strip(),
        "filing": filing.strip(),
    }
    basis = asked(request).query
    answer = await ask(request, agencies_listed, **basis, **filters, limit=ROWS, cursor=cursor)
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
        **paged(request, "/agencies", answer, cursor, filters),
    )


@router.get("/rankings/{year}")
async def ranking(request: Request, year: str, cursor: Cursor = None) -> Response:
    """The ranking of a year per category on the basis (art.19, R30), and whether the year's results are published."""
    number = path_year(year)
    ranks = {"year": year, **asked(request).query, "limit": ROWS, "cursor": cursor}
    answer, assessed = await ask_together(request, (ranking_of, ranks), (years_of, {}))
    years = assessed["items"]
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
        heading=next((one for one in years if one["year"] == number), None),
        **paged(request, f"/rankings/{number}", answer, cursor, {}),
    )


def _with_ties(rows: Any) -> list[dict[str, Any]]:
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
    behaviour: LooseText = "",
    uscc: LooseUscc = "",
    cursor: Cursor = None,
) -> Response:
    """What waits on one list, what is due first first, with the way to deal with each; hints also of one agency."""
    role = request.state.visitor.role
    kind = KINDS.get(list)
    if kind is None:
        raise NotFound(
            f"没有“{list}”这个待办清单",
            f"there is no worklist {list}",
            remedy="可用：" + "、".join(KINDS),
            remedy_en="There are: " + ", ".join(KINDS),
        )
    given = {"due_before": due_before.strip(), "behaviour": behaviour.strip(), "uscc": uscc}
    filters = {"status": status.strip() or kind.statuses[0], **{name: given[name] for name in kind.filters}}
    basis = asked(request).query if kind.on_basis else {}
    asked_for = {name: value for name, value in filters.items() if name != "uscc"}
    one_agency = {"uscc": filters["uscc"]} if filters.get("uscc") else {}
    answer = await ask(
        request,
        hints_of if one_agency else kind.question,
        **one_agency,
        **basis,
        **asked_for,
        limit=ROWS,
        cursor=cursor,
    )
    tabs = [(name, one) for name, one in KINDS.items() if role in name_of(one.question).rights]
    return page(
        request,
        "work.html",
        name="worklist",
        echo=answer,
        list=list,
        kind=kind,
        tabs=tabs,
        filters=filters,
        items=items_of(list, answer["items"], role),
        statuses=statuses_of(list),
        open_ones=OPEN,
        behaviours=get_args(Behaviour),
        **paged(request, f"/todo/{list}", answer, cursor, filters),
    )


def paged(
    request: Request, path: str, answer: dict[str, Any], cursor: str | None, filters: dict[str, str]
) -> dict[str, Any]:
    """What the pager needs."""
    following = answer["next_cursor"]
    return {
        "first": keeping(request, path, **filters),
        "paged": cursor is not None,
        "following": None if following is None else keeping(request, path, **filters, cursor=following),
    }
