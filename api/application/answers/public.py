"""What everybody may read (art.9, 11, 17(3), 19), and what a one-time survey link shows.

The district in numbers and in ranks, with the basis that they rest on.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET

from api.application.answers.pages import NextCursor, OnDistrictBasis
from domain.disclosure.who_reads import Disclosure
from projections.answers.districts import (
    Agencies,
    AssessedCount,
    CategoryCount,
    Complaints,
    FilingCount,
    GradeCount,
    PublishedBefore,
    RankedAgency,
    Scores,
    TierCount,
)
from projections.answers.registers import PublishedYear
from projections.answers.scalars import Day, EventId, Uscc, Year, member
from projections.answers.standings import (
    AsOf,
    BadRecordCounts,
    CalendarUsed,
    Demonstration,
    KnownThen,
    Projected,
    RulebookUsed,
)


class PublicResultsPage(PublishedYear, frozen=True, kw_only=True):
    """A page of a year's published results, per category by rank (art.19) / 公布的年度考评结果."""

    next_cursor: NextCursor


class SurveyLinkShown(msgspec.Struct, frozen=True, kw_only=True):
    """What a survey is about, until when it can be answered, and who will read it / 调查的对象和期限."""

    agency: str | None
    client: str
    service_type: str | None
    year: Year
    expires_on: Annotated[Day, member("最后一日", "last day")]
    disclosure: Annotated[Disclosure, member("机构将读到什么", "what the agency will be told (R39)")]


class NoticeLinkShown(msgspec.Struct, frozen=True, kw_only=True):
    """What is acknowledged by a one-time link, until when, and where its letter is (R41) / 签收链接的对象和期限."""

    agency: str | None
    uscc: Uscc
    sent: Annotated[EventId, member("登记发出的记录", "the event that says that it was sent")]
    kind: Annotated[str, member("通知种类", "kind of notice", examples=["warned"])]
    channel: Annotated[str, member("发出方式", "how it was sent")]
    sent_on: Day
    expires_on: Annotated[Day, member("链接的最后一日", "last day of the link")]
    letter: Annotated[str, member("通知文书（PDF），签收前先读", "the letter, to be read before it is acknowledged")]


class RankingPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a year's ranking, per category (art.19, R30) / 某年度排名的一页."""

    year: Year
    as_of: AsOf
    known_at: KnownThen
    projected: Projected
    rulebook: RulebookUsed | None
    calendar: CalendarUsed | None
    demonstration: Demonstration = UNSET
    items: tuple[RankedAgency, ...]
    next_cursor: NextCursor


class DistrictFigures(OnDistrictBasis, frozen=True, kw_only=True):
    """The district in numbers on a day / 某日的全区统计."""

    year: Annotated[Year | None, member("考评年度", "assessment year of the day; null before the ledger was opened")]
    agencies: Agencies
    tiers: tuple[TierCount, ...]
    grades: tuple[GradeCount, ...]
    ungraded: Annotated[int, member("没有等次的机构数", "agencies without a grade", ge=0)]
    filings: tuple[FilingCount, ...]
    categories: tuple[CategoryCount, ...]
    assessed: AssessedCount
    bad_records: BadRecordCounts
    scores: Scores
    published_before: PublishedBefore
    complaints: Complaints
