"""What another rulebook would have made of a year, agency by agency, without adopting it (R5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from domain.errors import Contradiction, Invalid
from domain.law import Law, must_be_assessed, under
from domain.measures.rulebook.rulebook import Rulebook, year_span
from domain.measures.text.implements import implements
from domain.values import GRADE_LABELS, TIER_LABELS, Grade, Tier
from projections.compare.comparison import placed_in
from projections.compare.rank_moves import PlacedAgency, ranks_of
from projections.compare.standing_difference import Side
from projections.replay.basis import Basis, demonstration_mark
from projections.replay.queries import ReplayQueries

COMPARED = ("total", "grade", "rank", "tier")
"""What is told of each agency, under both laws."""


@implements("R5")
def replay_under(questions: ReplayQueries, book: Rulebook, year: int) -> dict[str, Any]:
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
    items = [_item(uscc, pair, ranks) for uscc, pair in ((pair[0][0], pair) for pair in results)]
    return {
        "year": year,
        "as_of": day.isoformat(),
        "known_at": questions.now,
        **demonstration_mark(law),
        "adopted": [_named(one) for one in law.rulebooks],
        "amendment": {**_named(book), "effective_from": book.effective_from.isoformat()},
        "items": items,
        "sum": _sum(items),
    }


_Result = tuple[str, PlacedAgency, Tier]


def _results(basis: Basis, amended: Law, year: int) -> tuple[_Result, _Result]:
    """One agency under both laws; nothing of its trail is kept."""
    adopted, other = (_result(Side(one), year) for one in (basis, replace(basis, law=amended)))
    return adopted, other


def _result(side: Side, year: int) -> _Result:
    placed = placed_in(side, year)
    return placed.uscc, placed, Tier(side.standing["sanction"]["tier"])


def _item(uscc: str, pair: tuple[_Result, _Result], ranks: list[dict[str, int]]) -> dict[str, Any]:
    before, after = (_told(one, places.get(uscc)) for one, places in zip(pair, ranks, strict=True))
    placed = pair[0][1]
    return {
        "agency": {"uscc": uscc, "name": placed.name, "category": placed.category},
        "before": before,
        "after": after,
        "changed": [name for name in COMPARED if before[name] != after[name]],
    }


def _told(result: _Result, rank: int | None) -> dict[str, Any]:
    _, placed, tier = result
    return {
        "total": placed.total,
        "grade": placed.grade,
        "grade_label": None if placed.grade is None else GRADE_LABELS[Grade(placed.grade)],
        "rank": rank,
        "tier": tier,
        "tier_label": TIER_LABELS[tier],
    }


def _sum(items: list[dict[str, Any]]) -> dict[str, int]:
    """How many agencies there are, how many change at all, and in what."""
    changed = {f"{name}s": sum(name in one["changed"] for one in items) for name in COMPARED}
    return {"agencies": len(items), "changed": sum(bool(one["changed"]) for one in items), **changed}


def _named(book: Rulebook) -> dict[str, str]:
    return {"id": book.id, "sha256": book.sha256}


def _not_begun(year: int, first: date) -> Invalid:
    return Invalid(
        f"{year} 年度自 {first} 起，尚未开始",
        f"the assessment year {year} begins on {first}: it has not begun",
        cites=("art.20", "R20"),
        remedy="请选已开始的年度",
        remedy_en="Ask for a year that has begun.",
    )
