"""The one table of pages: every path that shows something to a browser, its name and where it stands. Tests walk it."""

from __future__ import annotations

from typing import NamedTuple

from api.application.commands import COMMANDS
from api.application.privacy.authorisation import READERS
from domain.values import Bilingual, Role


class PageEntry(NamedTuple):
    """A page. `in_navigation`: whether the header leads to it, for who may see it, or for which of them."""

    path: str
    name: str
    title: str
    title_en: str
    in_navigation: bool | frozenset[Role] = True
    feed: str | None = None
    """The Atom feed of the same list."""
    roles: frozenset[Role] | None = None
    """Who may open it once signed in; None: everybody, without signing in."""
    group: str = "work"
    """Under which heading of the menu it stands: a key of `GROUPS`."""


GROUPS: dict[str, Bilingual] = {
    "work": ("日常工作", "Work"),
    "agencies": ("机构", "Agencies"),
    "year": ("年度", "Year"),
    "record": ("登记", "Record"),
    "administration": ("管理", "Administration"),
}
"""Headings of the menu for the signed-in, in order."""
EVERYBODY = frozenset(Role)
READING = frozenset(READERS)
ADMINISTERING = frozenset({Role.ADMIN})
INVITING = frozenset({Role.ADMIN, Role.ASSOCIATION})
AUDITING = frozenset({Role.AUDITOR})
ONE_AGENCY = READING | {Role.AGENCY}
"""Who reads pages about one agency: an agency its own, which the API sees to."""
TRAIL = ONE_AGENCY | {Role.CLIENT}
"""A client finds there what is its own."""
MANY_AT_ONCE = frozenset({Role.ASSOCIATION, Role.REGULATOR})
"""Who records facts of many agencies."""
RECORDING = frozenset().union(*(row.roles for row in COMMANDS))

PAGES = (
    PageEntry("/", "home", "首页", "Home"),
    PageEntry("/register", "register", "备案名录", "Register", feed="/v1/public/agencies.atom"),
    PageEntry("/blacklist", "blacklist", "黑名单", "Blacklist", feed="/v1/public/blacklist.atom"),
    PageEntry("/results", "results", "考评结果", "Results"),
    PageEntry("/results/{year}", "year", "年度考评结果", "Results of a year", False, "/v1/public/results/{year}.atom"),
    PageEntry("/search", "search", "查询", "Search", False),
    PageEntry("/firms/{uscc}", "firm", "机构公开信息", "A firm", False),
    PageEntry("/rules", "rules", "规则与理解", "Rules as read"),
    PageEntry("/rules/text", "rules-text", "办法原文", "Text of the Measures", False),
    PageEntry("/rules/scores", "scores", "如何计分", "How scores are computed"),
    PageEntry("/appeal", "appeal", "如何提出异议", "How to appeal"),
    PageEntry("/verify", "verify", "核验文书", "Verify a paper", False),
    PageEntry("/help", "help", "帮助", "Help", False),
    PageEntry("/survey/{secret}", "survey", "满意度调查", "Satisfaction survey", False),
    PageEntry("/acknowledge/{secret}", "acknowledge", "签收通知", "Acknowledge a notice", False),
    PageEntry("/sign-in", "sign-in", "登录", "Sign in", False),
    PageEntry("/invitation/{secret}", "invitation", "接受邀请", "Invitation", False),
    PageEntry("/board", "board", "工作台", "Board", roles=READING),
    PageEntry("/matters", "matters", "我的待办", "My matters", roles=READING | {Role.AGENCY, Role.CLIENT}),
    PageEntry("/agencies", "agencies", "机构", "Agencies", roles=READING | {Role.AGENCY}, group="agencies"),
    PageEntry("/rankings/{year}", "ranking", "排名", "Ranking", roles=READING | {Role.AGENCY}, group="year"),
    PageEntry("/people", "people", "按人查找", "Find a person", False, roles=READING),
    PageEntry("/todo/hints", "hints", "线索", "Hints", False, roles=READING),
    PageEntry("/todo/{list}", "worklist", "待办", "To do", roles=READING | {Role.AGENCY}),
    PageEntry("/appeals/{appeal}", "appeal-desk", "异议", "Appeal", False, roles=READING | {Role.AGENCY}),
    PageEntry("/years/{year}", "year-desk", "年度考评", "Assessment of a year", roles=READING, group="year"),
    PageEntry(
        "/impacts/{impact}", "impact", "对公布结果的影响", "Impact on a result", False, roles=READING | {Role.AGENCY}
    ),
    PageEntry("/agencies/{uscc}/file", "file", "机构档案", "The agency’s file", False, roles=ONE_AGENCY),
    PageEntry("/agencies/{uscc}/sheets/{year}", "sheet", "考评打分表", "Score sheet", False, roles=ONE_AGENCY),
    PageEntry("/agencies/{uscc}/trail", "trail", "审计轨迹", "Audit trail", False, roles=TRAIL),
    PageEntry("/agencies/{uscc}/events/{event}", "event", "记录", "Record", False, roles=TRAIL),
    PageEntry("/agencies/{uscc}/events/{event}/receipt", "receipt", "回执", "Receipt", False, roles=TRAIL),
    PageEntry("/agencies/{uscc}/compare", "compare", "对比", "Compare", False, roles=ONE_AGENCY),
    PageEntry("/record", "record", "登记", "Record", roles=RECORDING, group="record"),
    PageEntry("/record/{command}", "form", "登记", "Record", False, roles=RECORDING),
    PageEntry("/grid", "grid", "批量登记", "Many at once", roles=MANY_AT_ONCE, group="record"),
    PageEntry("/workbooks", "workbooks", "表格导入", "Workbooks in", roles=MANY_AT_ONCE, group="record"),
    PageEntry("/workbooks/{job}", "workbook", "表格导入", "A workbook", False, roles=MANY_AT_ONCE),
    PageEntry("/batches/{batch}", "batch", "批次回执", "Batch", False, roles=TRAIL),
    PageEntry("/readings", "readings", "理解的确认", "Readings confirmed", roles=READING, group="administration"),
    PageEntry("/account", "account", "我的账户", "My account", False, roles=EVERYBODY),
    PageEntry("/messages", "messages", "消息", "Messages", False, roles=EVERYBODY),
    PageEntry("/account/mail", "mail", "邮件通知", "E-mail", False, roles=EVERYBODY),
    PageEntry("/account/second-factor", "second-factor", "两步验证", "Two-step sign-in", False, roles=EVERYBODY),
    PageEntry("/pledge", "pledge", "诚信从业承诺书", "Pledge", frozenset({Role.AGENCY}), None, ONE_AGENCY, "agencies"),
    PageEntry("/agencies/{uscc}/subjects", "subjects", "个人信息", "Personal data", False, roles=READING),
    PageEntry(
        "/consultations", "consultations", "查阅记录", "Consultations", AUDITING, None, AUDITING, "administration"
    ),
    PageEntry("/setup", "setup", "设置向导", "Set up", roles=ADMINISTERING, group="administration"),
    PageEntry("/admin", "admin", "管理", "Administration", roles=ADMINISTERING, group="administration"),
    PageEntry("/admin/accounts", "admin-accounts", "账户", "Accounts", roles=ADMINISTERING, group="administration"),
    PageEntry("/admin/accounts/{account}", "admin-account", "账户", "Account", False, roles=ADMINISTERING),
    PageEntry("/invitations", "invitations", "邀请", "Invitations", roles=INVITING, group="administration"),
    PageEntry("/admin/calendar", "calendar", "节假日", "Holidays", roles=ADMINISTERING, group="administration"),
    PageEntry("/admin/deliveries", "deliveries", "消息发送", "Deliveries", roles=ADMINISTERING, group="administration"),
    PageEntry("/admin/targets", "targets", "接收地址", "Targets", False, roles=ADMINISTERING, group="administration"),
    PageEntry("/admin/tokens", "admin-tokens", "令牌", "Tokens", roles=ADMINISTERING, group="administration"),
    PageEntry(
        "/access-changes",
        "access-changes",
        "权限变更记录",
        "Changes of access",
        True,
        None,
        AUDITING | ADMINISTERING,
        "administration",
    ),
    PageEntry("/agencies/{uscc}", "agency", "机构概览与时间线", "Overview and timeline", False, roles=ONE_AGENCY),
    PageEntry("/agencies/{uscc}/replay", "replay", "回放", "Replay", False, roles=ONE_AGENCY),
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
_OTHERS = ("sign-out", "basis", "association")
"""First parts of addresses of pages' forms that are no pages themselves."""
_FIRST_PARTS = frozenset(page.path.split("/")[1] for page in PAGES) | set(_OTHERS)


def is_page(path: str) -> bool:
    """Whether a path belongs to the pages, so that its refusals are pages too; `/` is one only by itself."""
    first, slash, rest = path[1:].partition("/")
    return first in _FIRST_PARTS and (bool(first) or not slash + rest)


def page_named(name: str) -> PageEntry:
    """The page of this name. Raises: KeyError."""
    return _BY_NAME[name]


def page_at(path: str) -> PageEntry | None:
    """The page whose path, as the table writes it, this is; None for what belongs to no one page."""
    return next((page for page in PAGES if page.path == path), None)


_BY_NAME = {page.name: page for page in PAGES}
