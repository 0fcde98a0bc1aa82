"""Signing in by an identity provider: a real one on loopback, right and wrong in each thing that is checked."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from starlette.testclient import TestClient

from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import link_subject, linked_as, set_password
from domain.store.access.admin import AccountFilter, account_rows
from domain.store.access.passwords import hash_password
from domain.store.db.engine import reading, writing
from domain.store.db.schema import accounts
from domain.values import Role, new_id
from tests.http.desk import PASSWORD, Desk, account
from tests.http.test_getting_in import Phone
from tests.http.test_sign_in import fresh
from tests.http.world import World

requests = pytest.importorskip("requests", reason="the extra oidc is not installed")
pytest.importorskip("authlib", reason="the extra oidc is not installed")
pytest.importorskip("joserfc", reason="the extra oidc is not installed")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Its address."""
    command = [sys.executable, "-m", "tests.oidc_provider"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@contextmanager
def trusting(world: World, issuer: str) -> Iterator[None]:
    """While the service knows this provider; the service of the tests is everybody's."""
    usual, secret = world.service.settings, SecretStr("a client's secret of the tests")
    named = {"oidc_issuer": issuer, "oidc_client_id": "steward", "oidc_client_secret": secret}
    object.__setattr__(world.service, "settings", usual.model_copy(update=named))
    try:
        yield
    finally:
        object.__setattr__(world.service, "settings", usual)


@pytest.fixture
def trusted(world: World, provider: str) -> Iterator[str]:
    """The provider, known to the service."""
    with trusting(world, provider):
        yield provider


def linked(world: World, issuer: str, role: Role = Role.AUDITOR) -> tuple[str, str, str]:
    """Login and id of a new account, and the subject that it is linked to."""
    login, subject = account(world, role), new_id()
    with writing(world.service.ledger.engine) as connection:
        id_ = account_rows(connection, sought=AccountFilter(login))[0].id
        link_subject(connection, id_, linked_as(issuer, subject), by=COMMAND_LINE)
    return login, id_, subject


def sent_away(client: TestClient, provider: str, subject: str, flaw: str = "", onward: str = "") -> str:
    """Away to the provider: the address at which it sends the browser back."""
    requests.post(f"{provider}/next", json={"sub": subject, "flaw": flaw}, timeout=10)
    away = client.get("/sign-in/oidc", params={"next": onward} if onward else {})
    assert away.status_code == 303, away.text
    came = requests.get(away.headers["location"], allow_redirects=False, timeout=10)
    return str(came.headers["location"])


def test_who_is_linked_is_in_and_nobody_else(world: World, trusted: str) -> None:
    """In the account's own role, at the page one wanted; an unknown subject gets no account, but is told its id."""
    login, _, subject = linked(world, trusted)
    client = fresh(world)
    assert "/sign-in/oidc?next=/account" in client.get("/sign-in", params={"next": "/account"}).text
    done = client.get(sent_away(client, trusted, subject, onward="/account"))
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert login in client.get("/account").text
    with reading(world.service.ledger.engine) as connection:
        before = connection.scalar(select(func.count()).select_from(accounts))
    stranger, unknown = fresh(world), new_id()
    refused = stranger.get(sent_away(stranger, trusted, unknown))
    assert (refused.status_code, unknown in refused.text) == (403, True)
    assert stranger.get("/account").status_code == 303
    with reading(world.service.ledger.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(accounts)) == before
    elsewhere = fresh(world)
    back = sent_away(elsewhere, trusted, subject, onward="//evil.example")
    assert elsewhere.get(back).headers["location"] == "/board"


def test_a_handed_out_password_is_void_once_the_provider_says_who_its_owner_is(world: World, trusted: str) -> None:
    """Its owner may never have got it: nobody is asked to change it, and whoever handed it out cannot use it."""
    login, id_, subject = linked(world, trusted)
    with writing(world.service.ledger.engine) as connection:
        set_password(connection, id_, hash_password(PASSWORD), by=COMMAND_LINE)
    client = fresh(world)
    done = client.get(sent_away(client, trusted, subject, onward="/agencies"))
    assert done.headers["location"] == "/agencies"
    assert client.get("/agencies").status_code == 200
    shown = client.get("/account").text
    assert "这个账户没有密码" in shown
    assert 'name="present"' not in shown
    other = fresh(world)
    assert other.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 403
    with writing(world.service.ledger.engine) as connection:
        set_password(connection, id_, hash_password(PASSWORD), by=COMMAND_LINE)
    assert other.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize(
    ("flaw", "said"),
    [
        ("issuer", "另一个身份提供方"),
        ("audience", "给另一个系统"),
        ("party", "给另一个系统"),
        ("nonce", "不是为这次登录出具的"),
        ("late", "已过期"),
        ("nobody", "没有说明是谁"),
        ("unsigned", "签名或格式不对"),
        ("shared", "签名或格式不对"),
        ("key", "签名或格式不对"),
        ("cancelled", "取消了登录"),
    ],
)
def test_what_does_not_hold_lets_nobody_in(world: World, trusted: str, flaw: str, said: str) -> None:
    """Issuer, audience, authorised party, nonce, times, subject and signature; each is told in clear words."""
    _, _, subject = linked(world, trusted)
    client = fresh(world)
    refused = client.get(sent_away(client, trusted, subject, flaw))
    assert (refused.status_code, said in refused.text) == (403, True), refused.text
    assert client.get("/account").status_code == 303


def test_a_way_back_is_good_once_in_its_own_browser(world: World, trusted: str) -> None:
    """Another browser, another state, a code that was used, no cookie, a forged one, a provider's error: 403 each."""
    _, _, subject = linked(world, trusted)
    client, thief = fresh(world), fresh(world)
    back = sent_away(client, trusted, subject)
    assert thief.get(back).status_code == 403
    kept = dict(client.cookies)
    assert client.get("/sign-in/oidc/back?error=access_denied&state=x").status_code == 403
    client.cookies.update(kept)
    assert client.get(back.replace("state=", "state=x")).status_code == 403
    client.cookies.update(kept)
    assert client.get(back).status_code == 303
    replayed = fresh(world)
    replayed.cookies.update(kept)
    assert replayed.get(back).status_code == 403
    for forged in ("", "x", "7b7d.00", kept["steward_oidc"][:-1], kept["steward_oidc"] + "0"):
        replayed.cookies.set("steward_oidc", forged)
        assert replayed.get(back).status_code == 403, forged


def test_an_account_that_is_closed_or_linked_no_more_stays_out(world: World, trusted: str) -> None:
    """Disabled, unlinked; a subject of another issuer is nobody's; one subject has one account."""
    _, id_, subject = linked(world, trusted)
    admin = world.people[Role.ADMIN]
    world.must(admin.post(f"/v1/accounts/{id_}/access", {"access": "disabled"}))
    client = fresh(world)
    assert client.get(sent_away(client, trusted, subject)).status_code == 403
    world.must(admin.post(f"/v1/accounts/{id_}/access", {"access": "enabled"}))
    other, other_id, _ = linked(world, "https://elsewhere.example")
    with writing(world.service.ledger.engine) as connection:
        with pytest.raises(Exception, match="linked to it already"):
            link_subject(connection, other_id, linked_as(trusted, subject), by=COMMAND_LINE)
        link_subject(connection, id_, None, by=COMMAND_LINE)
    assert client.get(sent_away(client, trusted, subject)).status_code == 403
    assert other


def test_a_second_factor_is_asked_for_here_too(world: World, trusted: str) -> None:
    """The provider's word alone does not get past it; the code does."""
    phone, client, subject = Phone(world), fresh(world), new_id()
    with writing(world.service.ledger.engine) as connection:
        link_subject(connection, phone.id, linked_as(trusted, subject), by=COMMAND_LINE)
    shown = client.get(sent_away(client, trusted, subject, onward="/account"))
    assert (shown.status_code, client.get("/account").status_code) == (200, 303)
    ticket = re.findall(r'name="ticket" value="([^"]+)"', shown.text)[0]
    done = client.post("/sign-in", data={"ticket": ticket, "code": phone.recovery[0], "next": "/account"})
    assert (done.status_code, done.headers["location"]) == (303, "/account")


def test_without_a_provider_there_is_no_such_page_and_a_silent_one_is_no_stand_still(world: World) -> None:
    """404 and no button where none is set; 503 where it does not answer, or is another than it says."""
    client = fresh(world)
    assert client.get("/sign-in/oidc").status_code == 404
    assert "/sign-in/oidc" not in client.get("/sign-in").text
    for issuer in ("http://127.0.0.1:9", "http://provider.example"):
        with trusting(world, issuer):
            assert client.get("/sign-in/oidc").status_code == 503


def test_signing_out_goes_on_to_the_provider(world: World, trusted: str) -> None:
    """The session here ends at once; then the provider's, and back. Without such an address, or an answer, it is said;
    who signed in by a password is led home as before."""
    _, _, subject = linked(world, trusted)
    client = fresh(world)
    client.get(sent_away(client, trusted, subject))
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', client.get("/account").text)[0]
    left = client.post("/sign-out", data={"csrf": csrf})
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in/oidc/leaving")
    assert client.get("/account").status_code == 303
    shown = client.get("/sign-in/oidc/leaving").text
    there = unescape(re.findall(r'http-equiv="refresh" content="0;url=([^"]+)"', shown)[0])
    came = requests.get(there, allow_redirects=False, timeout=10)
    assert (came.status_code, came.headers["location"]) == (303, "http://testserver/")
    requests.post(f"{trusted}/next", json={"flaw": "no farewell"}, timeout=10)
    assert "可能还登录着" in client.get("/sign-in/oidc/leaving").text
    requests.post(f"{trusted}/next", json={"flaw": ""}, timeout=10)
    with trusting(world, "http://127.0.0.1:9"):
        assert "可能还登录着" in client.get("/sign-in/oidc/leaving").text
    desk = Desk(world, Role.AUDITOR)
    assert desk.send("/sign-out", {}).headers["location"] == "/"
    assert fresh(world).get("/sign-in/oidc/leaving").status_code == 200


def test_the_administrator_links_an_account_over_http(world: World, trusted: str) -> None:
    """As on its page: the subject signs in, the change stands in the record, nobody else may; nothing links nobody."""
    admin, login, subject = world.people[Role.ADMIN], account(world, Role.COMMITTEE), new_id()
    with reading(world.service.ledger.engine) as connection:
        id_ = account_rows(connection, sought=AccountFilter(login))[0].id
    path, client = f"/v1/accounts/{id_}/subject", fresh(world)
    for role in (Role.ASSOCIATION, Role.AUDITOR, Role.COMMITTEE):
        assert world.people[role].post(path, {"subject": subject}).status_code == 403
    assert world.stranger.post(path, {"subject": subject}).status_code == 401
    assert client.get(sent_away(client, trusted, subject)).status_code == 403
    made = world.must(admin.post(path, {"subject": subject}))
    assert (made["id"], subject in str(made)) == (id_, False)
    assert client.get(sent_away(client, trusted, subject)).status_code == 303
    _, other, _ = linked(world, trusted)
    taken = admin.post(f"/v1/accounts/{other}/subject", {"subject": subject})
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/subject")
    assert admin.post("/v1/accounts/0193aef1-1f0b-7a44-8d11-c5be2f7e9036/subject", {"subject": "x"}).status_code == 404
    assert admin.post(path, {"subject": "x" * 256}).status_code == 422
    world.must(admin.post(path, {}))
    assert client.get(sent_away(client, trusted, subject)).status_code == 403
    changes = world.people[Role.AUDITOR].get("/v1/access-changes", limit=500).json()["items"]
    acts = [one["act"] for one in changes if one["subject"] == id_]
    assert acts == ["subject_linked", "subject_linked", "account_created"]


def test_the_administrator_links_an_account_on_its_page(world: World, trusted: str) -> None:
    """Typed as the refused page tells it; taken by another account is refused beside the field; empty unlinks."""
    admin, login, subject = Desk(world, Role.ADMIN), account(world, Role.AUDITOR), new_id()
    with reading(world.service.ledger.engine) as connection:
        id_ = account_rows(connection, sought=AccountFilter(login))[0].id
    client = fresh(world)
    assert client.get(sent_away(client, trusted, subject)).status_code == 403
    page = f"/admin/accounts/{id_}"
    assert "现在没有关联" in admin.shown(page)
    done = admin.send("/admin/accounts", {"act": f"subject:{id_}", "subject": f" {subject} "})
    assert (done.status_code, done.headers["location"]) == (303, page)
    assert f'value="{subject}"' in admin.shown(page)
    assert client.get(sent_away(client, trusted, subject)).status_code == 303
    _, other, _ = linked(world, trusted)
    taken = admin.send("/admin/accounts", {"act": f"subject:{other}", "subject": subject})
    assert (taken.status_code, 'id="subject-problem"' in taken.text) == (409, True)
    assert f'value="{subject}"' in taken.text, "what was typed is kept"
    assert admin.send("/admin/accounts", {"act": f"subject:{other}", "subject": "x" * 256}).status_code == 422
    assert admin.send("/admin/accounts", {"act": f"subject:{id_}", "subject": ""}).status_code == 303
    assert client.get(sent_away(client, trusted, subject)).status_code == 403
    assert subject not in world.people[Role.ADMIN].get("/v1/accounts", limit=500).text
