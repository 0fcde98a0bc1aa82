"""The timeline of an agency drawn together so that it stays small, and the days at which a replay can halt."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType, field

from domain.measures.chapter2_filing import FilingState
from domain.values import Grade, Tier
from projections.answers.scalars import Day, En, EventId, Moment, PointsText, Year, Zh, member
from projections.answers.trail_items import StandingPart

FirstDay = Annotated[date, member("首日", "first day")]
LastDay = Annotated[date, member("末日", "last day, included")]
Lane = Literal["complaints", "lapses", "scores", "honours", "results", "others"]
Total = Annotated[PointsText | None, member("总分；不参与考评为空", "score of record; null when not assessed")]


class ScoreInShort(msgspec.Struct, frozen=True):
    """The score of a year in a few words / 得分摘要."""

    year: Year
    total: Total
    grade: Grade | None
    label: Annotated[str | None, member("等次的中文名称", "Chinese name of the grade")]
    provisional: Annotated[bool, member("暂定", "a missing part has not been waived yet")]
    override: Annotated[bool, member("直接认定", "the grade is overridden (art.25)")]


class ScoreStretch(msgspec.Struct, frozen=True, kw_only=True):
    """The score from a day up to another / 某时段的得分."""

    first_day: FirstDay = field(name="from")
    last_day: LastDay = field(name="to")
    year: Year
    total: Total
    grade: Grade | None
    label: Annotated[str | None, member("等次的中文名称", "Chinese name of the grade")]
    provisional: Annotated[bool, member("暂定", "a missing part has not been waived yet")]
    override: Annotated[bool, member("直接认定", "the grade is overridden (art.25)")]


class ResultInShort(msgspec.Struct, frozen=True):
    """A published or revised result in short / 公布结果摘要."""

    event: EventId
    year: Year
    published_on: Day
    deadline: Annotated[Day | None, member("异议截止之日", "last day for appeals")]
    total: Annotated[str | None, member("总分", "score of record, two decimals")]
    grade: Annotated[str | None, member("等次", "grade")]
    rank: Annotated[int | None, member("名次", "rank within its category")]
    label: Annotated[str | None, member("等次的中文名称", "Chinese name of the grade")]
    revised: Annotated[bool, member("修订后的结果", "a revision of an earlier result")]
    annulled_by: EventId | None


class EndedYear(msgspec.Struct, frozen=True, kw_only=True):
    """What an assessment year that is over came to: its sheet on `as_of`, and its result / 已结束的年度."""

    year: Year
    total: Total
    grade: Grade | None
    label: Annotated[str | None, member("等次的中文名称", "Chinese name of the grade")]
    provisional: Annotated[bool, member("暂定", "a missing part has not been waived yet")]
    override: Annotated[bool, member("直接认定", "the grade is overridden (art.25)")]
    first_day: FirstDay = field(name="from")
    last_day: LastDay = field(name="to")
    as_of: Day
    result: ResultInShort | None


class TierStretch(msgspec.Struct, frozen=True):
    """A tier from a day up to another / 某时段的惩戒等级."""

    first_day: FirstDay = field(name="from")
    last_day: LastDay = field(name="to")
    tier: Tier


class WarningStretch(msgspec.Struct, frozen=True):
    """The warning of a year from a day up to another / 某时段的警告通报."""

    first_day: FirstDay = field(name="from")
    last_day: LastDay = field(name="to")
    year: Annotated[int, member("被定为不合格的年度", "the year found unqualified")]


class TimelineMark(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of one lane that lie so close together that they are one mark; alone with what it is / 时间线上的标记."""

    lane: Annotated[Lane, member("所在泳道", "the lane")]
    first_day: FirstDay = field(name="from")
    last_day: LastDay = field(name="to")
    count: Annotated[int, member("记录数", "how many facts", ge=1)]
    annulled: Annotated[int, member("其中已撤销的", "how many of them were annulled", ge=0)]
    kinds: Annotated[dict[str, int], member("类型及数量，至多三种", "how many of each type, three at most")]
    event: Annotated[EventId | UnsetType, member("仅一条时", "of one alone")] = UNSET
    type: Annotated[str | UnsetType, member("仅一条时的类型", "its type, of one alone")] = UNSET
    annulled_by: Annotated[EventId | UnsetType | None, member("仅一条时，撤销它的记录", "of one alone")] = UNSET
    text: Zh | UnsetType = UNSET
    text_en: En | UnsetType = UNSET


class StandingInShort(msgspec.Struct, frozen=True):
    """What of a standing is shown of a change / 状态摘要."""

    tier: Tier
    verified_complaints: Annotated[int, member("一年内累计有效投诉次数", "complaints upheld within one year")]
    bad_records: Annotated[int, member("不良信息累计条数", "bad records in all")]
    filing: FilingState | None
    year: Year
    total: Total
    grade: Grade | None
    provisional: Annotated[bool, member("暂定", "a missing part has not been waived yet")]
    warning: Annotated[int | None, member("警告通报的年度", "year of the warning notice")]
    advisories: Annotated[int, member("建议条数", "how many advisories")]


class FactInShort(msgspec.Struct, frozen=True):
    """A fact by id and type / 记录编号和类型."""

    event: EventId
    type: str


class ChangeInShort(msgspec.Struct, frozen=True):
    """A day on which the standing changed: what was, what is, and facts of that day / 变化摘要."""

    date: Day
    changed: tuple[StandingPart, ...]
    before: StandingInShort
    after: StandingInShort
    facts: Annotated[tuple[FactInShort, ...], member("当日计入的记录，至多五条", "facts that count, five at most")]
    more: Annotated[int, member("其余条数", "how many more there are")]


class TimelineSummary(msgspec.Struct, frozen=True):
    """The timeline of a stretch drawn together to a bounded size / 时间线摘要."""

    first_day: FirstDay = field(name="from")
    last_day: LastDay = field(name="to")
    score: tuple[ScoreStretch, ...]
    ended_years: tuple[EndedYear, ...]
    tiers: tuple[TierStretch, ...]
    warnings: tuple[WarningStretch, ...]
    marks: tuple[TimelineMark, ...]
    results: tuple[ResultInShort, ...]
    facts: Annotated[int, member("记录条数", "how many facts the stretch has")]
    days_changed: Annotated[int, member("状态变化的天数", "on how many days the standing changed")]
    changes: Annotated[tuple[ChangeInShort, ...], member("最近的变化，至多二十次", "the latest changes, 20 at most")]


class DaysBeside(msgspec.Struct, frozen=True):
    """Of several days the first, the last and those next to the day asked about / 前后的日子."""

    first: Day | None
    previous: Day | None
    next: Day | None
    last: Day | None
    place: Annotated[int | None, member("所问之日是其中第几个", "which of them the day is; null: none")]
    count: Annotated[int, member("共几个", "how many there are")]


class RecordedInShort(msgspec.Struct, frozen=True):
    """A fact with both its dates / 记录的两个日期."""

    event: EventId
    type: str
    version: int | None
    occurred_on: Day
    recorded_at: Moment | None
    annulled_by: EventId | None
    annuls: Annotated[EventId | None, member("它撤销的记录", "what it annuls")]


class ReplaySteps(msgspec.Struct, frozen=True):
    """Where a replay can halt beside a day / 回放可停的日子."""

    day: Day
    facts: Annotated[DaysBeside, member("有记录的日子", "days with facts that count")]
    changes: Annotated[DaysBeside, member("状态变化的日子", "days on which the standing changes")]
    on_day: tuple[RecordedInShort, ...]
    more_on_day: Annotated[int, member("当日其余条数", "how many more there are on the day")]
    recorded: Annotated[RecordedInShort, member("最后一条记录", "what was recorded last")]
