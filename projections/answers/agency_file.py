"""What stands in an agency's file (档案) on a day: particulars, qualifications, staff, names, projects, pledges."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET

from projections.answers.scalars import Day, EventId, PointsText, Uscc, Version, Year, member
from projections.answers.standings import (
    AgencyIdentity,
    AsOf,
    CalendarUsed,
    Demonstration,
    KnownThen,
    Projected,
    RulebookUsed,
)
from projections.answers.trail_items import EventType

Expiry = Literal["expired", "within_30_days", "within_60_days", "later"]
ProjectState = Literal["running", "overdue", "completed", "cancelled", "terminated"]
PersonalText = Annotated[
    str | dict[str, bool] | None,
    member("个人信息；已删除或不可见则为标记", "what it says; a mark where it is erased or not for the caller"),
]


class QualificationOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """A qualification of the agency (art.7) and how long it is still valid / 资质及其有效期."""

    name: str
    no: str | None
    scope: tuple[str, ...]
    valid_until: Annotated[Day | None, member("有效期最后一天", "the last day on which it is valid")]
    expiry: Annotated[Expiry | None, member("截至所问之日；无有效期为空", "on the day asked about; null: no last day")]


class PersonOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the staff on file / 备案人员."""

    name: PersonalText
    qualification: str | None
    certificate_no: PersonalText
    valid_until: Annotated[Day | None, member("证书有效期最后一天", "the last day on which the certificate is valid")]
    expiry: Annotated[Expiry | None, member("截至所问之日；无有效期为空", "on the day asked about; null: no last day")]


class ParticularsOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """What filing and changes say of the agency on the day (art.8, art.12) / 备案信息."""

    legal_representative: PersonalText
    technical_lead: PersonalText
    address: str | None
    local: Annotated[bool | None, member("是否本地机构", "whether it is local; null: not said")]
    scope: tuple[str, ...]
    other: PersonalText
    filed_since: Annotated[Day | None, member("备案之日", "since when its filing stands; null: it does not")]


class NameOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """A name that the agency had / 曾用名."""

    name: str
    first: Annotated[Day, member("自", "from this day")]
    last: Annotated[Day, member("至", "to this day, included")]


class EffectOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """The score that counts of a client in a year (R23) / 服务效果评分."""

    year: Year
    value: PointsText
    event: EventId


class ProjectOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """A project: until when it runs or ran, its papers, what its client's service was scored / 项目."""

    project: EventId
    client: Uscc
    client_name: str
    contract_no: str | None
    service_type: str | None
    started_on: Day
    due_on: Annotated[Day, member("期限，含延期", "the last day, as extensions moved it")]
    ended_on: Annotated[Day | None, member("完成或取消日", "completed or cancelled; null: it was not")]
    state: Annotated[ProjectState, member("状态；terminated 因机构终止而了结", "terminated: with the agency")]
    late: Annotated[bool, member("逾期：到期时未完成", "not done by its last day (R9)")]
    days_left: Annotated[int | None, member("距期限天数，逾期为负", "to the last day, below zero past it; null: ended")]
    plan_filed_on: Annotated[Day | None, member("实施方案报备日", "when the plan was filed")]
    report_filed_on: Annotated[Day | None, member("总结报告报送日", "when the closing report was filed")]
    effect_scores: Annotated[
        tuple[EffectOnFile, ...],
        member("该客户在项目所及年度的评分", "of its client, in the years in which the project runs"),
    ]


class PledgeOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """A pledge that was signed (art.26) / 承诺书."""

    event: EventId
    signed_on: Day


class AppealOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal of the agency (art.20), which has a dossier / 异议."""

    appeal: EventId
    year: Year
    filed_on: Day


class EvidenceOnFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of evidence, by the record that it proves / 证据文件."""

    event: EventId
    type: EventType
    occurred_on: Day
    counts: Annotated[bool, member("记录未被撤销", "whether the record counts")]
    title: str
    sha256: str
    size: Annotated[int, member("字节数", "in bytes")]
    media_type: str


class AgencyFile(msgspec.Struct, frozen=True, kw_only=True):
    """An agency's file on a day, as known at an instant / 机构档案."""

    agency: AgencyIdentity
    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: RulebookUsed
    calendar: CalendarUsed
    version: Version
    demonstration: Demonstration = UNSET
    particulars: ParticularsOnFile
    qualifications: tuple[QualificationOnFile, ...]
    personnel: tuple[PersonOnFile, ...]
    former_names: Annotated[tuple[NameOnFile, ...], member("曾用名，最近的在前", "the last one first")]
    projects: Annotated[tuple[ProjectOnFile, ...], member("逾期的在前，再是进行中、已结束", "overdue, running, ended")]
    pledges: Annotated[tuple[PledgeOnFile, ...], member("最近的在前", "the last one first")]
    published_years: Annotated[tuple[Year, ...], member("公布过结果的年度", "the years with a published result")]
    appeals: tuple[AppealOnFile, ...]
    evidence: Annotated[
        tuple[EvidenceOnFile, ...],
        member("提问者可读的证据文件，最近的在前，最多 200 个", "files, the last first, 200 at most"),
    ]
