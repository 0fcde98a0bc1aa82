"""The worklist of hints (R37): of one agency and of the district, answered by replay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.privacy.authorisation import Reach
from api.http.documentation.openapi import question_docs
from api.http.guard import GuardedRoute, path_uscc
from api.http.pagination import page
from api.http.query_params import AsOf, BehaviourFilter, Cursor, HintFilter, KnownAt, Limit
from api.routes.agency.question_routes import MANY, ONE, asking, listed, of_now
from projections.replay.hints_found import Hints
from projections.replay.standing import agency_name
from projections.rows.read.row_queries import RowQueries

router = APIRouter(route_class=GuardedRoute)
CHECK = "check"
"""In place of a code: hints that suggest no behaviour but something to look at."""


@router.get("/v1/hints", tags=[MANY], **question_docs("hints"))
def hints(
    request: Request,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: HintFilter = "open",
    behaviour: BehaviourFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """线索清单（R37）：应予核查的事实 / The worklist of hints (R37): facts to be looked into; they never count."""
    wanted = page(cursor, limit, question=("hints", status, behaviour), as_of=as_of, at=known_at)
    with asking(request) as (questions, reader):
        basis = RowQueries(reader, questions.now).district(wanted.as_of, wanted.known_at)
        if of_now(questions, wanted):
            every = request.app.state.service.remembered.hints(questions)
        else:
            found = Hints(reader, wanted.known_at)
            every = [row for one in questions.district(wanted.as_of, wanted.known_at) for row in found.of(one)]
        rows = _asked(every, status, behaviour)
        rows.sort(key=lambda row: (row["day"], row["id"]))
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        return listed(request, reader, basis.echo(), part, as_of, known_at)


@router.get("/v1/agencies/{uscc}/hints", tags=[ONE], **question_docs("agency_hints", one_agency=True))
def agency_hints(
    request: Request,
    uscc: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: HintFilter = "open",
    behaviour: BehaviourFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """一家机构的线索（R37）；机构只见自己的 / The hints at one agency (R37); an agency sees nothing of others."""
    question = ("agency_hints", path_uscc(uscc), status, behaviour)
    wanted = page(cursor, limit, question=question, as_of=as_of, at=known_at)
    with asking(request) as (questions, reader):
        basis = questions.basis(path_uscc(uscc), wanted.as_of, wanted.known_at)
        rows = _asked(Hints(reader, wanted.known_at).of(basis), status, behaviour)
        if request.state.reach is Reach.OWN:
            hidden = (
                set() if request.state.veil is None else request.state.veil.ids
            )  # what a form suggests names it (R39)
            rows = [
                {name: row[name] for name in row if name != "elsewhere"}
                for row in rows
                if hidden.isdisjoint(row["events"])
            ]
        part = wanted.cut(rows, basis.as_of, basis.known_at)
        echo = {"agency": agency_name(basis), **basis.echo(basis.rulebook)}
        return listed(request, reader, echo, part, as_of, known_at)


def _asked(rows: Iterable[dict[str, Any]], status: str, behaviour: str | None) -> list[dict[str, Any]]:
    code = None if behaviour == CHECK else behaviour
    return [row for row in rows if status in ("all", row["status"]) and (behaviour is None or row["behaviour"] == code)]
