"""Where another result would put an agency in its category's ranking, and whose ranks that would move (R30).

What stands without a decision and with it: the tier on every day, the outcome of every year (R34 compares them).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from domain.measures.calendar import add_years
from domain.measures.chapter3_sanctions import sanction, tags
from domain.measures.chapter4_appeals import Outcome
from domain.measures.chapter4_assessment import Candidate, ranked_by_category
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.measures.text.implements import implements
from domain.values import Grade, Tier
from projections.answers.comparisons import RankEffects, RankMovedOfOther, RankWithTotal
from projections.answers.districts import RankedAgency
from projections.replay.known_at import Basis
from projections.replay.sheet import Sheet


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


def tiers(before: Basis, after: Basis) -> Iterator[tuple[Tier, Tier]]:
    """The tier without and with it, on every day on which it can change."""
    for day in sorted(_days(before) | _days(after)):
        yield _tier(before, day), _tier(after, day)


def outcomes(before: Basis, after: Basis, year: int) -> Iterator[tuple[int, Outcome, Outcome]]:
    """The outcome without and with it, of every year from this one to that of the bases."""
    for number in range(year, assessment_year_of(before.as_of, before.rulebook) + 1):
        yield number, _outcome(Sheet(before, number)), _outcome(Sheet(after, number))


def _outcome(sheet: Sheet) -> Outcome:
    return Outcome(None if sheet.grade is None else sheet.grade.value, sheet.score)


def _days(basis: Basis) -> set[date]:
    """The day of the basis, and the days on which a tag begins or is over, or its complaint leaves the window (R16)."""
    days, window = {basis.as_of}, basis.rulebook.ladder.window_years
    for tag in tags(basis.facts, basis.rulebook, basis.law.rulebooks):
        ends = (tag.last_day, add_years(tag.first_day, window))
        days |= {tag.first_day, *(one + timedelta(days=1) for one in ends if one is not None)}
    return days


def _tier(basis: Basis, day: date) -> Tier:
    on_day = replace(basis, as_of=day)
    return sanction(on_day.facts, basis.rulebook, basis.law.rulebooks).tier
