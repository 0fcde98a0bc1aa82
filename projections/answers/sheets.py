"""The score sheet of annex 1 with every number explained."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from msgspec import UNSET

from domain.measures.annex2_survey import SurveyCoverage
from domain.values import Grade
from projections.answers.scalars import (
    Article,
    BilingualText,
    Day,
    En,
    EventId,
    ExactText,
    JudgedPart,
    PointsText,
    SheetCategoryName,
    Version,
    Year,
    Zh,
    member,
)
from projections.answers.standings import (
    AgencyIdentity,
    AsOf,
    CalendarUsed,
    Demonstration,
    GradeOverride,
    KnownThen,
    Projected,
    RulebookUsed,
    WaivedPart,
)

SheetItem = Annotated[int | None, member("附件1 的序号；总分封顶为空", "item of annex 1; null for a cap on the total")]


class ExactPoints(msgspec.Struct, frozen=True):
    """The points of a sheet before any rounding (R26) / 未舍入的精确分值."""

    conduct: ExactText
    quality: ExactText
    effect: ExactText
    honours: ExactText
    total: Annotated[ExactText | None, member("总分；不参与考评为空", "the sum; null when not assessed")]


class SheetLine(msgspec.Struct, frozen=True):
    """One deduction (negative) or addition (positive) / 一项扣分或加分."""

    item: SheetItem
    category: Annotated[str, member("部分，或 total", "the category, or `total` for a cap on it", examples=["conduct"])]
    article: Article
    paragraph: Annotated[Article, member("具体款项", "the paragraph, where that says more than the article")]
    points: Annotated[PointsText, member("实际分值", "points that it really cost or earned")]
    exact: ExactText
    nominal: Annotated[PointsText, member("规则规定的分值", "points that the rulebook sets for it")]
    text: Zh
    text_en: En
    events: Annotated[tuple[EventId, ...], member("所依据的记录", "the events behind it")]
    occurred_on: Day
    value: Annotated[str, member("规则中的数值名称", "name of the rulebook's value", examples=["conduct.lapse_points"])]


class SheetCategory(msgspec.Struct, frozen=True):
    """One of the four categories of annex 1 with its formula filled in / 附件1 的一个部分."""

    name: SheetCategoryName
    label: Annotated[str, member("中文名称", "Chinese name")]
    points: PointsText
    exact: ExactText
    formula: Annotated[str, member("代入数值的算式", "the formula filled in", examples=["50 - 82.67/2"])]
    capped: Annotated[bool, member("已扣完为止或封顶", "stopped at its floor or cap")]


class ConsideredFact(msgspec.Struct, frozen=True):
    """What was looked at for the year and did not count, and why / 已核对而未计入的事实及理由."""

    item: SheetItem
    events: Annotated[tuple[EventId, ...], member("有关记录", "the events concerned")]
    occurred_on: Day | None
    reason: Zh
    reason_en: En


class ScoreSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The score sheet of a year as it stands on a day: every number with its lines (annex 1) / 考评打分表."""

    agency: AgencyIdentity
    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: Version
    demonstration: Demonstration = UNSET
    year: Year
    assessed: Annotated[bool, member("参与考评", "in business and filed in the year (R29)")]
    complete: Annotated[bool, member("各部分均已有评价", "something has come in for every part (R25)")]
    missing: Annotated[tuple[JudgedPart, ...], member("尚无评价的部分", "parts for which nothing has come in")]
    provisional: Annotated[bool, member("缺项尚未处理，得分为暂定", "a missing part has not been waived yet")]
    waivers: Annotated[tuple[WaivedPart, ...], member("同意缺项公布的部分", "missing parts that were waived (R44)")]
    conduct: Annotated[PointsText, member("服务规范，10 分", "conduct, of 10 points")]
    quality: Annotated[PointsText, member("服务质量，50 分", "quality, of 50 points")]
    effect: Annotated[PointsText, member("服务效果，40 分", "effect, of 40 points")]
    honours: Annotated[PointsText, member("荣誉记录加分", "honours, points added")]
    total: Annotated[PointsText | None, member("总分；不参与考评为空", "score of record; null when not assessed (R26)")]
    grade: Annotated[Grade | None, member("等次", "grade; null when there is none")]
    label: Annotated[str | None, member("等次的中文名称", "Chinese name of the grade")]
    override: Annotated[tuple[GradeOverride, ...], member("直接认定的事由", "what overrides the grade (art.25)")]
    first_day: Annotated[date, member("考评年度首日", "first day of the assessment year")] = msgspec.field(name="from")
    last_day: Annotated[date, member("考评年度末日", "last day of the assessment year")] = msgspec.field(name="to")
    exact: ExactPoints
    rounding: Annotated[
        BilingualText | None, member("各项显示值之和与总分不同时的说明", "said where shown parts do not add up (R26)")
    ]
    lines: Annotated[tuple[SheetLine, ...], member("各项扣分和加分", "deductions and additions, in annex 1's order")]
    categories: tuple[SheetCategory, ...]
    survey: SurveyCoverage
    considered: Annotated[tuple[ConsideredFact, ...], member("未计入的事实", "what did not count, and why")]
    not_assessed: Annotated[tuple[BilingualText, ...], member("不参与考评的理由", "why not assessed (R29)")]
