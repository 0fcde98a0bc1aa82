"""Who changed who may do what, for the auditor and the administrators themselves."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.service.access_questions import access_changes_listed
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import Cursor, FirstDay, LastDay, Limit
from api.http.responses import answered
from api.routes.access.consultation_routes import PersonFilter

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
    return answered(request, access_changes_listed, person, first, last, limit, cursor)
