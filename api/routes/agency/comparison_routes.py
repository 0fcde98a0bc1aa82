"""Two bases of one agency side by side, and what would be if: `comparison` and `what-if` (api.md, Questions)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from api.application.nested_commands import embedded
from api.application.privacy.authorisation import Reach
from api.application.privacy.callers import Caller
from api.http.documentation.openapi import body_question_docs, question_docs
from api.http.guard import GuardedRoute, path_uscc
from api.http.limits.concurrency import TimeLimit
from api.http.query_params import AsOf, KnownAt, YearFilter
from api.http.responses import answer, may_cache_for_ever
from api.routes.agency.question_routes import ONE, asking
from domain.commands.fields import AssessmentYear, Commands, Id, Part
from domain.ledger.cross_agency import CrossAgency
from domain.ledger.ledger import Reader
from projections.compare.comparison import (
    comparison,
    consequences,
    placed_in,
    second_basis,
    touched_results,
    year_in_question,
)
from projections.compare.rank_moves import rank_effects, ranks_elsewhere
from projections.compare.standing_difference import Side
from projections.compare.what_if import added_by, hypothetical, overridden
from projections.replay.basis import Basis
from projections.replay.queries import ReplayQueries
from projections.rows.read.row_queries import RowQueries

T = TypeVar("T")
router = APIRouter(route_class=GuardedRoute)
BASIS = frozenset({"agency", "as_of", "known_at", "projected", "rulebook", "calendar", "version", "demonstration"})
"""What an answer about one agency says of its basis (api.md, Reading)."""


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
    with asking(request) as (questions, reader):
        first = questions.basis(path_uscc(uscc), as_of, known_at)
        second = second_basis(questions, path_uscc(uscc), as_of_2, known_at_2)
        content = comparison(first, second, None if year is None else year_in_question(first, year, "?year"))
        for_ever = _for_ever(reader, first, as_of, known_at) and _for_ever(reader, second, as_of_2, known_at_2)
    return answer(request, content, for_ever=for_ever)


def _for_ever(reader: Reader, basis: Basis, as_of: AsOf, known_at: KnownAt) -> bool:
    return may_cache_for_ever(
        reader.connection, as_of_given=as_of is not None, known_at=basis.known_at, known_at_given=known_at is not None
    )


class WhatIf(Part):
    """What is supposed: facts annulled, commands recorded, values of the rulebook changed. All may be left out."""

    annul: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    add: Commands = ()
    rulebook: Annotated[dict[str, Any], Field(default_factory=dict, max_length=100)]
    year: AssessmentYear | None = None
    """The year of the sheets; by default the assessment year of `as_of`."""


@router.post("/v1/agencies/{uscc}/what-if", tags=[ONE], **body_question_docs("what_if"))
def what_if(request: Request, uscc: str, body: WhatIf, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """假设撤销、增加事实或改动规则会怎样；不写入任何内容 / What would be if: nothing is written."""
    caller: Caller = request.state.caller
    deadline = TimeLimit(request.app.state.service.settings.what_if_seconds)
    with asking(request) as (questions, _):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        year = year_in_question(basis, body.year)
        numbers = count(1)
        add = embedded(body.add, "add", path_uscc(uscc), lambda: f"what-if-{next(numbers)}")
        law = overridden(basis.law, body.rulebook)
        others = CrossAgency(questions.reader, basis.trail.events[0].stream)
        supposed = hypothetical(
            basis, body.annul, add, law=law, actor=caller.person_id, elsewhere=others, still_time=deadline.check
        )
        before, after = Side(basis), Side(supposed)
        content = {
            **{name: value for name, value in before.sheet(year).items() if name in BASIS},
            "year": year,
            "supposed": [
                {"id": event.id, "type": type(event).__name__, "occurred_on": event.occurred_on.isoformat()}
                for event in added_by(basis, supposed)
            ],
            **_in_time(deadline, lambda: consequences(before, after, year)),
            "touched": _in_time(deadline, lambda: touched_results(basis, supposed)),
            "ranks": ranks_elsewhere() if body.rulebook else _ranks(request, questions, before, after, year, known_at),
        }
    return Response(msgspec.json.encode(content), 200, {"Cache-Control": "no-store"}, "application/json")


def _in_time(deadline: TimeLimit, work: Callable[[], T]) -> T:
    """Work that cannot be stopped in the middle: begun and passed on only in time. Raises: OutOfTime."""
    deadline.check()
    done = work()
    deadline.check()
    return done


def _ranks(
    request: Request, questions: ReplayQueries, before: Side, after: Side, year: int, known_at: str | None
) -> dict[str, Any]:
    """The district is asked at the same basis; `version:N` names one agency's place, its instant stands for it."""
    by_log = known_at is not None and known_at.startswith("log:")
    look_ups = RowQueries(questions.reader, questions.now)
    district = look_ups.district(before.basis.as_of, known_at if by_log else before.basis.known_at)
    own, own_then = placed_in(before, year), placed_in(after, year)
    categories = {one.group for one in (own, own_then) if one.group is not None}
    rows = look_ups.ranking(district, year, categories=sorted(categories))
    return rank_effects(rows, own, own_then, name_others=request.state.reach is not Reach.OWN)
