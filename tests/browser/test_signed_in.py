"""Every page for the signed-in in a real browser: accessible, whole at 360 px and on a desk, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from api.web.frame.page_table import PAGES
from domain.values import Role
from tests.browser.axe import violations
from tests.browser.district import YEAR, District
from tests.browser.test_portal import WIDTHS

SIGNED = [page for page in PAGES if page.roles is not None and "{job}" not in page.path]
"""A workbook that is at work is in the process that took it in: `test_workbooks.py` brings one."""
_FIRST = (Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AGENCY, Role.CLIENT, Role.ADMIN, Role.AUDITOR)


def concrete(path: str, district: District) -> str:
    """A page's path with something to show. A new parameter in the table of pages needs a line here."""
    given = {
        "uscc": district.agency,
        "year": str(YEAR),
        "appeal": district.appeal,
        "impact": district.impact,
        "event": district.event,
        "list": "submissions",
        "command": "file-agency",
        "account": district.account,
        "batch": district.batch,
    }
    return path.format(**given)


_STICKS_OUT = """() => [...document.querySelectorAll("main :is(input, select, textarea, button, .button)")]
    .filter(one => {
        const card = one.closest("tbody tr, fieldset, form"), own = one.getBoundingClientRect();
        return card && one.checkVisibility() && own.right > card.getBoundingClientRect().right + 1;
    }).map(one => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", WIDTHS)
def test_every_page_for_the_signed_in_is_accessible_and_fits(
    chromium: Browser, district: District, pictures: Path, size: str, language: str
) -> None:
    """Axe finds no violation, nothing is wider than the screen, nothing is asked from elsewhere, no script fails."""
    faults: list[str] = []
    for role in _FIRST:
        pages = [page for page in SIGNED if _first(page.roles or frozenset()) is role]
        context = chromium.new_context(viewport={"width": WIDTHS[size], "height": 800}, bypass_csp=True)
        tab = context.new_page()
        wrong = _complaints(tab, district.address)
        if pages:
            district.sign_in(tab, role)
        for page in pages:
            path = concrete(page.path, district)
            answer = tab.goto(f"{district.address}{path}?lang={language}")
            assert answer is not None
            tab.screenshot(path=pictures / f"{page.name}-{language}-{size}.png", full_page=True)
            wide = tab.evaluate("document.documentElement.scrollWidth")
            wrong += [f"status {answer.status}"] if answer.status != 200 else []
            wrong += [f"{wide} px wide"] if wide > WIDTHS[size] else []
            wrong += [f"sticks out of its card: {one}" for one in tab.evaluate(_STICKS_OUT)]
            faults += [f"{path}: {fault}" for fault in wrong + violations(tab)]
            wrong.clear()
        context.close()
    assert not faults, "\n".join(faults)


def _complaints(tab: Tab, address: str) -> list[str]:
    """What is asked of another host, and what fails in a script, from now on."""
    wrong: list[str] = []
    tab.on("request", lambda one: wrong.append(one.url) if not one.url.startswith(address) else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    return wrong


def _first(roles: frozenset[Role]) -> Role:
    return next(role for role in _FIRST if role in roles)
