"""What everybody may read (art.9, 11, 17(3), 19), and what a one-time survey link shows."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.application.answers.pages import NextCursor
from domain.disclosure.who_reads import Disclosure
from projections.answers.registers import PublishedYear
from projections.answers.scalars import Day, Year, member


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
