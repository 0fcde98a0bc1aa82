"""Two answers side by side: what differs and why, and what would be if."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from domain.values import Grade
from projections.answers.scalars import Day, En, EventId, PointsText, Uscc, Version, Year, Zh, member
from projections.answers.sheets import ScoreSheet
from projections.answers.standings import (
    AgencyIdentity,
    AsOf,
    CalendarUsed,
    Demonstration,
    KnownThen,
    Projected,
    RulebookUsed,
    Standing,
)
from projections.answers.trail_items import EventType

ValueAsked = Annotated[Any, member("该项的值，类型随项目而异", "the value: a text, number, list or null, by field")]


class DifferenceFound(msgspec.Struct, frozen=True, kw_only=True):
    """One difference with the events behind it / 一项差别及其依据."""

    field: Annotated[str, member("项目", "what differs", examples=["sanction.tier", "total"])]
    before: ValueAsked
    after: ValueAsked
    events: Annotated[tuple[EventId, ...], member("所依据的记录", "the events behind it")]
    why: Annotated[str, member("原因", "why, in Chinese")]
    why_en: Annotated[str, member("原因（英文）", "why")]


class SheetsCompared(msgspec.Struct, frozen=True, kw_only=True):
    """The sheets of a year on both sides; null where the year had not begun / 两张打分表."""

    year: Year
    before: ScoreSheet | None
    after: ScoreSheet | None
    difference: tuple[DifferenceFound, ...]


class StandingsCompared(msgspec.Struct, frozen=True, kw_only=True):
    """Two standings of an agency, their sheets, and what differs / 两个基准下的状态和差别."""

    agency: AgencyIdentity
    demonstration: Demonstration = UNSET
    before: Standing
    after: Standing
    difference: tuple[DifferenceFound, ...]
    sheets: tuple[SheetsCompared, ...]


class SupposedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that is only supposed / 假设的一条记录."""

    id: Annotated[str, member("假设的编号", "an id that is only supposed", examples=["what-if-1"])]
    type: EventType
    occurred_on: Day


class SupposedSide(msgspec.Struct, frozen=True, kw_only=True):
    """Standing and sheet on one side of a what-if / 假设的一侧."""

    standing: Standing
    sheet: ScoreSheet


class ResultTouched(msgspec.Struct, frozen=True, kw_only=True):
    """A published result that would be another one / 会因此不同的公布结果."""

    result: EventId
    year: Year
    published_on: Day


class PlaceInRanking(msgspec.Struct, frozen=True, kw_only=True):
    """Where a result stands in its category / 名次."""

    category: str | None
    rank: int | None
    total: PointsText | None
    grade: Grade | None


class MovedRank(msgspec.Struct, frozen=True, kw_only=True):
    """Another agency whose rank moves; null: not ranked / 名次变动的机构."""

    uscc: Uscc
    name: str | None
    category: str | None
    before: int | None
    after: int | None


class RankEffects(msgspec.Struct, frozen=True, kw_only=True):
    """What a what-if does to the ranks; null where another rulebook would judge everybody / 对名次的影响."""

    before: PlaceInRanking | None
    after: PlaceInRanking | None
    moved: Annotated[int | None, member("另有几家变动", "how many others move")]
    others: Annotated[tuple[MovedRank, ...] | None, member("哪些机构；机构本身不能看", "null for an agency")]
    text: Zh
    text_en: En


class WhatIfFound(msgspec.Struct, frozen=True, kw_only=True):
    """What would be if: both sides, what differs, results and ranks that it touches; nothing is written / 假设推演."""

    agency: AgencyIdentity
    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: Version
    demonstration: Demonstration = UNSET
    year: Year
    supposed: tuple[SupposedFact, ...]
    before: SupposedSide
    after: SupposedSide
    difference: tuple[DifferenceFound, ...]
    touched: tuple[ResultTouched, ...]
    ranks: RankEffects
