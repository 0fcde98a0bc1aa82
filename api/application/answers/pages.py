"""Lists in pages: their items, where the next page begins, and the moment that all pages are of."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from domain.measures.chapter3_sanctions import Advisory
from domain.values import Instant
from projections.answers.districts import BadRecordListed, DistrictStanding, SurveySummary
from projections.answers.scalars import Day, Version, Year, member
from projections.answers.standings import (
    AgencyIdentity,
    AsOf,
    AssessmentSummary,
    BadRecordCounts,
    CalendarUsed,
    Demonstration,
    KnownThen,
    Projected,
    RulebookUsed,
    Service,
    StandingSanction,
    StandingWarning,
)

T = TypeVar("T")

NextCursor = Annotated[
    str | None, member("下一页从这里继续；没有下一页为空", "where the next page begins; null on the last one")
]


class HintsBehind(msgspec.Struct, frozen=True, kw_only=True):
    """How far the hints told are behind what was recorded / 线索推算尚未跟上的程度 (R37)."""

    agencies: Annotated[int, member("还有这么多家机构的新记录未计入", "so many agencies have moved since")]
    known_until: Annotated[
        Instant | None,
        member(
            "此刻之前登记的都已计入；规则更换后重新推算期间为空", "all recorded before it is in; null: the law moved"
        ),
    ]


LateHints = Annotated[
    HintsBehind | UnsetType, member("线索尚未跟上时才有", "only while hints are behind what was recorded")
]


class Listing(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list that has no basis of its own / 清单的一页."""

    items: tuple[T, ...]
    next_cursor: NextCursor


class KnownPage(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list as it was known at an instant / 某一时刻所知清单的一页."""

    known_at: KnownThen
    hints_behind: LateHints = UNSET
    items: tuple[T, ...]
    next_cursor: NextCursor


class KnownList(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A whole list of a day, as known at an instant / 某日的全部清单."""

    as_of: AsOf
    known_at: KnownThen
    hints_behind: LateHints = UNSET
    items: tuple[T, ...]


class OnDistrictBasis(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer over the district says of its basis (api.md, Reading) / 全区回答的基准."""

    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: Annotated[RulebookUsed | None, member("规则；尚未启用为空", "null before the ledger was opened")]
    calendar: Annotated[CalendarUsed | None, member("日历；尚未启用为空", "null before the ledger was opened")]
    demonstration: Demonstration = UNSET


class DistrictPage(OnDistrictBasis, Generic[T], frozen=True, kw_only=True):
    """A page of a list over the district, with the basis that all of it rests on / 全区清单的一页及其基准."""

    hints_behind: LateHints = UNSET
    items: tuple[T, ...]
    next_cursor: NextCursor


class DistrictStandings(OnDistrictBasis, frozen=True, kw_only=True):
    """The standings of all agencies on a day, as known at an instant, in one answer / 全区机构的状态."""

    items: tuple[DistrictStanding, ...]


class BadRecordsOfYear(OnDistrictBasis, frozen=True, kw_only=True):
    """The bad records of a year in the district, in one answer / 某年度的全部不良信息."""

    year: Year
    items: tuple[BadRecordListed, ...]


class SurveysOfYear(OnDistrictBasis, frozen=True, kw_only=True):
    """What the surveys of a year said, agency by agency, in one answer / 某年度的满意度汇总."""

    year: Year
    items: tuple[SurveySummary, ...]


class StandingLine(OnDistrictBasis, frozen=True, kw_only=True):
    """One agency's standing as a line of its own, with the basis that it rests on / 全区状态中的一行."""

    agency: AgencyIdentity
    sanction: StandingSanction
    bad_records: BadRecordCounts
    assessment: AssessmentSummary
    version: Version
    warning_notice: Annotated[StandingWarning | None, member("警告通报", "the warning notice standing on the day")]
    advisories: Annotated[tuple[Advisory, ...], member("事故后的建议（第十八条）", "advice after accidents (art.18)")]
    service: Service


class PublicPage(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list for everybody, as it is today / 对外公开清单的一页."""

    as_of: Annotated[Day, member("今天", "today in Shanghai")]
    demonstration: Demonstration = UNSET
    items: tuple[T, ...]
    next_cursor: NextCursor
