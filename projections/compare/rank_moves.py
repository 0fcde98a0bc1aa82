"""Where another result would put an agency in its category's ranking, and whose ranks that would move (R30)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from domain.measures.chapter4_assessment import Candidate, ranked_by_category
from domain.measures.text.implements import implements
from domain.values import Grade
from projections.answers.comparisons import RankEffects, RankMovedOfOther, RankWithTotal
from projections.answers.districts import RankedAgency


class PlacedAgency(NamedTuple):
    """One agency's result of a year, as far as it bears on the ranking."""

    uscc: str
    name: str | None
    category: str | None
    group: str | None
    """The category in which it is ranked, whatever its words are (R47)."""
    assessed: bool
    total: str | None
    """The score of record, two decimals."""
    grade: str | None


def placed(row: RankedAgency) -> PlacedAgency:
    """The result in a row of a ranking."""
    agency = row.agency
    return PlacedAgency(agency.uscc, agency.name, row.category, row.category_group, row.assessed, row.total, row.grade)


@implements("R30")
def ranks_of(results: Iterable[PlacedAgency]) -> dict[str, int]:
    """The rank of every assessed agency within its category, by USCC; who is not assessed has none (R29, R30)."""
    return dict(
        ranked_by_category(
            Candidate(one.uscc, one.group, Grade(one.grade), Fraction(one.total))
            for one in results
            if one.assessed and one.grade is not None and one.total is not None
        )
    )


def moved_ranks(before: Iterable[PlacedAgency], after: Iterable[PlacedAgency]) -> Iterator[RankMovedOfOther]:
    """Every agency whose rank differs between two states of the same district, by rank."""
    first, then = list(before), list(after)
    ranks, ranks_then = ranks_of(first), ranks_of(then)
    for one in sorted(then, key=lambda one: (str(one.group), ranks_then.get(one.uscc, len(then) + 1), one.uscc)):
        if ranks.get(one.uscc) != ranks_then.get(one.uscc):
            yield RankMovedOfOther(one.uscc, one.name, one.category, ranks.get(one.uscc), ranks_then.get(one.uscc))


def rank_effects(
    rows: Sequence[RankedAgency], before: PlacedAgency, after: PlacedAgency, *, name_others: bool
) -> RankEffects:
    """What another result of one agency does to the ranking of its category: its own rank, and whose ranks move.

    `rows`: the ranking of the categories that it is in before and after. Others are only counted unless
    `name_others`: an agency is not shown the results of others.
    """
    others = [placed(row) for row in rows if row.agency.uscc != before.uscc]
    first, then = [*others, before], [*others, after]
    moving = [one for one in moved_ranks(first, then) if one.uscc != before.uscc]
    own, own_then = ranks_of(first).get(before.uscc), ranks_of(then).get(after.uscc)
    return RankEffects(
        _own(before, own),
        _own(after, own_then),
        len(moving),
        tuple(moving) if name_others else None,
        f"本机构名次由 {own or '—'} 变为 {own_then or '—'}，另有 {len(moving)} 家机构名次变动",
        f"its rank goes from {own or '—'} to {own_then or '—'}; the ranks of {len(moving)} others move",
    )


def _own(one: PlacedAgency, rank: int | None) -> RankWithTotal:
    return RankWithTotal(one.category, rank, one.total, None if one.grade is None else Grade(one.grade))


def ranks_elsewhere() -> RankEffects:
    """Said in place of ranks where other values of the rulebook were asked about: they would judge every agency."""
    return RankEffects(
        None,
        None,
        None,
        None,
        "改动规则会影响所有机构：各机构的名次请用 steward replay-under 推演",
        "another rulebook judges every agency: steward replay-under tells the ranks under it",
    )
