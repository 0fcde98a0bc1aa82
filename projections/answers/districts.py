"""Answers over all agencies of the district: lists, rankings, statistics, notices, hints."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from domain.measures.chapter2_filing import FilingState
from domain.measures.chapter3_sanctions import Advisory
from domain.measures.hints import Status
from domain.values import Grade, Tier
from projections.answers.scalars import (
    Article,
    Day,
    En,
    EventId,
    ExactText,
    JudgedPart,
    PointsText,
    Uscc,
    Version,
    Year,
    Zh,
    member,
)
from projections.answers.standings import (
    AgencyIdentity,
    AgencyName,
    AsOf,
    AssessmentSummary,
    BadRecordCounts,
    CalendarUsed,
    GradeOverride,
    KnownThen,
    NoticeServed,
    Projected,
    RulebookUsed,
    Service,
    StandingSanction,
    StandingWarning,
)


class DistrictEcho(TypedDict):
    """What an answer over the whole district says of its basis, to be spread into it (api.md, Reading)."""

    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: Annotated[RulebookUsed | None, member("规则；尚未启用为空", "null before the ledger was opened")]
    calendar: Annotated[CalendarUsed | None, member("日历；尚未启用为空", "null before the ledger was opened")]
    demonstration: NotRequired[bool]


class ListedAgency(msgspec.Struct, frozen=True):
    """One agency in the list of agencies / 机构名单中的一行."""

    agency: AgencyIdentity
    sanction: StandingSanction
    bad_records: BadRecordCounts
    assessment: AssessmentSummary
    version: Version


class RankedAgency(msgspec.Struct, frozen=True):
    """One agency in the ranking of a year, per category (R30) / 排名中的一行."""

    agency: AgencyName
    category: Annotated[str | None, member("机构类型", "its category, in its own words")]
    category_group: Annotated[str | None, member("排名所在的类型", "the category in which it is ranked (R47)")]
    rank: Annotated[int | None, member("名次；不参与考评为空", "rank; equal scores share one; null when not ranked")]
    assessed: Annotated[bool, member("参与考评", "in business and filed in the year (R29)")]
    complete: Annotated[bool, member("各部分均已有评价", "something has come in for every part (R25)")]
    missing: Annotated[tuple[JudgedPart, ...], member("尚无评价的部分", "parts for which nothing has come in")]
    total: Annotated[PointsText | None, member("总分", "score of record; null when not assessed (R26)")]
    grade: Annotated[Grade | None, member("等次", "grade; null when there is none")]
    label: Annotated[str | None, member("等次的中文名称", "Chinese name of the grade")]
    override: Annotated[tuple[GradeOverride, ...], member("直接认定的事由", "what overrides the grade (art.25)")]
    filing: Annotated[FilingState | None, member("备案状态", "state of its filing")]
    provisional: Annotated[bool, member("暂计", "a missing part has not been waived yet (R44)")] = False
    conduct: Annotated[PointsText | None, member("服务规范，10 分", "conduct, of 10 points")] = None
    quality: Annotated[PointsText | None, member("服务质量，50 分", "quality, of 50 points")] = None
    effect: Annotated[PointsText | None, member("服务效果，40 分", "effect, of 40 points")] = None
    honours: Annotated[PointsText | None, member("荣誉记录加分", "honours, points added")] = None


class DistrictStanding(ListedAgency, frozen=True, kw_only=True):
    """The standing of one agency of the district on a day, as known at an instant / 全区状态中的一家机构."""

    warning_notice: Annotated[StandingWarning | None, member("警告通报", "the warning notice standing on the day")]
    advisories: Annotated[tuple[Advisory, ...], member("事故后的建议（第十八条）", "advice after accidents (art.18)")]
    service: Service


Agencies = Annotated[int, member("机构数", "number of agencies", ge=0)]


class TierCount(msgspec.Struct, frozen=True):
    """How many agencies stand at a tier / 某惩戒等级的机构数."""

    tier: Tier
    label: Annotated[str, member("中文名称", "Chinese name")]
    agencies: Agencies


class GradeCount(msgspec.Struct, frozen=True):
    """How many agencies have a grade / 某等次的机构数."""

    grade: Grade
    label: Annotated[str, member("中文名称", "Chinese name")]
    agencies: Agencies


class FilingCount(msgspec.Struct, frozen=True):
    """How many agencies are in a state of filing / 某备案状态的机构数."""

    filing: FilingState | None
    agencies: Agencies


class CategoryCount(msgspec.Struct, frozen=True):
    """How many agencies there are of a category / 某类型的机构数."""

    category: str | None
    agencies: Agencies


class AssessedCount(msgspec.Struct, frozen=True):
    """How many agencies are assessed in the year / 参与考评的机构数."""

    agencies: Agencies
    complete: Annotated[int, member("各部分均已有评价的机构数", "agencies that lack no part", ge=0)]
    mean_total: Annotated[PointsText | None, member("平均总分", "mean of their totals; null when there is none")]


class ScoreBand(msgspec.Struct, frozen=True):
    """How many assessed agencies have a total within ten points / 某分数段的机构数."""

    from_points: Annotated[int, member("自（含）", "from this total on", ge=0)]
    below_points: Annotated[int | None, member("低于；空为不限", "below this one; null: no bound")]
    agencies: Agencies


class PublishedScores(msgspec.Struct, frozen=True):
    """The published totals of a year, by bands / 已公布年度的分数分布."""

    year: Year
    scores: tuple[ScoreBand, ...]


class MonthOfComplaints(msgspec.Struct, frozen=True):
    """The complaints that were received in a month / 某月收到的投诉."""

    month: Annotated[str, member("月份", "month", examples=["2025-03"])]
    received: Annotated[int, member("收到", "received", ge=0)]
    upheld: Annotated[int, member("其中已查实", "of them upheld by the day", ge=0)]


Scores = Annotated[tuple[ScoreBand, ...], member("参评机构的总分分布", "totals of the assessed, by bands")]
PublishedBefore = Annotated[
    PublishedScores | None,
    member("上一年度公布的分布；未公布为空", "the published totals of the year before; null when there are none"),
]
Complaints = Annotated[
    tuple[MonthOfComplaints, ...],
    member("至该日为止 24 个月的投诉", "complaints of the 24 months up to the day, by the month of receipt"),
]


class DistrictStatistics(msgspec.Struct, frozen=True):
    """The district in numbers / 全区统计."""

    year: Annotated[Year | None, member("考评年度", "assessment year of the day; null before the ledger was opened")]
    agencies: Agencies
    tiers: tuple[TierCount, ...]
    grades: tuple[GradeCount, ...]
    ungraded: Annotated[int, member("没有等次的机构数", "agencies without a grade", ge=0)]
    filings: tuple[FilingCount, ...]
    categories: tuple[CategoryCount, ...]
    assessed: AssessedCount
    bad_records: BadRecordCounts
    scores: Scores
    published_before: PublishedBefore
    complaints: Complaints


class DueNotice(msgspec.Struct, frozen=True):
    """A notice that the Measures ask for, sent or not (R18) / 应发通知."""

    id: Annotated[str, member("通知编号", "id of the notice")]
    agency: AgencyName
    kind: Annotated[str, member("通知种类", "kind of notice", examples=["blacklisted"])]
    article: Article
    recipient: Annotated[str, member("收件人", "to whom it goes", examples=["regulator"])]
    cause: Annotated[EventId, member("由何记录引起", "the event that it follows from")]
    due_on: Annotated[Day, member("应发之日", "the day it is due")]
    text: Zh
    text_en: En
    sent_on: Annotated[Day | None, member("发出之日", "the day it was sent; null: not yet")]
    service: Annotated[
        NoticeServed | None,
        member("送达情况；未发出或为报送的为空", "its service; null: not sent, or a referral (R14)"),
    ]


class ElsewhereFact(msgspec.Struct, frozen=True):
    """A fact of another agency that gives a hint: not told to agencies / 另一家机构的记录."""

    uscc: Uscc
    event: EventId


class HintGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Hints of one cause at one agency in one year (R40) / 一家机构一年内同一原因的线索."""

    agency: AgencyName
    rule: Annotated[str, member("由何规律得出", "by which rule they were found", examples=["shared_certificate"])]
    behaviour: Annotated[str | None, member("第十六条的行为", "the behaviour of art.16", examples=["16.9"])]
    article: Article | None
    year: Annotated[Year, member("考评年度", "assessment year of their days")]
    count: Annotated[int, member("条数", "how many there are", ge=1)]
    first_day: Annotated[Day, member("最早一条的日期", "the day of the first")]
    last_day: Annotated[Day, member("最近一条的日期", "the day of the last")]


class HintFound(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that suggest that a behaviour of art.16 should be looked into (R37): it never counts / 线索."""

    id: Annotated[str, member("线索编号", "id of the hint")]
    agency: AgencyName
    rule: Annotated[str, member("由何规律得出", "by which rule it was found", examples=["shared_certificate"])]
    behaviour: Annotated[str | None, member("第十六条的行为", "the behaviour of art.16", examples=["16.9"])]
    article: Article | None
    day: Annotated[Day, member("自何日起", "the day from which the facts suggest it")]
    text: Zh
    text_en: En
    events: Annotated[tuple[EventId, ...], member("本机构的有关记录", "the agency's own facts")]
    elsewhere: Annotated[
        tuple[ElsewhereFact, ...] | UnsetType,
        member("其他机构的有关记录；不告知机构", "facts of others: not told to agencies"),
    ] = UNSET
    status: Annotated[Status, member("处理情况", "open, dismissed, or made a bad record")]
    settled_by: Annotated[EventId | None, member("了结它的记录", "the event that settled it")]


class BadRecordListed(msgspec.Struct, frozen=True, kw_only=True):
    """A bad record of the year (art.16, R12) / 一条不良信息."""

    agency: AgencyName
    behaviour: Annotated[str, member("第十六条的行为", "behaviour of art.16", examples=["16.3"])]
    day: Annotated[Day, member("记入之日", "the day on which it counts")]
    text: Zh
    text_en: En
    derived: Annotated[bool, member("由投诉查实或满意度调查自动产生", "it follows from a complaint or a survey")]
    content: Annotated[Any, member("情况说明", "what happened; a mark where it was erased; null: nothing is said")]
    unlawful: Annotated[bool, member("涉及违法违规", "whether it is unlawful")]
    not_public_from: Annotated[
        Day | None,
        member("信用修复后不再对外提供自", "not given out any more from this day on (R42); null: it has not ended"),
    ]
    events: Annotated[tuple[EventId, ...], member("所依据的记录", "the events behind it")]


class AnswerCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How often each answer was given to one question / 一题的答案分布."""

    a: Annotated[int, member("A 的份数", "forms with A", ge=0)]
    b: Annotated[int, member("B 的份数", "forms with B", ge=0)]
    c: Annotated[int, member("C 的份数", "forms with C", ge=0)]


class SurveySummary(msgspec.Struct, frozen=True, kw_only=True):
    """What the surveys of a year said of one agency (art.23, R22) / 一家机构的满意度汇总."""

    agency: AgencyName
    served: Annotated[int, member("服务对象数", "clients served", ge=0)]
    asked: Annotated[int, member("已邀请或已有有效问卷的", "clients invited, or with a form that counts", ge=0)]
    answered: Annotated[int, member("已有有效问卷的", "clients with a form that counts", ge=0)]
    forms: Annotated[int, member("有效问卷数", "forms that count", ge=0)]
    closed_on: Annotated[Day | None, member("调查截止之日", "the day on which the survey was closed")]
    mean: Annotated[PointsText | None, member("满意度均值 P", "mean of the totals; null without a form")]
    exact_mean: Annotated[ExactText | None, member("均值，精确", "the same, exact")]
    answers: Annotated[tuple[AnswerCounts, ...], member("十题的答案分布", "of each question; none without a form")]
