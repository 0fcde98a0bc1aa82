"""Lists in pages: their items, where the next page begins, and the moment that all pages are of."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET

from projections.answers.scalars import Day, member
from projections.answers.standings import AsOf, CalendarUsed, Demonstration, KnownThen, Projected, RulebookUsed

T = TypeVar("T")

NextCursor = Annotated[
    str | None, member("下一页从这里继续；没有下一页为空", "where the next page begins; null on the last one")
]


class Listing(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list that has no basis of its own / 清单的一页."""

    items: tuple[T, ...]
    next_cursor: NextCursor


class KnownPage(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list as it was known at an instant / 某一时刻所知清单的一页."""

    known_at: KnownThen
    items: tuple[T, ...]
    next_cursor: NextCursor


class KnownList(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A whole list of a day, as known at an instant / 某日的全部清单."""

    as_of: AsOf
    known_at: KnownThen
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

    items: tuple[T, ...]
    next_cursor: NextCursor


class PublicPage(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list for everybody, as it is today / 对外公开清单的一页."""

    as_of: Annotated[Day, member("今天", "today in Shanghai")]
    demonstration: Demonstration = UNSET
    items: tuple[T, ...]
    next_cursor: NextCursor
