"""The timeline and the replay in a real browser: by keyboard, by pointer, without script, and at ten thousand facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Route
from playwright.sync_api import Page as Tab

from api.settings import Settings
from api.starting import make_ready
from bench.asking.pages import Watched, watched
from bench.generate import History
from bench.place import fill, opened
from domain.values import Role
from tests.browser.conftest import served
from tests.browser.district import YEAR, District
from tests.http.desk import PASSWORD, account_in

FACTS = 10_000
WARNED = f"{YEAR - 1}-11-20"
"""The day on which the district's agency gets its second upheld complaint: the warning of art.17(2)."""


@dataclass
class Desk:
    """A signed-in regulator's tab."""

    context: BrowserContext
    tab: Tab


@pytest.fixture
def desk(chromium: Browser, district: District) -> Iterator[Desk]:
    """A regulator, with script, on a desk's screen."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    district.sign_in(tab, Role.REGULATOR)
    yield Desk(context, tab)
    context.close()


def test_a_regulator_finds_the_day_of_the_warning_by_keyboard(desk: Desk, district: District) -> None:
    """Into the replay from the agency's tabs, Home, then the right arrow until the tier says so; each step is told."""
    tab = desk.tab
    tab.goto(f"{district.address}/agencies/{district.agency}")
    tab.locator(".tabs a", has_text="回放").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/replay*")
    tab.wait_for_load_state("load")
    tab.keyboard.press("Home")
    for _ in range(60):
        if "警示提醒" in tab.locator("#step .now").inner_text():
            break
        press(tab, "ArrowRight")
    assert step(tab) == WARNED
    assert "警示提醒" in tab.locator("#said").inner_text()
    assert "投诉查实" in tab.locator("#step .on-day").inner_text()
    assert f"day={WARNED}" in tab.url
    press(tab, "ArrowLeft")
    assert "警示提醒" not in tab.locator("#step .now").inner_text()


def test_a_key_pressed_while_a_step_is_under_way_counts(desk: Desk, district: District) -> None:
    """Who presses faster than the network answers gets where the keys lead: the last one is never lost."""
    tab = desk.tab
    tab.goto(f"{district.address}/agencies/{district.agency}/replay")
    tab.keyboard.press("End")
    until(tab, lambda: tab.locator("#step a[data-go=next]").count() == 0)
    press(tab, "ArrowLeft")
    before_the_last = step(tab)
    press(tab, "Home")
    held: list[Route] = []
    tab.route("**part=step*", lambda route: route.continue_() if held else held.append(route))
    tab.keyboard.press("End")
    until(tab, lambda: bool(held))
    tab.keyboard.press("ArrowLeft")
    held[0].continue_()
    until(tab, lambda: step(tab) == before_the_last)


def test_it_is_found_without_script_by_links(chromium: Browser, district: District) -> None:
    """The same by nothing but links, and by choosing a day in the form."""
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    district.sign_in(tab, Role.REGULATOR)
    tab.goto(f"{district.address}/agencies/{district.agency}/replay")
    assert not tab.locator("#play").is_visible()
    for _ in range(60):
        if "警示提醒" in tab.locator("#step .now").inner_text():
            break
        tab.locator("#step a[data-go=next]").click()
    assert step(tab) == WARNED
    tab.fill("#day", f"{YEAR - 1}-05-06")
    tab.locator(".choose button").click()
    assert "记录备案" in tab.locator("#step .now").inner_text()
    context.close()


def test_it_plays_by_itself_and_stops_at_the_end(desk: Desk, district: District) -> None:
    """Play goes on step by step; pause stops; the field for a day follows."""
    tab = desk.tab
    tab.goto(f"{district.address}/agencies/{district.agency}/replay")
    tab.select_option("#speed", "600")
    first = step(tab)
    tab.click("#play-toggle")
    until(tab, lambda: step(tab) > first)
    tab.click("#play-toggle")
    assert tab.locator("#play-toggle").get_attribute("aria-pressed") == "false"
    assert tab.input_value("#day") == step(tab)
    tab.keyboard.press("End")
    until(tab, lambda: tab.locator("#step a[data-go=next]").count() == 0)
    tab.click("#play-toggle")
    assert tab.locator("#play-toggle").get_attribute("aria-pressed") == "false"


def test_the_picture_zooms_pans_and_tells_by_keyboard(desk: Desk, district: District) -> None:
    """Plus zooms, shift and arrow pan, arrows walk through the marks, the card says what changed; nothing reloads."""
    tab = desk.tab
    tab.goto(f"{district.address}/agencies/{district.agency}?from={YEAR - 1}-01-01&to={YEAR}-12-31")
    tab.evaluate("window.same = true")
    tab.locator(".tl-frame").focus()
    tab.keyboard.press("+")
    until(tab, lambda: span(tab)[0] > f"{YEAR - 1}-01-01")
    zoomed = span(tab)
    tab.keyboard.press("Shift+ArrowLeft")
    until(tab, lambda: span(tab)[0] < zoomed[0])
    tab.keyboard.press("-")
    until(tab, lambda: span(tab)[1] > zoomed[1])
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.closest('.tl-svg') !== null")
    assert tab.locator("#tl-card").is_visible()
    tab.keyboard.press("Escape")
    assert not tab.locator("#tl-card").is_visible()
    assert tab.evaluate("window.same") is True
    assert "part=" not in tab.url


def test_a_mark_opens_its_record_and_the_card_says_what_it_changed(desk: Desk, district: District) -> None:
    """The pointer over a mark brings a card with the score before and after; the annulled fact is struck through."""
    tab = desk.tab
    tab.goto(f"{district.address}/agencies/{district.agency}?from={YEAR - 1}-11-10&to={YEAR - 1}-11-30")
    tab.locator(".complaints a").first.hover()
    tab.wait_for_selector("#tl-card .card-said")
    assert "警示提醒" in tab.locator("#tl-card").inner_text()
    tab.goto(f"{district.address}/agencies/{district.agency}?from={YEAR}-08-15&to={YEAR}-09-15")
    mark = tab.locator(".honours a.tl-mark")
    assert f"/agencies/{district.agency}/events/" in str(mark.get_attribute("href"))
    tab.goto(f"{district.address}/agencies/{district.agency}?from={YEAR}-02-01&to={YEAR}-02-28")
    assert tab.locator(".tl-svg a.annulled, .tl-svg a.tl-many[aria-label*=已撤销]").count() > 0


def test_links_move_the_picture_and_back_brings_the_last_one(desk: Desk, district: District) -> None:
    """Earlier and later without loading the page; the focus stays on the link; the browser's back goes back."""
    tab = desk.tab
    tab.goto(f"{district.address}/agencies/{district.agency}?from={YEAR}-01-01&to={YEAR}-12-31")
    tab.locator(".tl-spans a", has_text="更早").focus()
    tab.keyboard.press("Enter")
    until(tab, lambda: span(tab)[0] < f"{YEAR}-01-01")
    assert "更早" in tab.evaluate("document.activeElement.textContent")
    tab.go_back()
    until(tab, lambda: span(tab)[0] == f"{YEAR}-01-01")


def until(tab: Tab, holds: Callable[[], bool]) -> None:
    """Wait for what a script does; playwright's own way needs `eval`, which our pages forbid."""
    for _ in range(200):
        if holds():
            return
        tab.wait_for_timeout(50)
    raise AssertionError("it did not come to pass")


def press(tab: Tab, key: str) -> None:
    """Press a key of the replay and wait for the step that it brings."""
    before = step(tab)
    tab.keyboard.press(key)
    until(tab, lambda: step(tab) != before)


def step(tab: Tab) -> str:
    return str(tab.locator("#step").get_attribute("data-step"))


def span(tab: Tab) -> tuple[str, str]:
    found = tab.locator("#timeline")
    return str(found.get_attribute("data-from")), str(found.get_attribute("data-to"))


# ---- ten thousand facts ----


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A served agency with ten thousand facts over ten years; the address and a regulator's login."""
    url = f"sqlite:///{tmp_path_factory.mktemp('large') / 'ledger.db'}"
    with opened(url) as made:
        make_ready(made.engine, Settings(database_url=url))
        fill(made.ledger, History(1).facts(FACTS))
        login = account_in(made.engine, Role.REGULATOR)
    with served(url) as address:
        yield address, login


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    ["", "?as_of=2026-06-30", "?from=2016-07-02&to=2026-06-30", "?from=2023-07-01&to=2026-06-30&as_of=2026-06-30"],
)
def test_ten_thousand_facts_are_a_small_page_that_does_not_move(
    chromium: Browser, large: tuple[str, str], pictures: Path, query: str
) -> None:
    """Under 100 kB transferred with style and script, no layout shift, at most twenty rows, not too many marks."""
    address, login = large
    seen: Watched = watched(chromium, address, (login, PASSWORD), f"/agencies/{History(1).uscc}{query}")
    assert seen.transferred < 100_000
    assert seen.shift == 0
    assert seen.rows <= 20
    assert seen.marks < 250
    seen.tab.screenshot(path=pictures / f"ten-thousand-{len(query)}.png", full_page=True)
    seen.tab.context.close()


@pytest.mark.slow
def test_ten_thousand_facts_replay_step_by_step(chromium: Browser, large: tuple[str, Any]) -> None:
    """A day in the middle, and the next one, with what changed."""
    address, login = large
    seen = watched(chromium, address, (login, PASSWORD), f"/agencies/{History(1).uscc}/replay?day=2024-05-07")
    assert seen.transferred < 100_000
    assert seen.shift == 0
    seen.tab.keyboard.press("ArrowRight")
    until(seen.tab, lambda: step(seen.tab) > "2024-05-07")
    seen.tab.context.close()
