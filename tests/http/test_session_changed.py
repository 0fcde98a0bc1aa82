"""A form sent after its session was replaced (signed out and in again elsewhere) is shown again and records nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from api.web.frame.page_acts import STAYING
from domain.store.db.schema import accounts, events, idempotency, tokens
from domain.values import Role
from tests.http.desk import Desk, fields_of
from tests.http.test_survey_pages import ANSWERS, invited
from tests.http.world import World, today

TYPED = '多字 "<b>&'
SHOWN = "多字 &#34;&lt;b&gt;&amp;"
OWN = {"Origin": "http://testserver"}
OTHERS = "0" * 64
"""The field of a session that is over."""


def prepared(world: World, path: str) -> tuple[Role, str | None, str, dict[str, Any]]:
    """Who sends the form of a page, of which agency they are, its address, and what would be recorded."""
    day = today()
    if path == "/record/{command}":
        form = {"agency": world.filed(), "/item": "4", "/occurred_on": day, "/note": TYPED, "do": "record"}
        return Role.ASSOCIATION, None, "/record/record-lapse", form
    if path == "/appeals/{appeal}":
        form = {"outcome": "dismissed", "decided_on": day, "reasons": TYPED, "act": "decide"}
        return Role.COMMITTEE, None, f"/appeals/{world.appeal()}", form
    if path == "/years/{year}":
        return Role.COMMITTEE, None, "/years/2024", {"meeting_on": TYPED, "published_on": day, "act": "publish"}
    if path == "/impacts/{impact}":
        form = {"outcome": "kept", "disposed_on": day, "reason": TYPED, "act": "dispose"}
        return Role.COMMITTEE, None, f"/impacts/{world.impact()}", form
    if path == "/survey/{secret}":
        return Role.AUDITOR, None, invited(world), {**ANSWERS, "comments": TYPED, "key": "k"}
    if path == "/acknowledge/{secret}":
        uscc = world.filed()
        page = str(world.done("GiveNoticeLink", uscc, world.warned(uscc))["page"])
        return Role.AUDITOR, None, page, {"signer": TYPED, "key": "k"}
    if path == "/pledge":
        return Role.AGENCY, world.filed(), path, {"key": TYPED, "signed_on": day, "agreed": "yes"}
    if path == "/agencies/{uscc}/subjects":
        form = {"subject": "s-1", "erased_on": day, "ground": TYPED, "sure": "yes", "key": "k"}
        return Role.ASSOCIATION, None, f"/agencies/{world.filed()}/subjects", form
    if path == "/readings":
        form = {"chosen": "R1", "day": day, "title": TYPED, "rulebook": "dayawan-2021", "key": "k", "act": "confirm"}
        return Role.ASSOCIATION, None, path, form
    if path == "/invitations":
        return Role.ADMIN, None, path, {"rows": TYPED, "act": "preview"}
    if path == "/setup":
        return Role.ADMIN, None, path, {"step": "association", "name": TYPED, "act": "save"}
    return _elsewhere(path, day)


def _elsewhere(path: str, day: str) -> tuple[Role, str | None, str, dict[str, Any]]:
    if path == "/grid":
        form = {"matter": "record-lapse", "/item": "4", "/occurred_on": day, "r/0/agency": TYPED, "do": "record"}
        return Role.ASSOCIATION, None, path, form
    if path == "/todo/hints":
        return Role.ASSOCIATION, None, path, {"chosen": "h-1", "reason": TYPED, "key": "k", "act": "record"}
    of_administrators = {
        "/admin/calendar": {"year": "2031", "source": TYPED, "act": "look"},
        "/admin/accounts": {"login": TYPED, "role": "auditor", "person": "张三", "act": "create"},
        "/admin/tokens": {"person": TYPED, "role": "auditor", "act": "create"},
    }
    return Role.ADMIN, None, path, of_administrators[path]


def recorded(world: World) -> list[int | None]:
    """How much the service holds: events, accounts, tokens, keys of requests."""
    with world.service.ledger.reading() as reader:
        return [
            reader.connection.scalar(select(func.count()).select_from(one))
            for one in (events, accounts, tokens, idempotency)
        ]


@pytest.mark.parametrize("path", STAYING)
def test_the_form_is_shown_again_with_all_that_was_typed(own_world: World, path: str) -> None:
    """403, the notice, what was typed, this session's own field; nothing is recorded, also not by the switch."""
    role, uscc, address, form = prepared(own_world, path)
    desk = Desk(own_world, role, uscc)
    before = recorded(own_world)
    response = desk.client.post(address, data={**form, "csrf": OTHERS}, headers=OWN)
    assert response.status_code == 403, response.text
    assert "登录已更换，还没有提交；请核对后再提交" in response.text
    assert response.headers["cache-control"] == "no-store"
    assert SHOWN in response.text
    assert fields_of(response.text)["csrf"] == desk.csrf()
    stayed = desk.send(f"{address}?lang=en", {**form, STAYING[path]: "stay"})
    assert stayed.status_code == 200, stayed.text
    assert SHOWN in stayed.text
    assert 'lang="en"' in stayed.text
    assert recorded(own_world) == before


def test_what_is_shown_again_can_be_sent(world: World) -> None:
    """The pledge as it comes back is signed once."""
    uscc = world.filed()
    desk = Desk(world, Role.AGENCY, uscc)
    form = {"key": "k-2", "signed_on": today(), "agreed": "yes", "csrf": OTHERS}
    shown = desk.client.post("/pledge", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert desk.client.post("/pledge", data=fields_of(shown.text)).status_code == 303
    assert [one["type"] for one in world.trail(uscc)].count("PledgeSigned") == 1


def test_a_page_that_cannot_show_it_again_carries_it(world: World) -> None:
    """Ending one's other sessions does nothing until it is sent on; then it does."""
    desk = Desk(world, Role.AUDITOR)
    asked = desk.client.post("/account", data={"act": "others", "csrf": OTHERS}, headers=OWN)
    assert asked.status_code == 403
    assert 'action="/account"' in asked.text
    assert "登录已更换" in asked.text
    assert desk.client.post("/account", data=fields_of(asked.text)).headers["location"] == "/account?done=ended"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_what_may_come_from_elsewhere_is_refused_by_name(world: World, headers: dict[str, str]) -> None:
    """CSRF: nothing of it is shown or carried, and the page does not speak of the role."""
    desk = Desk(world, Role.AGENCY, world.filed())
    form = {"key": TYPED, "signed_on": today(), "agreed": "yes", "csrf": OTHERS}
    response = desk.client.post("/pledge", data=form, headers=headers)
    assert response.status_code == 403
    assert "<h1>表单未被接受</h1>" in response.text
    assert "<title>表单未被接受" in response.text
    assert "该角色" not in response.text
    assert SHOWN not in response.text
