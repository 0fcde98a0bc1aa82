"""The portal in a real browser: accessible, whole at 360 px and on a desk, usable by keyboard and without script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from api.web.frame.page_table import PUBLIC_PAGES
from tests.browser.axe import violations

PUBLIC = [page.path for page in PUBLIC_PAGES if "{secret}" not in page.path]
"""The survey's page needs a link of its own: `test_people.py`."""
PATHS = [*(path.replace("{year}", "2024") for path in PUBLIC), "/results/1999"]
WIDTHS = {"phone": 360, "desktop": 1280}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", WIDTHS)
def test_every_page_is_accessible_and_fits(
    chromium: Browser, site: str, pictures: Path, size: str, language: str
) -> None:
    """Axe finds no violation, nothing is wider than the screen, nothing is asked from elsewhere or refused."""
    context = chromium.new_context(viewport={"width": WIDTHS[size], "height": 800}, bypass_csp=True)
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    listed = context.request.get(f"{site}/v1/public/agencies?limit=1").json()["items"][0]["uscc"]
    for place in PATHS:
        path = place.replace("{uscc}", listed)
        tab.goto(f"{site}{path}?lang={language}")
        name = path.strip("/").replace("/", "-") or "home"
        tab.screenshot(path=pictures / f"{name}-{language}-{size}.png", full_page=True)
        assert tab.evaluate("document.documentElement.scrollWidth") <= WIDTHS[size], path
        assert violations(tab) == [], path
    assert [url for url in asked if not url.startswith(site)] == []
    context.close()


def test_the_policy_lets_our_style_in_and_nothing_is_blocked(chromium: Browser, site: str) -> None:
    """With the real policy and no script at all: the style applies, and the console stays silent."""
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    listed = context.request.get(f"{site}/v1/public/agencies?limit=1").json()["items"][0]["uscc"]
    for path in PATHS[:-1]:
        tab.goto(f"{site}{path.replace('{uscc}', listed)}")
        box = tab.locator("header.top").bounding_box()
        assert box is not None
        assert box["width"] > 1000
        assert tab.locator("a.skip").bounding_box()["x"] < 0  # type: ignore[index]
    assert said == []
    context.close()


def test_an_agency_is_found_by_keyboard_alone(chromium: Browser, site: str) -> None:
    """The skip link is the first stop; a name typed on the home page leads to the agency."""
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(site)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.url.endswith("#content")
    tab.keyboard.press("Tab")
    tab.keyboard.type("海安")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search?**")
    assert tab.locator("tbody tr").count() == 1
    assert "海安" in tab.locator("tbody th").inner_text()
    context.close()
