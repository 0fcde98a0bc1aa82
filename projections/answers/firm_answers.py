"""One firm as everybody may read it, and what the public search finds (art.9, 11, 17(3), 19)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET

from domain.values import Grade
from projections.answers.registers import (
    BlacklistTerm,
    Deadline,
    OverrideKind,
    PartPoints,
    PublicQualification,
    PublishedRevision,
)
from projections.answers.results import WaiverReason
from projections.answers.scalars import BilingualText, Day, PointsText, Uscc, Year, member
from projections.answers.standings import Demonstration

DecidedBy = Literal["annex1.note3", "art.25"]
"""The points, or what outranks them."""
OnFile = Annotated[bool, member("今天在备案名录上", "on the public register today (art.9, art.11)")]
FormerNames = Annotated[tuple[str, ...], member("曾用名", "names under which it was on file before")]
Blacklisted = Annotated[BlacklistTerm | None, member("列入黑名单", "blacklisted today; null: it is not (art.17(3))")]


class FirmYearInBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What a search says of a published year (art.19) / 年度结果摘要."""

    year: Year
    grade: Grade | None
    label: str | None
    total: PointsText | None
    rank: int | None


class FirmFound(msgspec.Struct, frozen=True, kw_only=True):
    """A firm that the public search finds: on file, blacklisted, or with a published result / 查到的机构."""

    uscc: Uscc
    name: str
    category: str | None
    on_file: OnFile
    blacklisted: Blacklisted
    former_names: FormerNames
    latest_result: FirmYearInBrief | None


class FirmYear(FirmYearInBrief, frozen=True, kw_only=True):
    """A published year of a firm, with its four parts and what decided it (art.19, art.25, R44) / 某年度公布的结果."""

    category: str | None
    assessed: Annotated[bool, member("是否参与考评", "whether it was assessed (R29)")]
    reasons: Annotated[tuple[BilingualText, ...], member("未参与考评的原因", "why it was not assessed")]
    parts: Annotated[PartPoints | None, member("得分的四个部分", "the four parts; null where it was not assessed")]
    decided_by: Annotated[DecidedBy | None, member("决定等次的条款", "what decided the grade; null: no grade")]
    override: tuple[OverrideKind, ...]
    waivers: tuple[WaiverReason, ...]
    provisional: Annotated[bool, member("暂计", "a missing part has not been waived yet (R44)")]
    published_on: Day
    revised: bool
    revisions: tuple[PublishedRevision, ...]
    deadline: Deadline
    appeal_pending: Annotated[bool, member("有异议尚未决定", "an appeal is not decided yet")]
    closed_on: Annotated[Day | None, member("办结日", "since when the year is final; null: it is not")]


class FirmWarning(msgspec.Struct, frozen=True, kw_only=True):
    """The warning notice in force, after a published unqualified year (art.19, R31) / 警告通报."""

    year: Year
    article: Literal["art.19"]
    since: Day
    until: Day


class FirmSuccession(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands in whose place after a merger, division or change of code (art.12, R43) / 承继关系."""

    uscc: Annotated[Uscc, member("另一方的代码", "code of the other one")]
    name: Annotated[str | None, member("前身名称", "name of a predecessor; null for a successor")]
    kind: Annotated[Literal["merger", "division", "code_change"], member("种类", "merger, division, change of code")]
    since: Day
    has_page: Annotated[bool, member("另一方有公开页", "some public list tells of the other one today")]
    is_predecessor: Annotated[bool, member("另一方是前身", "the other one is the predecessor; else the successor")]


class PublicFirm(msgspec.Struct, frozen=True, kw_only=True):
    """One firm as everybody may read it today; nothing that no public list tells / 一家机构的公开信息."""

    as_of: Annotated[Day, member("今天", "today in Shanghai")]
    demonstration: Demonstration = UNSET
    uscc: Uscc
    name: str
    category: str | None
    on_file: OnFile
    filed_since: Annotated[Day | None, member("备案自", "on file since")]
    scope: tuple[str, ...]
    address: str | None
    qualifications: tuple[PublicQualification, ...]
    former_names: FormerNames
    blacklisted: Blacklisted
    warning_notice: FirmWarning | None
    successions: Annotated[tuple[FirmSuccession, ...], member("前身和承继机构", "predecessors and successors (R43)")]
    results: Annotated[tuple[FirmYear, ...], member("最近的年度在前", "the latest year first")]
