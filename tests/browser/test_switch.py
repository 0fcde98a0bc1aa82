"""The language switch in a browser: nothing typed is lost, on a phone without script and at the desk with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from domain.values import Role
from tests.browser.conftest import served
from tests.browser.district import District
from tests.browser.test_forms import must_be_good, signed_in
from tests.http.world import World


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a survey that waits."""
    url = f"sqlite:///{tmp_path_factory.mktemp('switch') / 'ledger.db'}"
    with TestClient(create_app(Settings(database_url=url))) as client:
        world = World(client)
        path = world.done("InviteSurvey", world.filed())["page"]
    with served(url) as address:
        yield f"{address}{path}"


@pytest.mark.parametrize("script", [True, False])
def test_a_survey_keeps_its_answers_and_the_comment(
    chromium: Browser, survey: str, pictures: Path, script: bool
) -> None:
    """Nine answers and a comment at 360 px, to English, and back by the link to the original."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 800}, java_script_enabled=script, bypass_csp=script
    )
    tab = context.new_page()
    tab.goto(survey)
    for number in range(1, 10):
        tab.check(f"input[name=q{number}][value=B]", force=True)
    tab.fill("#comments", "多来现场")
    tab.click("header .switch")
    assert "Ten questions" in tab.locator("main").inner_text()
    assert tab.locator("input[value=B]:checked").count() == 9
    if script:
        must_be_good(tab, "switch-survey", pictures)
    tab.click("button.as-link")
    assert "共十题" in tab.locator("main").inner_text()
    assert tab.locator("input[value=B]:checked").count() == 9
    assert tab.input_value("#comments") == "多来现场"
    context.close()


def test_the_desk_of_an_appeal_keeps_the_form_that_was_typed_in(chromium: Browser, district: District) -> None:
    """The reasons, or the day of a withdrawal; where both were typed one is asked before anything is lost."""
    with signed_in(chromium, district, Role.COMMITTEE) as tab:
        tab.goto(f"{district.address}/appeals/{district.appeal}")
        tab.fill("#reasons", "经复核属实")
        tab.click("header .switch")
        assert "See the record" in tab.locator("main").inner_text()
        assert tab.input_value("#reasons") == "经复核属实"
    with signed_in(chromium, district, Role.ASSOCIATION) as tab:
        tab.goto(f"{district.address}/appeals/{district.appeal}")
        tab.fill("#withdrawn_on", "2025-03-20")
        tab.click("header .switch")
        assert tab.input_value("#withdrawn_on") == "2025-03-20"
        asked: list[str] = []

        def refuse(dialog: Dialog) -> None:
            asked.append(dialog.message)
            dialog.dismiss()

        tab.on("dialog", refuse)
        tab.fill("#withdrawn_on", "2025-03-21")
        tab.locator("input[name=annul]").first.check()
        tab.click("header .switch")
        assert len(asked) == 1
        assert tab.input_value("#withdrawn_on") == "2025-03-21"
