"""Which readings of the Measures have changed since certificates are made, and where in an answer each one shows.

A certificate says under which edition of the readings its answer was made. A later version that reads a paragraph
otherwise makes another answer from the same events: that is no forgery, and no proof either. What is listed here lets
`steward verify` say which reading it is; a change of an answer that nothing here explains stays a failure.

A change of a rule that changes an answer recorded before adds an entry with the next edition, in the same commit; the
certificates in `tests/proof/certificates` show whether one was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple


class ChangedReading(NamedTuple):
    """A reading that changed with an edition, and what it says now."""

    edition: int
    reading: str
    articles: tuple[str, ...]
    text: str
    text_en: str
    at: tuple[str, ...]
    """Places, as patterns of JSON pointers, that differ where it made a difference."""
    with_it: tuple[str, ...] = ()
    """Places that then follow from it."""

    def shows_at(self, place: str) -> bool:
        """Whether a difference at the place names this reading."""
        return any(fnmatchcase(place, pattern) for pattern in self.at)

    def explains(self, place: str) -> bool:
        """Whether a difference at the place can come from this reading."""
        return self.shows_at(place) or any(fnmatchcase(place, pattern) for pattern in self.with_it)


_POINTS = (
    *(f"standing/assessment/{name}" for name in ("total", "grade", "complete", "assessed", "override*")),
    *(f"sheet/{name}" for name in ("total", "grade", "complete", "assessed", "override*", "exact/total")),
    "sheet/lines*",
    "sheet/considered*",
    "sheet/not_assessed*",
)


def _category(name: str, place: int) -> tuple[str, ...]:
    return (f"standing/assessment/{name}", f"sheet/{name}", f"sheet/exact/{name}", f"sheet/categories/{place}/*")


_MISSING = ("standing/assessment/missing*", "sheet/missing*", "sheet/considered*")

CHANGED: tuple[ChangedReading, ...] = (
    ChangedReading(
        2, "R16", ("art.17(1)",),
        "同日成立的投诉按记录先后计数；凡有一次计入的投诉，即有“记录备案”标签",
        "complaints upheld on one day count in the order of recording, so the first of them gives the recorded tag",
        ("standing/sanction/*",), ("standing/assessment/override*", "sheet/override*"),
    ),
    ChangedReading(
        2, "R12", ("art.16",),
        "派生的 16.8、16.12 与手工录入的同一事项只计一次",
        "16.8 and 16.12 entered by hand beside the derived ones count once",
        ("standing/bad_records/*", *_category("conduct", 0)), _POINTS,
    ),
    ChangedReading(
        2, "R19", ("art.18",),
        "服务期外或非服务企业的事故只予说明，不提出建议",
        "an accident outside every service period, or at no client's, is shown without a recommendation",
        ("standing/advisories*",), ("standing/assessment/override*", "sheet/override*"),
    ),
    ChangedReading(
        2, "R22", ("art.23",),
        "只计所服务企业的调查表；一个企业一票",
        "only forms of clients that were served count, one vote a client",
        (*_category("quality", 1), *_MISSING), _POINTS,
    ),
    ChangedReading(
        2, "R23", ("art.22",),
        "只计所服务企业的效果评分",
        "only effect scores of clients that were served count",
        (*_category("effect", 2), *_MISSING), _POINTS,
    ),
    ChangedReading(
        2, "R2", ("art.20",),
        "日历最后几天引出的期限也标为暂定",
        "a deadline that runs beyond the last day of the calendar is provisional",
        ("standing/calendar/status", "sheet/calendar/status"),
    ),
)  # fmt: skip
"""In order of editions."""

EDITION = max((one.edition for one in CHANGED), default=1)
"""Of the readings that this code applies. A certificate that names none was made under the first."""


def explained(places: Iterable[str], since: int) -> Sequence[ChangedReading] | None:
    """The readings, changed after an edition, that make answers differ at these places; None if some are left over."""
    later, left = [one for one in CHANGED if one.edition > since], list(places)
    named = [one for one in later if any(one.shows_at(place) for place in left)]
    return named if left and all(any(one.explains(place) for one in named) for place in left) else None
