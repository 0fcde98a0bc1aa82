"""Where a matter is dealt with (R40): the form that ends it, filled in as far as the matter says, or its desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypedDict

from api.application.commands import COMMANDS
from api.web.forms.form_fields import form_name
from domain.commands.base import Command
from domain.commands.defending import DecideRepair
from domain.commands.delivering import AcknowledgeNotice, RecordService
from domain.commands.filing import DecideFiling, ReportChange
from domain.commands.projects import CompleteProject, ReceiveSubmission
from domain.commands.reports import AnswerObjection
from domain.commands.sanctions import DecideComplaint, ReferBadRecord, SendNotice
from domain.commands.surveys import CloseSurvey, InviteSurvey, ScoreEffect, SubmitSurvey
from domain.trail.keys import PLEDGE_ITEM
from domain.values import Bilingual, Role

NO_QUERY: dict[str, object] = {}


class Deed(NamedTuple):
    """A way to deal with something: a link to its form."""

    title: Bilingual
    path: str
    query: dict[str, object] = NO_QUERY


_FORMS: dict[str, tuple[type[Command], Bilingual]] = {
    "filing": (DecideFiling, ("决定备案", "Decide")),
    "complaint": (DecideComplaint, ("核实投诉", "Decide")),
    "objection": (AnswerObjection, ("答复", "Answer")),
    "repair": (DecideRepair, ("决定", "Decide")),
    "submission": (ReceiveSubmission, ("登记收到", "Record the receipt")),
    "project": (CompleteProject, ("登记完成", "Record the completion")),
    "qualification": (ReportChange, ("报告变更", "Report the change")),
    "certificate": (ReportChange, ("报告变更", "Report the change")),
    "survey": (InviteSurvey, ("发出邀请", "Invite")),
    "invitation": (SubmitSurvey, ("填写调查表", "Fill in the form")),
    "effect": (ScoreEffect, ("评分", "Score")),
    "notice": (SendNotice, ("登记发出", "Record as sent")),
    "acknowledgement": (AcknowledgeNotice, ("签收", "Acknowledge")),
    "undeliverable": (RecordService, ("登记送达", "Record the service")),
    "correction": (SendNotice, ("登记更正已发出", "Record the correction as sent")),
    "referral": (ReferBadRecord, ("登记移送", "Record the referral")),
    "survey_close": (CloseSurvey, ("截止调查", "Close the survey")),
}
"""The form that ends a matter of a kind, and what the link to it says."""
_DESKS = {
    "appeal": "/appeals/",
    "admission": "/appeals/",
    "impact": "/impacts/",
    **dict.fromkeys(("year_prepare", "year_publish", "year_close"), "/years/"),
}
_LISTS = {"report": "/todo/reports", "hint": "/todo/hints", "reading": "/readings"}
_OWN = ("own_complaint", "own_report")
_OF_CLIENT = ("survey", "effect")
"""Kinds whose id is the client's code and the year."""
_BY_COMMAND = {row.body: row for row in COMMANDS}


class DeedMatter(TypedDict):
    """A `WaitingMatter` as plain data, as far as it decides where the matter is dealt with."""

    id: str
    kind: str
    state: str
    about: str | None
    year: int | None
    agency: Mapping[str, str]
    title: Mapping[str, str]
    cause: str | None


def deed_of(matter: DeedMatter, role: Role) -> Deed | None:
    """Where a matter is dealt with by somebody of this role; None where another does it, or it has lapsed."""
    kind, id_ = matter["kind"], matter["id"].partition(":")[2]
    if kind in _OWN:
        return Deed(("查看", "Open"), f"/agencies/{matter['agency']['uscc']}/events/{id_}")
    if matter["state"] == "lapsed" and kind != "submission":
        return None
    if kind in _DESKS:
        return Deed(("查看并办理", "Open"), _DESKS[kind] + id_)
    if kind in _LISTS:
        of_agency: dict[str, object] = {"uscc": matter["agency"]["uscc"]} if kind == "hint" else {}
        return Deed(("到清单办理", "To the list"), _LISTS[kind], of_agency)
    if kind == "submission" and role is Role.AGENCY:  # it signs the pledge itself (R8a); papers are received by others
        return Deed(("签署承诺书", "Sign the pledge"), "/pledge") if matter["about"] == str(PLEDGE_ITEM) else None
    if kind not in _FORMS or role not in _BY_COMMAND[_FORMS[kind][0]].roles:
        return None
    command, title = _FORMS[kind]
    row = _BY_COMMAND[command]
    query: dict[str, object] = {"uscc": matter["agency"]["uscc"]}
    if "{id}" in row.path:
        query["id"] = matter["about"] if kind == "referral" else id_
    elif matter["year"] is not None:
        query["year"] = str(matter["year"])
    if kind in _OF_CLIENT:
        query |= {"client.uscc": id_.partition(":")[0], "client.name": matter["about"]}
    return Deed(title, f"/record/{form_name(row)}", query)
