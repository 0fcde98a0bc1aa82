"""What waits for whom (R40): one shape for every kind of matter, as lists, counts and the board show it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from projections.answers.scalars import Article, BilingualText, Day, EventId, Year, member
from projections.answers.standings import AgencyName

MatterKind = Literal[
    "filing",
    "complaint",
    "report",
    "objection",
    "repair",
    "appeal",
    "impact",
    "notice",
    "acknowledgement",
    "undeliverable",
    "submission",
    "project",
    "qualification",
    "certificate",
    "survey",
    "invitation",
    "effect",
    "admission",
    "referral",
    "correction",
    "hint",
    "survey_close",
    "year_prepare",
    "year_publish",
    "year_close",
    "reading",
    "own_complaint",
    "own_report",
]
MatterState = Literal["open", "lapsed", "done"]
Urgency = Literal["overdue", "today", "this_week", "later"]


class WaitingMatter(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits for somebody / 一件待办."""

    id: Annotated[str, member("事项编号：种类:编号", "kind and what it is about")]
    kind: MatterKind
    title: BilingualText
    article: Article
    agency: Annotated[AgencyName | None, member("哪家机构；全区的事项为空", "null: it is the whole district's")]
    year: Year | None
    about: Annotated[str | None, member("所涉企业、资质或行为", "the client, qualification or behaviour concerned")]
    cause: Annotated[
        EventId | None, member("通知所由的记录", "the event that a notice is due by; null for other matters")
    ]
    acts: Annotated[tuple[str, ...], member("由谁办理（角色）", "roles that deal with it")]
    since: Day
    due_on: Annotated[Day | None, member("最后一天；无期限为空", "the last day; null where no day is set")]
    state: Annotated[
        MatterState, member("open 待办；lapsed 已过期且无法补救；done 已办结", "lapsed: its day passed for good")
    ]
    outcome: Annotated[
        str | None, member("本企业投诉、举报的结果；未决为空", "what became of one's own complaint; null before that")
    ]
    ended_on: Annotated[Day | None, member("办结之日；未办结为空", "the day it was done; null before that")]
    urgency: Annotated[Urgency, member("按最后一天", "by the last day; without one `later`")]


class MatterCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many matters of a kind wait / 一类待办的件数."""

    kind: MatterKind
    title: BilingualText
    overdue: Annotated[int, member("逾期", "the last day has passed", ge=0)]
    today: Annotated[int, member("今天到期", "the last day is today", ge=0)]
    this_week: Annotated[int, member("七天内到期", "the last day is within seven days", ge=0)]
    later: Annotated[int, member("以后或无期限", "later, or without a day", ge=0)]
    lapsed: Annotated[int, member("已过期且无法补救", "can no longer be cured", ge=0)]
