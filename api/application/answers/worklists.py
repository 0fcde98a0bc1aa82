"""What waits for a decision: appeals (R33), objections (R38), reports (R11), impacts (R36), submissions (R8)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from projections.answers.results import AppealState, DeadlineShown, ImpactId, ImpactState, RecordTold
from projections.answers.scalars import Day, EventId, Year, member
from projections.answers.standings import AgencyName

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
    status: Literal["open", "received", "ended"]
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
