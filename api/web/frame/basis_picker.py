"""The basis of a page: as of which day, as known at which instant. The URL carries it, every page shares it.

The order of a list stands in the URL too, and its headings are links that turn it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request

from domain.values import SHANGHAI, instant, moment

NAMES = frozenset({"as_of", "known_at"})
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)


@dataclass(frozen=True)
class PickedBasis:
    """What the address says; None is today, and all that is known."""

    as_of: str | None
    known_at: str | None

    @property
    def query(self) -> dict[str, str]:
        """As query parameters, to ask with and to go on with."""
        both = {"as_of": self.as_of, "known_at": self.known_at}
        return {name: value for name, value in both.items() if value}


def asked(request: Request) -> PickedBasis:
    """The basis that the address of a page names. It is checked where it is used: by the API."""
    given = request.query_params
    return PickedBasis(given.get("as_of") or None, given.get("known_at") or None)


def keeping(request: Request, path: str, **query: Any) -> str:
    """The address of another page on the same basis; what is None or empty is left out."""
    own = {name.rstrip("_"): value for name, value in query.items() if value not in (None, "")}
    whole = {**asked(request).query, **own}
    return f"{path}?{urlencode(whole)}" if whole else path


@dataclass(frozen=True)
class ListOrder:
    """How a list is sorted, and the links of its headings. `sort`: as asked for, empty for the list's own order."""

    address: Callable[..., str]
    """The list with its filters, from its start, with `sort` and `order`."""
    sort: str
    order: str
    by_itself: str
    """The column that the list is sorted by when nothing is asked."""
    latest_first: bool = False
    """Whether by that column it goes back, when nothing is asked."""

    @property
    def by(self) -> str:
        """The column that it is sorted by."""
        return self.sort or self.by_itself

    @property
    def query(self) -> dict[str, str]:
        """What is asked for, as query parameters, to go on with."""
        if self.latest_first:
            return {"sort": self.sort, "order": self.order if self.sort else ""}
        return {"sort": self.sort, "order": self.order if self.order == "desc" else ""}

    def link(self, column: str) -> str:
        """Sorted by the column; the other way round where it is already."""
        turned = column == self.by and self.order != "desc"
        return self.address(sort=column, order="desc" if turned else "asc" if self.latest_first else "")


def list_order(
    request: Request, path: str, filters: dict[str, str], by_itself: str, *, latest_first: bool = False
) -> ListOrder:
    """How a list is sorted whose filters hold `sort` and `order` themselves. `latest_first`: by itself it goes back."""
    sort, order = filters.get("sort", ""), filters.get("order", "")
    if latest_first and not sort:
        order = "desc"
    return ListOrder(
        lambda **by: keeping(request, path, **{**filters, **by}), sort, order, by_itself, latest_first=latest_first
    )


def rebased(to: str, as_of: str, local: str, exact: str) -> str:
    """The address `to` on another basis: `local` is Beijing time as a browser's field gives it, `exact` goes before it.

    What is no date or instant is handed on as it is, so that the page itself refuses it by name.
    """
    parts = urlsplit(to)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in (*NAMES, "cursor")]
    known_at = exact.strip() or (utc_of(local.strip()) if local.strip() else "")
    query += [(name, value) for name, value in (("as_of", as_of.strip()), ("known_at", known_at)) if value]
    return f"{parts.path}?{urlencode(query)}" if query else parts.path


def utc_of(local: str) -> str:
    """An instant in UTC from a clock in Beijing, which has no summer time."""
    if not _LOCAL.fullmatch(local):
        return local
    try:
        return instant(datetime.fromisoformat(local).replace(tzinfo=SHANGHAI))
    except ValueError:
        return local


def local_of(known_at: str) -> str:
    """The Beijing clock of an instant, for a browser's field; to the microsecond when there are any."""
    try:
        there = moment(known_at).astimezone(SHANGHAI)
    except ValueError:
        return ""
    return there.strftime("%Y-%m-%dT%H:%M:%S") + (f".{there.microsecond:06d}" if there.microsecond else "")
