"""Annex 1: the score sheet. Every deduction and addition is a line; lines add up exactly (R21-R26)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from domain.events import EffectScored, HonourAwarded
from domain.measures.annex2_survey import counted_forms, form_total, not_served, satisfaction
from domain.measures.chapter2_filing import BEFORE_THE_MEASURES, Lapse
from domain.measures.chapter3_business import served
from domain.measures.chapter3_sanctions import BadRecord
from domain.measures.rulebook.rulebook import Rulebook, Rulebooks, assessment_year_of, year_span
from domain.measures.text.implements import implements
from domain.trail.trail import Facts
from domain.values import normal_text, rounded

ZERO = Fraction(0)


@dataclass(frozen=True)
class Line:
    """One deduction (negative) or addition (positive), in points."""

    item: int | None
    category: str
    article: str
    nominal: Fraction
    """What the rulebook sets for it."""
    points: Fraction
    """What it really cost or earned: a category stops at its floor or cap, and earlier lines come first."""
    text: str
    text_en: str
    events: tuple[str, ...]
    occurred_on: date
    value: str
    """Name of the rulebook's value that set the points."""
    paragraph: str | None = None
    """The paragraph within the article, where that says more."""


@dataclass(frozen=True)
class LeftOut:
    """What was considered and did not count, and why not."""

    item: int | None
    events: tuple[str, ...]
    occurred_on: date | None
    reason: str
    reason_en: str


@dataclass(frozen=True)
class Category:
    """One of the four categories of annex 1, exact, with its formula filled in."""

    name: str
    points: Fraction
    formula: str
    """For quality and effect filled in; for conduct and honours what the lines are added to."""
    lines: tuple[Line, ...]
    left_out: tuple[LeftOut, ...] = ()
    missing: bool = False
    capped: bool = False


@implements("art.21", "annex1.item8", "annex1.note2", "R21", "R21a")
def conduct(lapses: Iterable[Lapse], records: Iterable[BadRecord], rulebook: Rulebook) -> list[Line]:
    """服务规范: 1 point per lapse and 2 per bad record of the year, by date, 扣完即止: the lines of deductions."""
    found = [(one.appears_on, one.version, _line_of_lapse(one, rulebook)) for one in lapses]
    found += [(one.day, one.version, _line_of_record(one, rulebook)) for one in records]
    left = rulebook.conduct.full
    lines = []
    for _, _, line in sorted(found, key=lambda one: one[:2]):
        cost = min(-line.nominal, left)
        left -= cost
        if cost < -line.nominal:
            line = replace(
                line,
                text=f"{line.text}（服务规范已扣完，不计负分）",
                text_en=f"{line.text_en} (the category is used up: no negative points)",
            )
        lines.append(replace(line, points=-cost))
    return lines


def conduct_category(lines: Iterable[Line], rulebook: Rulebook) -> Category:
    """The category with these lines."""
    lines = tuple(lines)
    points = rulebook.conduct.full + sum((line.points for line in lines), ZERO)
    return Category("conduct", points, f"{rulebook.conduct.full}", lines, capped=_capped(lines))


def _capped(lines: Iterable[Line]) -> bool:
    return any(line.points != line.nominal for line in lines)


def _line_of_lapse(lapse: Lapse, rulebook: Rulebook) -> Line:
    return Line(
        item=lapse.item,
        category="conduct",
        article=lapse.article,
        nominal=-rulebook.conduct.lapse_points[lapse.item],
        points=ZERO,
        text=lapse.text,
        text_en=lapse.text_en,
        events=lapse.events,
        occurred_on=lapse.appears_on,
        value="conduct.lapse_points",
    )


def _line_of_record(record: BadRecord, rulebook: Rulebook) -> Line:
    return Line(
        item=8,
        category="conduct",
        article="art.16",
        paragraph=f"art.16({record.behaviour.removeprefix('16.')})",
        nominal=-rulebook.conduct.bad_record_points,
        points=ZERO,
        text=record.text,
        text_en=record.text_en,
        events=record.events,
        occurred_on=record.day,
        value="conduct.bad_record_points",
    )


@implements("art.23", "annex1.item10", "R22", "R25")
def quality(facts: Facts, year: int, rulebook: Rulebook, rulebooks: Rulebooks) -> Category:
    """服务质量: 扣分按照 50-P/2 计算, P the mean of the counted forms; no form yet, no deduction."""
    full, divisor = rulebook.quality.full, rulebook.quality.divisor
    forms, replaced = counted_forms(facts, year, rulebooks)
    left_out = tuple(LeftOut(10, (form.id,), form.occurred_on, why, why_en) for form, why, why_en in replaced)
    mean = satisfaction(forms, rulebook)
    if mean is None:
        return Category("quality", full, f"{full}", (), left_out, missing=True)
    totals = [form_total(form, rulebook) for form in forms]
    points = mean / divisor - full
    line = Line(
        item=10,
        category="quality",
        article="art.23",
        nominal=points,
        points=points,
        text=f"满意度调查表（{'+'.join(map(str, totals))}），均分 P={rounded(mean)}，扣 {full}-P/{divisor}",
        text_en=f"{len(forms)} survey forms, mean P={rounded(mean)}: less {full} - P/{divisor}",
        events=tuple(form.id for form in forms),
        occurred_on=max(form.occurred_on for form in forms),
        value="quality.divisor",
    )
    return Category("quality", full + points, f"{full} - {rounded(mean)}/{divisor}", (line,), left_out)


@implements("art.22", "R23")
def counted_scores(
    facts: Facts, year: int, rulebooks: Rulebooks
) -> tuple[list[EffectScored], list[tuple[EffectScored, str, str]]]:
    """The latest score of each client served in the year, by `scored_on`, then by recording; others with the reason."""
    clients = served(facts, *year_span(year, rulebooks))
    latest: dict[str, EffectScored] = {}
    left_out: list[tuple[EffectScored, str, str]] = []
    for score in facts.of(EffectScored):
        if score.year != year:
            continue
        if score.occurred_on < rulebooks.first_day:
            left_out.append((score, *BEFORE_THE_MEASURES))
            continue
        if score.client.uscc not in clients:
            left_out.append((score, *not_served(year)))
            continue
        old = latest.get(score.client.uscc)
        if old is not None:
            left_out.append((old, f"被后一次评分（{score.id}）取代", f"replaced by {score.id}"))
        latest[score.client.uscc] = score
    return list(latest.values()), left_out


@implements("art.22", "annex1.item11", "R23", "R25")
def effect(facts: Facts, year: int, rulebook: Rulebook, rulebooks: Rulebooks) -> Category:
    """服务效果: 扣分按照 40-M/2.5 计算, M the mean of the clients' latest scores; no score yet, no deduction."""
    full, divisor = rulebook.effect.full, rulebook.effect.divisor
    scores, others = counted_scores(facts, year, rulebooks)
    left_out = tuple(LeftOut(11, (score.id,), score.occurred_on, why, why_en) for score, why, why_en in others)
    if not scores:
        return Category("effect", full, f"{full}", (), left_out, missing=True)
    mean = sum((Fraction(score.value) for score in scores), ZERO) / len(scores)
    points = mean / divisor - full
    shown, values = _decimal(divisor), "+".join(one.value for one in scores)
    line = Line(
        item=11,
        category="effect",
        article="art.22",
        nominal=points,
        points=points,
        text=f"服务效果评分 {len(scores)} 家（{values}），均分 M={rounded(mean)}，扣 {full}-M/{shown}",
        text_en=f"effect scores of {len(scores)} clients, mean M={rounded(mean)}: less {full} - M/{shown}",
        events=tuple(score.id for score in scores),
        occurred_on=max(score.occurred_on for score in scores),
        value="effect.divisor",
    )
    return Category("effect", full + points, f"{full} - {rounded(mean)}/{shown}", (line,), left_out)


def _decimal(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else rounded(value).rstrip("0")


@implements("art.24", "annex1.item12", "annex1.note2", "R21a", "R24", "R24a")
def honours(facts: Facts, year: int, first: date, last: date, rulebook: Rulebook, rulebooks: Rulebooks) -> Category:
    """荣誉记录: by level, up to a cap a year; 同一原因不重复加分: a reason earns its highest level less what it had."""
    earned: dict[str, Fraction] = {}
    left = rulebook.honours.cap
    lines: list[Line] = []
    left_out: list[LeftOut] = []
    for award in facts.of(HonourAwarded):
        if award.occurred_on > last:
            break
        this_year = award.occurred_on >= first
        book = rulebook if this_year else _book_of(award.occurred_on, rulebooks)
        if award.occurred_on < rulebooks.first_day:
            if assessment_year_of(award.occurred_on, rulebooks.on(award.occurred_on)) == year:
                left_out.append(LeftOut(12, (award.id,), award.occurred_on, *BEFORE_THE_MEASURES))
            continue
        if award.authority_kind not in book.honours.credited_authorities:
            if this_year:
                left_out.append(
                    LeftOut(
                        12,
                        (award.id,),
                        award.occurred_on,
                        "不是应急管理（安全生产监管）部门的表彰",
                        "not from an emergency-management (work-safety) department",
                    )
                )
            continue
        reason = normal_text(award.reason)
        worth = book.honours.points[award.level]
        before = earned.get(reason, ZERO)
        earned[reason] = max(before, worth)
        if not this_year:
            continue
        if worth <= before:
            left_out.append(
                LeftOut(
                    12,
                    (award.id,),
                    award.occurred_on,
                    f"同一原因已加 {before} 分，不重复加分",
                    f"the same reason has earned {before} points already",
                )
            )
            continue
        nominal = worth - before
        points = min(nominal, left)
        left -= points
        more = f"（同一原因此前已加 {before} 分）" if before else ""
        more_en = f" (the same reason had earned {before})" if before else ""
        lines.append(
            Line(
                item=12,
                category="honours",
                article="art.24",
                nominal=nominal,
                points=points,
                text=f"{_LEVELS[award.level]}表彰“{award.reason}”{more}",
                text_en=f"{award.level} honour “{award.reason}”{more_en}",
                events=(award.id,),
                occurred_on=award.occurred_on,
                value=f"honours.points.{award.level}",
            )
        )
    total = sum((line.points for line in lines), ZERO)
    return Category("honours", total, "0", tuple(lines), tuple(left_out), capped=_capped(lines))


def _book_of(day: date, rulebooks: Rulebooks) -> Rulebook:
    """The rulebook of the sheet that an earlier award was credited on (R4, R24)."""
    year = assessment_year_of(day, rulebooks.on(day))
    return rulebooks.for_sheet(year, date.max)


_LEVELS = {"national": "国家级", "provincial": "省级", "municipal": "市级", "district": "区级"}
