"""The standing of an agency on a day, and what every answer says of its basis."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from domain.events import AcknowledgedBy, ServiceWay
from domain.measures.around.service import ServiceState
from domain.measures.chapter2_filing import FilingState
from domain.measures.chapter3_sanctions import Advisory
from domain.values import Grade, Tier
from projections.answers.scalars import Day, EventId, JudgedPart, Moment, PointsText, Uscc, Version, Year, member


class AgencyIdentity(msgspec.Struct, frozen=True):
    """Who an agency is on the day: what its filing and changes say (R6, R7) / 机构当日的备案信息."""

    uscc: Uscc
    name: Annotated[str | None, member("名称", "name")]
    category: Annotated[str | None, member("机构类型", "kind of agency, by which it is ranked")]
    filing: Annotated[FilingState | None, member("备案状态", "state of its filing")]
    filing_label: Annotated[str | None, member("备案状态的中文名称", "Chinese name of that state")]


class AgencyName(msgspec.Struct, frozen=True):
    """An agency in short: code and name / 机构代码和名称."""

    uscc: Uscc
    name: Annotated[str | None, member("名称", "name")]


class RulebookUsed(msgspec.Struct, frozen=True):
    """The rulebook that an answer was worked out by / 所依据的规则."""

    id: Annotated[str, member("规则名称", "its name", examples=["dayawan-2021"])]
    sha256: Annotated[str, member("规则内容的摘要", "SHA-256 of its content")]


class CalendarUsed(msgspec.Struct, frozen=True):
    """The calendar of working days that deadlines were counted by / 所依据的节假日日历."""

    id: Annotated[str, member("日历名称", "its name")]
    sha256: Annotated[str, member("日历内容的摘要", "SHA-256 of its content")]
    status: Annotated[
        Literal["adopted", "provisional"],
        member("provisional：某期限落在日历未覆盖的年份（R2）", "a deadline lies in a year not covered (R2)"),
    ]


AsOf = Annotated[Day, member("所问的日子", "the day asked about")]
KnownThen = Annotated[Moment, member("所知的时刻", "the instant up to which records are known")]
Projected = Annotated[bool, member("所问的日子晚于所知的时刻", "the day lies after what is known")]
Demonstration = Annotated[bool | UnsetType, member("演示数据", "a ledger made for demonstration says so")]


class BasisEcho(TypedDict):
    """What every answer about one agency says of its basis, to be spread into it (api.md, Reading)."""

    as_of: AsOf
    known_at: Moment
    projected: bool
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: int
    demonstration: NotRequired[bool]


class StandingSanction(msgspec.Struct, frozen=True):
    """Tier, its unbroken stretch and the decisions behind it (art.17, R16, R17) / 惩戒等级及其依据."""

    tier: Annotated[Tier, member("惩戒等级", "sanction tier")]
    label: Annotated[str, member("等级的中文名称", "Chinese name of the tier")]
    verified_complaints: Annotated[int, member("一年内累计有效投诉次数", "complaints upheld within one year", ge=0)]
    since: Annotated[Day | None, member("该等级自此日起连续有效", "first day of its unbroken stretch")]
    until: Annotated[Day | None, member("最后一日；无期限为空", "last day, included; null: without an end")]
    events: Annotated[tuple[EventId, ...], member("所依据的决定", "the decisions behind it")]


class BadRecordCounts(msgspec.Struct, frozen=True):
    """How many bad records there are up to the day (art.16, R13) / 不良信息条数."""

    year: Annotated[int, member("本考评年度", "of the assessment year", ge=0)]
    total: Annotated[int, member("累计", "in all years", ge=0)]


class WaivedPart(msgspec.Struct, frozen=True):
    """A missing part that the committee has let pass (R44) / 委员会同意缺项公布的部分."""

    part: Annotated[JudgedPart, member("部分", "the part")]


class GradeOverride(msgspec.Struct, frozen=True):
    """What makes the year unqualified whatever the score (art.25) / 直接认定为不合格的事由."""

    kind: Annotated[Literal["blacklisted", "penalty"], member("列入黑名单或行政处罚", "blacklisted, or a penalty")]
    article: Annotated[Literal["art.25"], member("条款", "article")]
    events: Annotated[tuple[EventId, ...], member("所依据的记录", "the events behind it")]


class AssessmentSummary(msgspec.Struct, frozen=True):
    """The score of a year in short (annex 1, R20-R29) / 年度考评得分摘要."""

    year: Year
    assessed: Annotated[bool, member("参与考评：开展业务且已备案（R29）", "in business and filed in the year (R29)")]
    complete: Annotated[bool, member("各部分均已有评价", "something has come in for every part (R25)")]
    missing: Annotated[tuple[JudgedPart, ...], member("尚无评价的部分", "parts for which nothing has come in")]
    provisional: Annotated[bool, member("缺项尚未处理，得分为暂定", "a missing part has not been waived yet")]
    waivers: Annotated[tuple[WaivedPart, ...], member("同意缺项公布的部分", "missing parts that were waived (R44)")]
    conduct: Annotated[PointsText, member("服务规范，10 分", "conduct, of 10 points")]
    quality: Annotated[PointsText, member("服务质量，50 分", "quality, of 50 points")]
    effect: Annotated[PointsText, member("服务效果，40 分", "effect, of 40 points")]
    honours: Annotated[PointsText, member("荣誉记录加分", "honours, points added")]
    total: Annotated[PointsText | None, member("总分；不参与考评为空", "score of record; null when not assessed (R26)")]
    grade: Annotated[Grade | None, member("等次；不参与考评且无直接认定为空", "grade; null when there is none")]
    label: Annotated[str | None, member("等次的中文名称", "Chinese name of the grade")]
    override: Annotated[tuple[GradeOverride, ...], member("直接认定的事由", "what overrides the grade (art.25)")]


class StandingWarning(msgspec.Struct, frozen=True):
    """The warning notice that stands on the day, of the latest year (art.19, R31) / 警告通报."""

    year: Annotated[Year, member("被定为不合格的年度", "the year found unqualified")]
    article: Annotated[Literal["art.19"], member("条款", "article")]
    since: Annotated[Day, member("首日", "first day")]
    until: Annotated[Day, member("末日", "last day, included")]
    events: Annotated[tuple[EventId, ...], member("所依据的公布", "the published result behind it")]


class NoticeServed(msgspec.Struct, frozen=True):
    """What became of a notice that was sent; the day of service begins no term (R41) / 通知送达情况."""

    sent: Annotated[EventId, member("登记发出的记录", "the event that says that it was sent")]
    kind: Annotated[str, member("通知种类", "kind of notice", examples=["warned"])]
    recipient: Annotated[str, member("收件人", "to whom it went", examples=["agency"])]
    cause: Annotated[EventId, member("由何记录引起", "the event that it follows from")]
    sent_on: Annotated[Day, member("发出之日", "the day it was sent")]
    state: Annotated[
        ServiceState,
        member(
            "sent：已发出，尚未送达；undeliverable：未能送达；served：已送达；acknowledged：已签收",
            "sent: not served yet; undeliverable: it came back; served; acknowledged: signed for",
        ),
    ]
    served_on: Annotated[Day | None, member("送达日", "day of service: first delivered or acknowledged; null: not yet")]
    way: Annotated[
        ServiceWay | AcknowledgedBy | None,
        member("送达方式；未送达或未记载为空", "how it was served; null: it was not, or nothing says how"),
    ]
    acknowledged_on: Annotated[Day | None, member("签收之日", "the day it was signed for; null: not yet")]
    returned_on: Annotated[Day | None, member("未能送达之日", "the first day it could not be delivered, before it was")]


Service = Annotated[
    tuple[NoticeServed, ...],
    member(
        "惩戒等级和警告通报所发给机构的通知的送达情况（R41）；尚未发出的不在其中",
        "service of the notices to the agency about its tier and the warning (R41); none that was not sent yet",
    ),
]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Tier, bad records, score and notices on a day, as known at an instant / 机构当日的状态."""

    agency: AgencyIdentity
    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: Version
    demonstration: Demonstration = UNSET
    sanction: StandingSanction
    bad_records: BadRecordCounts
    assessment: AssessmentSummary
    warning_notice: Annotated[StandingWarning | None, member("警告通报", "the warning notice standing on the day")]
    advisories: Annotated[tuple[Advisory, ...], member("事故后的建议（第十八条）", "advice after accidents (art.18)")]
    service: Service


class StandingParts(msgspec.Struct, frozen=True):
    """The parts of a standing that change from day to day: without its basis / 状态的各部分."""

    agency: AgencyIdentity
    sanction: StandingSanction
    bad_records: BadRecordCounts
    assessment: AssessmentSummary
    warning_notice: Annotated[StandingWarning | None, member("警告通报", "the warning notice standing on the day")]
    advisories: Annotated[tuple[Advisory, ...], member("事故后的建议（第十八条）", "advice after accidents (art.18)")]
