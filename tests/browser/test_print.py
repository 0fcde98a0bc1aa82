"""The public pages and the survey's receipt on paper: what is for reading is there, what is for clicking is not."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from playwright.sync_api import Browser

from tests.browser.test_portal import PATHS

A4_PIXELS = 794
SHEETS = re.compile(r"第 (\d+) 页，共 (\d+) 页")
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


@pytest.mark.parametrize("path", ["/register", "/results/2024"])
def test_a_list_prints_whole_with_its_head_on_every_sheet(
    chromium: Browser, site: str, pictures: Path, path: str
) -> None:
    """All rows, though the page shows 25; title block first, columns on every sheet, sheet x of y, lines to sign."""
    context = chromium.new_context(viewport={"width": A4_PIXELS, "height": 1123})
    tab = context.new_page()
    tab.goto(f"{site}{path}?lang=zh")
    part = _sheets(tab.pdf(format="A4"))
    whole = tab.get_by_role("link", name="打印整份清单").get_attribute("href")
    assert whole == f"{path}?print=all"
    tab.goto(f"{site}{whole}")
    rows = tab.locator("tbody tr:not(.group, .ends, .sums)").count()
    codes = tab.locator("tbody .code").all_inner_texts()
    assert tab.evaluate("document.documentElement.scrollWidth") <= A4_PIXELS
    pdf = tab.pdf(format="A4", prefer_css_page_size=True)
    sheets = _sheets(pdf)
    with pdfium.PdfDocument(pdf) as document:
        for number, one in enumerate(document):
            one.render(scale=1.3).to_pil().save(pictures / f"whole-{path.strip('/').replace('/', '-')}-{number}.png")
    text = "".join(sheets)
    assert len(codes) == rows
    assert all(one in text for one in codes)
    assert f"清单到此为止，共 {rows} 条" in text
    assert [SHEETS.findall(one) for one in sheets] == [[(str(n + 1), str(len(sheets)))] for n in range(len(sheets))]
    assert all("序号" in one for one in sheets[: -1 if "序号" not in sheets[-1] else None])
    for words in ("按", "所知", "筛选", "规则库", "日志序号"):
        assert words in sheets[0]
    assert all(words in sheets[-1] for words in ("编制", "审核", "盖章"))
    assert "打印整份清单”打印" in "".join(part).replace("\r\n", "")
    if path == "/register":
        assert rows > 25
        assert f"本页只印出25条，整份清单共{rows}条，不完整" in "".join(part).replace("\r\n", "").replace(" ", "")
        assert len(sheets) > 1
    context.close()


def _sheets(pdf: bytes) -> list[str]:
    with pdfium.PdfDocument(pdf) as document:
        return [one.get_textpage().get_text_bounded() for one in document]
