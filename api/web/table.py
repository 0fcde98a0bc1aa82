"""The one table of pages: every path that answers a browser, its name and where it stands. Tests walk it."""

from __future__ import annotations

from typing import NamedTuple

from api.commands import COMMANDS
from api.permissions import READERS
from domain.values import Role


class Page(NamedTuple):
    """A page. `in_navigation`: whether the header leads to it, for who may see it."""

    path: str
    name: str
    title: str
    title_en: str
    in_navigation: bool = True
    feed: str | None = None
    """The Atom feed of the same list."""
    roles: frozenset[Role] | None = None
    """Who may open it once signed in; None: everybody, without signing in."""


EVERYBODY = frozenset(Role)
READING = frozenset(READERS)
RECORDING = frozenset().union(*(row.roles for row in COMMANDS))

PAGES = (
    Page("/", "home", "首页", "Home"),
    Page("/register", "register", "备案名录", "Register", feed="/v1/public/agencies.atom"),
    Page("/blacklist", "blacklist", "黑名单", "Blacklist", feed="/v1/public/blacklist.atom"),
    Page("/results", "results", "考评结果", "Results"),
    Page("/results/{year}", "year", "年度考评结果", "Results of a year", False, "/v1/public/results/{year}.atom"),
    Page("/rules", "rules", "规则与理解", "Rules as read"),
    Page("/rules/scores", "scores", "如何计分", "How scores are computed"),
    Page("/appeal", "appeal", "如何提出异议", "How to appeal"),
    Page("/sign-in", "sign-in", "登录", "Sign in", False),
    Page("/board", "board", "工作台", "Board", roles=READING),
    Page("/agencies", "agencies", "机构", "Agencies", roles=READING | {Role.AGENCY}),
    Page("/rankings/{year}", "ranking", "排名", "Ranking", roles=READING | {Role.AGENCY}),
    Page("/work/{list}", "worklist", "待办", "To do", roles=READING | {Role.AGENCY}),
    Page("/record", "record", "登记", "Record", roles=RECORDING),
    Page("/record/{command}", "form", "登记", "Record", False, roles=RECORDING),
    Page("/account", "account", "我的账户", "My account", False, roles=EVERYBODY),
)
PUBLIC_PAGES = tuple(page for page in PAGES if page.roles is None)
FIRST_LIST = "appeals"
"""The worklist that the navigation leads to."""
ASSETS = "/assets/"
"""Below it lie our own style sheet and icon."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Scripts and styles from our own files only, none within a page."""
_OTHERS = ("sign-out", "basis")
"""First parts of addresses of pages' forms that are no pages themselves."""
_FIRST_PARTS = frozenset(page.path.split("/")[1] for page in PAGES) | set(_OTHERS)


def is_page(path: str) -> bool:
    """Whether a path belongs to the pages, so that its refusals are pages too; `/` is one only by itself."""
    first, slash, rest = path[1:].partition("/")
    return first in _FIRST_PARTS and (bool(first) or not slash + rest)


def page_named(name: str) -> Page:
    """The page of this name. Raises: KeyError."""
    return _BY_NAME[name]


def page_at(path: str) -> Page | None:
    """The page whose path, as the table writes it, this is; None for what belongs to no one page."""
    return next((page for page in PAGES if page.path == path), None)


_BY_NAME = {page.name: page for page in PAGES}
