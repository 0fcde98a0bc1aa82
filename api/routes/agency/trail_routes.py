"""The audit trail of an agency: its events in recording order, and one event with what followed from it (api.md)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.agency.trail_questions import event_of, events_of
from api.http.documentation.openapi import question_docs
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
)
from api.http.responses import answered
from api.routes.agency.question_routes import ONE

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/agencies/{uscc}/events", tags=[ONE], **question_docs("events", one_agency=True))
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
