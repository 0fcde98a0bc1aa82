"""What everybody may read: agencies on file, the blacklist, published results (art.9, 11, 17(3), 19)."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from domain.values import Grade
from projections.answers.results import WaiverReason
from projections.answers.scalars import BilingualText, Day, PointsText, Uscc, Year, member
from projections.answers.standings import Demonstration

Deadline = Annotated[Day | None, member("可提出异议至", "the last day for an appeal (R3)")]


class PublicEcho(TypedDict):
    """The day that a public list is of, and whether all of it is invented: to be spread into an answer."""

    as_of: Annotated[Day, member("今天", "today in Shanghai")]
    demonstration: NotRequired[bool]


class PublicQualification(msgspec.Struct, frozen=True, kw_only=True):
    """A qualification without its number / 资质."""

    name: str
    valid_until: Day | None


class BlacklistTerm(msgspec.Struct, frozen=True, kw_only=True):
    """From when to when an agency is blacklisted (art.17(3)) / 列入黑名单的期间."""

    since: Annotated[Day | None, member("列入日", "first day")]
    until: Annotated[Day | None, member("截止日", "last day; null: no end")]


class RegisteredAgency(msgspec.Struct, frozen=True, kw_only=True):
    """An agency on file today (art.9, art.11) / 备案服务机构."""

    uscc: Uscc
    name: str | None
    category: str | None
    filed_since: Annotated[Day | None, member("备案自", "on file since")]
    scope: tuple[str, ...]
    address: str | None
    qualifications: tuple[PublicQualification, ...]
    blacklisted: Annotated[BlacklistTerm | None, member("列入黑名单", "blacklisted today; null: it is not")] = None


class BlacklistedAgency(msgspec.Struct, frozen=True, kw_only=True):
    """An agency that is blacklisted today, with the term (art.17(3)) / 列入黑名单的机构."""

    uscc: Uscc
    name: str | None
    category: str | None
    since: Annotated[Day | None, member("列入日", "first day")]
    until: Annotated[Day | None, member("截止日", "last day")]
    article: Literal["art.17(3)"]


class OverrideKind(msgspec.Struct, frozen=True, kw_only=True):
    """What made the year unqualified whatever the score (art.25) / 直接认定为不合格的事由."""

    kind: Literal["blacklisted", "penalty"]
    article: Literal["art.25"]


class PublishedChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a revision changed / 修订的一项."""

    field: Annotated[str, member("项目", "what changed", examples=["total"])]
    before: str | int | bool | None
    after: str | int | bool | None


class PublishedRevision(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of a published result: its day, what for, what it changed (R34, R36) / 一次修订."""

    published_on: Day
    because_of: Annotated[Literal["rank", "appeal", "late_fact"], member("原因", "moved ranks, an appeal, a late fact")]
    changed: tuple[PublishedChange, ...]


class PartPoints(msgspec.Struct, frozen=True, kw_only=True):
    """The four parts of a published score (annex 1) / 得分的四个部分."""

    conduct: PointsText
    quality: PointsText
    effect: PointsText
    honours: PointsText


class ResultDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What is said beside a published result (R32-R34, R44) / 公布结果的附带说明."""

    assessed: bool
    reasons: tuple[BilingualText, ...] = ()
    override: tuple[OverrideKind, ...] = ()
    waivers: tuple[WaiverReason, ...] = ()
    appeal_pending: bool = False
    revisions: tuple[PublishedRevision, ...] = ()
    parts: PartPoints | None = None


class PublicResultShown(msgspec.Struct, frozen=True, kw_only=True):
    """A published result as everybody may read it (art.19) / 公布的考评结果."""

    uscc: Uscc
    name: str
    category: str | None
    grade: Grade | None
    label: str | None
    total: PointsText | None
    rank: int | None
    published_on: Day
    revised: bool
    deadline: Deadline
    provisional: bool
    override: tuple[OverrideKind, ...] | UnsetType = UNSET
    waivers: tuple[WaiverReason, ...] | UnsetType = UNSET
    appeal_pending: Annotated[bool | UnsetType, member("有异议尚未决定", "an appeal is not decided yet")] = UNSET
    revisions: tuple[PublishedRevision, ...] | UnsetType = UNSET


class NotAssessedShown(msgspec.Struct, frozen=True, kw_only=True):
    """An agency that was not assessed in the year, and why (R29) / 未参与考评的机构."""

    uscc: Uscc
    name: str
    category: str | None
    reasons: tuple[BilingualText, ...]
    appeal_pending: bool
    published_on: Day
    deadline: Deadline


class PublishedYear(msgspec.Struct, frozen=True, kw_only=True):
    """A year's published results, per category by rank (art.19) / 公布的年度考评结果."""

    year: Year
    as_of: Annotated[Day, member("今天", "today in Shanghai")]
    demonstration: Demonstration = UNSET
    published_on: Day
    deadline: Annotated[Day, member("可提出异议至", "the last day for an appeal (R3)")]
    closed_on: Annotated[Day | None, member("办结日", "since when the year is final; null: it is not")]
    items: tuple[PublicResultShown, ...]
    not_assessed: Annotated[tuple[NotAssessedShown, ...], member("在第一页", "on the first page")]
