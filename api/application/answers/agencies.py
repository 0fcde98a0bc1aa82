"""Lists about one agency: its audit trail, and whose personal data is recorded about it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET

from api.application.answers.pages import NextCursor
from projections.answers.scalars import Moment, Version, member
from projections.answers.standings import (
    AgencyIdentity,
    AsOf,
    CalendarUsed,
    Demonstration,
    KnownThen,
    Projected,
    RulebookUsed,
)
from projections.answers.trail_items import EventEffects, RelatedEvent, TrailEvent


class TrailPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an agency's audit trail / 审计轨迹的一页."""

    agency: AgencyIdentity
    known_at: KnownThen
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: Version
    demonstration: Demonstration = UNSET
    count: Annotated[int, member("符合条件的条数", "how many fit the filters", ge=0)]
    items: tuple[TrailEvent, ...]
    next_cursor: NextCursor


class EventInFull(msgspec.Struct, frozen=True, kw_only=True):
    """One record in full: whether it counts, what it is about, what followed from it / 一条记录的全部内容."""

    agency: AgencyIdentity
    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: Version
    demonstration: Demonstration = UNSET
    event: TrailEvent
    can_be_annulled: bool
    log_index: Annotated[int | None, member("日志序号；尚未封存或不提供为空", "null: not sealed yet, or not told")]
    names: Annotated[tuple[RelatedEvent, ...], member("它所指的记录", "the events that it names")]
    named_by: Annotated[tuple[RelatedEvent, ...], member("指向它的记录", "the events that name it")]
    annuls: Annotated[tuple[RelatedEvent, ...], member("因它不再计入的记录", "what stopped counting by it")]
    effects: Annotated[EventEffects | None, member("由它引起的；服务对象不能看", "null for a client")]


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
