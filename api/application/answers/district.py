"""The district in numbers and in ranks, with the basis that they rest on."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET

from api.application.answers.pages import NextCursor, OnDistrictBasis
from projections.answers.districts import (
    Agencies,
    AssessedCount,
    CategoryCount,
    FilingCount,
    GradeCount,
    RankedAgency,
    TierCount,
)
from projections.answers.scalars import Year, member
from projections.answers.standings import (
    AsOf,
    BadRecordCounts,
    CalendarUsed,
    Demonstration,
    KnownThen,
    Projected,
    RulebookUsed,
)


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
