"""Who looked at what about whom, for the auditor."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints
from starlette.responses import Response

from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.pagination import page
from api.http.query_params import Cursor, FirstDay, LastDay, Limit, UsccFilter
from api.http.reading_notes import about
from api.http.responses import answer
from domain.store.access.access_log import Consultation, LogFilter, found, newest
from domain.store.access.tokens import person_names

router = APIRouter(route_class=GuardedRoute)

PersonFilter = Annotated[
    str | None, StringConstraints(min_length=1, max_length=64), Query(description="人员编号 / the person's id")
]


@router.get("/v1/consultations", tags=["监督"], **question_docs("consultations"))
def consultations(
    request: Request,
    uscc: UsccFilter = None,
    person: PersonFilter = None,
    first: FirstDay = None,
    last: LastDay = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """查阅记录，最近的在前：谁何时按什么基准查了哪家机构 / Who read what about which agency, the latest first."""
    wanted = page(cursor, limit, question=("consultations", uscc, person, first, last))
    service = request.app.state.service
    service.readings.flush()
    with service.ledger.reading() as reader:
        connection = reader.connection
        up_to = newest(connection) if wanted.known_at is None else int(wanted.known_at.removeprefix("log:"))
        sought = LogFilter(uscc, person, first, last)
        rows = found(connection, sought, up_to=up_to, offset=wanted.offset, limit=wanted.limit + 1)
        part, next_cursor = wanted.part([one for _, one in rows], None, f"log:{up_to}")
        names = person_names(connection, {one.person_id for one in part})
    if uscc is not None:
        about(request, uscc)
    return answer(request, {"items": [_item(one, names) for one in part], "next_cursor": next_cursor})


def _item(one: Consultation, names: dict[str, str]) -> dict[str, Any]:
    return {
        "at": one.at,
        "person": one.person_id,
        "person_name": names.get(one.person_id),
        "role": one.role,
        "via": one.via,
        "agency": {"uscc": one.uscc},
        "route": one.route,
        "as_of": one.as_of,
        "known_at": one.known_at,
        "asked": one.asked,
    }
