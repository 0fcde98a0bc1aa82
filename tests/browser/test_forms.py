"""Recording in a real browser: three complaints up to the blacklist, by keyboard, without script, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload
from playwright.sync_api import Page as Tab

from domain.values import Role
from tests.browser.axe import violations
from tests.browser.district import District
from tests.http.files import photo
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


@pytest.mark.parametrize("script", [True, False])
def test_a_receipt_is_reloaded_and_sent_to_a_colleague(
    chromium: Browser, district: District, pictures: Path, script: bool
) -> None:
    """Reloading asks nothing and records nothing; the link opens for a colleague, on a phone."""
    more: dict[str, Any] = {"bypass_csp": True} if script else {"java_script_enabled": False}
    with signed_in(chromium, district, **more) as tab:
        tab.goto(f"{district.address}/record/record-inspection?uscc={district.agency}")
        tab.click(".entry .act button")
        tab.click("button[value=record]")
        tab.wait_for_url("**/receipt")
        there = tab.url
        assert "已记录：备案信息检查" in main_says(tab)
        tab.reload()
        assert tab.url == there
        assert "已记录：备案信息检查" in main_says(tab)
        tab.click(".facts a:has-text('完整记录和证明')")
        assert "/receipt" not in tab.url
    with signed_in(chromium, district, Role.COMMITTEE, PHONE, bypass_csp=True) as other:
        other.goto(there)
        assert "已记录：备案信息检查" in main_says(other)
        must_be_good(other, f"receipt-sent-{script}", pictures)


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


def test_back_from_the_receipt_goes_through_the_preview_to_the_form(chromium: Browser, district: District) -> None:
    """Back and reload show each step again, as it was; recording from an old preview records nothing twice."""
    with signed_in(chromium, district) as tab:
        tab.goto(f"{district.address}/record/enter-bad-record?uscc={district.agency}")
        tab.fill("[name='/entered_on']", "2026-03-02")
        tab.select_option("[name='/behaviour']", "16.2")
        tab.click(".entry .act button")
        tab.wait_for_selector("#problems")
        refused = tab.url
        tab.reload()
        assert tab.input_value("[name='/behaviour']") == "16.2"
        tab.fill("[name='/content']", "经核实，服务人员未到现场检查，两次。")
        tab.click(".entry .act button")
        tab.wait_for_selector("button[value=record]")
        preview = tab.url
        tab.reload()
        tab.click("button[value=record]")
        tab.wait_for_url("**/receipt*")
        receipt = tab.url.partition("?")[0]
        tab.go_back()
        assert tab.url == preview
        tab.go_back()
        assert tab.url == refused
        assert tab.input_value("[name='/behaviour']") == "16.2"
        tab.go_back()
        assert tab.input_value("[name='/entered_on']") == "2026-03-02"
        tab.goto(preview)
        tab.click("button[value=record]")
        tab.wait_for_url("**/receipt*")
        assert tab.url.partition("?")[0] == receipt, "the same record"


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


def test_a_change_asks_first_what_changed_and_stays_short(
    chromium: Browser, district: District, pictures: Path
) -> None:
    """Both steps within 1,500 px at 1366 px, by keyboard alone, good on a phone as well (art.12)."""
    with signed_in(chromium, district, width=1366, bypass_csp=True) as tab:
        tab.goto(f"{district.address}/record/report-change?uscc={district.agency}")
        must_be_short(tab, "change-what", pictures)
        for name in ("address", "personnel"):
            tab.locator(f"[name=what][value={name}]").focus()
            tab.keyboard.press("Space")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("[name='/fields/address']")
        must_be_short(tab, "change-fields", pictures)
        assert tab.locator("[name='/fields/name']").count() == 0
        tab.fill("[name='/fields/address']", "澳头街道新址 8 号")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("button[value=record]")
        assert "变更前后" in main_says(tab)


def must_be_short(tab: Tab, name: str, pictures: Path) -> None:
    """No form of a thousand rows: good on the desk, where it is short, and on the phone."""
    must_be_good(tab, name, pictures)
    assert tab.evaluate("document.documentElement.scrollHeight") < 1500, name
    tab.set_viewport_size({"width": PHONE, "height": 800})
    must_be_good(tab, name, pictures)
    tab.set_viewport_size({"width": 1366, "height": 800})


def test_what_is_decided_on_is_shown_as_soon_as_it_is_chosen(
    chromium: Browser, district: District, pictures: Path
) -> None:
    """The complaint's words beside the form, with script at once; without it by the button. Nothing typed is lost."""
    for script in (True, False):
        with signed_in(chromium, district, bypass_csp=True, java_script_enabled=script) as tab:
            tab.goto(f"{district.address}/record/decide-complaint?uscc={district.agency}")
            tab.fill("[name='/findings']", "正在核实")
            tab.select_option("#fid", index=1)
            if not script:
                tab.click("button[data-show] >> nth=0")
            tab.wait_for_selector(".subject")
            assert "储罐区报警器" in tab.locator(".subject").first.inner_text()
            assert tab.input_value("[name='/findings']") == "正在核实"
            if script:
                must_be_good(tab, "decides-on", pictures)
                tab.set_viewport_size({"width": PHONE, "height": 800})
                must_be_good(tab, "decides-on", pictures)


def test_a_known_clients_name_comes_with_its_code(chromium: Browser, district: District, pictures: Path) -> None:
    """Picked from what the ledger knows of the agency; a day that must not precede another one follows it."""
    with signed_in(chromium, district, bypass_csp=True) as tab:
        tab.goto(f"{district.address}/record/start-project?uscc={district.agency}")
        code = tab.locator("#known-clients option").first.get_attribute("value")
        tab.fill("[name='/client/uscc']", str(code))
        tab.locator("[name='/client/uscc']").blur()
        assert tab.input_value("[name='/client/name']") != ""
        tab.fill("[name='/started_on']", "2026-03-02")
        tab.locator("[name='/started_on']").blur()
        assert tab.locator("[name='/due_on']").get_attribute("min") == "2026-03-02"
        must_be_good(tab, "project-known", pictures)


def test_files_are_chosen_on_a_phone_and_stand_on_the_receipt(
    chromium: Browser, district: District, pictures: Path
) -> None:
    """Uploaded as soon as they are chosen, one of them refused in words; shown in small on preview and receipt."""
    chosen: list[FilePayload] = [
        {"name": "会场照片.jpg", "mimeType": "image/jpeg", "buffer": photo()},
        {"name": "假照片.jpg", "mimeType": "image/jpeg", "buffer": b"<html>"},
    ]
    with signed_in(chromium, district, width=PHONE, bypass_csp=True) as tab:
        tab.goto(f"{district.address}/record/record-lapse?uscc={district.agency}")
        tab.select_option("[name='/item']", "5")
        tab.click("details.more > summary")
        assert tab.locator("input[capture]").is_visible()
        tab.set_input_files("#f-evidence-files", chosen)
        tab.wait_for_selector(".row.file .field-problem:has-text('不收这种文件')")
        assert tab.input_value("[name='/evidence/0/title']") == "会场照片"
        must_be_good(tab, "files", pictures)
        tab.click(".entry .act button")
        tab.wait_for_selector("button[value=record]")
        assert tab.locator("main img.thumb").count() == 1
        must_be_good(tab, "files-preview", pictures)
        tab.click("button[value=record]")
        tab.wait_for_selector("main a.paper")
        tab.wait_for_function("document.querySelector('main img.thumb').naturalWidth > 0")
        must_be_good(tab, "files-receipt", pictures)
