"""Recording in a real browser: three complaints up to the blacklist, by keyboard, without script, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from domain.values import Role
from tests.browser.axe import violations
from tests.browser.district import District
from tests.http.world import new_uscc

PHONE, DESK = 360, 1280
UPHELD = "/verified_grounds"


@contextmanager
def signed_in(
    chromium: Browser, district: District, role: Role = Role.ASSOCIATION, width: int = DESK, **more: Any
) -> Iterator[Tab]:
    """A tab in which somebody of this role has signed in; no script of ours may fail in it."""
    context = chromium.new_context(viewport={"width": width, "height": 800}, **more)
    tab = context.new_page()
    failed: list[str] = []
    tab.on("pageerror", lambda error: failed.append(str(error)))
    tab.on(
        "console",
        lambda said: failed.append(said.text) if said.type == "error" and "status of 4" not in said.text else None,
    )
    district.sign_in(tab, role)
    yield tab
    assert failed == []
    context.close()


def main_says(tab: Tab) -> str:
    """What the page says."""
    return tab.locator("main").inner_text()


def must_be_good(tab: Tab, name: str, pictures: Path) -> None:
    """Axe finds nothing, nothing is wider than the screen; a picture is left."""
    width = tab.viewport_size["width"] if tab.viewport_size else 0
    tab.screenshot(path=pictures / f"forms-{name}-{width}.png", full_page=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
    assert violations(tab) == [], name


def find_agency(tab: Tab, district: District, name: str) -> None:
    """From the page of recording to the agency of this name."""
    tab.goto(f"{district.address}/record")
    tab.fill("#q", name)
    tab.click("main [role=search] button")
    tab.click(f".found a:has-text('{name}')")


def test_three_upheld_complaints_lead_to_the_blacklist(chromium: Browser, district: District, pictures: Path) -> None:
    """Each preview announces the next step of the ladder; after the third the agency is blacklisted (art.17)."""
    told = ("第 1 次有效投诉：“记录备案”", "第 2 次有效投诉：“警示提醒”", "第 3 次有效投诉：“黑名单”")
    with signed_in(chromium, district, bypass_csp=True) as tab:
        find_agency(tab, district, "第1安全科技")
        must_be_good(tab, "record", pictures)
        for number, announced in enumerate(told):
            tab.goto(tab.url) if number == 0 else tab.click(".next a[href^='/record?']")
            tab.click("a[href^='/record/receive-complaint']")
            tab.check("input[name='/grounds'][value=missed_hazard]")
            must_be_good(tab, f"complaint-{number}", pictures)
            tab.click(".entry .act button")
            tab.click("button[value=record]")
            tab.click(".next a[href^='/record/decide-complaint']")
            assert tab.locator("#fid").input_value() != ""
            assert tab.locator(f"[name='{UPHELD}']").is_hidden()
            tab.check("input[name='/outcome'][value=upheld]")
            tab.select_option(f"[name='{UPHELD}']", "missed_hazard")
            tab.fill("[name='/findings']", "经现场核实，隐患未列入检查报告。")
            must_be_good(tab, f"decide-{number}", pictures)
            tab.click(".entry .act button")
            assert announced in main_says(tab)
            must_be_good(tab, f"preview-{number}", pictures)
            tab.click("button[value=record]")
            assert "已记录：投诉核实决定" in main_says(tab)
            must_be_good(tab, f"receipt-{number}", pictures)
        assert "黑名单" in tab.locator(".about").inner_text()


def test_a_form_is_filled_and_recorded_by_keyboard_alone(chromium: Browser, district: District) -> None:
    """Enter in a field goes to the preview, Enter on its button records: no mouse at all."""
    with signed_in(chromium, district) as tab:
        tab.goto(f"{district.address}/record/record-inspection?uscc={district.agency}")
        tab.locator("#f-inspected_on").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_selector("button[value=record]")
        for _ in range(40):
            tab.keyboard.press("Tab")
            if tab.evaluate("document.activeElement.value") == "record":
                break
        tab.keyboard.press("Enter")
        tab.wait_for_selector(".done")
        assert "已记录：备案信息检查" in main_says(tab)


def test_without_script_rows_are_added_and_nothing_is_lost(
    chromium: Browser, district: District, pictures: Path
) -> None:
    """A project with two technicians: each row by a round trip that keeps everything; on a phone, in English."""
    with signed_in(chromium, district, width=PHONE, java_script_enabled=False) as tab:
        tab.goto(f"{district.address}/record/start-project?uscc={district.agency}&lang=en")
        tab.fill("[name='/client/uscc']", new_uscc())
        tab.fill("[name='/client/name']", "<script>甲化工")
        tab.fill("[name='/due_on']", "2030-12-31")
        for number in range(2):
            tab.click("button[value='add:/technicians']")
            tab.fill(f"[name='/technicians/{number}/name']", f"技术员{number}")
            tab.fill(f"[name='/technicians/{number}/years']", "2")
        tab.screenshot(path=pictures / "forms-noscript-360.png", full_page=True)
        assert tab.input_value("[name='/client/name']") == "<script>甲化工"
        tab.click("header button.switch")
        assert tab.locator("h1").inner_text() == "项目开始"
        assert tab.input_value("[name='/technicians/1/name']") == "技术员1"
        tab.click(".entry .act button")
        assert "技术员1" in main_says(tab)
        tab.screenshot(path=pictures / "forms-noscript-preview-360.png", full_page=True)
        tab.click("button[value=record]")
        assert "已记录：项目开始" in main_says(tab)


def test_script_adds_and_takes_away_rows_in_place(chromium: Browser, district: District, pictures: Path) -> None:
    """The same form with script, on a phone: no round trip; a wrong credit code is said while it is typed."""
    with signed_in(chromium, district, width=PHONE, bypass_csp=True) as tab:
        tab.goto(f"{district.address}/record/start-project?uscc={district.agency}")
        for number in range(3):
            tab.click("button[data-add='/technicians']")
            tab.keyboard.type(f"技术员{number}")
        tab.locator("[data-rows='/technicians'] [data-remove]").nth(1).click()
        tab.fill("[name='/client/uscc']", "91441300MA4X2Y7K19")
        tab.locator("[name='/client/name']").focus()
        assert "校验位不对" in tab.locator(".uscc-said").inner_text()
        must_be_good(tab, "project", pictures)
        tab.click(".entry .act button")
        assert tab.input_value("[name='/technicians/1/name']") == "技术员2"
        assert "营业执照" in tab.locator("#f-client-uscc-problem").inner_text()
        assert tab.evaluate("document.activeElement.id") == "problems"
        must_be_good(tab, "project-refused", pictures)


def test_back_from_the_preview_finds_what_was_typed(chromium: Browser, district: District) -> None:
    """The browser's own Back: dates, numbers, choices and texts are as they were; only a person's name is not kept."""
    with signed_in(chromium, district) as tab:
        tab.goto(f"{district.address}/record/enter-bad-record?uscc={district.agency}")
        tab.fill("[name='/entered_on']", "2026-03-02")
        tab.select_option("[name='/behaviour']", "16.2")
        tab.fill("[name='/content']", "经核实，服务人员未到现场。")
        tab.click(".entry .act button")
        tab.wait_for_selector("button[value=record]")
        tab.go_back()
        assert tab.input_value("[name='/entered_on']") == "2026-03-02"
        assert tab.input_value("[name='/behaviour']") == "16.2"
        tab.goto(f"{district.address}/record/start-project?uscc={district.agency}")
        typed = {"/client/uscc": new_uscc(), "/client/name": "甲化工", "/due_on": "2030-12-31", "/contract_no": "C-7"}
        for name, text in typed.items():
            tab.fill(f"[name='{name}']", text)
        tab.click(".entry .act button")
        tab.wait_for_selector("main h1:has-text('项目开始')")
        tab.go_back()
        assert {name: tab.input_value(f"[name='{name}']") for name in typed} == typed
        tab.goto(f"{district.address}/record/receive-complaint?uscc={district.agency}")
        assert tab.locator("[name='/complainant']").get_attribute("autocomplete") == "off"


def test_the_link_of_a_survey_is_shown_once_to_be_copied(chromium: Browser, district: District, pictures: Path) -> None:
    """The receipt of an invitation has the whole address, a letter with it, and a button that copies."""
    with signed_in(chromium, district, bypass_csp=True) as tab:
        tab.goto(f"{district.address}/record/invite-survey?uscc={district.agency}")
        tab.fill("[name='/client/uscc']", new_uscc())
        tab.fill("[name='/client/name']", "大亚湾海岸精细化工有限公司")
        tab.fill("[name='/expires_on']", "2099-12-31")
        tab.click(".entry .act button")
        tab.click("button[value=record]")
        address = tab.input_value("#link")
        assert address.startswith(f"{district.address}/survey/")
        assert address in tab.locator(".letter").inner_text()
        tab.click("[data-copy]")
        assert tab.locator("[data-copy]").inner_text() == "已复制"
        must_be_good(tab, "receipt-survey", pictures)


def test_a_record_is_corrected_from_what_it_says(chromium: Browser, district: District, pictures: Path) -> None:
    """The record is chosen, its content filled in, one value mended; the preview tells both halves in one step."""
    with signed_in(chromium, district, bypass_csp=True) as tab:
        tab.goto(f"{district.address}/record/correct-event?uscc={district.agency}")
        lapse = tab.locator("#f-event_id option", has_text="服务规范扣分").first.get_attribute("value")
        tab.select_option("#f-event_id", lapse)
        tab.click("button[value='fill:/replace']")
        assert tab.locator("[name='/replace/0/body/item']").input_value() == "4"
        tab.select_option("[name='/replace/0/body/item']", "9")
        tab.fill("[name='/reason']", "事项填错")
        must_be_good(tab, "correct", pictures)
        tab.click(".entry .act button")
        must_be_good(tab, "correct-preview", pictures)
        tab.click("button[value=record]")
        assert "已记录：更正记录" in main_says(tab)
        must_be_good(tab, "correct-receipt", pictures)
