"""Routes that prove and compare: the trail and its events, certificates, what-if and comparisons.

The audit trail of an agency: its events in recording order, and one event with what followed from it (api.md).

`GET /v1/agencies/{uscc}/certificate`: an answer with everything it follows from, in one file that proves itself.

Two bases of one agency side by side, and what would be if: `comparison` and `what-if` (api.md, Questions).
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.certificate_questions import certificate_of
from api.application.questions.agency.comparison_questions import WhatIf, comparison_of, what_if_of
from api.application.questions.agency.trail_questions import event_of, events_of
from api.http.documentation.openapi import body_question_docs, certificate_docs, list_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import (
    AsOf,
    CountsFilter,
    Cursor,
    EventIds,
    EventType,
    FirstDay,
    FirstRecorded,
    KnownAt,
    LastDay,
    LastRecorded,
    Limit,
    Order,
    PersonFilter,
    SheetYear,
    YearFilter,
)
from api.http.responses import answered, answered_once, handed_out
from api.routes.agency_routes import ONE

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/agencies/{uscc}/events", tags=[ONE], **list_docs("events", one_agency=True))
def events(
    request: Request,
    uscc: str,
    known_at: KnownAt = None,
    kind: EventType = None,
    counts: CountsFilter = None,
    first: FirstDay = None,
    last: LastDay = None,
    recorded_from: FirstRecorded = None,
    recorded_to: LastRecorded = None,
    actor: PersonFilter = None,
    ids: EventIds = None,
    order: Order = "recorded",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """审计轨迹，按记录顺序，可筛选 / The audit trail in recording order: what counts, who recorded it."""
    return answered(
        request,
        events_of,
        uscc,
        known_at,
        kind,
        counts,
        first,
        last,
        recorded_from,
        recorded_to,
        actor,
        ids,
        order,
        limit,
        cursor,
    )


@router.get("/v1/agencies/{uscc}/events/{id}", tags=[ONE], **question_docs("event", one_agency=True))
def event(request: Request, uscc: str, id: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:  # noqa: A002
    """一条记录的全部内容和由它引起的一切 / One record in full, whether it counts, what followed from it."""
    return answered(request, event_of, uscc, id, as_of, known_at)


@router.get("/v1/agencies/{uscc}/certificate", tags=[ONE], **certificate_docs())
def certificate(
    request: Request, uscc: str, as_of: AsOf = None, known_at: KnownAt = None, year: SheetYear = None
) -> Response:
    """证书：状态、打分表及其全部依据和证明 / Standing and score sheet with all they follow from, and the proofs."""
    return handed_out(request, certificate_of, uscc, as_of, known_at, year)


@router.get("/v1/agencies/{uscc}/comparison", tags=[ONE], **question_docs("comparison", one_agency=True))
def compare(
    request: Request,
    uscc: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    as_of_2: AsOf = None,
    known_at_2: KnownAt = None,
    year: YearFilter = None,
) -> Response:
    """两个基准下的状态、差别及所依据的事实 / Two standings, what differs, and the events behind each difference."""
    return answered(request, comparison_of, uscc, as_of, known_at, as_of_2, known_at_2, year)


@router.post("/v1/agencies/{uscc}/what-if", tags=[ONE], **body_question_docs("what_if"))
def what_if(request: Request, uscc: str, body: WhatIf, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """假设撤销、增加事实或改动规则会怎样；不写入任何内容 / What would be if: nothing is written."""
    return answered_once(request, what_if_of, uscc, body, as_of, known_at)
