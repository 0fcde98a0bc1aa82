"""Who is found by a whole name or certificate number, and where (R37, R39)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from domain.trail.people import PersonPlace
from projections.answers.scalars import Day, EventId, Moment, Uscc, member


class PersonFound(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as an agency's facts name them / 查到的人员."""

    agency: Uscc
    agency_name: str | None
    place: Annotated[PersonPlace, member("以何身份", "as what")]
    name: str
    qualification: str | None
    event: Annotated[EventId, member("最近一条提到的记录", "the latest record that says so")]
    occurred_on: Day
    records: Annotated[int, member("提到的记录条数", "how many records say so", ge=1)]
    current: Annotated[
        bool | None, member("今天是否仍在备案或在办项目；不适用为空", "on file or at work today; null: not applicable")
    ]


class PeopleFound(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person is named now, as far as it counts / 按人查找的结果."""

    known_at: Moment
    items: tuple[PersonFound, ...]
    more: Annotated[bool, member("还有未列出的", "there are more than are listed")]
