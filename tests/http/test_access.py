"""Accounts and tokens over HTTP: the administrator's alone, secrets shown once, and nobody locks the last one out."""

from __future__ import annotations

from typing import Any

import pytest

from api.http.documentation.examples import AGENCY_USCC
from domain.values import Role, new_id
from tests.http.desk import PASSWORD, Desk
from tests.http.test_sign_in import fresh
from tests.http.world import Person, World, new_uscc, today


def admin(world: World) -> Person:
    return world.people[Role.ADMIN]


def made(world: World, **changes: Any) -> dict[str, Any]:
    """A new account, an auditor's by default."""
    body = {"login": f"u-{new_id()}", "person": "王小明", "role": "auditor", **changes}
    return world.must(admin(world).post("/v1/accounts", body))


def signs_in(world: World, login: str, password: str) -> bool:
    return bool(fresh(world).post("/sign-in", data={"login": login, "password": password}).status_code == 303)


def test_only_the_administrator_changes_accounts_and_tokens(world: World) -> None:
    """Every other role is 403 on each change; the reading is walked in test_rights."""
    account = made(world)["id"]
    changes = {
        "/v1/accounts": {"login": "x-y-z", "person": "某", "role": "admin"},
        f"/v1/accounts/{account}/password": {},
        f"/v1/accounts/{account}/access": {"access": "disabled"},
        "/v1/tokens": {"person": "某", "role": "admin"},
        "/v1/tokens/0123456789abcdef/revocation": {"revoked": True},
    }
    for role in set(Role) - {Role.ADMIN}:
        for path, body in changes.items():
            assert world.speaker(role, AGENCY_USCC).post(path, body).status_code == 403, (role, path)
            assert world.stranger.post(path, body).status_code == 401


def test_a_made_password_is_shown_once_and_works(world: World) -> None:
    """In the answer that makes it, in no list; a reset ends the sessions and the password before."""
    account = made(world, role="agency", uscc=new_uscc())
    assert signs_in(world, account["login"], account["password"])
    assert account["password"] not in admin(world).get("/v1/accounts", limit=500).text
    again = world.must(admin(world).post(f"/v1/accounts/{account['id']}/password", {}))
    assert not signs_in(world, account["login"], account["password"])
    assert signs_in(world, account["login"], again["password"])
    chosen = world.must(admin(world).post(f"/v1/accounts/{account['id']}/password", {"password": PASSWORD}))
    assert "password" not in chosen
    assert signs_in(world, account["login"], PASSWORD)


def test_a_disabled_account_is_out_at_once(world: World) -> None:
    """Its sessions end; enabled again it signs in anew; signing out everywhere leaves it enabled."""
    account = made(world, password=PASSWORD)
    client = fresh(world)
    path = f"/v1/accounts/{account['id']}/access"
    for access, then in (("signed_out", True), ("disabled", False), ("enabled", True)):
        client.post("/sign-in", data={"login": account["login"], "password": PASSWORD})
        row = world.must(admin(world).post(path, {"access": access}))
        assert (row["disabled_at"] is None) == then
        assert row["signed_in"] == 0
        assert client.get("/account").status_code == 303
        assert signs_in(world, account["login"], PASSWORD) == then


def test_the_last_administrator_stays(own_world: World) -> None:
    """409 for the only enabled one, by themselves or by token; with a second one it goes."""
    first = made(own_world, role="admin")
    path = f"/v1/accounts/{first['id']}/access"
    refused = admin(own_world).post(path, {"access": "disabled"})
    assert refused.status_code == 409
    second = made(own_world, role="admin")
    own_world.must(admin(own_world).post(path, {"access": "disabled"}))
    other = f"/v1/accounts/{second['id']}/access"
    assert admin(own_world).post(other, {"access": "disabled"}).status_code == 409
    own_world.must(admin(own_world).post(path, {"access": "enabled"}))
    own_world.must(admin(own_world).post(other, {"access": "disabled"}))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "agency", "person": "某"}, "/uscc"),
        ({"role": "auditor", "person": "某", "uscc": AGENCY_USCC}, "/uscc"),
        ({"role": "auditor"}, "/person"),
        ({"role": "auditor", "person": "某", "person_id": "x"}, "/person"),
        ({"role": "auditor", "person_id": "nobody"}, "/person_id"),
        ({"role": "nobody", "person": "某"}, "/role"),
    ],
)
def test_a_holder_has_to_fit(world: World, body: dict[str, Any], pointer: str) -> None:
    """Person, role and enterprise are checked alike for accounts and tokens; nothing is left of a refused one."""
    login = f"u-{new_id()}"
    for path, more in (("/v1/accounts", {"login": login}), ("/v1/tokens", {})):
        refused = admin(world).post(path, {**body, **more})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer
    made(world, login=login)


def test_a_taken_login_and_a_weak_password_are_refused(world: World) -> None:
    """409 and 422, at the field; the password is in no answer and no log line."""
    account = made(world)
    taken = admin(world).post("/v1/accounts", {"login": account["login"].upper(), "person": "某", "role": "auditor"})
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/login")
    body = {"login": "weak-one", "person": "某", "role": "auditor", "password": "aaaaaaaaaaaaaaaa"}
    weak = admin(world).post("/v1/accounts", body)
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (422, "/password")
    assert "aaaaaaaa" not in weak.text


def test_one_person_may_hold_several(world: World) -> None:
    """By id, so that who recorded and who decides are known to be the same (R35)."""
    first = made(world)
    second = made(world, person=None, person_id=first["person_id"], role="committee")
    assert second["person_id"] == first["person_id"]
    assert second["person"] == "王小明"


def test_a_token_is_shown_once_and_revoked_by_its_id(world: World) -> None:
    """It works until revoked; revoking twice is 409, an unknown one 404, a day that has passed 422."""
    answer = world.must(admin(world).post("/v1/tokens", {"person": "接口", "role": "auditor", "expires_on": today()}))
    reader = Person(world.client, answer["token"])
    assert reader.get("/v1/agencies").status_code == 200
    assert answer["token"] not in admin(world).get("/v1/tokens", limit=500).text
    path = f"/v1/tokens/{answer['id']}/revocation"
    assert admin(world).post(path, {}).status_code == 422
    assert world.must(admin(world).post(path, {"revoked": True}))["revoked_at"] is not None
    assert reader.get("/v1/agencies").status_code == 401
    assert admin(world).post(path, {"revoked": True}).status_code == 409
    assert admin(world).post("/v1/tokens/ffffffffffffffff/revocation", {"revoked": True}).status_code == 404
    late = admin(world).post("/v1/tokens", {"person": "接口", "role": "auditor", "expires_on": "2024-01-01"})
    assert late.json()["errors"][0]["pointer"] == "/expires_on"


def test_lists_go_on_and_secrets_stay_out_of_the_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages of accounts by login; each change is one line with who and what, never a password or a token."""
    secrets = [made(world)["password"] for _ in range(2)]
    secrets.append(world.must(admin(world).post("/v1/tokens", {"person": "接口", "role": "auditor"}))["token"])
    printed = "".join(capsys.readouterr())
    assert printed.count("account created") == 2
    assert admin(world).person_id in printed
    assert not any(secret in printed for secret in secrets)
    first = admin(world).get("/v1/accounts", limit=1).json()
    second = admin(world).get("/v1/accounts", limit=1, cursor=first["next_cursor"]).json()
    assert first["items"][0]["login"] < second["items"][0]["login"]


def test_an_administrator_reads_no_facts(world: World) -> None:
    """Signed in to the pages or with a token: 403 for every question about agencies."""
    uscc = world.filed()
    for path in ("/v1/agencies", f"/v1/agencies/{uscc}/standing", "/v1/log", "/v1/notices"):
        assert admin(world).get(path).status_code == 403
    assert Desk(world, Role.ADMIN).get("/account").status_code == 200
