"""Two bases of one agency side by side, and what would be if: `comparison` and `what-if` (api.md, Questions)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Annotated, Any, TypeVar

from msgspec import UNSET
from msgspec.structs import asdict
from pydantic import Field

from api.application.nested_commands import embedded
from api.application.privacy.authorisation import WHAT_IF, Reach
from api.application.questions.agency.course_questions import as_told
from api.application.questions.inquiry import Answer, Inquiry, TimeLimit, never_changes, path_uscc, question
from domain.commands.fields import AssessmentYear, Commands, Id, Part
from domain.errors import NotFound
from domain.ledger.reader import CrossAgency
from domain.measures.text.implements import implements
from projections.answers.comparisons import RankEffects
from projections.compare.comparison import (
    comparison,
    consequences,
    placed_in,
    second_basis,
    touched_results,
    year_in_question,
)
from projections.compare.following import HintsOf, following
from projections.compare.rank_moves import rank_effects, ranks_elsewhere
from projections.compare.standing_difference import Side
from projections.compare.what_if import added_by, at_successors, hypothetical, overridden
from projections.replay.known_at import Basis
from projections.replay.queries import Hints, ReplayQueries
from projections.replay.standing import agency_name
from projections.rows.read.row_queries import RowQueries

T = TypeVar("T")
BASIS = frozenset({"agency", "as_of", "known_at", "projected", "rulebook", "calendar", "version", "demonstration"})
"""What an answer about one agency says of its basis (api.md, Reading)."""


@question("/v1/agencies/{uscc}/comparison")
def comparison_of(
    inquiry: Inquiry,
    uscc: str,
    as_of: date | None = None,
    known_at: str | None = None,
    as_of_2: date | None = None,
    known_at_2: str | None = None,
    year: int | None = None,
) -> Answer:
    """Two standings, what differs, and the events behind each difference."""
    with inquiry.replaying() as (questions, reader):
        first = questions.basis(path_uscc(uscc), as_of, known_at)
        second = second_basis(questions, path_uscc(uscc), as_of_2, known_at_2)
        content = comparison(first, second, None if year is None else year_in_question(first, year, "?year"))
        unchanging = never_changes(reader, as_of, known_at, first.known_at) and never_changes(
            reader, as_of_2, known_at_2, second.known_at
        )
        return Answer(content, unchanging)


class WhatIf(Part):
    """What is supposed: facts annulled, commands recorded, values of the rulebook changed. All may be left out."""

    annul: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    add: Commands = ()
    rulebook: Annotated[dict[str, Any], Field(default_factory=dict, max_length=100)]
    year: AssessmentYear | None = None
    """The year of the sheets; by default the assessment year of `as_of`."""


@question(WHAT_IF, method="POST")
def what_if_of(
    inquiry: Inquiry, uscc: str, body: WhatIf, as_of: date | None = None, known_at: str | None = None
) -> Answer:
    """What would be if: nothing is written."""
    deadline = TimeLimit(inquiry.service.settings.what_if_seconds)
    with inquiry.replaying() as (questions, _):
        basis = questions.basis(path_uscc(uscc), as_of, known_at)
        year = year_in_question(basis, body.year)
        numbers = count(1)
        add = embedded(body.add, "add", path_uscc(uscc), lambda: f"what-if-{next(numbers)}")
        law = overridden(basis.law, body.rulebook)
        others = CrossAgency(questions.reader, basis.trail.events[0].stream)
        supposed = hypothetical(
            basis, body.annul, add, law=law, actor=inquiry.caller.person_id, elsewhere=others, still_time=deadline.check
        )
        content = {
            **{
                name: value
                for name, value in asdict(Side(basis).sheet(year)).items()
                if name in BASIS and value is not UNSET
            },
            "year": year,
            "supposed": [
                {"id": event.id, "type": type(event).__name__, "occurred_on": event.occurred_on.isoformat()}
                for event in added_by(basis, supposed)
            ],
            **_effects(inquiry, questions, deadline, basis, supposed, year, known_at),
            "successors": _at_successors(inquiry, questions, deadline, supposed, year),
        }
    return Answer(content)


def _effects(
    inquiry: Inquiry,
    questions: ReplayQueries,
    deadline: TimeLimit,
    basis: Basis,
    supposed: Basis,
    year: int,
    known_at: str | None,
) -> dict[str, object]:
    """Both sides, what differs, and what follows from it."""
    before, after = Side(basis), Side(supposed)
    other_law = supposed.law is not basis.law
    return {
        **_in_time(deadline, lambda: consequences(before, after, year)),
        "touched": _in_time(deadline, lambda: touched_results(basis, supposed)),
        "ranks": ranks_elsewhere() if other_law else _ranks(inquiry, questions, before, after, year, known_at),
        "following": _in_time(deadline, lambda: following(basis, supposed, _hints(inquiry, questions, known_at))),
    }


@implements("art.12", "R43")
def _at_successors(
    inquiry: Inquiry, questions: ReplayQueries, deadline: TimeLimit, supposed: Basis, year: int
) -> list[dict[str, object]]:
    """What would be of each successor whose inheritance changes; whose reach is one agency is told of none."""
    if inquiry.reach is Reach.OWN:
        return []

    def basis_of(uscc: str) -> Basis | None:
        try:
            return questions.basis(uscc, supposed.as_of, supposed.known_at)
        except NotFound:
            return None

    found = _in_time(deadline, lambda: list(at_successors(supposed, basis_of, questions.today)))
    return [
        {
            "agency": agency_name(before),
            "year": year,
            "version": before.trail.events[-1].version,
            **_effects(inquiry, questions, deadline, before, after, year, before.known_at),
        }
        for before, after in found
    ]


def _hints(inquiry: Inquiry, questions: ReplayQueries, known_at: str | None) -> HintsOf:
    """The hints of a basis, as the list of an agency's hints tells them to this caller (R37, R39)."""
    found = Hints(questions.reader, known_at)
    return lambda basis: as_told(inquiry, found.of(basis))


def _in_time(deadline: TimeLimit, work: Callable[[], T]) -> T:
    """Work that cannot be stopped in the middle: begun and passed on only in time. Raises: OutOfTime."""
    deadline.check()
    done = work()
    deadline.check()
    return done


def _ranks(
    inquiry: Inquiry, questions: ReplayQueries, before: Side, after: Side, year: int, known_at: str | None
) -> RankEffects:
    """The district is asked at the same basis; `version:N` names one agency's place, its instant stands for it."""
    by_log = known_at is not None and known_at.startswith("log:")
    look_ups = RowQueries(questions.reader, questions.now)
    district = look_ups.district(before.basis.as_of, known_at if by_log else before.basis.known_at)
    own, own_then = placed_in(before, year), placed_in(after, year)
    categories = {one.group for one in (own, own_then) if one.group is not None}
    rows = look_ups.ranking(district, year, categories=sorted(categories))
    return rank_effects(rows, own, own_then, name_others=inquiry.reach is not Reach.OWN)
