"""The score sheet of annex 1 at one basis, with its explanation, by replay: the obvious implementation."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

import msgspec

from domain.events import Event, ResultPublished, ResultRevised
from domain.measures import annex1_score as annex1
from domain.measures.annex1_score import Category, LeftOut, Line
from domain.measures.annex2_survey import coverage
from domain.measures.chapter2_filing import BEFORE_THE_MEASURES, change_deadlines
from domain.measures.chapter3_business import lapses
from domain.measures.chapter3_sanctions import BadRecord, all_records
from domain.measures.chapter4_assessment import grade_of, overrides, penalties_without_effect, why_not_assessed
from domain.measures.rulebook.rulebook import Rulebook, assessment_year_of, year_span
from domain.measures.text.implements import implements
from domain.trail.trail import Facts
from domain.values import GRADE_LABELS, Grade, exact_text, rounded, score_of_record
from projections.answers.scalars import BilingualText, JudgedPart
from projections.answers.sheets import ExactPoints, ScoreSheet
from projections.answers.standings import AgencyIdentity, AssessmentSummary, GradeOverride, WaivedPart
from projections.fact_kinds import FACTS
from projections.replay.known_at import Basis
from projections.replay.sheet_lines import considered_fact, sheet_category, sheet_line

SCORED = {kind: one.item for kind, one in FACTS.items() if one.scores}
"""Facts that bear on a score by themselves, with the item of annex 1 where it is always the same."""


@implements("art.20", "annex1.note2", "annex1.note3", "R20", "R25", "R26", "R29")
@dataclass(frozen=True)
class Sheet:
    """`sheet(year, as_of, known_at)`: the facts of that year known and effective by then (R20)."""

    basis: Basis
    year: int

    @cached_property
    def rulebook(self) -> Rulebook:
        """The one in force on min(as_of, last day of the year) (R4)."""
        return self.basis.law.rulebooks.for_sheet(self.year, self.basis.as_of)

    @cached_property
    def span(self) -> tuple[date, date]:
        """First and last day of the assessment year (R20)."""
        return year_span(self.year, self.basis.law.rulebooks)

    @cached_property
    def last(self) -> date:
        """The last day that the sheet looks at."""
        return min(self.span[1], self.basis.as_of)

    def _bears(self, day: date) -> bool:
        return assessment_year_of(day, self.basis.law.rulebooks.on(day)) == self.year

    def _conduct_lines(self, ended: Collection[str]) -> list[Line]:
        """The deductions of the whole year. The days after one change nothing up to it, so they are worked out once."""
        law, always = self.basis.law, Facts(self.basis.trail, date.max)
        borne = [
            one.lapse
            for one in lapses(always, law.rulebooks, law.calendar)
            if one.reason is None and self._bears(one.lapse.counts_on)
        ]
        records = [
            one
            for one in all_records(always, law.rulebooks)
            if one.year == self.year and one.day >= law.rulebooks.first_day and one.events[0] not in ended
        ]
        return annex1.conduct(borne, records, self.rulebook)

    def _ended(self) -> list[BadRecord]:
        """Bad records entered by hand in whose place another of the same ground stands by now (R12): hardly any."""
        records = all_records(self.basis.facts, self.basis.law.rulebooks)
        return [one for one in records if one.ended_on is not None and one.ended_on <= self.basis.as_of]

    @cached_property
    def _conduct(self) -> Category:
        law = self.basis.law
        ended = tuple(one.events[0] for one in self._ended())
        key = ("conduct", self.year, self.rulebook, law.rulebooks, law.calendar, ended)
        lines = self.basis.trail.remember(key, lambda: self._conduct_lines(ended))
        seen = lines[: bisect_right(lines, self.basis.as_of, key=lambda line: line.occurred_on)]
        return annex1.conduct_category(seen, self.rulebook)

    @cached_property
    def provisional(self) -> bool:
        """Whether a deadline that falls into the year rests on one that the calendar does not cover (R2)."""
        law = self.basis.law
        return any(
            limit.provisional and self._bears(limit.day)
            for _, limit in change_deadlines(self.basis.facts, law.rulebooks, law.calendar)
        )

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """Conduct, quality, effect and honours, in the order of annex 1."""
        facts, book = self.basis.facts, self.rulebook
        return (
            self._conduct,
            annex1.quality(facts, self.year, book, self.basis.law.rulebooks),
            annex1.effect(facts, self.year, book, self.basis.law.rulebooks),
            annex1.honours(facts, self.year, self.span[0], self.last, book, self.basis.law.rulebooks),
        )

    @cached_property
    def not_assessed(self) -> list[tuple[str, str]]:
        """Why the agency is not assessed in the year; empty when it is (R29)."""
        return why_not_assessed(self.basis.facts, self.span[0], self.last)

    @property
    def assessed(self) -> bool:
        """In business in the year, and filed on a day of it (R29)."""
        return not self.not_assessed

    @cached_property
    def missing(self) -> list[JudgedPart]:
        """The parts for which nothing has come in yet: no deduction is made for them (R25)."""
        return [JudgedPart(category.name) for category in self.categories if category.missing]

    @cached_property
    @implements("R44")
    def waived(self) -> list[JudgedPart]:
        """The missing parts that the committee has let pass: a result of the year was published without them."""
        published = [one for one in self.basis.facts.several(ResultPublished, ResultRevised) if one.year == self.year]
        parts = set(published[0].sheet.get("missing", ())) if published and published[0].sheet["assessed"] else set()
        return [part for part in self.missing if part in parts]

    @cached_property
    def exact_total(self) -> Fraction:
        """The sum of the categories, with the rulebook's cap on the total if it has one (R24, R26)."""
        total = sum((category.points for category in self.categories), Fraction(0))
        cap = self.rulebook.total.cap
        return total if cap is None else min(total, cap)

    @cached_property
    def score(self) -> Fraction | None:
        """The score of record in points; None when not assessed (R26, R29)."""
        return score_of_record(self.exact_total) if self.assessed else None

    @cached_property
    def override(self) -> tuple[GradeOverride, ...]:
        """What makes the grade unqualified whatever the score (art.25)."""
        facts, books = self.basis.facts, self.basis.law.rulebooks
        return tuple(
            GradeOverride(one.kind, "art.25", one.events)
            for one in overrides(facts, self.rulebook, books, self.span[0], self.last)
        )

    @cached_property
    def grade(self) -> Grade | None:
        """By the score of record unless overridden; None when not assessed and not overridden (R27-R29)."""
        if self.override:
            return Grade.UNQUALIFIED
        return None if self.score is None else grade_of(self.score, self.rulebook)

    def summary(self) -> AssessmentSummary:
        """The `assessment` part of a standing (api.md)."""
        return self._summary

    @cached_property
    def _summary(self) -> AssessmentSummary:
        conduct, quality, effect, honours = (rounded(category.points) for category in self.categories)
        return AssessmentSummary(
            year=self.year,
            assessed=self.assessed,
            complete=not self.missing,
            missing=tuple(self.missing),
            provisional=bool(set(self.missing) - set(self.waived)),
            waivers=tuple(WaivedPart(part) for part in self.waived),
            conduct=conduct,
            quality=quality,
            effect=effect,
            honours=honours,
            total=None if self.score is None else rounded(self.score),
            grade=self.grade,
            label=None if self.grade is None else GRADE_LABELS[self.grade],
            override=self.override,
        )

    def lines(self) -> list[Line]:
        """All lines in the order of annex 1, and the line of a cap on the total where one applies."""
        found = [line for category in self.categories for line in category.lines]
        over = self.exact_total - sum((category.points for category in self.categories), Fraction(0))
        if over:
            found.append(
                Line(
                    None,
                    "total",
                    "annex1.note3",
                    over,
                    over,
                    f"总分封顶 {self.rulebook.total.cap} 分",
                    f"the total is capped at {self.rulebook.total.cap} points",
                    (),
                    self.last,
                    "total.cap",
                )
            )
        return found

    def explained(self, agency: AgencyIdentity) -> ScoreSheet:
        """The answer of `GET …/sheets/{year}`: every number with its lines, formula and exact value."""
        summary = self.summary()
        conduct, quality, effect, honours = (exact_text(category.points) for category in self.categories)
        return ScoreSheet(
            agency=agency,
            **self.basis.echo(self.rulebook, self.provisional),
            **msgspec.structs.asdict(summary),
            first_day=self.span[0],
            last_day=self.span[1],
            exact=ExactPoints(
                conduct, quality, effect, honours, exact_text(self.exact_total) if self.assessed else None
            ),
            rounding=self._rounding(summary),
            lines=tuple(map(sheet_line, self.lines())),
            categories=tuple(map(sheet_category, self.categories)),
            survey=coverage(self.basis.facts, self.year, self.basis.law.rulebooks),
            considered=tuple(map(considered_fact, self._left_out())),
            not_assessed=tuple(BilingualText(text, text_en) for text, text_en in self.not_assessed),
        )

    def _left_out(self) -> list[LeftOut]:
        """What was looked at for this year and did not count, with the reason."""
        facts, law = self.basis.facts, self.basis.law
        found = [
            LeftOut(one.lapse.item, one.lapse.events, one.lapse.appears_on, *one.reason)
            for one in lapses(facts, law.rulebooks, law.calendar)
            if one.reason is not None and self._bears(one.lapse.counts_on)
        ]
        found += [
            LeftOut(8, one.events, one.day, *BEFORE_THE_MEASURES)
            for one in all_records(facts, law.rulebooks)
            if one.year == self.year and one.day < law.rulebooks.first_day
        ]
        found += [
            LeftOut(
                8,
                one.events,
                one.day,
                f"同一事由已自动记不良信息（{one.beside}），不重复扣分（R12）",
                f"the same ground has made a bad record by itself ({one.beside}), and counts once (R12)",
            )
            for one in self._ended()
            if one.year == self.year and one.day >= law.rulebooks.first_day
        ]
        for category in self.categories:
            found += category.left_out
        other = (
            "不是应急管理（安全生产监管）部门的处罚，不影响考评结果",
            "not a penalty of an emergency-management department",
        )
        for penalty in penalties_without_effect(facts, self.rulebook, self.span[0], self.last):
            found.append(LeftOut(None, (penalty.id,), penalty.occurred_on, *other))
        return [*found, *self._annulled()]

    def _annulled(self) -> list[LeftOut]:
        """Facts of the year that would count had they not been annulled."""
        trail = self.basis.trail
        return [
            LeftOut(
                SCORED[type(event)],
                (event.id,),
                event.occurred_on,
                f"已撤销（{trail.annulled_by[event.id]}）",
                f"annulled ({trail.annulled_by[event.id]})",
            )
            for event in trail.events
            if type(event) in SCORED
            and not trail.counts(event)
            and trail.day_of(event) <= self.basis.as_of
            and (getattr(event, "year", None) or self._year_of(event)) == self.year
        ]

    def _year_of(self, event: Event) -> int:
        return assessment_year_of(event.occurred_on, self.basis.law.rulebooks.on(event.occurred_on))

    def _rounding(self, summary: AssessmentSummary) -> BilingualText | None:
        """Said where the shown parts do not add up to the shown total (R26)."""
        over = self.exact_total != sum((category.points for category in self.categories), Fraction(0))
        if summary.total is None or over:
            return None
        shown = (summary.conduct, summary.quality, summary.effect, summary.honours)
        parts = sum(map(Fraction, shown), Fraction(0))
        if parts == Fraction(summary.total):
            return None
        return BilingualText(
            f"各项为四舍五入后的显示值，相加得 {rounded(parts)}；总分由精确值一次舍入（R26）",
            f"shown parts are rounded and add up to {rounded(parts)}; the total is rounded once (R26)",
        )
