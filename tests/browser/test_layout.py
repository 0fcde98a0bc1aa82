"""The frame of the pages, measured in a real browser: menu, header, width; by keyboard and without script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from api.application.questions.year.matter_questions import MenuCount
from api.web.frame.menu import menu_of
from domain.values import Role
from tests.browser.district import District

DESK, LAPTOP, PHONE = 1920, 1366, 360
HEADER_LIMIT = 200
"""Pixels of a phone's screen that header, notices and breadcrumb may take together."""


@contextmanager
def opened(
    chromium: Browser, district: District, role: Role | None, width: int, *, script: bool = True
) -> Iterator[Tab]:
    """A tab of somebody of a role, or of the public, on a screen of a width."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    tab = context.new_page()
    if role is not None:
        district.sign_in(tab, role)
    yield tab
    context.close()


def box(tab: Tab, selector: str) -> dict[str, float]:
    """Where the first of what a selector finds stands, in pixels."""
    found = tab.locator(selector).first.bounding_box()
    assert found is not None, selector
    return {name: found[name] for name in ("x", "y", "width", "height")}


def test_a_menu_at_the_left_and_the_whole_width_on_a_wide_screen(chromium: Browser, district: District) -> None:
    """From 1,440 px on the menu stands at the left, stays while one scrolls, and the page uses the rest."""
    with opened(chromium, district, Role.ASSOCIATION, DESK) as tab:
        tab.goto(f"{district.address}/agencies")
        menu, main = box(tab, "nav.main"), box(tab, "main")
        assert menu["x"] == 0
        assert main["x"] >= menu["width"] > 180
        assert main["x"] + main["width"] == DESK
        assert box(tab, "table.list")["width"] > 0.84 * DESK
        assert tab.locator("nav.main a[aria-current=page]").inner_text() == "机构"
        assert tab.locator(".menu-title").first.is_visible()
        assert not tab.locator(".to-menu").is_visible()
        tab.mouse.wheel(0, 400)
        expect(tab.locator(".menu")).to_be_in_viewport()
        lines = tab.locator("main p, main dd").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
        assert max(lines) < 0.9 * DESK
    with opened(chromium, district, None, DESK) as tab:
        tab.goto(f"{district.address}/register")
        assert box(tab, "table.list")["width"] > 0.84 * DESK


def test_a_bar_above_on_a_laptop(chromium: Browser, district: District) -> None:
    """Below 1,440 px the menu is one line under the header, over the whole width."""
    with opened(chromium, district, Role.ASSOCIATION, LAPTOP) as tab:
        tab.goto(f"{district.address}/agencies")
        menu, header, main = box(tab, "nav.main"), box(tab, "header.top"), box(tab, "main")
        assert menu["width"] == header["width"] == main["width"] == LAPTOP
        assert header["y"] + header["height"] <= menu["y"]
        assert menu["height"] < 60
        assert main["y"] >= menu["y"] + menu["height"]


@pytest.mark.parametrize("role", [None, Role.ASSOCIATION, Role.AGENCY, Role.CLIENT, Role.ADMIN])
def test_a_phone_shows_the_page_and_not_its_header(chromium: Browser, district: District, role: Role | None) -> None:
    """At 360 px, without script: the heading begins within 200 px, the search is there, the menu opens and leads."""
    with opened(chromium, district, role, PHONE, script=False) as tab:
        tab.goto(f"{district.address}/rules")
        assert box(tab, "h1")["y"] < HEADER_LIMIT
        tab.fill("header .find input", "安恒")
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/search?**")
        assert not tab.locator("nav.main a").first.is_visible()
        tab.click(".to-menu")
        expect(tab.locator("nav.main a").first).to_be_visible()
        assert tab.locator("nav.main a[href='/help']").is_visible()
        assert tab.locator("nav.main form button").count() == (0 if role is None else 1)
        assert tab.evaluate("document.documentElement.scrollWidth") == PHONE
        tab.keyboard.press("Escape")
        assert not tab.locator("nav.main a").first.is_visible()
        tab.click(".to-menu")
        tab.locator("nav.main a", has_text="如何计分" if role in (None, Role.CLIENT) else "").first.click()
        expect(tab.locator("nav.main a[aria-current=page]")).to_have_count(1)


def test_the_keyboard_skips_the_menu(chromium: Browser, district: District) -> None:
    """The first stop leads past header and menu."""
    with opened(chromium, district, Role.ASSOCIATION, DESK, script=False) as tab:
        tab.goto(f"{district.address}/agencies")
        tab.keyboard.press("Tab")
        assert box(tab, "a.skip")["x"] >= 0
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.closest('main') !== null")


def test_digits_stand_below_one_another_and_chinese_has_its_own_fonts(chromium: Browser, district: District) -> None:
    """The list of fonts goes by the language of the text; digits in tables have one width."""
    with opened(chromium, district, Role.ASSOCIATION, DESK) as tab:
        tab.goto(f"{district.address}/agencies?lang=zh")
        families = tab.evaluate(
            "[document.body, document.querySelector('.switch')].map(e => getComputedStyle(e).fontFamily)"
        )
        assert families[0].startswith('"PingFang SC"')
        assert families[1].startswith("system-ui")
        assert (
            tab.evaluate("getComputedStyle(document.querySelector('td.number')).fontVariantNumeric") == "tabular-nums"
        )
        good, brand = tab.evaluate(
            "['--good', '--brand'].map(n => getComputedStyle(document.documentElement).getPropertyValue(n))"
        )
        assert good != brand


def test_the_menu_is_in_groups_and_says_how_much_waits() -> None:
    """Each role has its own groups, in one order; a count stands at its entry only."""
    groups = menu_of(Role.ASSOCIATION, None, 2026, MenuCount(7, 2))
    assert [one.title for one in groups if one.title][:2] == [("日常工作", "Work"), ("机构", "Agencies")]
    entries = {entry.name: entry for group in groups for entry in group.entries}
    assert entries["matters"].waits == (7, 2)
    assert entries["board"].waits is None
    assert entries["ranking"].path == "/rankings/2026"
    paths = [entry.path for group in groups for entry in group.entries]
    assert all(one != other for one, other in pairwise(sorted(paths)))
    assert [one.title for one in menu_of(None, None, 2026, None)] == [None]
    own = menu_of(Role.AGENCY, "91441300MA4W0000XX", 2026, None)
    assert "/agencies/91441300MA4W0000XX" in [entry.path for group in own for entry in group.entries]
