"""A list in which nothing stands says what to do next and leads there: every list page of an empty ledger, by role."""

from __future__ import annotations

import re
from html import unescape

import pytest

from api.http.documentation.examples import CLIENT_USCC
from api.web.district.worklist_pages import KINDS
from api.web.frame.page_table import PAGES
from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World, new_uscc

NO_LISTS = {
    "/board": "figures and the first of each list",
    "/years/{year}": "what a year still lacks",
    "/results/{year}": "404 until the year is published",
    "/people": "asks for a name first",
    "/search": "asks for words first",
    "/readings": "every reading of the rulebook",
    "/admin": "its lists have pages of their own",
    "/admin/accounts": "who reads it has an account",
    "/access-changes": "that account's making is one",
    "/pledge": "the text of annex 3",
}
"""Pages that show facts and are no lists that can be empty, with why. Others without a list are told by their kind."""
FORMS = {
    *("home", "rules", "rules-text", "scores", "appeal", "verify", "help", "sign-in", "record", "grid", "workbooks"),
    *("account", "mail", "second-factor", "setup", "invitations", "calendar", "admin-tokens"),
}
"""Forms and texts."""


def lists() -> list[str]:
    """The pages with a list, a worklist each; a new page is one until it is named above."""
    found = []
    for one in PAGES:
        path = one.path.replace("{year}", "2026")
        if one.path in NO_LISTS or one.name in FORMS:
            continue
        found += [f"/todo/{name}" for name in KINDS] if "{list}" in path else [path] if "{" not in path else []
    return found


def test_what_is_no_list_is_still_a_page() -> None:
    """A page that is gone leaves the table."""
    assert set(NO_LISTS) <= {one.path for one in PAGES}
    assert {one.name for one in PAGES} >= FORMS
    assert len(lists()) > 14


@pytest.mark.shows("R40")
@pytest.mark.parametrize("role", Role)
def test_an_empty_list_leads_on(own_world: World, role: Role) -> None:
    """What it says has a link to another page, which opens for this role."""
    own = {Role.AGENCY: new_uscc(), Role.CLIENT: CLIENT_USCC}
    desk = Desk(own_world, role, own.get(role))
    seen, alone, broken = 0, [], []
    for path in lists():
        told = desk.get(path)
        if told.status_code in (403, 404):
            continue
        assert told.status_code == 200, path
        said = re.search(r'<p class="notice" id="items">(.*?)</p>', told.text, re.S)
        if said is None:
            assert '<tr role="row"' in told.text, f"{path}: neither rows nor a word"
            continue
        seen += 1
        ways = [unescape(one) for one in re.findall(r'href="([^"]+)"', said[1])]
        alone += [path] if not set(ways) - {path} else []
        broken += [(path, way) for way in ways if desk.client.get(way).status_code not in (200, 303)]
    assert seen >= 4
    assert alone == []
    assert broken == []
