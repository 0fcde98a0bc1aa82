"""The events of an audit trail as they are told, and what followed from one of them.

Every day on which the standing of an agency changes, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from domain.events import NoteAudience, Via
from domain.values import Tier
from projections.answers.scalars import Article, Day, En, EventId, Moment, Version, Year, Zh, member
from projections.answers.sheets import ConsideredFact, SheetLine
from projections.answers.standings import (
    AgencyIdentity,
    CalendarUsed,
    Demonstration,
    GradeOverride,
    KnownThen,
    RulebookUsed,
    StandingParts,
)

EventType = Annotated[str, member("记录类型", "type of the event", examples=["ComplaintUpheld"])]
EventLabel = Annotated[str, member("记录类型的中文名称", "Chinese name of the type", examples=["投诉查实"])]
Counts = Annotated[bool, member("计入", "whether it counts at the basis: it was not annulled")]


class TrailFlag(msgspec.Struct, frozen=True):
    """What the Measures note about a recorded fact without refusing it / 办法对记录的提示."""

    article: Article
    text: Zh
    text_en: En


class SurveyFormTold(msgspec.Struct, frozen=True):
    """What is told of a survey form that is not told by name (R39) / 不具名的问卷."""

    number: Annotated[int | None, member("第几份", "which of several")]
    of: Annotated[int | None, member("共几份", "of how many")]
    month: Annotated[str, member("月份", "its month", examples=["2024-12"])]
    total: Annotated[Any, member("得分", "its total in points, where it is told")]


class StatementBeside(msgspec.Struct, frozen=True):
    """What the agency states beside a record; it changes no number (R38a) / 机构就该记录的申辩."""

    event: Annotated[EventId, member("申辩的记录", "the record of the statement")]
    filed_on: Day
    content: Annotated[Any, member("申辩内容", "what the agency says; a mark where it is erased or withheld")]


class RecordedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded, without what became of it / 一条记录.

    Personal data is sealed here; whoever may read it gets texts in its place, others a mark that it is withheld.
    """

    id: EventId
    version: Annotated[int | None, member("在该机构记录中的序号", "its number in the agency's stream")]
    occurred_on: Annotated[Any, member("发生之日", "the day of the fact", examples=["2024-05-06"])]
    recorded_at: Annotated[Moment | None, member("记录时刻", "when it was recorded")]
    actor: Annotated[Any, member("记录人", "who recorded it: an id, or a mark that it is withheld")]
    via: Annotated[Via | None, member("记录途径", "by which way it came")]
    note: Annotated[Any, member("备注", "note")]
    note_audience: Annotated[NoteAudience, member("备注的读者", "who reads the note")]
    evidence: Annotated[tuple[Any, ...], member("证据", "evidence: title and where it is")]
    type: EventType
    label: EventLabel
    fact: Annotated[dict[str, Any], member("记录内容，随类型而异", "the fact itself, other members for each type")]


class EntryRow(TypedDict):
    """A `RecordedEvent`, or a `TrailEvent`, as plain data: for those who open, withhold or show its members one by one.

    Of a survey form that is told by month alone, `occurred_on` is a month, and `version` and `recorded_at` are null.
    """

    id: str
    version: int | None
    occurred_on: str
    recorded_at: str | None
    actor: Any
    via: Any
    note: Any
    note_audience: NoteAudience
    evidence: list[Any]
    type: str
    label: Any
    fact: dict[str, Any]
    counts: NotRequired[bool]
    annulled_by: NotRequired[str | None]
    recorded_days_later: NotRequired[int]
    flags: NotRequired[list[Any]]
    statement: NotRequired[Mapping[str, object]]
    actor_name: NotRequired[str | None]
    withheld: NotRequired[bool]
    disclosure: NotRequired[str]
    form: NotRequired[Mapping[str, Any]]


class TrailEvent(RecordedEvent, frozen=True, kw_only=True):
    """One event of an audit trail: what was recorded, whether it counts, what is to be noted / 审计轨迹中的一条记录."""

    counts: Counts
    annulled_by: Annotated[EventId | None, member("撤销它的记录", "the annulment that ended it")]
    recorded_days_later: Annotated[int, member("迟报天数", "days between the fact and its recording", ge=0)]
    flags: tuple[TrailFlag, ...]
    statement: StatementBeside | UnsetType = UNSET
    actor_name: Annotated[str | UnsetType | None, member("记录人姓名", "who recorded it: for officers")] = UNSET
    withheld: Annotated[bool | UnsetType, member("问卷内容不具名", "a survey form that is not told by name")] = UNSET
    disclosure: Annotated[str | UnsetType, member("问卷的公开方式", "how survey forms are told")] = UNSET
    form: SurveyFormTold | UnsetType = UNSET


class RelatedEvent(msgspec.Struct, frozen=True):
    """Another event in short / 相关记录."""

    id: EventId
    type: EventType
    label: EventLabel
    occurred_on: Day
    counts: Counts


class RelatedEvents(msgspec.Struct, frozen=True):
    """What an event is about, what is about it, and what stopped counting by it / 有关记录."""

    names: Annotated[tuple[RelatedEvent, ...], member("它所指的记录", "the events that it names")]
    named_by: Annotated[tuple[RelatedEvent, ...], member("指向它的记录", "the events that name it")]
    annuls: Annotated[tuple[RelatedEvent, ...], member("因它不再计入的记录", "what stopped counting by it")]
    recorded_with: Annotated[
        tuple[RelatedEvent, ...],
        member("同一次操作记下的各条，按次序", "all that was recorded in the same act, in order"),
    ]


class SheetEffect(msgspec.Struct, frozen=True):
    """What of a year's sheet rests on an event / 某年打分表中的影响."""

    year: Year
    lines: tuple[SheetLine, ...]
    considered: tuple[ConsideredFact, ...]
    override: tuple[GradeOverride, ...]


class TagEffect(msgspec.Struct, frozen=True):
    """A tag of the ladder that rests on an event (art.17) / 惩戒标签."""

    tier: Tier
    label: Annotated[str, member("等级的中文名称", "Chinese name of the tier")]
    since: Day
    until: Annotated[Day | None, member("末日", "last day, included; null: without an end")]
    event: Annotated[EventId, member("加标签的决定", "the decision that added it")]


class NoticeEffect(msgspec.Struct, frozen=True):
    """A notice that is due because of an event (R18) / 应发通知."""

    id: Annotated[str, member("通知编号", "id of the notice")]
    kind: Annotated[str, member("通知种类", "kind of notice")]
    article: Article
    due_on: Day
    text: Zh
    text_en: En
    sent_on: Annotated[Day | None, member("发出之日", "the day it was sent; null: not yet")]


class ResultEffect(msgspec.Struct, frozen=True):
    """A published result that rests on an event / 依据该记录的公布结果."""

    id: EventId
    year: Year
    published_on: Day


class EventEffects(msgspec.Struct, frozen=True):
    """What rests on an event at a basis / 由该记录引起的一切."""

    sheets: tuple[SheetEffect, ...]
    tags: tuple[TagEffect, ...]
    notices: tuple[NoticeEffect, ...]
    results: tuple[ResultEffect, ...]


StandingPart = Literal["agency", "sanction", "bad_records", "assessment", "warning_notice", "advisories"]


class ReasonForChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is behind a change on a day: a fact of that day, or what the day itself brought / 变化的原因."""

    kind: Annotated[
        Literal["fact", "lapse", "tag_ended", "window_ended", "year_turned", "rulebook"],
        member("当日的记录，或期限届满等", "a fact of the day, or what time alone brought"),
    ]
    event: Annotated[EventId | None, member("有关记录", "the event concerned; null where there is none")]
    type: Annotated[str | UnsetType, member("记录类型", "type of the event, of a fact")] = UNSET
    article: Article | UnsetType = UNSET
    item: Annotated[int | UnsetType, member("附件1 的序号", "item of annex 1, of a lapse")] = UNSET
    text: Zh
    text_en: En


class TimelineStart(msgspec.Struct, frozen=True):
    """The standing on the first day / 首日的状态."""

    date: Day
    standing: StandingParts
    why: Annotated[tuple[ReasonForChange, ...], member("当日的原因", "what was behind it on that day")]


class TimelineChange(msgspec.Struct, frozen=True):
    """A day on which the standing became another one / 状态变化的一天."""

    date: Day
    changed: Annotated[tuple[StandingPart, ...], member("变化的部分", "the parts that changed")]
    standing: StandingParts
    why: Annotated[tuple[ReasonForChange, ...], member("原因", "what was behind it")]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The standing on a first day and each later day on which it changes, both ends included / 状态变化时间线."""

    agency: AgencyIdentity
    known_at: KnownThen
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: Version
    demonstration: Demonstration = UNSET
    first_day: Annotated[date, member("首日", "first day")] = msgspec.field(name="from")
    last_day: Annotated[date, member("末日", "last day")] = msgspec.field(name="to")
    start: TimelineStart
    items: tuple[TimelineChange, ...]
