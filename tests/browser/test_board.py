"""Journeys on the board and the lists in a real browser, by keyboard and without script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize, expect
from playwright.sync_api import Page as Tab

from domain.values import Role
from tests.browser.axe import bytes_loaded
from tests.browser.district import District

SIZE: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Tab]:
    context = chromium.new_context(viewport=SIZE)
    yield context.new_page()
    context.close()


def test_an_officer_finds_an_agency_by_part_of_its_name_by_keyboard(tab: Tab, district: District) -> None:
    """From the board: tab to the search, type, enter; from the list tab to the agency, enter."""
    district.sign_in(tab, Role.ASSOCIATION)
    tab.goto(f"{district.address}/board?as_of=2025-06-30")
    tabbed_to(tab, lambda: tab.evaluate("document.activeElement.id") == "q")
    tab.keyboard.type("安恒")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/agencies?**")
    assert "as_of=2025-06-30" in tab.url
    assert tab.locator("table.list tbody tr").count() == 1
    tabbed_to(tab, lambda: district.agency in (tab.evaluate("document.activeElement.href ?? ''") or ""))
    assert tab.evaluate("document.activeElement.href").endswith(f"/agencies/{district.agency}?as_of=2025-06-30")


def tabbed_to(tab: Tab, there: object) -> None:
    for _ in range(60):
        tab.keyboard.press("Tab")
        if there():  # type: ignore[operator]
            return
    raise AssertionError("not reached by keyboard")


@pytest.mark.parametrize("script", [True, False])
def test_from_the_board_to_a_waiting_appeal(chromium: Browser, district: District, script: bool) -> None:
    """The committee sees on the board since when it waits, opens the list, and from there the appeal; also without
    script."""
    context = chromium.new_context(viewport=SIZE, java_script_enabled=script)
    tab = context.new_page()
    district.sign_in(tab, Role.COMMITTEE)
    card = tab.locator(".waiting > li", has=tab.locator('h3 a[href="/todo/appeals"]'))
    expect(card.locator("h3")).to_contain_text("结果异议")
    expect(card.locator(".urgent .quiet").first).to_contain_text("自 ")
    expect(card.locator(".overdue")).to_have_count(0)
    card.locator("h3 a").click()
    expect(tab.locator("h1")).to_have_text("结果异议")
    way = tab.locator(f'a[href="/appeals/{district.appeal}"]')
    expect(way).to_have_count(1)
    tab.goto(f"{district.address}/board")
    notices = tab.locator(".waiting > li", has=tab.locator('h3 a[href="/todo/notices"]'))
    expect(notices.locator(".count")).to_have_text(re.compile(r"\d+"))
    expect(notices.locator(".urgent li").first).to_be_visible()
    context.close()


def test_nothing_on_the_board_is_slow_or_moves_at_first(tab: Tab, district: District) -> None:
    """Nothing moves, and the page has under 100 kB with all its files."""
    district.sign_in(tab, Role.ASSOCIATION)
    tab.goto(f"{district.address}/board", wait_until="networkidle")
    assert 10_000 < bytes_loaded(tab, without="/todo/") < 100_000
    moved = "new Promise(r => new PerformanceObserver(l => r(l.getEntries().map(e => e.value)))"
    moved += ".observe({type: 'layout-shift', buffered: true}) ?? setTimeout(() => r([]), 500))"
    assert sum(tab.evaluate(moved)) < 0.02
