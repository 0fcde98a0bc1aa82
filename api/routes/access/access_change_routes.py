"""Who changed who may do what, for the auditor and the administrators themselves."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.pagination import page
from api.http.query_params import Cursor, FirstDay, LastDay, Limit
from api.http.responses import answer
from api.routes.access.consultation_routes import PersonFilter
from domain.store.access.access_audit import AccessChange, AccessFilter, found, newest
from domain.store.access.tokens import person_names

router = APIRouter(route_class=GuardedRoute)


@router.get("/v1/access-changes", tags=["监督"], **question_docs("access_changes"))
def access_changes(
    request: Request,
    person: PersonFilter = None,
    first: FirstDay = None,
    last: LastDay = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """权限变更记录，最近的在前：谁何时为谁新建、重设、停用或撤销了什么 / Who changed whose access, the latest first.

    `person` finds changes by and of a person. `by` is null for the command line, `subject` the id of the account or
    token.
    """
    wanted = page(cursor, limit, question=("access_changes", person, first, last))
    with request.app.state.service.ledger.reading() as reader:
        connection = reader.connection
        up_to = newest(connection) if wanted.known_at is None else int(wanted.known_at.removeprefix("log:"))
        sought = AccessFilter(person, first, last)
        rows = found(connection, sought, up_to=up_to, offset=wanted.offset, limit=wanted.limit + 1)
        part, next_cursor = wanted.part(rows, None, f"log:{up_to}")
        ids = {one.person_id for one in part} | {one.by_person for one in part if one.by_person is not None}
        names = person_names(connection, ids)
    return answer(request, {"items": [_item(one, names) for one in part], "next_cursor": next_cursor})


def _item(one: AccessChange, names: dict[str, str]) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": one.at,
        "by": one.by_person,
        "by_name": names.get(one.by_person or ""),
        "via": one.via,
        "act": one.act,
        "person": one.person_id,
        "person_name": names.get(one.person_id),
        "role": one.role,
        "uscc": one.uscc,
        "subject": one.subject,
    }
