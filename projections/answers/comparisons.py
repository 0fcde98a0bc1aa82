"""Two answers side by side, what differs and why; what would be if."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from domain.values import Grade, Tier
from projections.answers.districts import HintFound
from projections.answers.scalars import Day, En, EventId, PointsText, Uscc, Year, Zh, member
from projections.answers.sheets import ScoreSheet
from projections.answers.standings import AgencyIdentity, Demonstration, RulebookUsed, Standing
from projections.answers.trail_items import NoticeEffect, TrailFlag

Rank = Annotated[int | None, member("名次；未排名为空", "rank; null: not ranked")]


class AnswerDifference(msgspec.Struct, frozen=True):
    """One thing that differs between two answers, with the events behind it / 一处差异及其原因."""

    field: Annotated[str, member("差异所在", "the member that differs, dotted", examples=["sanction.tier"])]
    before: Annotated[Any, member("此前", "its value before")]
    after: Annotated[Any, member("此后", "its value after")]
    events: Annotated[tuple[EventId, ...], member("背后的记录", "the events behind it")]
    why: Zh
    why_en: En


class SheetsCompared(msgspec.Struct, frozen=True):
    """The sheets of one year on both sides; null where the year had not begun / 某年打分表对照."""

    year: Year
    before: ScoreSheet | None
    after: ScoreSheet | None
    difference: tuple[AnswerDifference, ...]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two standings of an agency side by side, and the sheets of their years / 两个时点的对照."""

    agency: AgencyIdentity
    demonstration: Demonstration = UNSET
    before: Standing
    after: Standing
    difference: tuple[AnswerDifference, ...]
    sheets: tuple[SheetsCompared, ...]


class StandingAndSheet(msgspec.Struct, frozen=True):
    """A standing with the sheet of the year in question / 状态和打分表."""

    standing: Standing
    sheet: ScoreSheet


class TouchedResult(msgspec.Struct, frozen=True):
    """A published result that would be another (R36) / 会受影响的公布结果."""

    result: EventId
    year: Year
    published_on: Day


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from supposed facts besides score and tier / 随之而来的通知、提示和线索."""

    notices_due: Annotated[tuple[NoticeEffect, ...], member("将应发的通知（R18）", "notices that would fall due")]
    notices_gone: Annotated[tuple[NoticeEffect, ...], member("不再应发的通知", "notices that would be due no more")]
    flags: Annotated[tuple[TrailFlag, ...], member("对所设事实的提示", "what the Measures note about the facts")]
    hints_raised: Annotated[tuple[HintFound, ...], member("将产生的线索（R37）", "hints that would be open")]
    hints_settled: Annotated[tuple[HintFound, ...], member("将了结的线索", "hints that would be open no more")]


class RankWithTotal(msgspec.Struct, frozen=True):
    """An agency's place in its category's ranking / 名次和总分."""

    category: str | None
    rank: Rank
    total: PointsText | None
    grade: Grade | None


class RankMovedOfOther(msgspec.Struct, frozen=True):
    """Another agency whose rank moves / 名次变动的其他机构."""

    uscc: Uscc
    name: str | None
    category: str | None
    before: Rank
    after: Rank


class RankEffects(msgspec.Struct, frozen=True):
    """What another result does to the ranking of its category (R30) / 对名次的影响."""

    before: RankWithTotal | None
    after: RankWithTotal | None
    moved: Annotated[int | None, member("另有几家名次变动", "how many others move")]
    others: Annotated[
        tuple[RankMovedOfOther, ...] | None, member("名次变动的机构；机构自己看不到", "whose; not told to an agency")
    ]
    text: Zh
    text_en: En


class UnderRulebook(msgspec.Struct, frozen=True):
    """What a law makes of an agency's year / 某规则下的结果."""

    total: PointsText | None
    grade: Grade | None
    grade_label: Annotated[str | None, member("等次的中文名称", "Chinese name of the grade")]
    rank: Rank
    tier: Tier
    tier_label: Annotated[str, member("等级的中文名称", "Chinese name of the tier")]


class AgencyWithCategory(msgspec.Struct, frozen=True):
    """An agency with the category it is ranked in / 机构及类型."""

    uscc: Uscc
    name: str | None
    category: str | None


class AgencyUnder(msgspec.Struct, frozen=True):
    """One agency under the adopted law and under another rulebook / 两种规则下的一家机构."""

    agency: AgencyWithCategory
    before: UnderRulebook
    after: UnderRulebook
    changed: Annotated[tuple[str, ...], member("变化的项目", "what changes: total, grade, rank, tier")]


class Amendment(msgspec.Struct, frozen=True):
    """The rulebook that is tried / 试行推演的规则."""

    id: str
    sha256: str
    effective_from: Day


class ChangesUnder(msgspec.Struct, frozen=True):
    """How many agencies change, and in what / 变化的机构数."""

    agencies: int
    changed: int
    totals: int
    grades: int
    ranks: int
    tiers: int


class ReplayedUnder(msgspec.Struct, frozen=True, kw_only=True):
    """What another rulebook would have made of a year (R5) / 按另一规则推演的一年."""

    year: Year
    as_of: Day
    known_at: str
    demonstration: Demonstration = UNSET
    adopted: tuple[RulebookUsed, ...]
    amendment: Amendment
    items: tuple[AgencyUnder, ...]
    sum: ChangesUnder
