"""The Measures and the rulebooks as the ledger has adopted them: open to everybody with a token."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.questions.service.law_questions import measure_of, rulebook_of, rulebooks_adopted
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import Cursor, Limit
from api.http.responses import answered

router = APIRouter(route_class=GuardedRoute)
LAW = "办法与规则库"


@router.get("/v1/rulebooks", tags=[LAW], **question_docs("rulebooks"))
def rulebooks(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """已采用的规则库，按施行日 / The adopted rulebooks by the day on which they take effect."""
    return answered(request, rulebooks_adopted, limit, cursor)


@router.get("/v1/rulebooks/{id}", tags=[LAW], **question_docs("rulebook", not_found=True))
def rulebook(request: Request, id: str) -> Response:  # noqa: A002  # the contract's name
    """一部规则库：每个数值、每项理解、办法文本的已知缺陷 / Values, readings, known defects of the text."""
    return answered(request, rulebook_of, id)


@router.get("/v1/measures/{article:path}", tags=[LAW], **question_docs("measure", not_found=True))
def measure(request: Request, article: str) -> Response:
    """办法的一条、一项或一项理解：内容、理解、数值、代码 / What it says, how it is read, its values, its code."""
    return answered(request, measure_of, article)
