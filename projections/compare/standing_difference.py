"""What differs between two standings of one agency, each difference with the events behind it (api.md, comparison).

Pure: two sides in, a list out. Nothing that differs is without a reason: the facts that count on one side only, else
another law, else time alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from msgspec.structs import replace

from domain.events import (
    AccidentLiabilityFound,
    BadRecordEntered,
    ComplaintUpheld,
    FilingReturned,
    InformationChanged,
    ResultPublished,
    ResultRevised,
    SurveyClosed,
    SurveySubmitted,
)
from domain.measures.around.service import OF_SERVICE
from domain.measures.chapter2_filing import set_values
from domain.measures.chapter3_sanctions import bad_records
from domain.measures.rulebook.rulebook import year_span
from domain.measures.text.implements import implements
from domain.values import Bilingual
from projections.answers.comparisons import AnswerDifference
from projections.answers.sheets import ScoreSheet
from projections.answers.standings import RulebookUsed, Standing
from projections.compare.basis_difference import BasisDifference, shortened
from projections.compare.sheet_difference import (
    FILING_FACTS,
    LADDER_FACTS,
    PROJECT_FACTS,
    difference,
    sheet_differences,
)
from projections.replay.known_at import Basis
from projections.replay.sheet import Sheet
from projections.replay.standing import standing, this_year

__all__ = ["Side", "difference", "sheet_differences", "standing_differences"]

SUMMARY = (
    "year", "assessed", "complete", "missing", "conduct", "quality", "effect", "honours", "total", "grade", "override",
)  # fmt: skip
"""What of a sheet stands in the `assessment` of a standing."""


@dataclass(frozen=True)
class Side:
    """One of the two: a basis with its answers, each worked out once."""

    basis: Basis
    _sheets: dict[int, ScoreSheet] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def standing(self) -> Standing:
        """The answer of `GET …/standing`."""
        return standing(self.basis, self._this_year)

    @cached_property
    def _this_year(self) -> Sheet:
        """Worked out once for the standing and for the sheet of its year."""
        return this_year(self.basis)

    @cached_property
    def year(self) -> int:
        """The assessment year of `as_of`."""
        return self.standing.assessment.year

    def sheet(self, year: int) -> ScoreSheet:
        """The answer of `GET …/sheets/{year}`."""
        if year not in self._sheets:
            sheet = self._this_year if year == self.year else Sheet(self.basis, year)
            self._sheets[year] = sheet.explained(self.standing.agency)
        return self._sheets[year]

    def has_begun(self, year: int) -> bool:
        """Whether the assessment year has begun by `as_of`."""
        return year_span(year, self.basis.law.rulebooks)[0] <= self.basis.as_of


_BEHIND_RECORDS = (BadRecordEntered, ComplaintUpheld, SurveyClosed, SurveySubmitted)


@implements("R5", "R17")
def standing_differences(before: Side, after: Side, moved: BasisDifference | None = None) -> list[AnswerDifference]:
    """What differs between two standings: agency, sanction, bad records, assessment, notice, advice and law.

    `moved`: what moved between their bases, where the caller has it already.
    """
    return list(_Standings(before, after, moved or BasisDifference.between(before.basis, after.basis)).differences())


class _Standings:
    """Two standings side by side."""

    def __init__(self, before: Side, after: Side, moved: BasisDifference) -> None:
        self.before, self.after, self.moved = before, after, moved

    def differences(self) -> Iterator[AnswerDifference]:
        yield from self._agency()
        yield from self._sanction()
        yield from self._bad_records()
        yield from self._assessment()
        yield from self._warning_and_advice()
        yield from self._law()

    def _one(self, field: str, events: list[str], said: list[Bilingual] | None = None) -> Iterator[AnswerDifference]:
        """The difference in a field like `sanction.tier`, if there is one; by default what moved among the events."""
        before, after = (_value(side.standing, field) for side in (self.before, self.after))
        if before == after:
            return
        if said is None:
            said = shortened(self.moved.said(events)) or self.moved.otherwise()
        yield difference(field, before, after, self.moved.with_annulments(events), said)

    def _agency(self) -> Iterator[AnswerDifference]:
        """Name and category by filings and changes, the state by filings (R6, R7)."""
        for name in ("name", "category"):
            changes = self.moved.of(InformationChanged, where=partial(_sets, name))
            yield from self._one(f"agency.{name}", changes or self.moved.of(*FILING_FACTS))
        yield from self._one("agency.filing", self.moved.of(*FILING_FACTS, FilingReturned))

    def _sanction(self) -> Iterator[AnswerDifference]:
        """By the decisions behind the tier on either side; by other upheld complaints where those stayed (R16, R17)."""
        sides = [side.standing.sanction for side in (self.before, self.after)]
        first, then = (one.events for one in sides)
        apart = [id_ for id_ in [*first, *then] if (id_ in first) != (id_ in then)]
        moved = self.moved.among([*first, *then])
        if not moved and self.moved.only_facts():
            moved = self.moved.of(*LADDER_FACTS)
        for name in ("tier", "since", "until", "events"):
            yield from self._one(f"sanction.{name}", apart + moved, self._why_sanction(moved))
        counted = moved or self.moved.of(*LADDER_FACTS)
        yield from self._one("sanction.verified_complaints", counted, self._why_sanction(counted))

    def _why_sanction(self, moved: list[str]) -> list[Bilingual]:
        """The decisions that moved; another law; else a tag or the window of one year that has ended."""
        said = shortened(self.moved.said(moved)) + self.moved.law
        if moved:
            return said
        early, late = sorted((self.before, self.after), key=lambda side: side.basis.as_of)
        until = early.standing.sanction.until
        if until is not None and until < late.basis.as_of:
            label = early.standing.sanction.label
            tier = early.standing.sanction.tier
            said.append((f"“{label}”至 {until} 期满", f"the tier {tier} ended on {until}"))
        return said or self.moved.otherwise()

    def _bad_records(self) -> Iterator[AnswerDifference]:
        """By the records that stand on one side only, and the forms behind one that a mean under 70 made (R12, R13)."""
        for span in ("year", "total"):
            first, then = (self._records(side, of_year=span == "year") for side in (self.before, self.after))
            apart = [id_ for id_ in [*first, *then] if (id_ in first) != (id_ in then)]
            moved = self.moved.among(apart)
            if not moved and self.moved.only_facts():
                moved = self.moved.of(*_BEHIND_RECORDS) or self.moved.of(*PROJECT_FACTS)
            said = shortened(self.moved.said(moved)) or self.moved.otherwise()
            if span == "year":
                said = self._turned() + said
            yield from self._one(f"bad_records.{span}", apart + moved, said)

    @staticmethod
    def _records(side: Side, *, of_year: bool) -> list[str]:
        records = bad_records(side.basis.facts, side.basis.law.rulebooks)
        return [id_ for one in records if not of_year or one.year == side.year for id_ in one.events]

    def _turned(self) -> list[Bilingual]:
        years = self.before.year, self.after.year
        if years[0] == years[1]:
            return []
        return [("考评年度由 {} 变为 {}".format(*years), "the year is {1}, not {0}".format(*years))]

    def _assessment(self) -> Iterator[AnswerDifference]:
        """As the two sheets differ, each of its own standing's year."""
        for one in sheet_differences(
            self.before.sheet(self.before.year), self.after.sheet(self.after.year), self.moved
        ):
            if one.field in SUMMARY and one.before != one.after:
                yield replace(one, field=f"assessment.{one.field}")

    def _warning_and_advice(self) -> Iterator[AnswerDifference]:
        """By published results (R31), and by findings with the projects that say whom they concern (R19).

        The service of notices by its own facts, else by what brought or ended what they are about (R41).
        """
        yield from self._one("warning_notice", self.moved.of(ResultPublished, ResultRevised))
        yield from self._one("advisories", self.moved.of(AccidentLiabilityFound) or self.moved.of(*PROJECT_FACTS))
        brought = self.moved.of(*LADDER_FACTS), self.moved.of(ResultPublished, ResultRevised)
        yield from self._one("service", self.moved.of(*OF_SERVICE) or brought[0] or brought[1])

    def _law(self) -> Iterator[AnswerDifference]:
        """Another rulebook or calendar behind the answer."""
        for name in ("rulebook", "calendar"):
            yield from self._one(name, [], self.moved.law or self.moved.otherwise())


def _sets(name: str, change: InformationChanged) -> bool:
    return name in set_values(change.fields)


def _value(answer: Standing, field: str) -> Any:
    """What an answer holds under a dotted name; of a calendar only which one it is."""
    if field == "calendar":
        return RulebookUsed(answer.calendar.id, answer.calendar.sha256)
    value: Any = answer
    for name in field.split("."):
        value = getattr(value, name)
    return value
