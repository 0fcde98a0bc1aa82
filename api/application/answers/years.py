"""A year's assessment: how far it has come, a preview before the publication, the results after it (R32-R36).

What waits for a decision: appeals (R33), objections (R38), reports (R11), impacts (R36), submissions (R8).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.application.answers.pages import NextCursor
from domain.measures.chapter2_filing import FilingState
from domain.values import Grade
from projections.answers.registers import PublishedRevision
from projections.answers.results import AppealState, DeadlineShown, ImpactId, ImpactState, RecordTold, WaiverReason
from projections.answers.scalars import BilingualText, Day, En, EventId, JudgedPart, PointsText, Uscc, Year, Zh, member
from projections.answers.standings import (
    AgencyName,
    AsOf,
    CalendarUsed,
    Demonstration,
    KnownThen,
    Projected,
    RulebookUsed,
)

RoundStatus = Literal["unpublished", "published", "closed"]
Results = Annotated[int | None, member("结果数", "how many results were published; null before")]


class YearHeading(msgspec.Struct, frozen=True, kw_only=True):
    """How far an assessment year has come / 考评年度的进展."""

    year: Year
    first_day: Day = msgspec.field(name="from")
    last_day: Day = msgspec.field(name="to")
    status: RoundStatus
    published_on: Day | None
    deadline: DeadlineShown | None
    count: Results
    revisions: int
    closed_on: Day | None


class YearWaiver(msgspec.Struct, frozen=True, kw_only=True):
    """A missing part that the committee let pass at the publication (R44) / 同意缺项公布的部分."""

    uscc: Uscc
    part: JudgedPart


class IncompleteSheet(msgspec.Struct, frozen=True, kw_only=True):
    """Whose sheet cannot be published without a waiver, and what is missing (R25) / 缺项的机构."""

    agency: AgencyName
    missing: tuple[JudgedPart, ...]
    text: Zh
    text_en: En


class NotAssessedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who was not assessed in a published year, and why (R29, R32) / 未参与考评的机构."""

    agency: AgencyName
    category: str | None
    rank: int | None
    assessed: bool
    total: PointsText | None
    grade: Grade | None
    revised: bool
    result: EventId
    published_on: Day
    deadline: DeadlineShown | None
    reasons: tuple[BilingualText, ...]


class GradeOverrideRow(msgspec.Struct, frozen=True, kw_only=True):
    """What makes the year unqualified whatever the score (art.25); events in a preview / 直接认定为不合格的事由."""

    kind: Literal["blacklisted", "penalty"]
    article: Literal["art.25"]
    events: tuple[EventId, ...] | UnsetType = UNSET


class AssessedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a year: of the preview before the publication, of the results after it / 年度考评中的一行.

    The preview says in which group an agency is ranked and how it stands; a result which event it is and what is said
    beside it.
    """

    agency: AgencyName
    category: str | None
    category_group: str | UnsetType | None = UNSET
    rank: int | None
    assessed: bool
    complete: bool | UnsetType = UNSET
    missing: tuple[JudgedPart, ...] | UnsetType = UNSET
    total: PointsText | None
    grade: Grade | None
    label: str | UnsetType | None = UNSET
    revised: bool | UnsetType = UNSET
    result: EventId | UnsetType = UNSET
    published_on: Day | UnsetType = UNSET
    deadline: DeadlineShown | UnsetType | None = UNSET
    provisional: bool | UnsetType = UNSET
    override: tuple[GradeOverrideRow, ...]
    filing: FilingState | UnsetType | None = UNSET
    conduct: PointsText | UnsetType | None = UNSET
    quality: PointsText | UnsetType | None = UNSET
    effect: PointsText | UnsetType | None = UNSET
    honours: PointsText | UnsetType | None = UNSET
    waivers: tuple[WaiverReason, ...] | UnsetType = UNSET
    appeal_pending: bool | UnsetType = UNSET
    revisions: tuple[PublishedRevision, ...] | UnsetType = UNSET


class AssessmentYearPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a year: a preview on a day, or what was published; what is missing, what is still open / 年度考评."""

    status: RoundStatus
    version: Annotated[int, member("该年度最后一条记录的序号", "number of the last event of the year", ge=0)]
    published_on: Day | None
    meeting_on: Annotated[Day | None, member("委员会会议日", "day of the committee's meeting")]
    deadline: DeadlineShown | None
    count: Results
    results_sha256: Annotated[str | None, member("全部结果的摘要", "SHA-256 of all results")]
    log_index: Annotated[int | None, member("公布所依据的日志位置", "place of the log that it was worked out at")]
    waivers: tuple[YearWaiver, ...]
    revisions: int
    closed_on: Day | None
    incomplete: tuple[IncompleteSheet, ...]
    open_appeals: int
    open_impacts: int
    expected: Annotated[int | None, member("公布时会有的结果数", "how many results a publication would have")]
    last_deadline: Annotated[DeadlineShown | None, member("最晚的异议期限", "the last of all windows")]
    grades: Annotated[dict[str, int], member("各等次的家数", "how many of each grade", examples=[{"qualified": 3}])]
    not_assessed: tuple[NotAssessedRow, ...]
    year: Year
    first_day: Day = msgspec.field(name="from")
    last_day: Day = msgspec.field(name="to")
    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: RulebookUsed | None
    calendar: CalendarUsed | None
    demonstration: Demonstration = UNSET
    items: tuple[AssessedRow, ...]
    next_cursor: NextCursor


class YearDecisions(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the decisions on a year: publication, moved ranks, closing / 年度考评的各项决定."""

    year: Year
    known_at: KnownThen
    items: tuple[RecordTold, ...]
    next_cursor: NextCursor


WorklistName = Literal["appeals", "objections", "reports", "impacts", "submissions"]


class WaitingAppeal(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal in the register (R33) / 一件异议."""

    id: EventId
    agency: AgencyName
    status: AppealState
    since: Day
    begun_on: Day
    year: Year
    filed_on: Day
    in_time: bool
    deadline: DeadlineShown | None
    result: Annotated[EventId, member("所针对的结果", "the result that it is against")]
    appellant_kind: Literal["agency", "practitioner"]
    disputed_event_ids: tuple[EventId, ...]
    recorded: RecordTold | None


class WaitingObjection(msgspec.Struct, frozen=True, kw_only=True):
    """An objection to one record (R38) / 对单条记录的异议."""

    id: EventId
    agency: AgencyName
    status: Literal["open", "annulled", "refused"]
    since: Day
    begun_on: Day
    about: Annotated[str | None, member("所针对的记录", "the event that it is against")]
    recorded: RecordTold | None


class WaitingReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report of a behaviour (R11) / 不良行为举报."""

    id: EventId
    agency: AgencyName
    status: Literal["open", "recorded", "dismissed"]
    since: Day
    begun_on: Day
    about: Annotated[str | None, member("所举报的行为", "the behaviour", examples=["16.2"])]
    recorded: RecordTold | None


class WaitingImpact(msgspec.Struct, frozen=True, kw_only=True):
    """A published result that a later fact would change (R36) / 迟到的事实对已公布结果的影响."""

    id: ImpactId
    agency: AgencyName
    status: ImpactState
    since: Day
    begun_on: Day
    year: Year | None
    result: EventId
    cause: Annotated[EventId | None, member("迟到的记录", "the later fact")]
    recorded: RecordTold | None


class WaitingSubmission(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an agency was asked to hand in (R8) / 要求报送的材料."""

    id: EventId
    agency: AgencyName
    status: Literal["open", "lapsed", "received", "ended"]
    since: Day
    begun_on: Day
    item: Annotated[int, member("附件1 的序号", "item of annex 1")]
    due_on: Day | None
    recorded: RecordTold | None


class WorklistCount(msgspec.Struct, frozen=True, kw_only=True):
    """How much waits on a list / 一份待办清单的件数."""

    list: WorklistName
    open: Annotated[int, member("待办", "how many are open", ge=0)]
    overdue: Annotated[int, member("逾期", "of how many the day has passed", ge=0)]
