"""Chapter 4 of the Measures: who is assessed, grades, overrides and ranks (art.19, 20, 25; annex 1 notes)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Generic, Literal, NamedTuple, TypeVar

from domain.events import PenaltyImposed, ResultPublished, ResultRevised
from domain.measures.around.successions import SUCCESSIONS, InheritedFine, inherited, inherited_fines, succeeded
from domain.measures.chapter2_filing import filed_periods
from domain.measures.chapter3_business import in_business
from domain.measures.chapter3_sanctions import tags
from domain.measures.rulebook.rulebook import Rulebook, Rulebooks, assessment_year_of, year_span
from domain.measures.text.implements import implements
from domain.trail.trail import Facts
from domain.values import GRADE_RANK, Grade, Tier


@dataclass(frozen=True)
class Override:
    """Why a year is unqualified whatever the score (art.25)."""

    kind: Literal["blacklisted", "penalty"]
    events: tuple[str, ...]


@implements("annex1.note4", "art.12", "R10", "R29", "R43")
def why_not_assessed(facts: Facts, first: date, last: date) -> list[tuple[str, str]]:
    """全年未开展业务…不参与考评和排名: the reasons, Chinese and English; empty for an assessed agency."""
    reasons = []
    if not in_business(facts, first, last):
        reasons.append(("本年度没有在执行的服务项目", "no project ran in the year"))
    if not any(max(start, first) <= min(end, last) for start, end in filed_periods(facts)):
        reasons.append(("本年度没有一天处于已备案状态", "filed on no day of the year"))
    gone = succeeded(Facts(facts.trail, last))
    if gone is not None:
        who = "、".join(gone.successors)
        reasons.append(
            (
                f"自 {gone.occurred_on} 起由 {who} 承继（{SUCCESSIONS[gone.kind][0]}），不再单独参与考评和排名",
                f"succeeded by {', '.join(gone.successors)} from {gone.occurred_on} on: not assessed by itself",
            )
        )
    return reasons


@implements("art.20", "annex1.note3", "R27")
def grade_of(score: Fraction, rulebook: Rulebook) -> Grade:
    """90分以上为优秀，70~89分合格，70分以下不合格: `score` is the score of record, in points (R26)."""
    if score >= rulebook.grades.excellent:  # 以上 includes the number
        return Grade.EXCELLENT
    return Grade.QUALIFIED if score >= rulebook.grades.qualified else Grade.UNQUALIFIED


@implements("art.25", "R28")
def overrides(facts: Facts, rulebook: Rulebook, rulebooks: Rulebooks, first: date, last: date) -> list[Override]:
    """列入“黑名单”管理或…行政处罚…直接记为“不合格”: blacklisted tags added and penalties decided in the year."""
    listed = [tag for tag in tags(facts, rulebook, rulebooks) if tag.tier is Tier.BLACKLISTED]
    added = tuple(
        tag.event for tag in listed if first <= (tag.added_on or tag.first_day) and tag.first_day <= last
    )  # an inherited tag counts in the year in which it was added, once it is here (R43)
    fined = tuple(
        dict.fromkeys(one.id for one in _of_year(facts, first, last) if _overrides(one, rulebook))
    )  # several that were inherited stand in one fact
    found = []
    if added:
        found.append(Override("blacklisted", added))
    if fined:
        found.append(Override("penalty", fined))
    return found


def penalties_without_effect(
    facts: Facts, rulebook: Rulebook, first: date, last: date
) -> list[PenaltyImposed | InheritedFine]:
    """Penalties of the year by other authorities: shown, without effect on the grade (art.25, R28)."""
    return [one for one in _of_year(facts, first, last) if not _overrides(one, rulebook)]


@implements("art.25", "R28", "R43")
def penalties(facts: Facts) -> list[PenaltyImposed | InheritedFine]:
    """Every penalty by the day, by date, with those of predecessors."""
    found: list[PenaltyImposed | InheritedFine] = [*facts.of(PenaltyImposed), *inherited_fines(facts)]
    return sorted(found, key=lambda one: (one.occurred_on, one.version))


def _of_year(facts: Facts, first: date, last: date) -> list[PenaltyImposed | InheritedFine]:
    """The penalties decided in the year; an inherited one counts once it is here."""
    return [
        one
        for one in penalties(facts)
        if first <= one.occurred_on <= last and (isinstance(one, PenaltyImposed) or one.counts_from <= last)
    ]


def _overrides(one: PenaltyImposed | InheritedFine, rulebook: Rulebook) -> bool:
    return one.authority_kind in rulebook.penalties.overriding_authorities


@dataclass(frozen=True)
class WarningNotice:
    """第二年警告通报: stands from `first` to `last`, both included, for a year published as unqualified."""

    year: int
    first: date
    last: date
    event: str
    is_inherited: bool = False
    """Of a predecessor's result: it was told of there (R43)."""


@implements("art.19", "R31", "R43")
def warning_notices(facts: Facts, rulebooks: Rulebooks) -> list[WarningNotice]:
    """年度考评被确定为“不合格”的服务机构，第二年警告通报: one per year whose standing result is unqualified.

    It stands in the year after (or in the year of publication, if that is later) from publication on; a revision to
    another grade lifts it, one to unqualified brings it.
    """
    standing: dict[int, ResultPublished | ResultRevised] = {}
    for result in facts.several(ResultPublished, ResultRevised):
        before = standing.get(result.year)
        if before is None or before.grade != result.grade:
            standing[result.year] = result
    found = [
        WarningNotice(each.year, max(each.first, one.occurred_on), each.last, one.id, is_inherited=True)
        for one in inherited(facts)
        for each in one.warnings
        if each.last >= one.occurred_on
    ]
    for year, result in sorted(standing.items()):
        if result.grade == "unqualified":
            published_in = assessment_year_of(result.occurred_on, rulebooks.on(result.occurred_on))
            first, last = year_span(max(year + 1, published_in), rulebooks)
            found.append(WarningNotice(year, max(first, result.occurred_on), last, result.id))
    return sorted(found, key=lambda one: one.year)


T = TypeVar("T")


@implements("art.19", "R30")
def ranked(results: Iterable[tuple[T, Grade, Fraction]]) -> list[tuple[T, int]]:
    """按照服务机构类型进行排名: of one category, by grade, then score; equal scores share a rank (1, 2, 2, 4)."""
    ordered = sorted(results, key=lambda one: (GRADE_RANK[one[1]], -one[2]))
    ranks: list[tuple[T, int]] = []
    for place, (item, grade, score) in enumerate(ordered):
        tied = place > 0 and (ordered[place - 1][1], ordered[place - 1][2]) == (grade, score)
        ranks.append((item, ranks[-1][1] if tied else place + 1))
    return ranks


class Candidate(NamedTuple, Generic[T]):
    """Who is ranked in a year: whose result, in which category, with which grade and points."""

    whose: T
    category: str | None
    grade: Grade
    total: Fraction


@implements("art.19", "R30", "R30a")
def ranked_by_category(candidates: Iterable[Candidate[T]]) -> Iterator[tuple[T, int]]:
    """Everybody with their rank in their category, category after category as they first appear."""
    categories: dict[str | None, list[tuple[T, Grade, Fraction]]] = {}
    for one in candidates:
        categories.setdefault(one.category, []).append((one.whose, one.grade, one.total))
    for of_one in categories.values():
        yield from ranked(of_one)


@implements("art.20", "R30", "R34")
def moving(before: Mapping[T, int | None], after: Mapping[T, int | None], revised: T) -> list[T]:
    """Whose rank moves when a result is revised, besides whose result it is: each of them has a new result."""
    return [whose for whose, rank in before.items() if whose != revised and after.get(whose) != rank]
