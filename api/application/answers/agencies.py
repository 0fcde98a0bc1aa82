"""What is answered about one agency at a basis: its audit trail, its course, what would be if, whose data there is."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET

from api.application.answers.pages import NextCursor
from api.application.answers.receipts import ImpactTouched, SimilarFact
from projections.answers.comparisons import AnswerDifference, Following, RankEffects, StandingAndSheet, TouchedResult
from projections.answers.districts import HintFound
from projections.answers.results import SupposedFact
from projections.answers.scalars import Day, Moment, Version, Year, member
from projections.answers.standings import (
    AgencyIdentity,
    AsOf,
    CalendarUsed,
    Demonstration,
    KnownThen,
    Projected,
    RulebookUsed,
)
from projections.answers.summaries import (
    ChangeInShort,
    DaysBeside,
    EndedYear,
    FirstDay,
    LastDay,
    RecordedInShort,
    ResultInShort,
    ScoreStretch,
    TierStretch,
    TimelineMark,
    WarningStretch,
)
from projections.answers.trail_items import EventEffects, RelatedEvent, TrailEvent


class OnAgencyBasis(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer about one agency says of its basis (api.md, Reading) / 一家机构回答的基准."""

    agency: AgencyIdentity
    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: Version
    demonstration: Demonstration = UNSET


class OnTrailBasis(msgspec.Struct, frozen=True, kw_only=True):
    """The basis of an answer that is of no single day / 不限某一日的回答的基准."""

    agency: AgencyIdentity
    known_at: KnownThen
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: Version
    demonstration: Demonstration = UNSET


class TrailPage(OnTrailBasis, frozen=True, kw_only=True):
    """A page of an agency's audit trail / 审计轨迹的一页."""

    count: Annotated[int, member("符合条件的条数", "how many fit the filters", ge=0)]
    items: tuple[TrailEvent, ...]
    next_cursor: NextCursor


class EventInFull(OnAgencyBasis, frozen=True, kw_only=True):
    """One record in full: whether it counts, what it is about, what followed from it / 一条记录的全部内容."""

    event: TrailEvent
    can_be_annulled: bool
    log_index: Annotated[int | None, member("日志序号；尚未封存或不提供为空", "null: not sealed yet, or not told")]
    names: Annotated[tuple[RelatedEvent, ...], member("它所指的记录", "the events that it names")]
    named_by: Annotated[tuple[RelatedEvent, ...], member("指向它的记录", "the events that name it")]
    annuls: Annotated[tuple[RelatedEvent, ...], member("因它不再计入的记录", "what stopped counting by it")]
    recorded_with: Annotated[
        tuple[RelatedEvent, ...],
        member("同一次操作记下的各条，按次序", "all that was recorded in the same act, in order"),
    ]
    similar: Annotated[
        tuple[SimilarFact, ...],
        member(
            "当时已有的同样内容的记录（R46）", "earlier facts alike (R46); an agency is told of what it recorded itself"
        ),
    ]
    touched: Annotated[
        tuple[ImpactTouched, ...], member("受它影响的公布结果（R36）", "published results that it touches")
    ]
    effects: Annotated[EventEffects | None, member("由它引起的；服务对象不能看", "null for a client")]


class CourseShown(OnTrailBasis, frozen=True, kw_only=True):
    """Score, tier and facts over a stretch, drawn together for a picture / 得分、等级和事实的走势."""

    first_fact: Annotated[Day, member("首条记录之日", "day of the first fact")]
    last_fact: Annotated[Day, member("末条记录之日", "day of the last fact")]
    first_day: FirstDay = msgspec.field(name="from")
    last_day: LastDay = msgspec.field(name="to")
    score: tuple[ScoreStretch, ...]
    ended_years: tuple[EndedYear, ...]
    tiers: tuple[TierStretch, ...]
    warnings: tuple[WarningStretch, ...]
    marks: tuple[TimelineMark, ...]
    results: tuple[ResultInShort, ...]
    facts: Annotated[int, member("记录条数", "how many facts the stretch has")]
    days_changed: Annotated[int, member("状态变化的天数", "on how many days the standing changed")]
    changes: Annotated[tuple[ChangeInShort, ...], member("最近的变化", "the latest changes, 20 at most")]
    latest_result: Annotated[ResultInShort | None, member("现行的公布结果", "the result that stands; null: none")]


class StopsShown(OnTrailBasis, frozen=True, kw_only=True):
    """Where a replay can halt beside a day / 回放可停的日子."""

    day: Day
    facts: Annotated[DaysBeside, member("有记录的日子", "days with facts that count")]
    changes: Annotated[DaysBeside, member("状态变化的日子", "days on which the standing changes")]
    on_day: tuple[RecordedInShort, ...]
    more_on_day: Annotated[int, member("当日其余条数", "how many more there are on the day")]
    recorded: Annotated[RecordedInShort, member("最后一条记录", "what was recorded last")]


class EffectAtSuccessor(msgspec.Struct, frozen=True, kw_only=True):
    """What would be of a successor by what it inherits (R43) / 对承继机构的影响."""

    agency: AgencyIdentity
    year: Year
    version: Version
    before: StandingAndSheet
    after: StandingAndSheet
    difference: tuple[AnswerDifference, ...]
    touched: Annotated[tuple[TouchedResult, ...], member("会因此不同的公布结果", "results that would be others (R36)")]
    ranks: RankEffects
    following: Annotated[Following, member("随之而来的通知、提示和线索", "notices, flags and hints that would follow")]


class WhatIfFound(OnAgencyBasis, frozen=True, kw_only=True):
    """What would be if: both sides, what differs, results and ranks that it touches; nothing is written / 假设推演."""

    year: Year
    supposed: tuple[SupposedFact, ...]
    before: StandingAndSheet
    after: StandingAndSheet
    difference: tuple[AnswerDifference, ...]
    touched: Annotated[tuple[TouchedResult, ...], member("会因此不同的公布结果", "results that would be others (R36)")]
    ranks: RankEffects
    following: Annotated[Following, member("随之而来的通知、提示和线索", "notices, flags and hints that would follow")]
    successors: Annotated[
        tuple[EffectAtSuccessor, ...],
        member("承继的内容因此不同的承继机构", "successors of which what they inherit would change (R43)"),
    ]


class SubjectPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where something personal stands / 个人信息的一处出处."""

    event: str
    type: str
    recorded_at: Moment
    pointer: Annotated[str, member("记录中的位置（RFC 6901）", "where in the record", examples=["/fact/reporter"])]
    text: Annotated[str | dict[str, bool], member("内容；已删除则为标记", "what it says, or a mark that it is erased")]


class SubjectShown(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose personal data is recorded about an agency / 个人信息主体."""

    subject: Annotated[str, member("主体编号", "id of the person's data")]
    erased_at: Annotated[Moment | None, member("删除时刻", "when it was erased; null: it is there")]
    places: tuple[SubjectPlace, ...]


class SubjectsPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of those whose personal data is recorded about an agency / 个人信息主体的一页."""

    agency: AgencyIdentity
    known_at: KnownThen
    version: Version
    items: tuple[SubjectShown, ...]
    next_cursor: NextCursor


class AgencyHints(OnAgencyBasis, frozen=True, kw_only=True):
    """A page of the hints at an agency (R37) / 一家机构的线索."""

    items: tuple[HintFound, ...]
    next_cursor: NextCursor
