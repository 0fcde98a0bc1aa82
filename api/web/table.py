"""The one table of pages: every path that answers a browser, its name and where it stands. Tests walk it."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """A page for everybody. `in_navigation`: whether the header of every page leads to it."""

    path: str
    name: str
    title: str
    title_en: str
    in_navigation: bool = True
    feed: str | None = None
    """The Atom feed of the same list."""


PAGES = (
    Page("/", "home", "首页", "Home"),
    Page("/register", "register", "备案名录", "Register", feed="/v1/public/agencies.atom"),
    Page("/blacklist", "blacklist", "黑名单", "Blacklist", feed="/v1/public/blacklist.atom"),
    Page("/results", "results", "考评结果", "Results"),
    Page("/results/{year}", "year", "年度考评结果", "Results of a year", False, "/v1/public/results/{year}.atom"),
    Page("/rules", "rules", "规则与理解", "Rules as read"),
    Page("/rules/scores", "scores", "如何计分", "How scores are computed"),
    Page("/appeal", "appeal", "如何提出异议", "How to appeal"),
)
ASSETS = "/assets/"
"""Below it lie our own style sheet and icon."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No script at all, no style but our own files."""
_FIRST_PARTS = frozenset(page.path.split("/")[1] for page in PAGES)


def is_page(path: str) -> bool:
    """Whether a path belongs to the pages, so that its refusals are pages too; `/` is one only by itself."""
    first, slash, rest = path[1:].partition("/")
    return first in _FIRST_PARTS and (bool(first) or not slash + rest)


def page_named(name: str) -> Page:
    """The page of this name. Raises: KeyError."""
    return _BY_NAME[name]


_BY_NAME = {page.name: page for page in PAGES}
