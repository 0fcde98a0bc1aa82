"""The committee in a browser: an appeal tried and decided, also by keyboard and without script; a year, an impact."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Page as Tab
from starlette.testclient import TestClient

from api.app import create_app
from domain.values import Role
from tests.browser.conftest import served, settings_in
from tests.browser.district import YEAR, District
from tests.http.dated import later
from tests.http.desk import account
from tests.http.world import World


class Appeals:
    """A district with an appeal for each journey, and an agency of it that appealed too late."""

    def __init__(self, district: District, ids: dict[str, str], late: District) -> None:
        self.district, self.ids, self.late = district, ids, late


@pytest.fixture(scope="module")
def appeals(built_district: tuple[District, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appeals]:
    """One appeal of the district's agency for each journey, each against a lapse of its own."""
    made, built = built_district
    settings = settings_in(tmp_path_factory.mktemp("committee"))
    shutil.copytree(built, settings.data_dir, dirs_exist_ok=True)
    with TestClient(create_app(settings)) as client:
        world = World(client)
        lapses = [
            one["id"]
            for one in world.trail(made.agency)
            if one["type"] == "LapseRecorded" and one["occurred_on"].startswith(str(YEAR))
        ]
        ids = {"script": made.appeal}
        for name, lapse, day in (("keys", lapses[1], 12), ("bare", lapses[2], 13), ("harm", lapses[2], 14)):
            filed = world.done(
                "FileAppeal", made.agency, year=YEAR, filed_on=f"{YEAR + 1}-03-{day}", disputed_event_ids=[lapse]
            )
            ids[name] = str(filed["ids"]["appeal"])
        late = next(
            one["agency"]["uscc"]
            for one in world.association.get(f"/v1/assessments/{YEAR}", limit=500).json()["items"]
            if one["agency"]["uscc"] != made.agency
        )
        with later(
            world, 30
        ) as afterwards:  # the week runs from the day of recording, not from the earlier one given (R32)
            ids["late"] = str(
                world.done("FileAppeal", late, year=YEAR, filed_on=afterwards, disputed_event_ids=[])["ids"]["appeal"]
            )
        too_late = replace(made, agency=late, logins={Role.AGENCY: account(world, Role.AGENCY, late)})
    with served(settings) as address:
        yield Appeals(replace(made, address=address), ids, replace(too_late, address=address))


@contextmanager
def browser_of(chromium: Browser, district: District, role: Role, *, script: bool = True) -> Iterator[Tab]:
    """A tab of somebody signed in, at 1280 px, with the real policy."""
    context: BrowserContext = chromium.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=script)
    tab = context.new_page()
    wrong: list[str] = []
    district.sign_in(tab, role)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    yield tab
    context.close()
    assert wrong == []


def test_a_ticked_box_shows_at_once_and_the_decision_is_public(
    chromium: Browser, appeals: Appeals, pictures: Path
) -> None:
    """Tick, read the result without a click, decide in two steps; the revised result stands on the public page."""
    district, appeal = appeals.district, appeals.ids["script"]
    with browser_of(chromium, district, Role.COMMITTEE) as tab:
        tab.goto(f"{district.address}/appeals/{appeal}?lang=zh")
        before = tab.locator("#as-published ~ .score strong").inner_text()
        tab.check("#annul .ticks input >> nth=0")
        tab.wait_for_selector("#what-if .outcome")
        after = tab.locator("#what-if .outcome div >> nth=0").locator("strong").inner_text()
        assert float(after) == float(before) + 1
        tab.screenshot(path=pictures / "appeal-tried-zh-desktop.png", full_page=True)
        tab.check("input[name=outcome][value=upheld]")
        tab.fill("#reasons", "经复核，当日已请假。")
        tab.click("main button[value=check]")
        tab.wait_for_selector("form.confirm")
        assert after in tab.inner_text("form.confirm")
        tab.screenshot(path=pictures / "appeal-confirm-zh-desktop.png", full_page=True)
        tab.click("button[value=decide]")
        tab.wait_for_selector("h1:has-text('决定已记录')")
        assert after in tab.inner_text("main")
        tab.screenshot(path=pictures / "appeal-done-zh-desktop.png", full_page=True)
        tab.set_viewport_size({"width": 360, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
        tab.goto(f"{district.address}/results/{YEAR}")
        row = tab.locator("tbody tr", has_text=district.agency)
        assert after in row.inner_text()
        assert "修订" in row.inner_text()


def test_an_appeal_is_decided_by_keyboard_alone(chromium: Browser, appeals: Appeals) -> None:
    """Tab and space reach every box and button in order; no mouse."""
    district, appeal = appeals.district, appeals.ids["keys"]
    with browser_of(chromium, district, Role.COMMITTEE) as tab:
        tab.goto(f"{district.address}/appeals/{appeal}?lang=en")
        _tab_to(tab, "annul")
        tab.keyboard.press("Space")
        tab.wait_for_selector("#what-if .outcome")
        _tab_to(tab, "outcome")
        tab.keyboard.press("Space")
        _tab_to(tab, "reasons")
        tab.keyboard.type("checked again")
        _tab_to(tab, "act", "check")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("form.confirm")
        _tab_to(tab, "act", "decide")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("h1:has-text('The decision is recorded')")


def _tab_to(tab: Tab, name: str, value: str | None = None) -> None:
    """Press Tab until a field of this name has the focus."""
    for _ in range(80):
        tab.keyboard.press("Tab")
        found = tab.evaluate("[document.activeElement.name, document.activeElement.value]")
        if found[0] == name and value in (None, found[1]):
            return
    raise AssertionError(f"{name} cannot be reached by Tab")


def test_without_script_everything_works(chromium: Browser, appeals: Appeals, pictures: Path) -> None:
    """Try by the button, put a fact in, be refused with all that was typed kept, decide."""
    district, appeal = appeals.district, appeals.ids["bare"]
    with browser_of(chromium, district, Role.COMMITTEE, script=False) as tab:
        tab.goto(f"{district.address}/appeals/{appeal}?lang=zh")
        tab.check("#annul .ticks input >> nth=0")
        tab.click("main button[value=try]")
        assert tab.locator("#what-if .outcome").count() == 1
        assert tab.is_checked("#annul .ticks input >> nth=0")
        tab.click(".replacing summary")
        tab.click("button[value=add]")
        tab.select_option("#replace-0-body-item", "4")
        tab.check("input[name=outcome][value=partly_upheld]")
        tab.fill("#reasons", "改按实际日期记录。")
        tab.click("main button[value=check]")
        assert tab.locator("#refused").count() == 1
        assert tab.locator("#replace-0-body-occurred_on").get_attribute("aria-invalid") == "true"
        assert tab.input_value("#reasons") == "改按实际日期记录。"
        tab.screenshot(path=pictures / "appeal-refused-zh-desktop.png", full_page=True)
        tab.fill("#replace-0-body-occurred_on", f"{YEAR}-06-18")
        tab.click("main button[value=check]")
        tab.click("button[value=edit]")
        assert tab.input_value("#replace-0-body-occurred_on") == f"{YEAR}-06-18"
        tab.click("main button[value=check]")
        tab.click("button[value=decide]")
        assert "决定已记录" in tab.inner_text("h1")


def test_what_would_harm_the_appellant_is_refused_before_it_is_confirmed(chromium: Browser, appeals: Appeals) -> None:
    """A lapse put in and nothing taken away: the refusal of R34 comes at once, not after the confirmation."""
    district, appeal = appeals.district, appeals.ids["harm"]
    with browser_of(chromium, district, Role.COMMITTEE) as tab:
        tab.goto(f"{district.address}/appeals/{appeal}?lang=zh")
        tab.click(".replacing summary")
        tab.click("button[value=add]")
        tab.select_option("#replace-0-body-item", "4")
        tab.fill("#replace-0-body-occurred_on", f"{YEAR}-06-20")
        tab.check("input[name=outcome][value=partly_upheld]")
        tab.fill("#reasons", "另有一次缺席。")
        tab.click("main button[value=check]")
        tab.wait_for_selector("#refused")
        assert "不得使提出者处于更不利的地位" in tab.inner_text("#refused")
        assert tab.locator("form.confirm").count() == 0


def test_the_agency_withdraws_its_appeal(chromium: Browser, appeals: Appeals, pictures: Path) -> None:
    """The agency sees its late appeal, what it could bring, no form to decide, and withdraws it in two steps."""
    district, appeal = appeals.late, appeals.ids["late"]
    with browser_of(chromium, district, Role.AGENCY) as tab:
        tab.goto(f"{district.address}/appeals/{appeal}?lang=zh")
        assert "逾期" in tab.inner_text("main")
        assert tab.locator("#outcome").count() == 0
        with tab.expect_download() as loading:
            tab.click("text=下载卷宗")
        assert loading.value.suggested_filename.startswith(f"dossier-{district.agency}-{YEAR}")
        tab.fill("#withdrawn_on", str(tab.get_attribute("#withdrawn_on", "min")))  # the day on which it was filed
        tab.click("button[value=check-withdraw]")
        tab.click("button[value=withdraw]")
        tab.wait_for_url("**#history")
        assert "已撤回" in tab.inner_text("dl.facts")
        tab.screenshot(path=pictures / "appeal-withdrawn-zh-desktop.png", full_page=True)


def test_a_year_is_published_and_an_impact_disposed_of(chromium: Browser, appeals: Appeals, pictures: Path) -> None:
    """The committee publishes the year before, the counts named; then it keeps a result with a reason."""
    district = appeals.district
    with browser_of(chromium, district, Role.COMMITTEE) as tab:
        tab.goto(f"{district.address}/years/{YEAR - 1}?lang=zh")
        tab.fill("#meeting_on", f"{YEAR}-03-05")
        tab.fill("#published_on", f"{YEAR}-03-10")
        tab.fill("#reason", "会议当日已在网站公示，此处补录")
        tab.screenshot(path=pictures / "year-unpublished-zh-desktop.png", full_page=True)
        tab.click("main button[value=check]")
        if tab.locator("#refused").count():
            assert "缺失" in tab.inner_text("#refused")
            tab.check("input[name=rest]")
            tab.fill("#rest_reason", "当年无数据")
            tab.click("main button[value=check]")
        tab.wait_for_selector("form.confirm")
        assert "个结果" in tab.inner_text("form.confirm")
        tab.screenshot(path=pictures / "year-confirm-zh-desktop.png", full_page=True)
        tab.click("button[value=publish]")
        tab.wait_for_url("**#state")
        assert "已公布" in tab.inner_text("#state")
        tab.goto(f"{district.address}/impacts/{district.impact}?lang=zh")
        tab.screenshot(path=pictures / "impact-committee-zh-desktop.png", full_page=True)
        tab.check("input[value=kept]")
        tab.fill("#reason", "不影响等次")
        tab.click("main button[value=check]")
        tab.click("button[value=dispose]")
        tab.wait_for_url("**#disposal")
        assert "维持公布的结果" in tab.inner_text("dl.facts")
