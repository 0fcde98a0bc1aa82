"""The public pages and the survey's receipt on paper: what is for reading is there, what is for clicking is not."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
import pytest
from playwright.sync_api import Browser

from tests.browser.test_portal import PATHS

A4_PIXELS = 794
ONLY_ON_SCREEN = ("跳到正文", "English", "下一页", "订阅更新", "接口文档", "如何提出异议 帮助")


@pytest.mark.parametrize("path", [path for path in PATHS if path not in ("/sign-in", "/results/1999")])
def test_a_page_prints_whole(chromium: Browser, site: str, pictures: Path, path: str) -> None:
    """A4: its heading stands on the first sheet, navigation and buttons nowhere, nothing is cut off at the right."""
    context = chromium.new_context(viewport={"width": A4_PIXELS, "height": 1123})
    tab = context.new_page()
    tab.goto(f"{site}{path}?lang=zh")
    heading = tab.locator("h1").inner_text()
    tab.emulate_media(media="print")
    assert tab.evaluate("document.documentElement.scrollWidth") <= A4_PIXELS
    with pdfium.PdfDocument(tab.pdf(format="A4", print_background=True)) as document:
        sheets = [one.get_textpage().get_text_bounded() for one in document]
        name = path.strip("/").replace("/", "-") or "home"
        for number, one in enumerate(document):
            if number < 3:
                one.render(scale=1).to_pil().save(pictures / f"print-{name}-{number}.png")
    assert heading in sheets[0].replace("\r\n", "").replace("\n", "")
    assert all(sheet.strip() for sheet in sheets), "an empty sheet"
    for words in ONLY_ON_SCREEN:
        assert words not in "".join(sheets), words
    context.close()
