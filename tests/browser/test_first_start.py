"""From an empty ledger to the first filed agency, in a real browser: the console's link, the steps, the officer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from domain.store.access.setup_links import new_setup_link
from domain.store.db.engine import open_engine, reading
from domain.store.keys.master_key import use_keys
from tests.browser.axe import violations
from tests.browser.conftest import served, settings_in
from tests.http.world import new_uscc, today

OWN, OFFICERS = "four loud bitterns", "five late curlews"


def looked_at(tab: Tab, pictures: Path, name: str) -> None:
    """Axe finds nothing, and a telephone needs no scrolling to the side; pictures are left at both widths."""
    for width in (1366, 360):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.screenshot(path=pictures / f"first-{name}-{width}.png", full_page=True)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
        assert violations(tab) == [], name
    tab.set_viewport_size({"width": 1366, "height": 900})


@pytest.mark.slow
def test_from_an_empty_ledger_to_the_first_filed_agency(chromium: Browser, tmp_path: Path, pictures: Path) -> None:
    """Administrator by the link, association, holidays, officer, readings; the officer records and decides a filing."""
    settings, uscc = settings_in(tmp_path), new_uscc()
    with served(settings) as address:
        engine = open_engine(settings.database)
        use_keys(engine, settings.keys)
        with reading(engine) as connection:
            secret = new_setup_link(connection, datetime.now(UTC))
        engine.dispose()
        admin = chromium.new_context(locale="zh-CN", java_script_enabled=True).new_page()
        admin.goto(f"{address}/setup/{secret}")
        looked_at(admin, pictures, "link")
        for field, value in (("person", "陈兰"), ("login", "chen.lan"), ("password", OWN), ("again", OWN)):
            admin.fill(f"#{field}", value)
        admin.click("#first button")
        admin.fill("#name", "大亚湾区安全生产协会")
        looked_at(admin, pictures, "association")
        admin.click("#taking button")
        looked_at(admin, pictures, "calendar")
        admin.click("text=跳过，下一步")
        admin.fill("#rows", f"wang.wu，王五，协会\nlin.xm，林晓梅，服务机构，{uscc}")
        admin.click("#taking button")
        looked_at(admin, pictures, "accounts")
        invitation = str(admin.text_content("table.list tbody tr:first-child td:last-child code"))
        admin.click("text=下一步：")
        looked_at(admin, pictures, "readings")
        admin.click("text=跳过，下一步")
        looked_at(admin, pictures, "agencies")
        admin.goto(f"{address}/admin")
        officer = chromium.new_context(locale="zh-CN").new_page()
        officer.goto(invitation)
        officer.fill("#new", OFFICERS)
        officer.fill("#again", OFFICERS)
        officer.click("main form button")
        officer.goto(f"{address}/board")
        looked_at(officer, pictures, "board")
        officer.click("text=登记第一家机构的备案")
        assert officer.locator("h1").text_content() is not None
        officer.fill("[name='/uscc']", uscc)
        officer.fill("[name='/name']", "惠州市初始安全技术服务有限公司")
        officer.fill("[name='/category']", "综合安全服务")
        officer.fill("[name='/submitted_on']", today())
        officer.click("main button[value=preview]:not([aria-hidden])")
        officer.click("main button[value=record]:not([aria-hidden])")
        officer.goto(f"{address}/record/decide-filing?uscc={uscc}")
        officer.check("input[name='/outcome'][value=filed]")
        officer.fill("[name='/decided_on']", today())
        officer.click("main button[value=preview]:not([aria-hidden])")
        officer.click("main button[value=record]:not([aria-hidden])")
        officer.goto(f"{address}/readings")
        looked_at(officer, pictures, "confirm")
        officer.check("#R1 input")
        officer.fill("#title", "理事会第三次会议纪要")
        officer.fill("#by", "区安协理事会")
        officer.click("button[value=confirm]")
        assert "已记录确认" in str(officer.text_content("[role=status]"))
        looked_at(officer, pictures, "confirmed")
        stranger = chromium.new_context(locale="zh-CN").new_page()
        stranger.goto(f"{address}/register")
        assert "惠州市初始安全技术服务有限公司" in str(stranger.text_content("main"))
        assert "大亚湾区安全生产协会" in str(stranger.text_content("header"))
