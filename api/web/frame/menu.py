"""The menu of every page: where somebody of a role works, in groups, with what waits there."""

from __future__ import annotations

from typing import NamedTuple

from api.application.questions.year.matter_questions import MenuCount
from api.web.frame.page_table import FIRST_LIST, GROUPS, PAGES, PageEntry
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
