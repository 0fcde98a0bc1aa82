"""Routes about the service itself and the law in force.

Whether the process lives and whether it can serve; and the page behind each problem's `type`.

The Measures and the rulebooks as the ledger has adopted them: open to everybody with a token.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from msgspec import UNSET
from starlette.responses import Response

from api.application.answers.law import Alive, Ready
from api.application.background.readiness import is_ready, replica_shown, shown
from api.application.problem_types import PROBLEM_TYPES
from api.application.questions.service.law_questions import measure_of, rulebook_of, rulebooks_adopted
from api.application.questions.service.reading_questions import readings_confirmed
from api.http.documentation.openapi import public_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.problems import problem
from api.http.query_params import AsOf, Confirmed, Cursor, KnownAt, Limit, RulebookId
from api.http.responses import answer, answered
from domain.errors import NotFound
from domain.version import software

router = APIRouter(route_class=GuardedRoute)
TAG = "运行"


@router.get("/healthz", tags=[TAG], **public_docs("healthz", ["invalid", "internal"]))
async def healthz(request: Request) -> Response:
    """进程在运行，及程序版本 / The process lives, and which version of the code it is."""
    return answer(request, Alive(version=software()))


@router.get("/readyz", tags=[TAG], **public_docs("readyz", ["invalid", "internal", "busy", "not-ready"]))
async def readyz(request: Request) -> Response:
    """数据库可用、可写、版本相符，记录照常封存并签署；否则说明停在何处 / Facts are recorded, ordered and signed.

    `degraded` names whatever stands still; with 200 it is only what can wait.
    """
    reasons = await request.app.state.readiness.reasons()
    if is_ready(reasons):
        replica = request.app.state.service.replica
        looked_at = UNSET if replica is None else replica_shown(replica.state)
        return answer(request, Ready(degraded=shown(reasons) if reasons else UNSET, replica=looked_at))
    return problem(
        PROBLEM_TYPES["not-ready"],
        "；".join(one.text for one in reasons),
        "; ".join(one.text_en for one in reasons),
        degraded=shown(reasons),
        remedy="见 docs/operations.md 的故障表",
        remedy_en="See the table of faults in docs/operations.md.",
    )


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


LAW = "办法与规则库"


@router.get("/v1/rulebooks", tags=[LAW], **question_docs("rulebooks"))
def rulebooks(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """已采用的规则库，按施行日 / The adopted rulebooks by the day on which they take effect."""
    return answered(request, rulebooks_adopted, limit, cursor)


@router.get("/v1/rulebooks/{id}", tags=[LAW], **question_docs("rulebook", not_found=True))
def rulebook(
    request: Request,
    id: str,  # noqa: A002  # the contract's name
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Response:
    """一部规则库：每个数值、每项理解、办法文本的已知缺陷 / Values, readings, known defects of the text."""
    return answered(request, rulebook_of, id, as_of, known_at)


@router.get("/v1/readings", tags=[LAW], **question_docs("readings", not_found=True))
def readings(
    request: Request,
    confirmed: Confirmed = "all",
    rulebook: RulebookId = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """对办法的理解：内容、是否经协会确认、凭哪份文件 / The readings, whether and by which paper they are confirmed."""
    return answered(request, readings_confirmed, confirmed, rulebook, as_of, known_at, limit, cursor)


@router.get("/v1/measures/{article:path}", tags=[LAW], **question_docs("measure", not_found=True))
def measure(request: Request, article: str, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """办法的一条、一项或一项理解：内容、理解、数值、代码 / What it says, how it is read, its values, its code."""
    return answered(request, measure_of, article, as_of, known_at)
