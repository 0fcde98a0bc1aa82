"""Whether a decision on an appeal leaves the appellant worse off in the ledger: its tier, or a year's score (R34)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from domain.measures.calendar import add_years
from domain.measures.chapter3_sanctions import sanction, tags
from domain.measures.chapter4_appeals import lower
from domain.measures.rulebook.rulebook import assessment_year_of
from domain.measures.text.implements import implements
from domain.values import TIER_RANK
from projections.replay.basis import Basis
from projections.replay.sheet import Sheet

Said = tuple[str, str]


@implements("R34")
def harmed(before: Basis, after: Basis, year: int) -> Said | None:
    """What of the ledger would be worse, in both languages; None where nothing would.

    Compared are the tier on every day on which it can change, and the sheets of all years from the contested one to
    that of the bases.
    """
    for day in sorted(_days(before) | _days(after)):
        if _rank(after, day) > _rank(before, day):
            return "惩戒等级", "the sanction tier"
    for number in range(year, assessment_year_of(before.as_of, before.rulebook) + 1):
        old, new = Sheet(before, number), Sheet(after, number)
        grades = [None if one.grade is None else one.grade.value for one in (old, new)]
        if lower(grades[0], old.score, grades[1], new.score):
            return f"{number} 年度得分或等次", f"the points or the grade of {number}"
    return None


def _days(basis: Basis) -> set[date]:
    """The day of the basis, and the days on which a tag begins or is over, or its complaint leaves the window (R16)."""
    days, window = {basis.as_of}, basis.rulebook.ladder.window_years
    for tag in tags(basis.facts, basis.rulebook, basis.law.rulebooks):
        ends = (tag.last_day, add_years(tag.first_day, window))
        days |= {tag.first_day, *(one + timedelta(days=1) for one in ends if one is not None)}
    return days


def _rank(basis: Basis, day: date) -> int:
    on_day = replace(basis, as_of=day)
    return TIER_RANK[sanction(on_day.facts, basis.rulebook, basis.law.rulebooks).tier]
