"""What another rulebook would have made of a year, agency by agency, without adopting it (R5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from msgspec import UNSET

from domain.errors import Contradiction, Invalid
from domain.law import Law, must_be_assessed, under
from domain.measures.rulebook.rulebook import Rulebook, year_span
from domain.measures.text.implements import implements
from domain.values import GRADE_LABELS, TIER_LABELS, Grade, Tier
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
from projections.replay.basis import Basis, rulebook_used
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
