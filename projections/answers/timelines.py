"""Every day on which the standing of an agency changes, and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from projections.answers.scalars import Article, Day, En, EventId, Version, Zh, member
from projections.answers.standings import (
    AgencyIdentity,
    CalendarUsed,
    Demonstration,
    KnownThen,
    RulebookUsed,
    StandingParts,
)

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
