"""The menu of every page: where somebody of a role works, in groups, with what waits there."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from starlette.requests import Request

from api.application.questions.service.message_questions import unread_for
from api.application.questions.year.matter_questions import MenuCount, waiting_for
from api.web.frame.page_table import FIRST_LIST, GROUPS, PAGES, PageEntry
from api.web.frame.visitors import Visitor, visitor_of
from domain.errors import Refusal
from domain.values import Bilingual, Role

_WITHIN = {"results": ("year", "firm"), "record": ("form",), "worklist": ("appeal-desk", "impact")} | {
    "agencies": ("agency", "sheet", "trail", "event", "compare", "replay", "subjects"),
    "admin-accounts": ("admin-account",),
    "rules": ("rules-text",),
}
"""The pages that are reached by way of an entry: while they are shown it is marked."""


class MenuEntry(NamedTuple):
    """A link of the menu. `within`: names of the pages that belong to it; `waits`: how much waits there, if any."""

    name: str
    path: str
    title: str
    title_en: str
    within: tuple[str, ...]
    waits: MenuCount | None


class MenuGroup(NamedTuple):
    """Entries of one kind of work; without a title where there is only one kind."""

    title: Bilingual | None
    entries: list[MenuEntry]


def meet(request: Request) -> None:
    """Let the frame of a page that nobody has guarded know who is signed in and what waits for them.

    For an address that there is not: also there somebody stays signed in, with their own menu (R40). While the
    database is away nobody can be known, and the address is still none: the page is the one for everybody.
    """
    with suppress(Refusal):
        visitor = visitor_of(request)
        request.state.visitor = visitor
        if visitor is not None and is_in(request, visitor):
            request.state.waiting, request.state.unread = waits_for(request, visitor)


def is_in(request: Request, visitor: Visitor) -> bool:
    """Whether a visitor may go on to the pages for the signed-in: with a password of their own, and the second factor

    where their role needs one.
    """
    account = visitor.account
    return account.handed_out_at is None and (account.factor_at is not None or not needs_factor(request, visitor.role))


def needs_factor(request: Request, role: Role) -> bool:
    """Whether a role has to sign in with a second factor here (STEWARD_SECOND_FACTOR_ROLES)."""
    return role in request.app.state.service.settings.second_factor


def waits_for(request: Request, visitor: Visitor) -> tuple[MenuCount | None, int]:
    """What the head of a page says of what waits (R40), and how many messages are unread; nothing while that cannot be

    counted: the page says for itself what it can.
    """
    service = request.app.state.service
    try:
        return waiting_for(service, visitor.caller), unread_for(service, visitor.caller)
    except Refusal:
        return None, 0


def menu_of(role: Role | None, uscc: str | None, year: int, waiting: MenuCount | None) -> list[MenuGroup]:
    """The menu for a role, of the agency `uscc` for one of its people, in the year `year`.

    Who is not signed in gets the pages for everybody, and so does a client beside its own. `waiting`: how much waits
    for the visitor, which stands at the matters.
    """
    shown = [one for one in PAGES if _is_for(role, one.in_navigation)]
    groups = [
        MenuGroup(title, [_entry(_begun(one, role, uscc, year), waiting) for one in shown if _stands(one, role, name)])
        for name, title in GROUPS.items()
    ]
    if role in (None, Role.CLIENT):
        everybody = [_entry(one, None) for one in shown if one.roles is None]
        groups.append(MenuGroup(("公开查询", "Public") if role else None, everybody))
    return [one for one in groups if one.entries]


def _is_for(role: Role | None, in_navigation: bool | frozenset[Role]) -> bool:
    return in_navigation if isinstance(in_navigation, bool) else role in in_navigation


def _stands(one: PageEntry, role: Role | None, group: str) -> bool:
    return one.roles is not None and role in one.roles and one.group == group


def _begun(one: PageEntry, role: Role | None, uscc: str | None, year: int) -> PageEntry:
    """The page with the address at which one begins: this year, the first list; an agency at its own page."""
    if role is Role.AGENCY and one.name == "agencies":
        return one._replace(path=f"/agencies/{uscc}", title="我的机构", title_en="My agency")
    return one._replace(path=one.path.format(year=year, list=FIRST_LIST))


def _entry(one: PageEntry, waiting: MenuCount | None) -> MenuEntry:
    waits = waiting if one.name == "matters" else None
    return MenuEntry(one.name, one.path, one.title, one.title_en, _WITHIN.get(one.name, ()), waits)
