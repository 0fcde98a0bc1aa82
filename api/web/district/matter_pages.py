"""What waits for the visitor (R40): by kind and by when it is due, each with the form that ends it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.commands import COMMANDS
from api.application.questions.year.matter_questions import MATTER_KINDS, matters_counted, matters_waiting
from api.http.query_params import Cursor, LooseText
from api.web.district.list_pages import paged
from api.web.district.worklist_pages import Deed
from api.web.forms.form_fields import form_name
from api.web.frame.page_guard import PageRoute
from api.web.frame.page_questions import ask_together
from api.web.frame.render import page
from domain.commands.base import Command
from domain.commands.filing import DecideFiling, ReportChange
from domain.commands.projects import CompleteProject, ReceiveSubmission
from domain.commands.reports import AnswerObjection
from domain.commands.sanctions import DecideComplaint
from domain.commands.surveys import InviteSurvey, ScoreEffect
from domain.values import Bilingual, Role

router = APIRouter(route_class=PageRoute)
ROWS = 40
STATES: dict[str, Bilingual] = {"open": ("待办", "Open"), "lapsed": ("已过期，无法补救", "Lapsed")}
URGENCIES: dict[str, Bilingual] = {
    "overdue": ("逾期", "Overdue"),
    "today": ("今天", "Today"),
    "this_week": ("七天内", "Within 7 days"),
    "later": ("以后", "Later"),
}
_FORMS: dict[str, tuple[type[Command], Bilingual]] = {
    "filing": (DecideFiling, ("决定备案", "Decide")),
    "complaint": (DecideComplaint, ("核实投诉", "Decide")),
    "objection": (AnswerObjection, ("答复", "Answer")),
    "submission": (ReceiveSubmission, ("登记收到", "Record the receipt")),
    "project": (CompleteProject, ("登记完成", "Record the completion")),
    "qualification": (ReportChange, ("报告变更", "Report the change")),
    "survey": (InviteSurvey, ("发出邀请", "Invite")),
    "effect": (ScoreEffect, ("评分", "Score")),
}
"""The form that ends a matter of a kind, and what the link to it says."""
_DESKS = {"appeal": "/appeals/", "impact": "/impacts/"}
_LISTS = {"report": "/todo/reports", "notice": "/todo/notices"}
_BY_COMMAND = {row.body: row for row in COMMANDS}


@router.get("/matters")
async def matters(
    request: Request, kind: LooseText = "", state: LooseText = "", urgency: LooseText = "", cursor: Cursor = None
) -> Response:
    """The matters that wait for the visitor's role, what is due first first, and how many there are of each kind."""
    role = request.state.visitor.role
    filters = {
        "kind": kind if kind in MATTER_KINDS else "",
        "state": state if state in STATES else "open",
        "urgency": urgency if urgency in URGENCIES else "",
    }
    listed, counted = await ask_together(
        request, (matters_waiting, {**filters, "limit": ROWS, "cursor": cursor}), (matters_counted, {})
    )
    return page(
        request,
        "matters.html",
        name="matters",
        filters=filters,
        items=[{**one, "deed": deed_of(one, role)} for one in listed["items"]],
        counts=counted["items"],
        states=STATES,
        urgencies=URGENCIES,
        **paged(request, "/matters", listed, cursor, filters),
    )


def deed_of(matter: dict[str, Any], role: Role) -> Deed | None:
    """Where a matter is dealt with by somebody of this role; None where another does it, or it has lapsed."""
    kind, id_ = matter["kind"], matter["id"].partition(":")[2]
    if matter["state"] == "lapsed" and kind != "submission":
        return None
    if kind in _DESKS:
        return Deed(("查看并办理", "Open"), _DESKS[kind] + id_)
    if kind in _LISTS:
        return Deed(("到清单办理", "To the list"), _LISTS[kind])
    if kind not in _FORMS or role not in _BY_COMMAND[_FORMS[kind][0]].roles:
        return None
    command, title = _FORMS[kind]
    row = _BY_COMMAND[command]
    query = {"uscc": matter["agency"]["uscc"]} if "{uscc}" in row.path else {}
    if "{id}" in row.path:
        query["id"] = id_
    elif matter["year"] is not None:
        query["year"] = str(matter["year"])
    return Deed(title, f"/record/{form_name(row)}", query)
