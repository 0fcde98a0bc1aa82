"""Every change of accounts and tokens stands in a record that auditors and administrators read, and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from api.web.frame.field_names import ACCESS_ACTS
from domain.errors import Busy
from domain.store.access.access_audit import AccessAction
from domain.store.db.engine import writing
from domain.store.db.schema import access_changes, accounts, tokens
from domain.values import Role
from tests.http.desk import PASSWORD, Desk
from tests.http.test_access import admin, made
from tests.http.world import World


def noted(world: World, **query: Any) -> list[dict[str, Any]]:
    """What the auditor reads of it, the first change first."""
    response = world.people[Role.AUDITOR].get("/v1/access-changes", limit=500, **query)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items[::-1]


def _count(world: World, table: Any) -> int:
    with world.service.ledger.reading() as reader:
        return reader.connection.scalar(select(func.count()).select_from(table)) or 0


def test_an_administrator_changes_nothing_unseen(world: World) -> None:
    """Each change by the API is one row: who, how, what, for whom, in which role; with no secret."""
    account = made(world, role="committee")
    for access in ("signed_out", "disabled", "enabled"):
        world.must(admin(world).post(f"/v1/accounts/{account['id']}/access", {"access": access}))
    again = world.must(admin(world).post(f"/v1/accounts/{account['id']}/password", {}))
    token = world.must(admin(world).post("/v1/tokens", {"person_id": account["person_id"], "role": "regulator"}))
    world.must(admin(world).post(f"/v1/tokens/{token['id']}/revocation", {"revoked": True}))
    rows = noted(world, person=account["person_id"])
    assert [row["act"] for row in rows] == [
        "account_created",
        "signed_out",
        "account_disabled",
        "account_enabled",
        "password_reset",
        "token_created",
        "token_revoked",
    ]
    assert [row["subject"] for row in rows] == [account["id"]] * 5 + [token["id"]] * 2
    assert [row["role"] for row in rows] == ["committee"] * 5 + ["regulator"] * 2
    for row in rows:
        assert (row["by"], row["by_name"], row["via"]) == (admin(world).person_id, "admin 人员", "api")
        assert (row["person"], row["person_name"], row["uscc"]) == (account["person_id"], "王小明", None)
    assert not any(secret in str(rows) for secret in (account["password"], again["password"], token["token"]))


def test_pages_note_who_is_signed_in(world: World) -> None:
    """A token made on the administrator's page, and one's own password on one's own: by the page."""
    desk = Desk(world, Role.ADMIN)
    desk.followed("/admin/tokens", {"act": "create", "person": "新来的人", "role": "regulator"})
    row = noted(world)[-1]
    assert (row["act"], row["via"], row["by_name"]) == ("token_created", "page", "admin 经办人")
    assert (row["person_name"], row["role"]) == ("新来的人", "regulator")
    form = {"act": "password", "present": PASSWORD, "new": "four loud bitterns", "again": "four loud bitterns"}
    assert desk.send("/account", {**form, "present": "not mine at all"}).status_code == 403
    assert desk.send("/account", form).status_code == 303
    mine = noted(world)[-1]
    assert (mine["act"], mine["via"], mine["number"]) == ("own_password", "page", row["number"] + 1)
    assert mine["by"] == mine["person"] == row["by"]


def test_a_change_that_is_refused_leaves_no_row(own_world: World) -> None:
    """A taken login, a holder that does not fit, the last administrator, a token revoked twice, an unknown account."""
    first = made(own_world, role="admin")
    token = own_world.must(admin(own_world).post("/v1/tokens", {"person": "某", "role": "auditor"}))
    revocation = f"/v1/tokens/{token['id']}/revocation"
    own_world.must(admin(own_world).post(revocation, {"revoked": True}))
    before = noted(own_world)
    refused: list[tuple[str, dict[str, Any], int]] = [
        ("/v1/accounts", {"login": first["login"], "person": "某", "role": "auditor"}, 409),
        ("/v1/tokens", {"person_id": "nobody", "role": "auditor"}, 422),
        (f"/v1/accounts/{first['id']}/access", {"access": "disabled"}, 409),
        (revocation, {"revoked": True}, 409),
        ("/v1/accounts/nobody/password", {}, 404),
        ("/v1/accounts/nobody/access", {"access": "signed_out"}, 404),
        ("/v1/accounts/nobody/access", {"access": "disabled"}, 404),
    ]
    for path, body, status in refused:
        assert admin(own_world).post(path, body).status_code == status, path
    assert noted(own_world) == before


def test_what_cannot_be_noted_is_not_done(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction: when the row cannot be written, there is no token, no account and no other password."""
    account = made(own_world)

    def broken(*_: Any, **__: Any) -> None:
        raise Busy("数据库被其他写入占用", "the database is held by another writer")

    counts = [_count(own_world, table) for table in (tokens, accounts, access_changes)]
    with monkeypatch.context() as patched:
        for module in ("tokens", "accounts", "admin"):
            patched.setattr(f"domain.store.access.{module}.note", broken)
        for path, body in (
            ("/v1/tokens", {"person": "某", "role": "auditor"}),
            ("/v1/accounts", {"login": "wang.xm", "person": "某", "role": "auditor"}),
            (f"/v1/accounts/{account['id']}/password", {}),
        ):
            assert admin(own_world).post(path, body).status_code == 503
    assert [_count(own_world, table) for table in (tokens, accounts, access_changes)] == counts
    client = Desk(own_world, Role.AUDITOR).client
    entered = client.post("/sign-in", data={"login": account["login"], "password": account["password"]})
    assert entered.status_code == 303, "the password before still works"


def test_an_account_changed_in_the_database_is_refused_by_name(own_world: World) -> None:
    """409 with the rule and what to do; nothing in it is changed, and nothing is noted."""
    account = made(own_world)
    with writing(own_world.service.ledger.engine) as connection:
        connection.execute(update(accounts).where(accounts.c.id == account["id"]).values(role="admin"))
        before = connection.execute(text("SELECT * FROM accounts")).all()
    count = len(noted(own_world))
    base = f"/v1/accounts/{account['id']}"
    for path, body in (
        (f"{base}/password", {}),
        (f"{base}/access", {"access": "disabled"}),
        (f"{base}/access", {"access": "enabled"}),
    ):
        response = admin(own_world).post(path, body)
        assert response.status_code == 409, response.text
        assert "steward audit" in response.text
        assert "封签不符" in response.text
    with own_world.service.ledger.reading() as reader:
        assert reader.connection.execute(text("SELECT * FROM accounts")).all() == before
    assert len(noted(own_world)) == count
    page = Desk(own_world, Role.ADMIN).send("/admin/accounts", {"act": f"password:{account['id']}"})
    assert page.status_code == 409
    assert "steward audit" in page.text


def test_it_is_read_in_pages_by_auditor_and_administrator_alone(world: World) -> None:
    """The latest first; pages hang together while changes go on; days are Shanghai's; every other role is refused."""
    person = made(world)["person_id"]
    for _ in range(4):
        world.must(admin(world).post("/v1/tokens", {"person_id": person, "role": "auditor"}))
    reader = world.people[Role.AUDITOR]
    first = reader.get("/v1/access-changes", person=person, limit=3).json()
    world.must(admin(world).post("/v1/tokens", {"person_id": person, "role": "auditor"}))
    second = reader.get("/v1/access-changes", person=person, limit=3, cursor=first["next_cursor"]).json()
    numbers = [row["number"] for row in first["items"] + second["items"]]
    assert (len(numbers), second["next_cursor"]) == (5, None)
    assert numbers == sorted(numbers, reverse=True)
    day = datetime.now(UTC).date()
    near, far = day - timedelta(days=2), day + timedelta(days=3)
    assert len(noted(world, person=person, from_=near, to=far)) == 6
    assert noted(world, person=person, from_=far) == noted(world, person=person, to=near) == []
    assert admin(world).get("/v1/access-changes", person=person, limit=500).json()["items"][::-1] == noted(
        world, person=person
    )
    for role in set(Role) - {Role.AUDITOR, Role.ADMIN}:
        assert world.speaker(role, world.filed()).get("/v1/access-changes").status_code == 403
    assert reader.get("/v1/access-changes", person="x" * 65).status_code == 422


def test_every_act_has_its_words() -> None:
    """On the page, in both languages."""
    assert set(ACCESS_ACTS) == {str(one) for one in AccessAction}
