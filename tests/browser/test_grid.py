"""Twenty absences of one meeting in a real browser: counted, by keyboard, without script, on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab
from starlette.testclient import TestClient

from api.app import create_app
from domain.values import Role
from tests.browser.conftest import served, settings_in
from tests.browser.district import District
from tests.browser.test_forms import DESK, PHONE, main_says, must_be_good, signed_in
from tests.http.desk import account
from tests.http.world import World

MOST_LOADS, MOST_ACTIONS = 5, 30
ABSENCES = 20


class Counted:
    """A tab whose page loads and actions of its user are counted."""

    def __init__(self, tab: Tab) -> None:
        self.tab, self.loads, self.actions = tab, 0, 0
        tab.on("framenavigated", lambda frame: self._loaded() if frame == tab.main_frame else None)

    def _loaded(self) -> None:
        self.loads += 1

    def go(self, address: str) -> None:
        """Open an address."""
        self.tab.goto(address)

    def does(self, act: Callable[..., object], *given: str) -> None:
        """One click, choice or text."""
        self.actions += 1
        act(*given)


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[District, list[str]]]:
    """A served district, and the codes of those who were to come to a meeting."""
    folder = tmp_path_factory.mktemp("meeting")
    with TestClient(create_app(settings_in(folder))) as client:
        world = World(client)
        usccs = [world.filed() for _ in range(ABSENCES)]
        logins = {role: account(world, role, None, f"{role} 张三") for role in (Role.ASSOCIATION, Role.REGULATOR)}
    with served(settings_in(folder)) as address:
        yield District(usccs[0], "", "", "", "", "", "", logins, address), usccs


@pytest.fixture(scope="module")
def district(meeting: tuple[District, list[str]]) -> District:
    """Where it is served."""
    return meeting[0]


@pytest.fixture(scope="module")
def twenty(meeting: tuple[District, list[str]]) -> list[str]:
    """The codes of the twenty agencies."""
    return meeting[1]


def test_twenty_absences_take_five_loads_and_thirty_actions(
    chromium: Browser, district: District, twenty: list[str], pictures: Path
) -> None:
    """One paste, one preview, one confirmation; the receipt has an address that can be loaded again (annex 1)."""
    with signed_in(chromium, district, bypass_csp=True) as tab:
        counted = Counted(tab)
        counted.go(f"{district.address}/grid")
        counted.does(tab.click, "a[href^='/grid?matter=record-lapse']")
        counted.does(tab.select_option, "[name='/item']", "4")
        counted.does(tab.fill, "[name='/occurred_on']", "2026-03-10")
        counted.does(tab.fill, "#paste", "\n".join(twenty))
        counted.does(tab.click, ".entry .act button")
        assert tab.locator("table.list tbody tr").count() == ABSENCES
        must_be_good(tab, "grid-preview", pictures)
        counted.does(tab.click, "button[value=record]")
        assert "/batches/" in tab.url
        assert f"已记录 {ABSENCES} 行" in main_says(tab)
        assert counted.loads <= MOST_LOADS, counted.loads
        assert counted.actions <= MOST_ACTIONS, counted.actions
        tab.reload()
        assert tab.locator("table.list tbody tr").count() == ABSENCES
        must_be_good(tab, "batch", pictures)
        tab.click(".next a[href^='/grid?like=']")
        assert tab.locator("[name='/item']").input_value() == "4"
        assert tab.locator("[name='/occurred_on']").input_value() == "2026-03-10"
        must_be_good(tab, "grid-again", pictures)


def test_wrong_cells_are_marked_and_a_value_is_filled_down(
    chromium: Browser, district: District, twenty: list[str], pictures: Path
) -> None:
    """Words beside each wrong cell, nothing typed is lost; the button of a column fills what is empty below."""
    rows = [f"{twenty[0]}\t2026/3/11", f"{twenty[1]}\t=A1", f"{twenty[2]}\t3/4/2026", "不存在的公司\t"]
    for width in (DESK, PHONE):
        with signed_in(chromium, district, width=width, bypass_csp=True) as tab:
            tab.goto(f"{district.address}/grid?matter=record-lapse")
            must_be_good(tab, "grid-empty", pictures)
            tab.select_option("[name='/item']", "4")
            tab.fill("[name='/occurred_on']", "2026-03-10")
            tab.fill("#paste", "\n".join(rows))
            tab.click(".entry .act button")
            assert tab.locator("[aria-invalid=true]").count() == 3
            assert tab.input_value("[name='r/1/occurred_on']") == "=A1"
            must_be_good(tab, "grid-wrong", pictures)
            for row in (1, 2):
                tab.fill(f"[name='r/{row}/occurred_on']", "")
            tab.fill("[name='r/0/note']", "请假未获准")
            tab.click("[data-fill=note]")
            assert [tab.input_value(f"[name='r/{row}/note']") for row in range(4)] == ["请假未获准"] * 4
            tab.click("button[value='remove:3']")
            tab.click(".entry .act button")
            assert tab.locator("table.list tbody tr").count() == 3
            must_be_good(tab, "grid-mended", pictures)


def test_the_keyboard_is_enough(chromium: Browser, district: District, twenty: list[str]) -> None:
    """From the first field to the receipt without a pointer; focus is seen where rows scroll."""
    with signed_in(chromium, district) as tab:
        tab.goto(f"{district.address}/grid?matter=record-lapse&agency={twenty[3]}&agency={twenty[4]}")
        tab.focus("[name='/item']")
        for _ in range(4):
            tab.keyboard.press("ArrowDown")
        tab.focus("[name='r/0/note']")
        tab.keyboard.type("电话通知未到")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("button[value=record]")
        tab.focus("button[value=record]")
        with tab.expect_navigation():
            tab.keyboard.press("Enter")
        assert "/batches/" in tab.url


def test_without_script_everything_works(chromium: Browser, district: District, twenty: list[str]) -> None:
    """Search, tick, add, take out, preview, back, record: by round trips."""
    with signed_in(chromium, district, java_script_enabled=False) as tab:
        tab.goto(f"{district.address}/grid?matter=record-inspection&agency={twenty[5]}")
        assert not tab.locator("[data-fill]").first.is_visible()
        tab.fill("[name='/findings']", "资料齐全")
        tab.fill("#q", twenty[6])
        tab.click("button[value=find]")
        tab.check(f"input[name=pick][value='{twenty[6]}']")
        tab.click("button[value=pick]")
        tab.fill("#paste", twenty[7])
        tab.click("button[value=paste]")
        assert tab.locator(".grid-rows tbody tr").count() == 3
        tab.click("button[value='remove:0']")
        tab.click(".entry .act button")
        tab.click("button[value=edit]")
        assert tab.input_value("[name='/findings']") == "资料齐全"
        tab.click(".entry .act button")
        tab.click("button[value=record]")
        assert "已记录 2 行" in main_says(tab)


def test_the_regulator_scores_many(chromium: Browser, district: District) -> None:
    """The grid offers what the role may record, in English too."""
    with signed_in(chromium, district, Role.REGULATOR) as tab:
        tab.goto(f"{district.address}/grid?lang=en")
        assert tab.locator("a[href^='/grid?matter=score-effect']").count() == 1
        assert tab.locator("a[href^='/grid?matter=record-lapse']").count() == 0
        assert "Many at once" in main_says(tab)
