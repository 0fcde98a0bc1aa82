"""Journeys through sheet, trail, record and comparison in a real browser: with and without script, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from domain.values import Role
from tests.browser.axe import violations
from tests.browser.district import YEAR, District
from tests.browser.test_portal import WIDTHS


@pytest.fixture
def tab(chromium: Browser, district: District) -> Iterator[Tab]:
    """A tab of a regulator without script, as everything has to work there."""
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    district.sign_in(tab, Role.REGULATOR)
    yield tab
    context.close()


def test_a_regulator_compares_publication_with_now_and_reads_the_cause(tab: Tab, district: District) -> None:
    """From the sheet to the ready-made comparison: the lapse recorded since is named, and opens as a record."""
    tab.goto(f"{district.address}/agencies/{district.agency}/sheets/{YEAR}")
    tab.get_by_role("link", name="公布时与现在的差别").click()
    differing = tab.locator("tr.differs")
    assert differing.filter(has_text="合计得分").count() == 1
    assert "≠" in differing.first.inner_text()
    cause = tab.locator(".causes > li").filter(has=tab.get_by_role("heading", name="服务规范"))
    assert "缺席会议" in cause.inner_text()
    cause.get_by_role("heading").get_by_role("link").first.click()
    assert "/events/" in tab.url
    assert tab.locator("h2").inner_text().startswith("服务规范扣分")


def test_an_agency_keeps_and_prints_its_sheet(chromium: Browser, district: District, tmp_path: Path) -> None:
    """The PDF is kept under a name that says what it is; on paper the sheet stands alone and fits three pages of A4."""
    context = chromium.new_context(accept_downloads=True)
    tab = context.new_page()
    district.sign_in(tab, Role.AGENCY)
    tab.goto(f"{district.address}/agencies/{district.agency}/sheets/{YEAR}")
    with tab.expect_download() as waiting:
        tab.get_by_role("link", name="下载 PDF").click()
    assert waiting.value.suggested_filename.startswith(f"sheet-{district.agency}-{YEAR}-")
    tab.emulate_media(media="print")
    for unseen in ("nav.main", "nav.tabs", ".sheet-head", ".basis details"):
        assert not tab.locator(unseen).first.is_visible(), unseen
    assert tab.locator("table.form").is_visible()
    assert tab.locator(".paper-foot").is_visible()
    for heading in tab.locator(".paper h3").all():
        assert heading.evaluate("one => getComputedStyle(one).breakAfter") == "avoid", heading.inner_text()
    printed = tab.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    assert 1 <= printed.count(b"/Type /Page\n") <= 3
    context.close()


def test_a_line_opens_by_keyboard_and_all_at_once_by_script(
    chromium: Browser, district: District, pictures: Path
) -> None:
    """Enter on a line shows its record, article and value; the button opens all and closes them again."""
    context = chromium.new_context(viewport={"width": WIDTHS["desktop"], "height": 900}, bypass_csp=True)
    tab = context.new_page()
    district.sign_in(tab, Role.COMMITTEE)
    tab.goto(f"{district.address}/agencies/{district.agency}/sheets/{YEAR}")
    line = tab.locator("#item-4 details.line").first
    line.locator("summary").focus()
    tab.keyboard.press("Enter")
    assert "附件1第4项" in line.inner_text()
    assert "conduct.lapse_points" in line.inner_text()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/events/**")
    tab.go_back()
    tab.get_by_role("button", name="展开全部").click()
    closed = tab.locator("details.line:not([open])")
    assert closed.count() == 0
    tab.screenshot(path=pictures / "sheet-open-zh-desktop.png", full_page=True)
    assert violations(tab) == []
    tab.get_by_role("button", name="收起全部").click()
    assert closed.count() == tab.locator("details.line").count()
    context.close()


def test_the_trail_is_searched_for_what_was_annulled(tab: Tab, district: District) -> None:
    """Filtering for annulled records finds the complaint; its page says by what and why, and leads to the annulment."""
    tab.goto(f"{district.address}/agencies/{district.agency}/trail")
    tab.select_option("#counts", "false")
    tab.get_by_role("button", name="筛选").click()
    rows = tab.locator("table.trail tbody tr")
    assert rows.count() == 1
    assert "已撤销" in rows.inner_text()
    rows.locator("th a").click()
    notice = tab.locator(".notice-problem")
    assert "任何日期都不再计入" in notice.inner_text()
    notice.locator("a").first.click()
    assert tab.locator("h2").inner_text().startswith("撤销记录")
    assert "因它而不再计入的" in tab.locator("main").inner_text()


@pytest.mark.parametrize("size", WIDTHS)
def test_hostile_names_break_no_page(chromium: Browser, district: District, size: str) -> None:
    """With a name of 300 characters, marks of direction and a script, nothing is wider than the screen or runs."""
    context = chromium.new_context(viewport={"width": WIDTHS[size], "height": 800})
    tab = context.new_page()
    said: list[str] = []
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("dialog", lambda one: said.append(one.message))
    district.sign_in(tab, Role.AUDITOR)
    for tail in (f"sheets/{YEAR}", "trail", "compare"):
        tab.goto(f"{district.address}/agencies/{district.hostile}/{tail}")
        assert tab.evaluate("document.documentElement.scrollWidth") <= WIDTHS[size], tail
    assert said == []
    context.close()
