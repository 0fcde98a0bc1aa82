"""What waits: appeals (R33), objections (R38), reports (R11), late facts' impacts (R36), submissions (R8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.privacy.authorisation import rights_of
from api.application.privacy.personal_data import shown
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.pagination import page
from api.http.query_params import (
    AppealStatus,
    Cursor,
    DueBefore,
    ImpactStatus,
    Limit,
    ObjectionStatus,
    ReportStatus,
    SubmissionStatus,
)
from api.http.responses import answer
from api.routes.agency.question_routes import MANY, looking_up, own_only
from domain.events import AppealFiled, Event
from projections.compare.three_answers import filed_part
from projections.replay.audit_trail import recorded_entry
from projections.rows.read.published import LATEST, OpenMatter, Waits, WorklistFilter, matters, names_on, waiting

router = APIRouter(route_class=GuardedRoute)


# ---- what waits ----


@router.get("/v1/appeals", tags=[MANY], **question_docs("appeals"))
def appeals(
    request: Request,
    status: AppealStatus = "undecided",
    due_before: DueBefore = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """异议登记簿，先到期的在前（R33）/ The register of appeals, what is due first first; an agency sees its own."""
    asked = None if status == "undecided" else status
    return _worklist(
        request, WorklistFilter("appeal", asked, due_before, own_only(request)), limit, cursor, _appeal_row
    )


@router.get("/v1/objections", tags=[MANY], **question_docs("objections"))
def objections(
    request: Request, status: ObjectionStatus = "open", limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """对单条记录的异议（R38）/ Objections to single records; an agency sees its own."""
    return _worklist(request, WorklistFilter("objection", status, uscc=own_only(request)), limit, cursor, _fact_row)


@router.get("/v1/reports", tags=[MANY], **question_docs("reports"))
def reports(request: Request, status: ReportStatus = "open", limit: Limit = 50, cursor: Cursor = None) -> Response:
    """不良行为举报（R11）/ Reports of behaviours, until a bad record is entered or they are dismissed."""
    return _worklist(request, WorklistFilter("report", status), limit, cursor, _fact_row)


@router.get("/v1/impacts", tags=[MANY], **question_docs("impacts"))
def impacts(request: Request, status: ImpactStatus = "open", limit: Limit = 50, cursor: Cursor = None) -> Response:
    """迟到的事实对已公布结果的影响（R36）/ Published results that later facts would change."""
    return _worklist(request, WorklistFilter("impact", status, uscc=own_only(request)), limit, cursor, _impact_row)


@router.get("/v1/submissions", tags=[MANY], **question_docs("submissions"))
def submissions(
    request: Request,
    status: SubmissionStatus = "open",
    due_before: DueBefore = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """要求报送而尚未收到的材料（R8），先到期的在前 / What agencies were asked to hand in, what is due first first."""
    wanted = WorklistFilter("submission", status, due_before, own_only(request))
    return _worklist(request, wanted, limit, cursor, _submission_row)


_LISTS = {
    "appeal": "appeals",
    "objection": "objections",
    "report": "reports",
    "impact": "impacts",
    "submission": "submissions",
}
"""Kinds of matters and their lists."""


@router.get("/v1/worklists", tags=[MANY], **question_docs("worklists"))
def worklists(request: Request) -> Response:
    """各待办清单的件数；线索和通知逐家推算，不在其中 / How much waits on each list, hints and notices apart."""
    with looking_up(request) as (look_ups, reader):
        basis = look_ups.district(None, None)
        own = own_only(request)
        found = {one.kind: one for one in waiting(reader.connection, basis.as_of, basis.known_at, uscc=own)}
    items = [
        {"list": name, **found.get(kind, Waits(kind, 0, 0)).numbers()}
        for kind, name in _LISTS.items()
        if request.state.caller.role in rights_of("GET", f"/v1/{name}")
    ]
    return answer(request, {"as_of": basis.as_of.isoformat(), "known_at": basis.known_at, "items": items})


Row = Callable[[OpenMatter, dict[str, Event]], dict[str, Any]]


def _worklist(request: Request, wanted: WorklistFilter, limit: int, cursor: str | None, row: Row) -> Response:
    """A page of matters, with the facts that they are about."""
    part = page(cursor, limit, question=("matters", *wanted))
    with looking_up(request) as (look_ups, reader):
        basis = look_ups.district(None, part.known_at)
        found = list(
            matters(reader.connection, wanted, LATEST, basis.known_at, offset=part.offset, limit=part.limit + 1)
        )
        found, next_cursor = part.part(found, None, basis.known_at)
        facts = reader.named(id_ for one in found for id_ in (one.id, one.matter.about) if id_ is not None)
        opened = {
            one["id"]: one for one in shown(reader, request.state.caller, [recorded_entry(e) for e in facts.values()])
        }
        names = names_on(reader.connection, {one.uscc for one in found}, look_ups.today, basis.known_at)
        items = [
            {**matter_part(one, names.get(one.uscc)), **row(one, facts), "recorded": opened.get(_fact_of(one))}
            for one in found
        ]
    return answer(request, {"known_at": basis.known_at, "items": items, "next_cursor": next_cursor})


def _fact_of(one: OpenMatter) -> str:
    """The event whose content a worklist shows: of an impact its cause, else what began the matter."""
    return str(one.matter.about) if one.matter.kind == "impact" else one.id


def matter_part(one: OpenMatter, name: str | None = None) -> dict[str, Any]:
    """What every worklist says of a matter."""
    return {
        "id": one.id,
        "agency": {"uscc": one.uscc, "name": name},
        "status": one.matter.status,
        "since": one.since.isoformat(),
        "begun_on": one.matter.begun_on.isoformat(),
    }


def _appeal_row(one: OpenMatter, facts: dict[str, Event]) -> dict[str, Any]:
    filed = facts[one.id]
    if not isinstance(filed, AppealFiled):
        raise LookupError(f"{one.id} is no appeal: run steward check")
    return filed_part(filed)


def _fact_row(one: OpenMatter, facts: dict[str, Event]) -> dict[str, Any]:
    return {"about": one.matter.about}


def _impact_row(one: OpenMatter, facts: dict[str, Event]) -> dict[str, Any]:
    return impact_part(one)


def impact_part(one: OpenMatter) -> dict[str, Any]:
    """Which published result an impact is about, and which later fact would change it (R36)."""
    return {"year": one.matter.about_year, "result": one.id.partition("~")[0], "cause": one.matter.about}


def _submission_row(one: OpenMatter, facts: dict[str, Event]) -> dict[str, Any]:
    return {"item": int(one.matter.about or 0), "due_on": one.matter.due_on and one.matter.due_on.isoformat()}
