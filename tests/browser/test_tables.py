"""The tables in a real browser: how high a row is, what stays in sight, sorting, the record beside its list."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from domain.values import Role
from tests.browser.axe import violations
from tests.browser.district import YEAR, District
from tests.browser.test_layout import DESK, LAPTOP, PHONE, opened

ROW = range(40, 45)
"""Pixels of a row whose text needs one line."""


@pytest.mark.parametrize("width", [LAPTOP, DESK])
def test_a_row_is_one_line(chromium: Browser, district: District, width: int) -> None:
    """On a laptop and at a desk: names, codes, badges and buttons of a row stand in one line."""
    with opened(chromium, district, Role.ASSOCIATION, width) as tab:
        for path in ("/agencies?q=惠州市", f"/rankings/{YEAR}", "/todo/submissions", "/todo/objections"):
            tab.goto(f"{district.address}{path}")
            rows = tab.locator("table.list tbody tr").evaluate_all(
                "rows => rows.filter(row => !row.textContent.includes('script')).map(row => row.offsetHeight)"
            )
            assert rows, path
            assert all(height in ROW for height in rows), (path, rows)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_the_head_stays_in_sight_and_covers_nothing(chromium: Browser, district: District) -> None:
    """While the list goes by, its headings stay; what the keyboard reaches, and what a link names, is below them."""
    with opened(chromium, district, Role.ASSOCIATION, LAPTOP) as tab:
        tab.set_viewport_size({"width": LAPTOP, "height": 420})
        tab.goto(f"{district.address}/agencies/{district.agency}/trail")
        head = tab.locator("table.list thead th").first
        tab.locator("table.list tbody a").last.focus()
        for _ in range(30):
            tab.keyboard.press("Shift+Tab")
        place = head.bounding_box()
        assert place is not None
        assert place["y"] == 0
        focused = tab.evaluate("document.activeElement.getBoundingClientRect().top")
        assert focused >= place["height"]
        row = tab.locator("table.list tbody tr[id]").nth(5).get_attribute("id")
        tab.goto(f"{district.address}/agencies/{district.agency}/trail#{row}")
        top = tab.evaluate("id => document.getElementById(id).getBoundingClientRect().top", row)
        assert top >= place["height"]


def test_headings_sort_without_script_and_by_keyboard(chromium: Browser, district: District) -> None:
    """Enter on a heading sorts by it; again turns it; the filter typed before stays."""
    with opened(chromium, district, Role.ASSOCIATION, DESK, script=False) as tab:
        tab.goto(f"{district.address}/agencies?q=科技&as_of={YEAR}-12-31")
        tab.locator("thead a.sort", has_text="机构").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_url("**sort=name**")
        expect(tab.locator("th[aria-sort=ascending]")).to_have_text("机构▲")
        names = tab.locator("tbody th").all_inner_texts()
        assert names == sorted(names)
        assert len(names) == 8
        tab.locator("thead a.sort", has_text="机构").click()
        expect(tab.locator("th[aria-sort=descending]")).to_have_text("机构▼")
        assert tab.locator("tbody th").all_inner_texts() == names[::-1]
        tab.click("form.filters button")
        assert "sort=name" in tab.url
        assert f"as_of={YEAR}-12-31" in tab.url


@pytest.mark.parametrize("path", ["/agencies", "/todo/submissions", "/matters", "/board"])
def test_lists_fit_a_phone(chromium: Browser, district: District, path: str) -> None:
    """At 360 px nothing is wider than the screen, and of a kind of matter only the numbers stand that are not zero."""
    with opened(chromium, district, Role.ASSOCIATION, PHONE) as tab:
        tab.goto(f"{district.address}{path}")
        assert tab.evaluate("document.documentElement.scrollWidth") == PHONE
        zeros = tab.locator(".no-matters")
        assert (zeros.count() > 0) is (path == "/matters")
        assert zeros.filter(visible=True).count() == 0


def test_a_record_opens_beside_its_list(chromium: Browser, district: District) -> None:
    """On a wide screen beside the list, which stays; Escape goes back to the link; elsewhere the page itself."""
    with opened(chromium, district, Role.ASSOCIATION, DESK) as tab:
        address = f"{district.address}/agencies/{district.agency}/trail"
        tab.goto(address)
        link = tab.locator("a[data-beside]").nth(2)
        href, kind = link.get_attribute("href"), link.inner_text()
        link.press("Enter")
        panel = tab.locator("#beside")
        expect(panel.locator("h2")).to_contain_text(kind)
        assert tab.url == address
        assert tab.evaluate("document.activeElement.id") == "beside"
        table, beside = tab.locator("table.list").bounding_box(), panel.bounding_box()
        assert table is not None
        assert beside is not None
        assert table["x"] + table["width"] <= beside["x"]
        assert tab.evaluate("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size") == tab.evaluate(
            "document.querySelectorAll('[id]').length"
        )
        assert panel.locator(".beside-head a").get_attribute("href") == f"{district.address}{href}"
        tab.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        assert tab.evaluate("document.activeElement.getAttribute('href')") == href
    with opened(chromium, district, Role.ASSOCIATION, LAPTOP) as tab:
        tab.goto(address)
        tab.locator("a[data-beside]").nth(2).click()
        tab.wait_for_url(f"**{href}")
    with opened(chromium, district, Role.ASSOCIATION, DESK, script=False) as tab:
        tab.goto(address)
        tab.locator("a[data-beside]").nth(2).click()
        tab.wait_for_url(f"**{href}")


def test_the_panel_and_the_charts_are_accessible(chromium: Browser, district: District) -> None:
    """Axe finds nothing wrong with a record beside its list, and with the board's pictures and their tables."""
    context = chromium.new_context(viewport={"width": DESK, "height": 900}, bypass_csp=True)
    tab = context.new_page()
    district.sign_in(tab, Role.ASSOCIATION)
    tab.goto(f"{district.address}/agencies/{district.agency}/trail")
    tab.locator("a[data-beside]").first.click()
    expect(tab.locator("#beside h2")).to_be_visible()
    assert violations(tab) == []
    tab.goto(f"{district.address}/board?as_of={YEAR}-12-31")
    for summary in tab.locator(".chart summary").all():
        summary.click()
    assert tab.locator("#by-score ~ svg rect").count() > 0
    assert violations(tab) == []
    context.close()


@pytest.mark.parametrize(("script", "width"), [(True, DESK), (False, LAPTOP), (True, PHONE)])
def test_ticked_agencies_lead_to_one_form(chromium: Browser, district: District, script: bool, width: int) -> None:
    """Without script the bar stands below the list; with it, it comes with the number that is ticked."""
    with opened(chromium, district, Role.ASSOCIATION, width, script=script) as tab:
        tab.goto(f"{district.address}/agencies?q=科技")
        boxes, bar = tab.locator("tbody input[type=checkbox]"), tab.locator("#batch")
        expect(bar).to_be_visible(visible=not script)
        codes = [str(boxes.nth(number).get_attribute("value")) for number in (1, 3)]
        for number in (1, 3):
            boxes.nth(number).focus()
            tab.keyboard.press("Space")
        expect(bar).to_be_visible()
        if script:
            expect(bar).to_be_in_viewport()
            expect(bar.locator("[data-said]")).to_have_text("已选 2 家")
        if script and width == DESK:
            tab.check("#tick-all")
            expect(bar.locator("[data-said]")).to_have_text(f"已选 {boxes.count()} 家")
            tab.uncheck("#tick-all")
            expect(bar).not_to_be_visible()
            for number in (1, 3):
                boxes.nth(number).check()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.select_option("#batch-matter", "record-lapse")
        bar.locator("button").click()
        tab.wait_for_url("**/grid?**")
        assert "matter=record-lapse" in tab.url
        assert [code in tab.url for code in codes] == [True, True]
        assert all(code in tab.locator("main").inner_html() for code in codes)
    with opened(chromium, district, Role.AUDITOR, LAPTOP) as tab:
        tab.goto(f"{district.address}/agencies")
        assert tab.locator("#batch").count() == tab.locator("input[name=agency]").count() == 0
