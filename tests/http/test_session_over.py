"""A form sent after its session had ended loses nothing; and guessing from many places locks nobody out."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from api.web.frame.page_acts import unpack
from domain.store.access.sign_in_failures import FREE_TRIES
from domain.values import Role
from tests.http.desk import PASSWORD, Desk, account, fields_of
from tests.http.test_sign_in import fresh
from tests.http.world import World, today


def ended(desk: Desk) -> None:
    """Their session is over, as by the clock: the cookie is worth nothing any more."""
    desk.client.cookies.clear()


def signed_in_again(desk: Desk, page: str, password: str = PASSWORD, login: str | None = None) -> Any:
    """Send the form for signing in that stands in the page."""
    fields = {**fields_of(page), "login": login or desk.login, "password": password}
    return desk.client.post("/sign-in", data=fields)


def test_a_form_is_carried_through_signing_in_and_sent_once(world: World) -> None:
    """403 with the form for signing in; a wrong password loses nothing either; then one button sends it as it was."""
    uscc = world.filed()
    desk = Desk(world, Role.AGENCY, uscc)
    form = {"csrf": desk.csrf(), "key": "k-1", "signed_on": today(), "agreed": 'yes "<b>&é长'}
    ended(desk)
    refused = desk.client.post("/pledge?lang=zh", data=form)
    assert refused.status_code == 403
    assert "还没有提交" in refused.text
    assert refused.headers["cache-control"] == "no-store"
    wrong = signed_in_again(desk, refused.text, password="something else")
    assert wrong.status_code == 403
    shown = signed_in_again(desk, wrong.text)
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    assert 'action="/pledge?lang=zh"' in shown.text
    fields = fields_of(shown.text)
    assert {**form, "csrf": fields["csrf"]} == fields
    assert fields["csrf"] != form["csrf"]
    for _ in range(2):
        assert desk.client.post("/pledge?lang=zh", data=fields).status_code == 303
    assert [one["type"] for one in world.trail(uscc)].count("PledgeSigned") == 1


def test_the_rights_are_those_of_who_signs_in(world: World) -> None:
    """Somebody else who signs in sends it in their own name, and where they may not, it is 403."""
    desk = Desk(world, Role.AGENCY, world.filed())
    ended(desk)
    refused = desk.client.post("/pledge", data={"key": "k", "signed_on": today(), "agreed": "yes"})
    shown = signed_in_again(desk, refused.text, login=account(world, Role.ADMIN))
    assert desk.client.post("/pledge", data=fields_of(shown.text)).status_code == 403


def test_nothing_is_carried_to_a_foreign_place_or_from_one(world: World) -> None:
    """Another site's form is refused before it is carried; a foreign or unreadable target is dropped."""
    login, form = account(world, Role.AUDITOR), {"key": "k"}
    foreign = fresh(world).post("/pledge", data=form, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert "carried" not in foreign.text
    for there, carried in (("https://evil.example/x", '[["a","b"]]'), ("/account", "not json"), ("/account", "[[1]]")):
        fields = {"login": login, "password": PASSWORD, "next": there, "carried": carried}
        assert fresh(world).post("/sign-in", data=fields).status_code == 303
    assert unpack('[["csrf","x"],["a","b"]]') == [("a", "b")]


def test_a_form_too_large_is_refused_and_not_carried(world: World) -> None:
    """The limit of a body holds for the unsigned too."""
    response = fresh(world).post("/pledge", data={"key": "x" * 2_000_000})
    assert response.status_code == 413


def test_guessing_from_many_addresses_locks_the_owner_out_nowhere(world: World) -> None:
    """Each of thirty addresses uses up its own tries; the owner signs in from home all the same."""
    login = account(world, Role.AUDITOR)
    for host in range(30):
        guesser = TestClient(world.client.app, follow_redirects=False, client=(f"198.51.100.{host}", 1))
        response = guesser.post("/sign-in", data={"login": login, "password": "guess guess"})
        assert response.status_code == 403
    assert FREE_TRIES < 30
    owner = TestClient(world.client.app, follow_redirects=False, client=("203.0.113.5", 1))
    assert owner.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
