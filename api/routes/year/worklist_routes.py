"""What waits: appeals (R33), objections (R38), reports (R11), late facts' impacts (R36), submissions (R8)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.year.worklist_questions import (
    appeals_waiting,
    counts_waiting,
    impacts_waiting,
    objections_waiting,
    reports_waiting,
    submissions_waiting,
)
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
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
from api.http.responses import answered
from api.routes.agency.question_routes import MANY

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/appeals", tags=[MANY], **question_docs("appeals"))
def appeals(
    request: Request,
    status: AppealStatus = "undecided",
    due_before: DueBefore = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """异议登记簿，先到期的在前（R33）/ The register of appeals, what is due first first; an agency sees its own."""
    return answered(request, appeals_waiting, status, due_before, limit, cursor)


@router.get("/v1/objections", tags=[MANY], **question_docs("objections"))
def objections(
    request: Request, status: ObjectionStatus = "open", limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """对单条记录的异议（R38）/ Objections to single records; an agency sees its own."""
    return answered(request, objections_waiting, status, limit, cursor)


@router.get("/v1/reports", tags=[MANY], **question_docs("reports"))
def reports(request: Request, status: ReportStatus = "open", limit: Limit = 50, cursor: Cursor = None) -> Response:
    """不良行为举报（R11）/ Reports of behaviours, until a bad record is entered or they are dismissed."""
    return answered(request, reports_waiting, status, limit, cursor)


@router.get("/v1/impacts", tags=[MANY], **question_docs("impacts"))
def impacts(request: Request, status: ImpactStatus = "open", limit: Limit = 50, cursor: Cursor = None) -> Response:
    """迟到的事实对已公布结果的影响（R36）/ Published results that later facts would change."""
    return answered(request, impacts_waiting, status, limit, cursor)


@router.get("/v1/submissions", tags=[MANY], **question_docs("submissions"))
def submissions(
    request: Request,
    status: SubmissionStatus = "open",
    due_before: DueBefore = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """要求报送而尚未收到的材料（R8），先到期的在前 / What agencies were asked to hand in, what is due first first."""
    return answered(request, submissions_waiting, status, due_before, limit, cursor)


@router.get("/v1/worklists", tags=[MANY], **question_docs("worklists"))
def worklists(request: Request) -> Response:
    """各待办清单的件数；线索和通知逐家推算，不在其中 / How much waits on each list, hints and notices apart."""
    return answered(request, counts_waiting)
