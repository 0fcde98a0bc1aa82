"""Routes about a year of the whole district: assessments, results, appeals, late facts and worklists.

The routes of acts that go by HTTP only, on a year's assessment and on personal data: `(request, id, body)`.

One appeal: the published sheet, today's, the difference, and the dossier for who decides (R33-R35).

Questions about a year's assessment: a preview, what was published, and what became of a result (R32-R36).

What a decision would change, before it is taken: an appeal decided so, a later fact let in (R34, R36).

What waits: appeals (R33), objections (R38), reports (R11), late facts' impacts (R36), submissions (R8).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from inspect import Parameter, Signature
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.assessing.appeal import carry_out
from api.application.commands import ACTS, ActRoute
from api.application.questions.year.appeal_questions import (
    SupposedDecision,
    appeal_in_full,
    decision_supposed,
    dossier_of,
    impact_in_full,
)
from api.application.questions.year.assessment_questions import assessment_of, decisions_of, result_of, years_of
from api.application.questions.year.matter_questions import matters_counted, matters_waiting
from api.application.questions.year.worklist_questions import (
    appeals_waiting,
    counts_waiting,
    impacts_waiting,
    objections_waiting,
    reports_waiting,
    submissions_waiting,
)
from api.http.documentation.file_docs import dossier_docs
from api.http.documentation.openapi import act_docs, body_question_docs, list_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import (
    AppealStatus,
    AsOf,
    Cursor,
    DueBefore,
    ImpactStatus,
    KnownAt,
    Limit,
    MatterKindAsked,
    MatterStateAsked,
    MatterUrgency,
    MatterWhose,
    MatterYear,
    ObjectionStatus,
    ReportStatus,
    Search,
    SubmissionStatus,
    UsccFilter,
)
from api.http.recording import action_of, created
from api.http.responses import answered, answered_once, handed_out
from api.http.sort_params import Direction, MatterSort, WorklistSort
from api.routes.agency_routes import MANY, ONE


def _endpoint(row: ActRoute) -> Callable[..., Response]:
    named = "year" if "{year}" in row.path else "id"

    def endpoint(request: Request, body: Any, **given: str) -> Response:
        return created(carry_out(request.app.state.service, row, given, body, partial(action_of, request)))

    def parameter(name: str, kind: Any) -> Parameter:
        return Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind)

    signature = [parameter("request", Request), parameter(named, str), parameter("body", row.body)]
    endpoint.__signature__ = Signature(signature, return_annotation=Response)  # type: ignore[attr-defined]
    endpoint.__name__ = row.name
    return endpoint


@cache
def act_router() -> APIRouter:
    """The routes of all acts: the same for every application, as those of the modules are."""
    router = APIRouter(route_class=GuardedRoute)
    for row in ACTS:
        router.post(row.path, **act_docs(row))(_endpoint(row))
    return router


router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/appeals/{id}", tags=[MANY], **question_docs("appeal", not_found=True))
def appeal(request: Request, id: str) -> Response:  # noqa: A002  # the name in the path
    """一件异议：公布的打分表、现在的打分表及差异 / An appeal: the published sheet, today's, and the difference."""
    return answered(request, appeal_in_full, id)


@router.get("/v1/appeals/{id}/dossier", tags=[MANY], **dossier_docs())
def appeal_dossier(request: Request, id: str, known_at: KnownAt = None) -> Response:  # noqa: A002  # as above
    """异议卷宗：一个可重复生成的 ZIP / The dossier of an appeal: one ZIP, the same bytes from the same log."""
    return handed_out(request, dossier_of, id, known_at)


@router.get("/v1/assessments", tags=[MANY], **question_docs("assessments"))
def assessments(request: Request) -> Response:
    """各考评年度到了哪一步，最近的在前 / How far each assessment year has come, the latest first."""
    return answered(request, years_of)


@router.get("/v1/assessments/{year}", tags=[MANY], **list_docs("assessment", not_found=True))
def assessment(request: Request, year: str, as_of: AsOf = None, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """年度考评：公布前为截至 as_of 的预览，公布后为结果 / A year: a preview on a day, or what was published."""
    return answered(request, assessment_of, year, as_of, limit, cursor)


@router.get("/v1/assessments/{year}/events", tags=[MANY], **question_docs("assessment_events", not_found=True))
def assessment_events(request: Request, year: str, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """年度考评的决定：公布、名次变动、办结 / The decisions on a year: publication, moved ranks, closing."""
    return answered(request, decisions_of, year, limit, cursor)


@router.get("/v1/agencies/{uscc}/results/{year}", tags=[ONE], **question_docs("result", one_agency=True))
def result(request: Request, uscc: str, year: str) -> Response:
    """公布的结果及其更正，以及对有争议结果的三种回答 / Published results, and three answers to a contested one."""
    return answered(request, result_of, uscc, year)


@router.post("/v1/appeals/{id}/what-if", tags=[MANY], **body_question_docs("appeal_what_if"))
def appeal_what_if(request: Request, id: str, body: SupposedDecision) -> Response:  # noqa: A002  # the name in the path
    """假设这样决定异议，结果和名次会怎样；不写入任何内容 / What a decision would change (R34); nothing is written."""
    return answered_once(request, decision_supposed, id, body)


@router.get("/v1/impacts/{id}", tags=[MANY], **question_docs("impact", not_found=True))
def impact(request: Request, id: str) -> Response:  # noqa: A002  # the name in the path
    """一项影响：迟到的事实、公布的结果、重开会怎样 / A late fact, the result, and what reopening it would change."""
    return answered(request, impact_in_full, id)


@router.get("/v1/appeals", tags=[MANY], **list_docs("appeals"))
def appeals(
    request: Request,
    status: AppealStatus = "undecided",
    due_before: DueBefore = None,
    q: Search = None,
    sort: WorklistSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """异议登记簿，先到期的在前（R33）/ The register of appeals, what is due first first; an agency sees its own."""
    return answered(request, appeals_waiting, status, due_before, q, sort, order, limit, cursor)


@router.get("/v1/objections", tags=[MANY], **list_docs("objections"))
def objections(
    request: Request,
    status: ObjectionStatus = "open",
    q: Search = None,
    sort: WorklistSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """对单条记录的异议（R38）/ Objections to single records; an agency sees its own."""
    return answered(request, objections_waiting, status, q, sort, order, limit, cursor)


@router.get("/v1/reports", tags=[MANY], **list_docs("reports"))
def reports(
    request: Request,
    status: ReportStatus = "open",
    q: Search = None,
    sort: WorklistSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """不良行为举报（R11）/ Reports of behaviours, until a bad record is entered or they are dismissed."""
    return answered(request, reports_waiting, status, q, sort, order, limit, cursor)


@router.get("/v1/impacts", tags=[MANY], **list_docs("impacts"))
def impacts(
    request: Request,
    status: ImpactStatus = "open",
    q: Search = None,
    sort: WorklistSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """迟到的事实对已公布结果的影响（R36）/ Published results that later facts would change."""
    return answered(request, impacts_waiting, status, q, sort, order, limit, cursor)


@router.get("/v1/submissions", tags=[MANY], **list_docs("submissions"))
def submissions(
    request: Request,
    status: SubmissionStatus = "open",
    due_before: DueBefore = None,
    q: Search = None,
    sort: WorklistSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """要求报送而尚未收到的材料（R8），先到期的在前 / What agencies were asked to hand in, what is due first first."""
    return answered(request, submissions_waiting, status, due_before, q, sort, order, limit, cursor)


@router.get("/v1/worklists", tags=[MANY], **question_docs("worklists"))
def worklists(request: Request) -> Response:
    """各待办清单的件数；线索和通知逐家推算，不在其中 / How much waits on each list, hints and notices apart."""
    return answered(request, counts_waiting)


@router.get("/v1/matters", tags=[MANY], **list_docs("matters"))
def matters(
    request: Request,
    whose: MatterWhose = "mine",
    kind: MatterKindAsked = None,
    state: MatterStateAsked = "open",
    urgency: MatterUrgency = None,
    year: MatterYear = None,
    uscc: UsccFilter = None,
    q: Search = None,
    sort: MatterSort = None,
    order: Direction = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """等待办理的事项（R40），先到期的在前 / What waits for the caller, what is due first first; of now."""
    return answered(request, matters_waiting, whose, kind, state, urgency, year, uscc, q, sort, order, limit, cursor)


@router.get("/v1/matters/counts", tags=[MANY], **question_docs("matter_counts"))
def counted_matters(request: Request, whose: MatterWhose = "mine") -> Response:
    """各类待办的件数，按到期早晚（R40） / How much waits, by kind and by when it is due."""
    return answered(request, matters_counted, whose)
