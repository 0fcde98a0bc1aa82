"""Whether the process lives and whether it can serve; and the page behind each problem's `type`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.answers import answer
from api.guard import GuardedRoute
from api.openapi import public_docs
from api.problem_types import PROBLEM_TYPES
from domain.errors import NotFound
from domain.store.migrate import require_current
from domain.version import software

router = APIRouter(route_class=GuardedRoute)
TAG = "运行"


@router.get("/healthz", tags=[TAG], **public_docs("healthz", ["invalid", "internal"]))
async def healthz(request: Request) -> Response:
    """进程在运行，及程序版本 / The process lives, and which version of the code it is."""
    return answer(request, {"status": "ok", "version": software()})


@router.get("/readyz", tags=[TAG], **public_docs("readyz", ["invalid", "internal", "busy", "not-ready"]))
def readyz(request: Request) -> Response:
    """数据库可用，且版本与程序相符 / The database answers and is of this version."""
    require_current(request.app.state.service.ledger.engine)
    return answer(request, {"status": "ready"})


@router.get(
    "/problems/{name}",
    tags=[TAG],
    **public_docs("problem_type", ["not-found", "invalid", "too-many-requests", "internal"]),
)
def problem_type(request: Request, name: str) -> Response:
    """一种错误的说明 / What a kind of problem means."""
    if name not in PROBLEM_TYPES:
        raise NotFound("没有这种错误", "there is no such kind of problem")
    return answer(request, PROBLEM_TYPES[name].page())
