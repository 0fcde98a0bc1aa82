"""Two bases of one agency side by side: what was asked twice, or what would be if (api.md, comparison and what-if)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from msgspec import UNSET, structs

from domain.errors import Invalid, NotFound
from domain.events import EventAnnulled, ResultPublished, ResultRevised
from domain.law import must_be_assessed
from domain.measures.chapter2_filing import profile_on
from domain.measures.chapter4_appeals import resting_on, result_day, standing_result
from domain.measures.rulebook.kinds import group_of
from domain.measures.rulebook.rulebook import assessment_year_of, year_span
from domain.measures.text.implements import implements
from domain.trail.trail import Trail
from domain.values import score_of_record
from projections.answers.comparisons import (
    AnswerDifference,
    Comparison,
    SheetsCompared,
    StandingAndSheet,
    TouchedResult,
)
from projections.compare.basis_difference import BasisDifference
from projections.compare.rank_moves import PlacedAgency
from projections.compare.standing_difference import SUMMARY, Side, sheet_differences, standing_differences
from projections.replay.known_at import Basis
from projections.replay.queries import ReplayQueries


def second_basis(questions: ReplayQueries, uscc: str, as_of: date | None, known_at: str | None) -> Basis:
    """The basis that `as_of_2` and `known_at_2` name. Raises: what `ReplayQueries.basis` does, at those parameters."""
    try:
        return questions.basis(uscc, as_of, known_at)
    except Invalid as refusal:
        refusal.pointer = f"{refusal.pointer}_2"
        raise


def comparison(first: Basis, second: Basis, year: int | None = None) -> Comparison:
    """The answer of `GET …/comparison`: both standings, the sheets of their years, and what differs, with the events.

    `year`: one more whose sheets are compared, for instance the one that was published on these days. A sheet is null
    where its year had not begun on that side's day; only where both are there can they differ.
    """
    before, after = Side(first), Side(second)
    moved = BasisDifference.between(first, second)
    years = {before.year, after.year} | ({year} if year is not None else set())
    return Comparison(
        agency=after.standing.agency,
        demonstration=after.standing.demonstration,
        before=before.standing,
        after=after.standing,
        difference=tuple(standing_differences(before, after, moved)),
        sheets=tuple(_sheets(before, after, one, moved) for one in sorted(years)),
    )


def _sheets(before: Side, after: Side, year: int, moved: BasisDifference) -> SheetsCompared:
    first, then = (side.sheet(year) if side.has_begun(year) else None for side in (before, after))
    difference = () if first is None or then is None else sheet_differences(first, then, moved)
    return SheetsCompared(year, first, then, tuple(difference))


def year_in_question(basis: Basis, given: int | None, pointer: str = "/year") -> int:
    """The assessment year of a what-if: the one named, else that of `as_of`. Raises: Invalid before the Measures."""
    if given is None:
        return assessment_year_of(basis.as_of, basis.rulebook)
    try:
        must_be_assessed(basis.law, given)
    except NotFound as none:
        raise Invalid(none.text, none.text_en, none.cites, none.remedy, none.remedy_en, pointer) from None
    return given


def consequences(before: Side, after: Side, year: int) -> dict[str, StandingAndSheet | list[AnswerDifference]]:
    """Both standings and sheets of a what-if, and what differs: of the sheet what the standing does not say already."""
    moved = BasisDifference.between(before.basis, after.basis)
    told = standing_differences(before, after, moved)
    same_year = before.year == year == after.year
    told += [
        structs.replace(one, field=f"sheet.{one.field}")
        for one in sheet_differences(before.sheet(year), after.sheet(year), moved)
        if not (same_year and one.field in SUMMARY)
    ]
    sides = (StandingAndSheet(side.standing, side.sheet(year)) for side in (before, after))
    return dict(zip(("before", "after"), sides, strict=True)) | {"difference": told}


@implements("R36")
def touched_results(before: Basis, after: Basis) -> list[TouchedResult]:
    """The published results of the agency that would be others, each looked at on its own day, by year.

    By the sheet or by the category on the year's last day, in which results are ranked (R30), and as recording has it:
    another law touches no result, nor does the annulment of a fact on which the result never rested. Results of others
    whose ranks would follow are not among them.
    """
    events = before.trail.events
    found = []
    for year in sorted({one.year for one in events if isinstance(one, (ResultPublished, ResultRevised))}):
        result = standing_result(events, year)
        assert result is not None  # noqa: S101  # the year is that of one
        first = replace(before, trail=Trail([*events, *_of_late_facts(before, after, year)]))
        sides = [Side(replace(basis, as_of=result_day(result), law=before.law)) for basis in (first, after)]
        if _outcome(sides[0], year) != _outcome(sides[1], year):
            found.append(TouchedResult(result.id, year, result.occurred_on))
    return found


def _of_late_facts(before: Basis, after: Basis, year: int) -> list[EventAnnulled]:
    """The supposed annulments of facts on which the year's result does not rest: what these opened is void by them."""
    events = before.trail.events
    first = next(one for one in events if isinstance(one, (ResultPublished, ResultRevised)) and one.year == year)
    known = range(1, int(first.sheet.get("version", first.version)) + 1)
    resting = {one.id for one in resting_on(events, year, known)}
    added = after.trail.events[len(events) :]
    return [one for one in added if isinstance(one, EventAnnulled) and one.event_id not in resting]


def _outcome(side: Side, year: int) -> tuple[Any, ...]:
    """What makes a published result another (R36): points, deductions one by one, missing parts, art.25, category."""
    sheet = side.sheet(year)
    rest = sum(map(Fraction, (sheet.exact.quality, sheet.exact.effect, sheet.exact.honours)), Fraction(0))
    conduct = [line for line in sheet.lines if line.category == "conduct" and Fraction(line.nominal)]
    shown = (sheet.assessed, sheet.total, sheet.grade, sheet.quality, sheet.effect, sheet.honours)
    direct = [(one.kind, len(one.events)) for one in sheet.override]  # what is inherited is recorded anew (R43)
    found = (sheet.missing, direct, score_of_record(rest), sorted(str(line.item) for line in conduct))
    return (*shown, *found, placed_in(side, year).group)


def placed_in(side: Side, year: int) -> PlacedAgency:
    """The agency's result of a year, in its category on the year's last day or on `as_of` if that is earlier (R30)."""
    sheet, (first, last) = side.sheet(year), year_span(year, side.basis.law.rulebooks)
    day = max(first, min(last, side.basis.as_of))
    profile = profile_on(side.basis.trail, day)
    category = None if profile.category is UNSET else profile.category
    return PlacedAgency(
        sheet.agency.uscc,
        None if profile.name is UNSET else profile.name,
        category,
        group_of(category, side.basis.law.rulebooks.on(day).categories.known),
        sheet.assessed,
        sheet.total,
        sheet.grade,
    )
