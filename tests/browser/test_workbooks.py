"""A workbook brought in a real browser: template, a file with faults, its marked answer, what is right recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from domain.values import Role
from tests.browser.axe import violations
from tests.browser.district import District
from tests.browser.test_portal import WIDTHS
from tests.workbooks.made import filled


@pytest.mark.parametrize("size", WIDTHS)
def test_a_workbook_is_brought_checked_and_recorded(
    chromium: Browser, district: District, pictures: Path, size: str, tmp_path: Path
) -> None:
    """Every step is accessible and fits; the answer is handed out; the good row is recorded on a word."""
    day = {"wide": "2025-03-04", "phone": "2025-03-05"}.get(size, f"2025-03-{6 + list(WIDTHS).index(size):02}")
    good, wrong = {"agency": district.agency, "occurred_on": day}, {"agency": "91441399MA0000001X"}
    file = tmp_path / "出席.xlsx"
    file.write_bytes(filled("attendance", good, {**wrong, "occurred_on": "3/4/2025"}))
    context = chromium.new_context(viewport={"width": WIDTHS[size], "height": 800}, bypass_csp=True)
    tab = context.new_page()
    district.sign_in(tab, Role.ASSOCIATION)

    def must_be_good(name: str) -> None:
        tab.screenshot(path=pictures / f"workbook-{name}-{size}.png", full_page=True)
        assert tab.evaluate("document.documentElement.scrollWidth") <= WIDTHS[size]
        assert violations(tab) == []

    tab.goto(f"{district.address}/workbooks?lang=zh")
    must_be_good("begun")
    with tab.expect_download() as template:
        tab.click("a[href='/workbooks?template=attendance']")
    assert template.value.suggested_filename.endswith("模板.xlsx")
    tab.select_option("#kind", "attendance")
    tab.set_input_files("#file", file)
    tab.click("form#sending button")
    tab.wait_for_selector("text=只登记正确的 1 行")
    must_be_good("checked")
    with tab.expect_download() as marked:
        tab.click("text=下载标出错误的工作簿")
    assert marked.value.suggested_filename == "出席-有误.xlsx"
    tab.click("text=只登记正确的 1 行")
    tab.wait_for_selector("text=已登记 1 件")
    must_be_good("recorded")
    context.close()
