"""Answers over all agencies of the district: lists, rankings, statistics, notices, hints."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from domain.measures.chapter2_filing import FilingState
from domain.measures.hints import Status
from domain.values import Grade, Tier
from projections.answers.scalars import (
    Article,
    Day,
    En,
    EventId,
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
    Projected,
    RulebookUsed,
    StandingSanction,
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


class ElsewhereFact(msgspec.Struct, frozen=True):
    """A fact of another agency that gives a hint: not told to agencies / 另一家机构的记录."""

    uscc: Uscc
    event: EventId


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
