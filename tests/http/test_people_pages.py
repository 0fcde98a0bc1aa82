"""One's own account, the administrator's pages and the pledge: shown, changed, refused beside the field."""

from __future__ import annotations

import re

import pytest

from api.web.frame.page_table import PAGES
from domain.measures.text.annex_texts import pledge_text
from domain.values import Role, new_id
from tests.http.desk import PASSWORD, Desk, fields_of
from tests.http.test_pages import HOSTILE
from tests.http.test_sign_in import fresh
from tests.http.world import World, body_of, new_uscc, today

NEW = "four loud bitterns"


def password_form(present: str = PASSWORD, new: str = NEW, again: str = NEW) -> dict[str, str]:
    return {"act": "password", "present": present, "new": new, "again": again}


def test_a_changed_password_ends_every_other_session(world: World) -> None:
    """The browser that changed it stays signed in, the other one is out; the new password works, the old does not."""
    desk, elsewhere = Desk(world, Role.AUDITOR), fresh(world)
    elsewhere.post("/sign-in", data={"login": desk.login, "password": PASSWORD})
    assert elsewhere.get("/account").status_code == 200
    done = desk.send("/account", password_form())
    assert (done.status_code, done.headers["location"]) == (303, "/account?done=password")
    assert "密码已更改" in desk.shown("/account", done="password")
    assert elsewhere.get("/account").status_code == 303
    client = fresh(world)
    assert client.post("/sign-in", data={"login": desk.login, "password": PASSWORD}).status_code == 403
    assert client.post("/sign-in", data={"login": desk.login, "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        (password_form(present="not mine at all"), 403, "present"),
        (password_form(new="short", again="short"), 422, "new"),
        (password_form(new="aaaaaaaaaaaaaaa", again="aaaaaaaaaaaaaaa"), 422, "new"),
        (password_form(again="four loud bittern"), 422, "again"),
        (password_form(new="1234567890", again="1234567890"), 422, "new"),
        (password_form(new="Passw0rd2024", again="Passw0rd2024"), 422, "new"),
        (password_form(new=PASSWORD, again=PASSWORD), 422, "new"),
    ],
)
def test_a_password_is_not_changed_by_mistake(world: World, form: dict[str, str], status: int, field: str) -> None:
    """What is wrong stands at its field; no password comes back in the page; the old one still works."""
    desk = Desk(world, Role.AUDITOR)
    response = desk.send("/account", form)
    assert response.status_code == status
    assert f'<p class="field-problem" id="{field}-problem">' in response.text
    assert not any(value in response.text for name, value in form.items() if name != "act")
    assert fresh(world).post("/sign-in", data={"login": desk.login, "password": PASSWORD}).status_code == 303


def test_who_guesses_the_present_password_is_slowed_down(world: World) -> None:
    """A borrowed browser is no place to guess: after ten failures it has to wait."""
    desk = Desk(world, Role.AUDITOR)
    for _ in range(10):
        assert desk.send("/account", password_form(present="guess guess")).status_code == 403
    assert desk.send("/account", password_form()).status_code == 429


def test_a_password_that_was_handed_out_is_changed_before_anything_else(world: World) -> None:
    """Made or reset by the administrator: every page for the signed-in leads to the change, and nothing that is sent
    is taken, until it is made. A public page is shown; the login is no password."""
    admin = Desk(world, Role.ADMIN)
    login = f"neu-{new_id()}"
    made = admin.followed("/admin/accounts", {"act": "create", "login": login, "role": "regulator", "person": "张三"})
    first = re.findall(r'class="secret">([a-z0-9-]+)<', made.text)[0]
    client = fresh(world)
    signed_in = client.post("/sign-in", data={"login": login, "password": first, "next": "/board"})
    assert signed_in.status_code == 303
    for entry in PAGES:
        path = re.sub(r"\{.*?\}", "1", entry.path)
        if entry.roles is not None and Role.REGULATOR in entry.roles and path != "/account":
            assert client.get(path).headers["location"] == "/account", path
            taken = client.post(path, data={"act": "x"})
            assert taken.status_code == 405 or taken.headers["location"] == "/account", path
    assert client.get("/v1/agencies").status_code == 401, "a session is no token"
    sent = client.post("/record/lapses", data={"x": "y"}, headers={"sec-fetch-site": "same-origin"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/account")
    assert client.get("/register").status_code == 200
    shown = client.get("/account").text
    assert "您的密码由管理员发给" in shown
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', shown)[0]
    for new in (login, first):
        refused = client.post("/account", data={"csrf": csrf, **password_form(first, new, new)})
        assert refused.status_code == 422
    done = client.post("/account", data={"csrf": csrf, **password_form(first)})
    assert (done.status_code, done.headers["location"]) == (303, "/board")
    assert client.get("/board").status_code == 200
    assert "您的密码由管理员发给" not in client.get("/account").text
    account = next(one["id"] for one in listed(world, "accounts") if one["login"] == login)
    assert "只在这里显示这一次" in admin.followed("/admin/accounts", {"act": f"password:{account}"}).text
    assert client.post("/sign-in", data={"login": login, "password": NEW}).status_code == 403


def test_a_given_password_is_no_login_and_no_common_one(world: World) -> None:
    """Over the API too, when an account is made and when its password is reset: 422 at the field, in both languages."""
    admin, login = world.people[Role.ADMIN], f"verwaltung-{new_id()[:8]}"
    body = {"login": login, "role": "auditor", "person": "张三"}
    for password in (login, f"{login}2024", "1234567890", "qwertyuiop12", "密码密码密码2024"):
        refused = admin.post("/v1/accounts", {**body, "password": password})
        assert refused.status_code == 422, password
        assert refused.json()["errors"][0]["pointer"] == "/password"
    made = admin.post("/v1/accounts", {**body, "password": NEW}).json()
    refused = admin.post(f"/v1/accounts/{made['id']}/password", {"password": login})
    assert refused.status_code == 422


def test_sessions_are_listed_and_ended_one_by_one_or_all(world: World) -> None:
    """Three browsers: one is ended by its button, then all others; a stranger's session cannot be named."""
    desk, stranger = Desk(world, Role.AUDITOR), Desk(world, Role.AUDITOR)
    others = [fresh(world) for _ in range(3)]
    for one in others:
        one.post("/sign-in", data={"login": desk.login, "password": PASSWORD})
    acts = re.findall(r'value="(end-[0-9a-f]{16})"', desk.shown("/account"))
    assert len(acts) == 3
    assert stranger.send("/account", {"act": acts[0]}).status_code == 303
    assert [one.get("/account").status_code for one in others] == [200, 200, 200]
    desk.send("/account", {"act": acts[0]})
    assert sorted(one.get("/account").status_code for one in others) == [200, 200, 303]
    desk.send("/account", {"act": "others"})
    assert [one.get("/account").status_code for one in others] == [303, 303, 303]
    assert "没有其他登录" in desk.shown("/account")


def test_an_administrator_makes_an_account_and_closes_it(world: World) -> None:
    """The password is on the page that made it, once, and signs in; reset, disabled and enabled by buttons."""
    desk = Desk(world, Role.ADMIN)
    login = f"neu-{new_id()}"
    form = {"act": "create", "login": login, "role": "client", "uscc": new_uscc(), "person": HOSTILE[:100]}
    made = desk.followed("/admin/accounts", form)
    assert "<script>" not in made.text
    password = re.findall(r'class="secret">([a-z0-9-]+)<', made.text)[0]
    assert password not in desk.shown("/admin/accounts")
    client = fresh(world)
    assert client.post("/sign-in", data={"login": login, "password": password}).status_code == 303
    account = next(one["id"] for one in listed(world, "accounts") if one["login"] == login)
    again = desk.followed("/admin/accounts", {"act": f"password:{account}"})
    assert password not in again.text
    assert client.get("/account").status_code == 303
    for act in ("disabled", "enabled", "signed_out"):
        assert desk.send("/admin/accounts", {"act": f"{act}:{account}"}).status_code == 303
    assert desk.send("/admin/accounts", {"act": "disabled:nobody"}).status_code == 404


def listed(world: World, kind: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = world.people[Role.ADMIN].get(f"/v1/{kind}", limit=500).json()["items"]
    return found


def test_a_refused_account_keeps_what_was_typed(world: World) -> None:
    """The form is open again, the message at its field, in both languages."""
    desk = Desk(world, Role.ADMIN)
    form = {"act": "create", "login": "has blank", "role": "auditor", "person": "<i>某</i>"}
    for language, said in (("zh", "不含空格"), ("en", "no blanks")):
        response = desk.send(f"/admin/accounts?lang={language}", form)
        assert response.status_code == 422
        assert '<p class="field-problem" id="login-problem">' in response.text
        assert said in response.text
        kept = fields_of(response.text)
        assert (kept["login"], kept["person"]) == ("has blank", "<i>某</i>")
        assert '<option value="auditor" selected>' in response.text
    weak = desk.send("/admin/accounts", {**form, "login": f"u-{new_id()}", "role": "agency"})
    assert '<p class="field-problem" id="uscc-problem">' in weak.text


def test_a_token_is_made_and_revoked_on_its_page(world: World) -> None:
    """Shown once; it works; revoked by its button it does not."""
    desk = Desk(world, Role.ADMIN)
    form = {"act": "create", "role": "auditor", "person": "接口程序", "expires_on": today()}
    made = desk.followed("/admin/tokens", form)
    token = re.findall(r'class="secret">(stw_[\w-]+)<', made.text)[0]
    headers = {"Authorization": f"Bearer {token}"}
    assert fresh(world).get("/v1/rulebooks", headers=headers).status_code == 200
    assert token not in desk.shown("/admin/tokens")
    which = listed(world, "tokens")[-1]["id"]
    assert desk.send("/admin/tokens", {"act": f"revoke:{which}"}).status_code == 303
    assert fresh(world).get("/v1/rulebooks", headers=headers).status_code == 401
    assert desk.send("/admin/tokens", {"act": f"revoke:{which}"}).status_code == 409
    late = desk.send("/admin/tokens", {**form, "expires_on": "2024-01-01"})
    assert '<p class="field-problem" id="expires_on-problem">' in late.text


@pytest.mark.parametrize("path", ["/admin", "/admin/accounts", "/admin/tokens"])
def test_administration_is_the_administrators(world: World, path: str) -> None:
    """403 for every other role, the way to sign in for the public; and an administrator has no other work here."""
    uscc = world.filed()
    for role in set(Role) - {Role.ADMIN}:
        bound = uscc if role in (Role.AGENCY, Role.CLIENT) else None
        assert Desk(world, role, bound).get(path).status_code == 403
    assert fresh(world).get(path).status_code == 303
    desk = Desk(world, Role.ADMIN)
    assert desk.shown(path, lang="en").count("<h1>") == 1
    assert desk.get("/pledge").status_code == 403


@pytest.mark.shows("annex3", "art.26")
def test_an_agency_reads_and_signs_the_pledge(world: World) -> None:
    """The words of annex 3; signed once with the form's key; the receipt; shown to the association for print."""
    uscc = world.filed()
    desk = Desk(world, Role.AGENCY, uscc)
    text = desk.shown("/pledge")
    assert all(said in text for said, _ in pledge_text().promises)
    key = fields_of(text)["key"]
    form = {"key": key, "signed_on": today(), "agreed": "yes"}
    unticked = desk.send("/pledge", {**form, "agreed": ""})
    assert unticked.status_code == 422
    assert '<p class="field-problem" id="agreed-problem">' in unticked.text
    early = desk.send("/pledge", {**form, "signed_on": "2024-01-10"})
    assert early.status_code == 422
    assert '<p class="field-problem" id="signed_on-problem">' in early.text
    assert fields_of(early.text)["signed_on"] == "2024-01-10"
    sent = [desk.send("/pledge", form) for _ in range(2)]
    assert [one.status_code for one in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    assert 'id="receipt"' in desk.client.get(sent[0].headers["location"]).text
    assert [one["type"] for one in world.trail(uscc)].count("PledgeSigned") == 1
    assert world.trail(uscc)[-1]["id"] in Desk(world, Role.ASSOCIATION).shown("/pledge", uscc=uscc)


def test_an_agency_sees_and_signs_only_its_own(world: World) -> None:
    """Another agency's code in the address or form changes nothing; a hostile name is only text; blanks for print."""
    uscc, other = new_uscc(), world.filed()
    world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": HOSTILE}))
    desk = Desk(world, Role.AGENCY, uscc)
    text = desk.shown("/pledge", uscc=other)
    assert other not in text[text.index("<main") :]
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;" in text
    desk.send("/pledge", {"key": "k", "signed_on": today(), "agreed": "yes", "uscc": other})
    assert "PledgeSigned" not in {one["type"] for one in world.trail(other)}
    assert "台账里还没有这家机构" in Desk(world, Role.AGENCY, new_uscc()).shown("/pledge")
    reader = Desk(world, Role.REGULATOR)
    assert "signatures" in reader.shown("/pledge", lang="en")
    assert reader.send("/pledge", {"key": "k", "signed_on": today(), "agreed": "yes", "uscc": other}).status_code == 403
