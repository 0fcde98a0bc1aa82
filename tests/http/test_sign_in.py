"""Signing in, sessions, and forms that only our own pages can send; on both databases."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from api.http.limits.fair import FairPlaces
from api.web.people.sign_in import _too_many, own_page
from domain.store.access.accounts import IDLE
from domain.store.access.sign_in_failures import (
    FEWER_TRIES,
    FIRST_WAIT_SECONDS,
    FREE_TRIES,
    VERY_OFTEN,
    note_failure,
    seconds_to_wait,
)
from domain.store.db.engine import reading, writing
from domain.store.db.schema import sessions, sign_in_failures
from domain.values import Role, instant, moment
from tests.http.desk import PASSWORD, Desk, account
from tests.http.world import World


def fresh(world: World) -> TestClient:
    return TestClient(world.client.app, follow_redirects=False)


def test_signing_in_leads_back_to_where_one_wanted_to_go(world: World) -> None:
    """A page for the signed-in leads to the form and from there back; signing out ends the session on the server."""
    client, login = fresh(world), account(world, Role.AUDITOR)
    response = client.get("/account?as_of=2024-05-01")
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=%2Faccount%3Fas_of%3D2024-05-01"
    onward = {"login": login.upper(), "password": PASSWORD, "next": "/account?as_of=2024-05-01"}
    response = client.post("/sign-in", data=onward)
    assert (response.status_code, response.headers["location"]) == (303, "/account?as_of=2024-05-01")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    response = client.get("/account")
    assert response.headers["cache-control"] == "no-store"
    assert login in response.text
    kept = dict(client.cookies)
    desk = response.text.split('name="csrf" value="')[1].split('"')[0]
    assert client.post("/sign-out", data={"csrf": desk}).status_code == 303
    client.cookies.update(kept)
    assert client.get("/account").status_code == 303


def test_the_form_speaks_the_language_of_the_link(world: World) -> None:
    """Who follows an English link signs in on an English form, without a cookie from before."""
    client = TestClient(world.client.app)
    assert "Sign in" in client.get("/account?lang=en").text
    assert "登录" in TestClient(world.client.app).get("/account").text


def test_whoever_is_signed_in_may_sign_in_as_somebody_else(world: World) -> None:
    """From a form of before or of now; the session that was there ends with it; another site's form does nothing."""
    desk, other = Desk(world, Role.AUDITOR), account(world, Role.REGULATOR)
    before = dict(desk.client.cookies)
    form = {"login": other, "password": PASSWORD}
    assert desk.client.post("/sign-in", data=form, headers={"origin": "https://evil.example"}).status_code == 403
    assert desk.login in desk.shown("/account")
    assert desk.client.post("/sign-in", data=form).status_code == 303
    assert other in desk.shown("/account")
    gone = fresh(world)
    gone.cookies.update(before)
    assert gone.get("/account").status_code == 303


def test_neighbours_in_one_network_guess_together(world: World) -> None:
    """Whoever has one IPv6 address has 2^64 of them: the first 64 bits are counted."""
    login = account(world, Role.AUDITOR)
    for last in range(FREE_TRIES):
        guesser = TestClient(world.client.app, follow_redirects=False, client=(f"2001:db8:0:7::{last:x}", 1))
        assert guesser.post("/sign-in", data={"login": login, "password": "guess guess"}).status_code == 403
    for address, status in (("2001:db8:0:7:ffff::1", 429), ("2001:db8:0:8::1", 303)):
        somebody = TestClient(world.client.app, follow_redirects=False, client=(address, 1))
        assert somebody.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == status


def test_too_many_who_wait_are_asked_to_come_again(world: World) -> None:
    """No more than a bounded number waits: 503 with a time, and nothing is counted."""
    login, client = account(world, Role.AUDITOR), fresh(world)
    state: Any = world.client.app.state  # type: ignore[attr-defined]
    usual, state.passwords = state.passwords, FairPlaces(0, 0, _too_many)
    refused = client.post("/sign-in", data={"login": login, "password": PASSWORD})
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    state.passwords = usual
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303


def test_an_office_that_signs_in_at_once_gets_in(world: World) -> None:
    """Forty people behind one address, at the same moment: all are signed in, none is told to come again."""
    logins = [account(world, Role.AUDITOR) for _ in range(40)]
    statuses: list[int] = []

    def one(login: str) -> None:
        client = fresh(world)
        client.portal = world.client.portal  # all in the one event loop of the service
        statuses.append(client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code)

    threads = [threading.Thread(target=one, args=(login,)) for login in logins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert statuses == [303] * 40


def test_nobody_waits_for_what_others_behind_the_same_address_type(world: World) -> None:
    """Sixty failures with other logins, and ten with one's own from elsewhere: the right password signs in at once."""
    login, address = account(world, Role.AUDITOR), "192.0.2.77"
    with writing(world.service.ledger.engine) as connection:
        for number in range(VERY_OFTEN):
            note_failure(connection, f"nobody-{number}", address)
        for _ in range(FREE_TRIES):
            note_failure(connection, login, "192.0.2.78")
    somebody = TestClient(world.client.app, follow_redirects=False, client=(address, 1))
    assert somebody.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303


def test_who_tries_many_logins_has_fewer_tries_at_each(world: World) -> None:
    """After very many failures of an address, three at a login are enough to wait; the wait grows and is told."""
    login, address = account(world, Role.AUDITOR), "192.0.2.79"
    engine = world.service.ledger.engine
    with writing(engine) as connection:
        for number in range(VERY_OFTEN):
            note_failure(connection, f"somebody-{number}", address)
        waits = []
        for _ in range(FEWER_TRIES + 2):
            note_failure(connection, login, address)
            waits.append(seconds_to_wait(connection, login, address))
    assert waits[: FEWER_TRIES - 1] == [0] * (FEWER_TRIES - 1)
    assert waits[FEWER_TRIES - 1 :] == [FIRST_WAIT_SECONDS, 2 * FIRST_WAIT_SECONDS, 4 * FIRST_WAIT_SECONDS]
    sprayer = TestClient(world.client.app, follow_redirects=False, client=(address, 1))
    refused = sprayer.post("/sign-in", data={"login": login, "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 4 * FIRST_WAIT_SECONDS
    assert f"{refused.headers['retry-after']} 秒" in refused.text


def test_a_known_browser_does_not_wait_for_a_guesser_at_its_own_address(world: World) -> None:
    """Somebody behind the same proxy guesses at this very account: the browser one always uses signs in all the same.

    Another's cookie, or one made up, does not help; a known browser that guesses waits like anybody.
    """
    address, login, other = ("192.0.2.80", 1), account(world, Role.AUDITOR), account(world, Role.AUDITOR)

    def browser() -> TestClient:
        return TestClient(world.client.app, follow_redirects=False, client=address)

    own, foreign, made_up, guesser = browser(), browser(), browser(), browser()
    form = {"login": login, "password": PASSWORD}
    assert own.post("/sign-in", data=form).status_code == 303
    assert "steward_known" in own.cookies
    foreign.post("/sign-in", data={"login": other, "password": PASSWORD})
    made_up.cookies.set("steward_known", "A" * 22 + "." + "0" * 64)
    for _ in range(FREE_TRIES):
        assert guesser.post("/sign-in", data={**form, "password": "guess guess"}).status_code == 403
    assert [one.post("/sign-in", data=form).status_code for one in (guesser, foreign, made_up)] == [429] * 3
    assert own.post("/sign-in", data=form).status_code == 303
    for _ in range(FREE_TRIES):
        assert own.post("/sign-in", data={**form, "password": "guess guess"}).status_code == 403
    assert own.post("/sign-in", data=form).status_code == 429
    with reading(world.service.ledger.engine) as connection:
        kept = str(connection.execute(sign_in_failures.select()).all())
    assert own.cookies["steward_known"].partition(".")[0] not in kept


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(world: World) -> None:
    """Nobody learns by trying which logins exist; what was typed as login is still there."""
    client, login = fresh(world), account(world, Role.AUDITOR)
    wrong = client.post("/sign-in", data={"login": login, "password": "something else"})
    unknown = client.post("/sign-in", data={"login": "nobody-here", "password": "something else"})
    assert (wrong.status_code, unknown.status_code) == (403, 403)
    assert wrong.text.replace(login, "x") == unknown.text.replace("nobody-here", "x")
    assert f'value="{login}"' in wrong.text
    assert "steward_session" not in wrong.headers.get("set-cookie", "")


def test_who_guesses_is_slowed_down_and_nobody_else(world: World) -> None:
    """After ten failures an address waits for a while; the owner signs in from another one meanwhile."""
    login = account(world, Role.AUDITOR)
    guesser = TestClient(world.client.app, follow_redirects=False, client=("192.0.2.7", 1))
    for _ in range(FREE_TRIES):
        assert guesser.post("/sign-in", data={"login": login, "password": "guess guess"}).status_code == 403
    assert guesser.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 429
    owner = TestClient(world.client.app, follow_redirects=False, client=("192.0.2.8", 1))
    assert owner.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303


def test_an_idle_session_is_over(world: World) -> None:
    """Four hours without a page end it."""
    desk = Desk(world, Role.AUDITOR)
    assert desk.get("/account").status_code == 200
    with writing(world.service.ledger.engine) as connection:
        for row in connection.execute(sessions.select()).all():
            before = instant(moment(row.last_used_at) - IDLE)
            this = sessions.c.session_sha256 == row.session_sha256
            connection.execute(update(sessions).where(this).values(last_used_at=before))
    assert desk.get("/account").status_code == 303


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({}, {"csrf": "0" * 64}),
        ({}, {"csrf": ""}),
        ({"origin": "https://evil.example"}, {}),
        ({"sec-fetch-site": "cross-site"}, {}),
        ({"origin": "null"}, {}),
    ],
)
def test_a_form_from_elsewhere_does_nothing(world: World, headers: dict[str, str], fields: dict[str, str]) -> None:
    """Without the session's own field, or with another origin, a form is refused, and the session goes on."""
    desk = Desk(world, Role.AUDITOR)
    assert desk.send("/sign-out", fields, **headers).status_code == 403
    assert desk.get("/account").status_code == 200


def test_a_page_says_who_may_not_open_it(world: World) -> None:
    """No bearer token opens a page, and no session opens the API."""
    desk = Desk(world, Role.AUDITOR)
    assert desk.get("/v1/agencies").status_code == 401
    response = fresh(world).get("/account", headers=world.association.headers)
    assert response.status_code == 303


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/account?x=1", True),
        ("/results/2024", True),
        ("//evil.example/account", False),
        ("/v1/agencies", False),
        ("https://evil.example/account", False),
        ("/\\evil.example", False),
        ("account", False),
        ("", False),
        ("/account\r\nx: y", False),
    ],
)
def test_nobody_is_led_to_another_site(address: str, kept: bool) -> None:
    """After signing in one lands on a page of ours or at the start."""
    assert own_page(address) == (address if kept else "")


def test_the_picker_leads_back_with_the_basis_in_the_address(world: World) -> None:
    """Beijing time becomes UTC; an exact place goes before it; the page, its other filters and nothing else stay."""
    client = fresh(world)
    asked = {
        "to": "/results/2024?q=a&as_of=2020-01-01&cursor=x",
        "as_of": "2024-06-30",
        "known_local": "2024-07-01T08:00",
    }
    response = client.get("/basis", params=asked)
    assert response.status_code == 303
    there = "/results/2024?q=a&as_of=2024-06-30&known_at=2024-07-01T00%3A00%3A00.000000Z"
    assert response.headers["location"] == there
    response = client.get("/basis", params={**asked, "known_exact": "version:12"})
    assert response.headers["location"].endswith("known_at=version%3A12")
