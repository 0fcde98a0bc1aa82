"""Pages about personal data and about who read what; every page for every role; on both databases."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any

import pytest

from api.web.frame.page_table import PAGES
from domain.values import Role
from tests.http.desk import Desk, fields_of
from tests.http.test_agency_pages import main_of
from tests.http.world import APPEALED, CLIENT_PARTY, World, today

FORMS = {Role.COMMITTEE: "annul-event", Role.REGULATOR: "score-effect", Role.AGENCY: "report-change"}
"""A form that the role may open."""


def test_an_officer_finds_a_person_and_erases_on_request(world: World) -> None:
    """Found by name, erased with a ground, shown as erased from then on; not without the tick, not twice."""
    uscc = world.filed()
    desk = Desk(world, Role.ASSOCIATION)
    here = f"/agencies/{uscc}/subjects"
    text = desk.shown(here, q="陈国栋")
    found = re.findall(r"subject=([0-9a-f-]{36})", text)
    assert len(set(found)) == 1
    form = {name: value for name, value in fields_of(desk.shown(here, subject=found[0])).items() if name != "sure"}
    wrong = desk.send(here, {**form, "ground": "本人申请"})
    assert wrong.status_code == 422
    assert 'value="本人申请"' in wrong.text
    future = desk.send(here, {**form, "ground": "本人申请", "sure": "yes", "erased_on": "2099-01-01"})
    assert future.status_code == 422
    assert 'id="erased_on-problem"' in future.text
    done = desk.send(here, {**form, "ground": "本人申请", "sure": "yes"})
    assert done.status_code == 303
    text = desk.client.get(done.headers["location"]).text
    assert found[0] in text
    assert "已删除" in text
    assert "陈国栋" not in text
    again = desk.send(here, {**form, "key": "another", "ground": "本人申请", "sure": "yes"})
    assert again.status_code == 409
    assert "陈国栋" not in desk.shown(f"/agencies/{uscc}/trail")


def test_only_the_association_erases(world: World) -> None:
    """The regulator sees what there is and gets no form; a form sent all the same is refused, and nothing is erased."""
    uscc = world.filed()
    desk = Desk(world, Role.REGULATOR)
    here = f"/agencies/{uscc}/subjects"
    text = desk.shown(here)
    assert "subject=" not in text
    subject = world.association.get(f"/v1/agencies/{uscc}/subjects").json()["items"][0]["subject"]
    assert '<form class="panel"' not in desk.shown(here, subject=subject)
    sent = desk.send(here, {"subject": subject, "erased_on": today(), "ground": "x", "sure": "yes", "key": "k"})
    assert sent.status_code == 403
    assert world.association.get(f"/v1/agencies/{uscc}/subjects").json()["items"][0]["erased_at"] is None


def test_the_words_for_routes_are_made_beside_the_event_loop(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call builds the whole OpenAPI document: meanwhile others have to be answered."""
    app: Any = own_world.client.app
    on_loop: list[bool] = []

    def watched() -> dict[str, Any]:
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            on_loop.append(True)
        on_loop.append(False)
        found: dict[str, Any] = type(app).openapi(app)
        return found

    monkeypatch.setattr(app, "openapi", watched)
    Desk(own_world, Role.AUDITOR).shown("/consultations")
    assert on_loop == [False]


def test_the_auditor_sees_who_read_what(world: World) -> None:
    """What an officer looked at on a page stands there a moment later, with name, role, way and basis."""
    uscc = world.filed()
    desk = Desk(world, Role.COMMITTEE)
    desk.shown(f"/agencies/{uscc}/trail", known_at="version:1")
    auditor = Desk(world, Role.AUDITOR)
    text = auditor.shown("/consultations", uscc=uscc)
    assert "committee 经办人" in text
    assert "审计轨迹，按记录顺序" in text
    assert "/v1/" not in main_of(text), "in words, not as the interface calls it"
    assert "网页" in text
    assert 'id="uscc-problem"' in auditor.get("/consultations", uscc="123").text
    assert auditor.shown("/consultations", **{"from": "2099-01-01"}).count("<tbody") == 0


def test_the_auditor_sees_a_token_that_an_administrator_made(world: World) -> None:
    """For somebody who is there already, and who would not notice: it stands there with who made it, page by page."""
    person = world.people[Role.REGULATOR].person_id
    desk = Desk(world, Role.ADMIN)
    for _ in range(42):
        sent = desk.send("/admin/tokens", {"act": "create", "person_id": person, "role": "regulator"})
        assert sent.status_code == 303
    auditor = Desk(world, Role.AUDITOR)
    text = auditor.shown("/access-changes", person=person)
    assert text.count('<tr role="row" id=') == 40
    for word in ("新建令牌", "regulator 人员", "监管部门", "admin 经办人", "网页"):
        assert word in text
    following = re.search(r'href="([^"]*cursor=[^"]*)"', text)
    assert following is not None
    rest = auditor.shown_at(following[1].replace("&amp;", "&"))
    assert "命令行" in rest
    assert "运维人员" in rest
    assert "/access-changes" in desk.shown("/admin")
    assert "Token made" in desk.shown("/access-changes", person=person, lang="en")
    assert auditor.shown("/access-changes", **{"from": "2099-01-01"}).count("<tbody") == 0
    assert 'id="from-problem"' in auditor.get("/access-changes", **{"from": "soon"}).text


@pytest.mark.parametrize("role", Role)
def test_every_page_opens_for_whom_the_table_says_and_for_nobody_else(world: World, role: Role) -> None:
    """Role by role through the table of pages; the public is led to sign in. A new parameter needs a line here."""
    uscc = world.appealable()
    given: dict[str, Any] = {
        "uscc": uscc,
        "year": APPEALED,
        "appeal": world.appeal(),
        "impact": "none",
        "list": "appeals",
        "command": FORMS.get(role, "receive-complaint"),
        "event": world.trail(uscc)[0]["id"],
        "batch": "none",
        "secret": "none",
        "job": "none",
        "account": "none",
    }
    bound = {Role.AGENCY: uscc, Role.CLIENT: CLIENT_PARTY["uscc"]}
    desk, public = Desk(world, role, bound.get(role)), Desk(world, Role.ADMIN)
    public.client.cookies.clear()
    for page in (one for one in PAGES if one.roles is not None):
        path = page.path.format(**given)
        status = desk.get(path).status_code
        if role in (page.roles or ()):
            assert status in (200, 404), (page.name, role, status)
        else:
            assert status == 403, (page.name, role, status)
        response = public.get(path)
        assert response.status_code == 303, page.name
        assert response.headers["location"].startswith("/sign-in?next=")
