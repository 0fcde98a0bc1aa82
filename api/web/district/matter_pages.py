"""What waits for the visitor (R40): by kind and by when it is due, each with the form that ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.year.matter_questions import MATTER_KINDS, matters_counted, matters_waiting
from api.http.query_params import Cursor, LooseText
from api.web.district.list_pages import ordered, paged
from api.web.forms.matter_deeds import deed_of
from api.web.frame.basis_picker import keeping
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask_together
from api.web.frame.render import page
from api.web.printing.whole_lists import PrintedList, WholeList, asked_parts, printed
from domain.values import Bilingual, Role

router = APIRouter(route_class=PageRoute)
ROWS = 40
STATES: dict[str, Bilingual] = {
    "open": ("待办", "Open"),
    "done": ("已办结", "Done"),
    "lapsed": ("已过期，无法补救", "Lapsed"),
    "all": ("全部", "All"),
}
OUTCOMES: dict[str, Bilingual] = {
    "upheld": ("经核实成立", "upheld"),
    "dismissed": ("经核实不成立", "not upheld"),
    "merged": ("并入同一事项的另一件处理", "merged into another about the same matter"),
    "recorded": ("已登记为不良信息", "entered as a bad record"),
}
"""What became of a complaint or report, as whoever made it may read it (R39)."""
URGENCIES: dict[str, Bilingual] = {
    "overdue": ("逾期", "Overdue"),
    "today": ("今天", "Today"),
    "this_week": ("七天内", "Within 7 days"),
    "later": ("以后", "Later"),
}


@router.get("/matters")
async def matters(
    request: Request,
    kind: LooseText = "",
    state: LooseText = "",
    urgency: LooseText = "",
    q: LooseText = "",
    sort: LooseText = "",
    order: LooseText = "",
    cursor: Cursor = None,
    whole: WholeList = "",
) -> Response:
    """The matters that wait for the visitor's role, what is due first first, and how many there are of each kind."""
    role = request.state.visitor.role
    filters = {
        "kind": kind if kind in MATTER_KINDS else "",
        "state": state if state in STATES else "all" if role is Role.CLIENT else "open",
        "urgency": urgency if urgency in URGENCIES else "",
        "q": q.strip(),
    }
    sorting = ordered(request, "/matters", filters, sort, order, "due")
    if whole:
        return await _printed(request, filters, sorting.query)
    wanted = {**filters, **sorting.query, "limit": ROWS, "cursor": cursor, "hints": False}
    listed, counted = await ask_together(request, (matters_waiting, wanted), (matters_counted, {}))
    return page(
        request,
        "matters.html",
        name="matters",
        filters=filters,
        items=[{**one, "deed": deed_of(one, role)} for one in listed["items"]],
        counts=counted["items"],
        counted=counted,
        states=STATES,
        outcomes=OUTCOMES,
        urgencies=URGENCIES,
        sorting=sorting,
        **paged(request, "/matters", listed, cursor, {**filters, **sorting.query}, _total(counted["items"], filters)),
    )


def _total(counts: Iterable[Mapping[str, Any]], filters: dict[str, str]) -> int | None:
    """How many matters the list has, summed from the counts; None where these do not tell."""
    lapsed, urgency = filters["state"] == "lapsed", filters["urgency"]
    if (lapsed and urgency) or filters["state"] not in ("open", "lapsed"):
        return None
    columns = ["lapsed"] if lapsed else [urgency] if urgency else list(URGENCIES)
    listed = [
        one for one in counts if filters["kind"] == one["kind"] or (not filters["kind"] and one["kind"] != "hint")
    ]
    return sum(int(one[name]) for one in listed for name in columns)


async def _printed(request: Request, filters: dict[str, str], chosen: dict[str, str]) -> Response:
    """The matters whole, narrowed and ordered as on the page."""
    said = {
        "q": filters["q"],
        "state": STATES[filters["state"]],
        "urgency": URGENCIES.get(filters["urgency"]),
        "kind": next((row.title for name, row in MATTER_KINDS.items() if name == filters["kind"]), None),
    }
    asked_for = {**filters, **chosen}
    parts = asked_parts(request, matters_waiting, {**asked_for, "hints": False})
    address = keeping(request, "/matters", **asked_for)
    words = {"states": STATES, "urgencies": URGENCIES}
    wanted = PrintedList("matters", ("待办事项", "What waits"), address, parts, said, more=words)
    return await printed(request, wanted)
