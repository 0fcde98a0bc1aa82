"""The language switch of a page with a form is a button of that form: what was typed is there in the other language."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from api.web.frame.page_acts import STAYING
from domain.values import Role
from tests.http.desk import PASSWORD, Desk, fields_of
from tests.http.test_committee_pages import decision
from tests.http.test_contested_routes import Contested
from tests.http.test_hint_pages import with_hints
from tests.http.test_session_changed import SHOWN, TYPED, prepared
from tests.http.test_sign_in import fresh
from tests.http.world import World, today

_BUTTON = re.compile(r'<button class="switch"([^>]*)>')


def switch_of(text: str) -> dict[str, str]:
    """The attributes of the switch in a page."""
    found = _BUTTON.search(text)
    assert found is not None, text
    return {name: unescape(value) for name, value in re.findall(r'([a-z]+)="([^"]*)"', found[1])}


@pytest.mark.parametrize("path", STAYING)
def test_the_switch_belongs_to_the_form_that_is_filled_in(own_world: World, path: str) -> None:
    """It sends that form to the same page; Enter in a field presses a button that stands before it."""
    role, uscc, address, form = prepared(own_world, path)
    desk = Desk(own_world, role, uscc)
    query = {name: form[name] for name in ("subject",) if name in form}
    if path == "/record/{command}":
        query = {"uscc": form["agency"]}
    if path == "/grid":
        query = {"matter": form["matter"]}
    if path == "/years/{year}":
        own_world.filed()
    if path == "/todo/hints":
        with_hints(own_world)
    text = desk.shown(address, **query)
    switch = switch_of(text)
    assert switch["name"] == STAYING[path]
    assert switch["value"] == "stay"
    assert urlsplit(switch["formaction"]).path == address
    own = re.search(rf'<form id="{switch["form"]}"[^>]*>', text)
    assert own is not None
    assert 'method="post"' in own[0]
    first = re.search(rf'<button[^>]* form="{switch["form"]}"[^>]*>', text)
    assert first is not None
    assert 'class="unseen"' in first[0]
    shown = desk.send(switch["formaction"], {**form, switch["name"]: switch["value"]})
    assert SHOWN in shown.text
    assert '<html lang="en">' in shown.text


def test_what_was_said_to_be_wrong_is_said_in_the_other_language(world: World) -> None:
    """The summary of a refused form stays, as long as it is wrong; a right one is no preview yet."""
    desk = Desk(world, Role.ASSOCIATION)
    form = {"agency": world.filed(), "/item": "", "/occurred_on": today(), "/note": TYPED}
    refused = desk.send("/record/record-lapse", {**form, "do": "preview"})
    switch = switch_of(refused.text)
    english = desk.send(switch["formaction"], {**form, switch["name"]: switch["value"]})
    assert english.status_code == 422
    assert "Nothing has been recorded yet: please mend this" in english.text
    assert SHOWN in english.text
    mended = desk.send(switch["formaction"], {**form, "/item": "4", switch["name"]: switch["value"]})
    assert mended.status_code == 200
    assert 'value="preview"' in mended.text
    assert 'value="record"' not in mended.text


def test_a_question_is_asked_once_more_in_the_other_language(own_world: World) -> None:
    """The step of confirming stays one, with the whole form."""
    contested = Contested(own_world)
    desk, path = Desk(own_world, Role.COMMITTEE), f"/appeals/{contested.appeal}"
    asked = desk.send(path, {**decision(desk, contested, reasons=TYPED), "act": "check"})
    switch = switch_of(asked.text)
    english = desk.send(switch["formaction"], {**fields_of(asked.text), switch["name"]: switch["value"]})
    assert "Nothing is recorded yet. Please check:" in english.text
    assert {**fields_of(asked.text), "csrf": ""} == {**fields_of(english.text), "csrf": ""}


def test_a_carried_form_is_still_carried(world: World) -> None:
    """On the page for signing in: the unsent form, and the login, in the other language; no password is tried."""
    desk = Desk(world, Role.AGENCY, world.filed())
    form = {"key": TYPED, "signed_on": today(), "agreed": "yes"}
    page = fresh(world).post("/pledge", data=form).text
    switch = switch_of(page)
    sent = {**fields_of(page), "login": desk.login, switch["name"]: switch["value"]}
    english = fresh(world).post(switch["formaction"], data=sent)
    assert english.status_code == 200
    assert "nothing has been sent yet" in english.text
    kept = fields_of(english.text)
    assert (kept["carried"], kept["next"], kept["login"]) == (sent["carried"], "/pledge", desk.login)
    signed_in = fresh(world).post("/sign-in", data={**kept, "password": PASSWORD})
    assert fields_of(signed_in.text)["key"] == TYPED
