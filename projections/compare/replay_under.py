"""What another rulebook would have made of a year, agency by agency, without adopting it (R5).

What adopting a rulebook would change of days gone by: asked before it is adopted (R4, R5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from msgspec import UNSET

from domain.assessment import AssessmentRound
from domain.errors import Contradiction, Invalid
from domain.law import Law, must_be_assessed, under
from domain.measures.rulebook.rulebook import Rulebook, Rulebooks, year_span
from domain.measures.text.implements import implements
from domain.values import GRADE_LABELS, TIER_LABELS, Grade, Tier, assessment_stream
from projections.answers.comparisons import (
    AgencyUnder,
    AgencyWithCategory,
    Amendment,
    ChangesUnder,
    ReplayedUnder,
    UnderRulebook,
)
from projections.compare.comparison import placed_in
from projections.compare.rank_moves import PlacedAgency, ranks_of
from projections.compare.standing_difference import Side
from projections.replay.known_at import Basis, rulebook_used
from projections.replay.queries import ReplayQueries

COMPARED = ("total", "grade", "rank", "tier")
"""What is told of each agency, under both laws."""


@implements("R5")
def replay_under(questions: ReplayQueries, book: Rulebook, year: int) -> ReplayedUnder:
    """Every agency's total, grade, rank and tier under the adopted law and under this rulebook alone.

    As known now, on the last day of the year, or today if that is earlier. The rulebook is taken as that of the whole
    history, whatever its own date. Raises: NotFound for a year before the Measures, Invalid for one to come.
    """
    law = questions.reader.law(questions.now)
    if law is None:
        raise Contradiction(
            "账本尚未启用",
            "the ledger has not been opened",
            remedy="请先启动服务",
            remedy_en="Start the service first.",
        )
    must_be_assessed(law, year)
    first, last = year_span(year, law.rulebooks)
    day = min(last, questions.today)
    if first > day:
        raise _not_begun(year, first)
    amended = under(law, book)
    results = [_results(basis, amended, year) for basis in questions.district(day)]
    ranks = [ranks_of(placed for _, placed, _ in side) for side in zip(*results, strict=True)] or [{}, {}]
    items = tuple(_item(uscc, pair, ranks) for uscc, pair in ((pair[0][0], pair) for pair in results))
    return ReplayedUnder(
        year=year,
        as_of=day,
        known_at=questions.now,
        demonstration=True if law.demonstration else UNSET,
        adopted=tuple(map(rulebook_used, law.rulebooks)),
        amendment=Amendment(book.id, book.sha256, book.effective_from),
        items=items,
        sum=_sum(items),
    )


_Result = tuple[str, PlacedAgency, Tier]


def _results(basis: Basis, amended: Law, year: int) -> tuple[_Result, _Result]:
    """One agency under both laws; nothing of its trail is kept."""
    adopted, other = (_result(Side(one), year) for one in (basis, replace(basis, law=amended)))
    return adopted, other


def _result(side: Side, year: int) -> _Result:
    placed = placed_in(side, year)
    return placed.uscc, placed, side.standing.sanction.tier


def _item(uscc: str, pair: tuple[_Result, _Result], ranks: list[dict[str, int]]) -> AgencyUnder:
    before, after = (_told(one, places.get(uscc)) for one, places in zip(pair, ranks, strict=True))
    placed = pair[0][1]
    changed = tuple(name for name in COMPARED if getattr(before, name) != getattr(after, name))
    return AgencyUnder(AgencyWithCategory(uscc, placed.name, placed.category), before, after, changed)


def _told(result: _Result, rank: int | None) -> UnderRulebook:
    _, placed, tier = result
    grade = None if placed.grade is None else Grade(placed.grade)
    return UnderRulebook(
        placed.total, grade, None if grade is None else GRADE_LABELS[grade], rank, tier, TIER_LABELS[tier]
    )


def _sum(items: Sequence[AgencyUnder]) -> ChangesUnder:
    """How many agencies there are, how many change at all, and in what."""
    totals, grades, ranks, tiers = (sum(name in one.changed for one in items) for name in COMPARED)
    return ChangesUnder(len(items), sum(bool(one.changed) for one in items), totals, grades, ranks, tiers)


def _not_begun(year: int, first: date) -> Invalid:
    return Invalid(
        f"{year} 年度自 {first} 起，尚未开始",
        f"the assessment year {year} begins on {first}: it has not begun",
        cites=("art.20", "R20"),
        remedy="请选已开始的年度",
        remedy_en="Ask for a year that has begun.",
    )


@dataclass(frozen=True)
class AdoptionChange:
    """A value or a reading of which two rulebooks say something else. `reading` is what it is read by (`R16`)."""

    name: str
    reading: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Adoption:
    """What a rulebook would change of what has been: both empty where it only judges days to come."""

    replaces: Rulebook | None
    """The rulebook adopted under the same id with another content."""
    changes: tuple[AdoptionChange, ...]
    """What it says otherwise than the rulebook in whose place it judges."""
    years: dict[int, ChangesUnder]
    """Published years whose sheets it would judge from now on, each with the sums of `replay_under`."""

    @property
    def must_be_confirmed(self) -> bool:
        """Whether somebody has to say that this is meant."""
        return self.replaces is not None or bool(self.years)


@implements("R4", "R5")
def adoption_of(questions: ReplayQueries, book: Rulebook) -> Adoption:
    """What adopting this rulebook would change of published years, and which adopted one it would replace.

    Raises: RulebookInvalid when it does not go with those adopted before.
    """
    law = questions.reader.law(questions.now)
    if law is None:
        return Adoption(None, (), {})
    adopted = list(law.rulebooks)
    with_it = Rulebooks([*adopted, book])
    replaces = next((one for one in adopted if one.id == book.id and one.sha256 != book.sha256), None)
    years = {
        year: replay_under(questions, book, year).sum
        for year, day in _published(questions, law)
        if with_it.for_sheet(year, day).sha256 != law.rulebooks.for_sheet(year, day).sha256
    }
    return Adoption(replaces, tuple(_changes(replaces or law.rulebooks.on(book.effective_from), book)), years)


def _published(questions: ReplayQueries, law: Law) -> Iterator[tuple[int, date]]:
    """The published years, each with the day on which its sheets were asked."""
    for year in range(law.rulebooks.first_day.year, questions.today.year + 1):
        published = AssessmentRound.of(year, questions.reader.events(assessment_stream(year))).published
        if published is not None:
            yield year, published.occurred_on


def _changes(before: Rulebook, after: Rulebook) -> Iterator[AdoptionChange]:
    values = {row["name"]: row["value"] for row in before.describe()}
    for row in after.describe():
        if row["value"] != values[row["name"]]:
            yield AdoptionChange(row["name"], row["reading"], values[row["name"]], row["value"])
    notes = {one.ref: (one.note, one.confirmed_on) for one in before.readings}
    for one in after.readings:
        if (one.note, one.confirmed_on) != notes.get(one.ref):
            yield AdoptionChange(one.ref, one.ref, notes.get(one.ref, ("",))[0], one.note)
