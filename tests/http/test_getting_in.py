"""Invitations, the second factor, the list of accounts, and an agency that is not on file yet; bad input of each."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from statistics import median
from typing import Any

import pyotp
import pytest
from sqlalchemy import event, select, update
from starlette.testclient import TestClient

from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import create_account
from domain.store.access.row_macs import change
from domain.store.access.second_factor import STEP_SECONDS
from domain.store.access.sign_in_failures import FREE_TRIES
from domain.store.access.tokens import create_person
from domain.store.db.engine import reading, writing
from domain.store.db.schema import access_changes, accounts
from domain.values import Role, instant, new_id
from tests.http.desk import PASSWORD, Desk
from tests.http.test_sign_in import fresh
from tests.http.world import World, new_uscc

NEW = "four loud bitterns"
PAGE = "/account/second-factor"


def invited(world: World, role: str = "regulator", **more: str) -> dict[str, Any]:
    body = {"login": f"neu-{new_id()}", "person": "张三", "role": role, **more}
    made: dict[str, Any] = world.must(world.people[Role.ADMIN].post("/v1/invitations", body))
    return made


def used(client: TestClient, link: str, new: str = NEW, again: str | None = None) -> Any:
    return client.post(link, data={"new": new, "again": new if again is None else again})


def changes(world: World, subject: str) -> list[tuple[str, str | None]]:
    with reading(world.service.ledger.engine) as connection:
        query = select(access_changes.c.act, access_changes.c.reason).where(access_changes.c.subject == subject)
        return [(row.act, row.reason) for row in connection.execute(query.order_by(access_changes.c.number))]


def test_who_is_invited_sets_the_password_and_is_in(world: World) -> None:
    """By the link, once: signed in at once, later by the password; each step stands in the record of changes."""
    made = invited(world)
    assert (made["invitation"], made["handed_out_at"]) == ("open", None)
    assert made["link"] not in world.people[Role.ADMIN].get("/v1/accounts", limit=500).text
    client = fresh(world)
    shown = client.get(made["link"])
    assert shown.status_code == 200
    assert "张三" in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer"
    tries = (("short", "short", "new"), (NEW, NEW + "x", "again"), (made["login"], made["login"], "new"))
    for new, again, field in tries:
        refused = used(client, made["link"], new, again)
        assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (422, True)
    done = used(client, made["link"])
    assert (done.status_code, done.headers["location"]) == (303, "/board")
    assert client.get("/board").status_code == 200
    assert fresh(world).post("/sign-in", data={"login": made["login"], "password": NEW}).status_code == 303
    assert [act for act, _ in changes(world, made["id"])] == ["account_created", "invited", "invitation_used"]


def test_a_link_used_twice_or_late_or_revoked_changes_nothing(world: World) -> None:
    """Each is told in clear words, by a page; so is a link that is none. The password stays the first one's."""
    admin, made = world.people[Role.ADMIN], invited(world)
    assert used(fresh(world), made["link"]).status_code == 303
    again = used(fresh(world), made["link"], "nine grey lapwings")
    assert (again.status_code, "已经用过" in again.text, "没有更改" in again.text) == (410, True, True)
    assert fresh(world).post("/sign-in", data={"login": made["login"], "password": NEW}).status_code == 303
    late = invited(world)
    with writing(world.service.ledger.engine) as connection:
        past = instant(datetime.now(UTC) - timedelta(seconds=1))
        change(connection, "accounts", accounts.c.id == late["id"], invited_until=past)
    assert "已过期" in fresh(world).get(late["link"]).text
    assert used(fresh(world), late["link"]).status_code == 410
    path = f"/v1/accounts/{late['id']}/invitation"
    renewed = world.must(admin.post(path, {"invitation": "again"}))
    assert used(fresh(world), late["link"]).status_code == 404
    assert world.must(admin.post(path, {"invitation": "revoked"}))["invitation"] == "revoked"
    assert "已被撤销" in used(fresh(world), renewed["link"]).text
    assert admin.post(path, {"invitation": "revoked"}).status_code == 409
    assert fresh(world).get("/invitation/" + "x" * 43).status_code == 404
    done = admin.post(f"/v1/accounts/{made['id']}/invitation", {"invitation": "again"})
    assert done.status_code == 409


def test_a_link_of_a_closed_account_says_what_to_do(world: World) -> None:
    """Closed meanwhile: it is said, no password is set, nothing recorded; opened again, the link works."""
    admin, made = world.people[Role.ADMIN], invited(world)
    world.must(admin.post(f"/v1/accounts/{made['id']}/access", {"access": "disabled"}))
    before = changes(world, made["id"])
    for answer in (fresh(world).get(made["link"]), used(fresh(world), made["link"])):
        assert (answer.status_code, "请向邀请您的人询问" in answer.text) == (410, True)
    again = admin.post(f"/v1/accounts/{made['id']}/invitation", {"invitation": "again"})
    assert (again.status_code, "请先启用" in again.text) == (409, True)
    assert changes(world, made["id"]) == before
    world.must(admin.post(f"/v1/accounts/{made['id']}/access", {"access": "enabled"}))
    assert used(fresh(world), made["link"]).status_code == 303


def test_many_are_invited_over_http_or_nobody(world: World) -> None:
    """Each wrong item is named at its place, whatever is wrong with it; a hundred at once, not one more."""
    admin, tail, path = world.people[Role.ADMIN], new_id()[-8:], "/v1/invitations/batch"
    good = [{"login": f"b{number}-{tail}", "person": "张三", "role": "auditor"} for number in range(3)]
    taken, twice = {**good[0], "login": invited(world)["login"]}, {**good[1], "login": f"B0-{tail}"}
    unbound, blank = {**good[2], "role": "agency"}, {**good[2], "login": "a b"}
    refused = admin.post(path, {"items": [*good, taken, twice, unbound, blank]})
    assert refused.status_code == 422, refused.text
    said = {one["pointer"]: one["detail"] for one in refused.json()["errors"]}
    assert list(said) == ["/items/3/login", "/items/4/login", "/items/5/uscc", "/items/6/login"]
    assert "已有人使用" in said["/items/4/login"]
    malformed = admin.post(path, {"items": [good[0], {**good[1], "role": "king"}, {"login": "x"}]})
    assert {"/items/1/role", "/items/2/role"} <= {one["pointer"] for one in malformed.json()["errors"]}
    assert admin.post(path, {"items": []}).status_code == 422
    assert admin.post(path, {"items": good * 34}).status_code == 422
    assert admin.get("/v1/accounts", q=tail).json()["items"] == []
    made = world.must(admin.post(path, {"items": good}))["items"]
    assert [one["login"] for one in made] == [one["login"] for one in good]
    assert used(fresh(world), made[1]["link"]).status_code == 303
    outsider = world.association.post(path, {"items": [{**good[0], "login": f"c-{tail}"}]})
    assert (outsider.status_code, outsider.json()["errors"][0]["pointer"]) == (422, "/items/0/role")
    assert world.regulator.post(path, {"items": good}).status_code == 403


def test_an_invitation_is_the_first_way_to_an_account(world: World) -> None:
    """On the page of accounts: Enter and the first button invite; a password is handed out by the second one."""
    desk, tail = Desk(world, Role.ADMIN), new_id()[-8:]
    given = {"login": f"wu-{tail}", "person": "吴八", "role": "auditor"}
    shown = desk.shown("/admin/accounts")
    assert shown.index('value="invite"') < shown.index('value="create"')
    refused = desk.send("/admin/accounts", {**given, "act": "invite", "role": "agency"})
    assert (refused.status_code, 'id="uscc-problem"' in refused.text, f'value="wu-{tail}"' in refused.text) == (
        422,
        True,
        True,
    )
    made = desk.followed("/admin/accounts", {**given, "act": "invite", "key": new_id()})
    link = re.findall(r"/invitation/[\w-]{43}", made.text)[0]
    assert ("secret" in made.text, "七天内用一次" in made.text) == (False, True)
    assert used(fresh(world), link).status_code == 303


def test_a_thousand_accounts_are_paged_and_searched(own_world: World) -> None:
    """Every account on exactly one page, in order; a page, and the set-up, asks the database a few times, not 1,000."""
    engine = own_world.service.ledger.engine
    with writing(engine) as connection:
        person = create_person(connection, "许多人")
        for number in range(1000):
            role, uscc = (Role.AUDITOR, None) if number % 2 else (Role.AGENCY, new_uscc())
            create_account(connection, f"acc-{number:04d}", "x", person, role, uscc, by=COMMAND_LINE)
    desk = Desk(own_world, Role.ADMIN)
    asked = list[int]()

    def counted(address: str) -> str:
        statements = list[str]()

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            return desk.shown_at(address)
        finally:
            event.remove(engine, "before_cursor_execute", note)
            asked.append(sum(not (one == "BEGIN" or one.endswith("FROM read_model_build")) for one in statements))

    seen, address = list[str](), "/admin/accounts"
    while address:
        shown = counted(address)
        seen += re.findall(r'<th scope="row"><bdi>([^<]+)</bdi>', shown)
        following = re.search(r'<a[^>]* href="(/admin/accounts\?[^"]*cursor=[^"]+)"', shown)
        address = unescape(following[1]) if following else ""
    assert len(seen) == len(set(seen)) == 1001
    assert seen == sorted(seen)
    assert median(asked) <= 10, asked
    assert re.findall(r"acc-\d+", desk.shown("/admin/accounts", q="acc-0777"))[0] == "acc-0777"
    assert "没有符合条件" not in desk.shown("/admin/accounts", q="acc-09", role="agency", state="handed_out")
    asked.clear()
    assert "服务机构 500" in counted("/setup?step=accounts")
    counted("/setup?step=accounts")
    assert min(asked) <= 15, asked


def test_two_who_use_one_link_at_once(world: World) -> None:
    """One gets in, the other is told; the password is the one's who got in."""
    made, answers = invited(world), {}

    def one(password: str) -> None:
        client = fresh(world)
        client.portal = world.client.portal
        answers[password] = used(client, made["link"], password).status_code

    threads = [threading.Thread(target=one, args=(password,)) for password in (NEW, "nine grey lapwings")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers.values()) == [303, 410]
    for password, status in answers.items():
        tried = fresh(world).post("/sign-in", data={"login": made["login"], "password": password})
        assert (tried.status_code == 303) == (status == 303)


def test_nobody_signs_in_before_the_password_is_set(world: World) -> None:
    """An account without a password takes none, not even an empty one; a reset ends the invitation."""
    made = invited(world)
    for password in ("", "-", NEW):
        tried = fresh(world).post("/sign-in", data={"login": made["login"], "password": password})
        assert tried.status_code == 403
    world.must(world.people[Role.ADMIN].post(f"/v1/accounts/{made['id']}/password", {"password": "nine grey lapwings"}))
    assert used(fresh(world), made["link"]).status_code == 410


def test_the_association_invites_agencies_and_clients_only(world: World) -> None:
    """By page and over HTTP; nobody else invites, and bad rows name their place."""
    association = world.association
    body = {"login": f"neu-{new_id()}", "person": "张三", "role": "agency", "uscc": new_uscc()}
    assert association.post("/v1/invitations", body).status_code == 201
    refused = association.post("/v1/invitations", {"login": f"neu-{new_id()}", "person": "张三", "role": "admin"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/role")
    for role in (Role.REGULATOR, Role.AUDITOR, Role.COMMITTEE):
        assert world.people[role].post("/v1/invitations", body).status_code == 403
    assert Desk(world, Role.REGULATOR).get("/invitations").status_code == 403


def test_many_are_invited_at_once_or_nobody(world: World) -> None:
    """A preview that makes nothing, then all; one wrong row, and nobody is invited, nothing typed is lost."""
    desk, tail, uscc = Desk(world, Role.ADMIN), new_id()[-8:], new_uscc()
    rows = f"登录名\t姓名\t角色\t代码\nli-{tail}\t李四\t服务机构\t{uscc}\nwang-{tail}，王五，审计\n\n"
    preview = desk.send("/invitations", {"act": "preview", "rows": rows})
    assert (preview.status_code, "将邀请 2 人" in preview.text, "/invitation/" in preview.text) == (200, True, False)
    assert "没有符合条件" in desk.shown("/admin/accounts", q=f"li-{tail}")
    for bad, said in (
        (f"zhao-{tail}\t赵六\t国王", "第 5 行：没有“国王”这个角色"),
        (f"zhao-{tail}\t赵六\t服务机构\t12", "第 5 行"),
        (f"zhao-{tail}\t赵六\t服务机构", "第 5 行"),
        (f"LI-{tail}\t赵六\t审计", "登录名与第 2 行相同"),
        (f"zhao-{tail}\t赵六\t审计\t\t多", "第 5 行"),
    ):
        refused = desk.send("/invitations", {"act": "invite", "rows": rows + bad})
        assert (refused.status_code, said in refused.text, f"li-{tail}" in refused.text) == (422, True, True), bad
        assert "没有符合条件" in desk.shown("/admin/accounts", q=f"li-{tail}")
    assert desk.send("/invitations", {"act": "invite", "rows": "a\tb\tadmin\n" * 101}).status_code == 422
    for name in (f"li-{tail}\t李四\t审计\n{desk.login}\t李四\t审计",):
        taken = desk.send("/invitations", {"act": "invite", "rows": name})
        assert (taken.status_code, "已有人使用" in taken.text) == (422, True)
    assert "没有符合条件" in desk.shown("/admin/accounts", q=f"li-{tail}")
    made = desk.followed("/invitations", {"act": "invite", "rows": rows})
    links = re.findall(r"/invitation/[\w-]{43}", made.text)
    assert len(links) == 2
    assert used(fresh(world), links[1]).status_code == 303


class Phone:
    """An authenticator, and the account it is for, in a browser of its own."""

    def __init__(self, world: World, role: Role = Role.AUDITOR) -> None:
        self.world, self.desk = world, Desk(world, role)
        assert self.desk.send(PAGE, {"act": "begin"}).status_code == 303
        shown = self.desk.shown(PAGE)
        assert "<svg" in shown
        self.totp = pyotp.TOTP(re.findall(r'class="secret">([A-Z2-7]+)<', shown)[0])
        self.step = 0
        done = self.desk.followed(PAGE, {"act": "confirm", "code": self.code()})
        self.recovery = re.findall(r"<code>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</code>", done.text)
        with reading(world.service.ledger.engine) as connection:
            query = select(accounts.c.id).where(accounts.c.login == self.desk.login)
            self.id = str(connection.scalar(query))

    def code(self, ahead: int = 0) -> str:
        now = instant_seconds() // STEP_SECONDS + ahead
        return self.totp.at(now * STEP_SECONDS)

    def ready(self) -> None:
        """Codes of now count again, as if time had passed since the last one."""
        with writing(self.world.service.ledger.engine) as connection:
            change(connection, "accounts", accounts.c.id == self.id, factor_step=0)

    def ticket(self, client: TestClient, **more: str) -> str:
        shown = client.post("/sign-in", data={"login": self.desk.login, "password": PASSWORD, **more})
        assert (shown.status_code, "两步验证" in shown.text) == (200, True)
        assert "steward_session" not in client.cookies
        return str(re.findall(r'name="ticket" value="([^"]+)"', shown.text)[0])


def instant_seconds() -> int:
    return int(datetime.now(UTC).timestamp())


@pytest.fixture
def phone(world: World) -> Phone:
    return Phone(world)


def test_signing_in_takes_password_and_code(world: World, phone: Phone) -> None:
    """The password alone opens nothing; the code of now does, once: the same one again is refused."""
    client = fresh(world)
    ticket = phone.ticket(client, next="/account")
    assert client.get("/account").status_code == 303
    refused = client.post("/sign-in", data={"ticket": ticket, "code": phone.code()})
    assert (refused.status_code, "已经用过" in refused.text) == (403, True)
    phone.ready()
    done = client.post("/sign-in", data={"ticket": ticket, "code": phone.code(), "next": "/account"})
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert client.get("/account").status_code == 200
    replayed = fresh(world).post("/sign-in", data={"ticket": ticket, "code": phone.code()})
    assert replayed.status_code == 403


@pytest.mark.parametrize(("ahead", "status"), [(-3, 403), (-1, 303), (1, 303), (3, 403)])
def test_a_clock_may_be_off_by_half_a_minute(world: World, phone: Phone, ahead: int, status: int) -> None:
    """A step either way counts, more does not."""
    client = fresh(world)
    phone.ready()
    ticket = phone.ticket(client)
    assert client.post("/sign-in", data={"ticket": ticket, "code": phone.code(ahead)}).status_code == status


def test_a_recovery_code_signs_in_once(world: World, phone: Phone) -> None:
    """Ten of them, one use each, however they are written; the use is noted; other codes end the old ones."""
    assert len(set(phone.recovery)) == 10
    client, code = fresh(world), phone.recovery[0].upper().replace("-", " ")
    ticket = phone.ticket(client)
    assert client.post("/sign-in", data={"ticket": ticket, "code": code}).status_code == 303
    assert "9 个备用码" in client.get(PAGE).text
    again = fresh(world)
    used_up = again.post("/sign-in", data={"ticket": phone.ticket(again), "code": code})
    assert (used_up.status_code, "备用码每个只能用一次" in used_up.text) == (403, True)
    assert "请管理员重设两步验证" in used_up.text, "who has lost both is told what to do"
    assert "9 个备用码" in client.get(PAGE).text, "nothing more is used up"
    phone.ready()
    other = phone.desk.followed(PAGE, {"act": "codes", "code": phone.code()})
    assert len(re.findall(r"<code>[a-z2-9-]{14}</code>", other.text)) == 10
    assert again.post("/sign-in", data={"ticket": phone.ticket(again), "code": phone.recovery[1]}).status_code == 403
    acts = [act for act, _ in changes(world, phone.id)]
    assert acts[-3:] == ["second_factor_on", "recovery_code_used", "recovery_codes"]


@pytest.mark.parametrize("code", ["", "12345", "１２３４５６", "abcdef", "0" * 5000, "123456\x00", "😀😀"])
def test_no_code_is_no_code(world: World, phone: Phone, code: str) -> None:
    """403 with the form again; a forged, cut or late ticket leads back to the password."""
    client = fresh(world)
    ticket = phone.ticket(client)
    assert client.post("/sign-in", data={"ticket": ticket, "code": code}).status_code == 403
    account, until, mark = ticket.split(".")
    for forged in (
        "x",
        "..",
        ticket[:-1],
        f"{account}.{int(until) + 9}.{mark}",
        f"{account}.{'9' * 400}.{mark}",
        "é.1.2",
    ):
        assert "重新输入密码" in client.post("/sign-in", data={"ticket": forged, "code": phone.code()}).text, forged


def test_who_guesses_codes_waits_wherever_they_come_from(world: World, phone: Phone) -> None:
    """Ten wrong ones from ten addresses, and the eleventh waits; so does the right one."""
    ticket = phone.ticket(fresh(world))
    for last in range(FREE_TRIES):
        guesser = TestClient(world.client.app, follow_redirects=False, client=(f"192.0.2.{last}", 1))
        assert guesser.post("/sign-in", data={"ticket": ticket, "code": "000000"}).status_code == 403
    phone.ready()
    waiting = fresh(world).post("/sign-in", data={"ticket": ticket, "code": phone.code()})
    assert (waiting.status_code, int(waiting.headers["retry-after"]) > 0) == (429, True)


def test_two_who_use_one_code_at_once(world: World, phone: Phone) -> None:
    """One gets in."""
    phone.ready()
    ticket, code, statuses = phone.ticket(fresh(world)), phone.code(), list[int]()

    def one() -> None:
        client = fresh(world)
        client.portal = world.client.portal
        statuses.append(client.post("/sign-in", data={"ticket": ticket, "code": code}).status_code)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [303, 403]


def test_what_was_typed_when_a_session_ended_survives_the_second_step(world: World, phone: Phone) -> None:
    """The form that was not sent is carried through the code, a wrong one too."""
    client = fresh(world)
    carried = '[["note","半句话"]]'
    shown = client.post(
        "/sign-in", data={"login": phone.desk.login, "password": PASSWORD, "next": "/pledge", "carried": carried}
    )
    ticket = re.findall(r'name="ticket" value="([^"]+)"', shown.text)[0]
    form = {"ticket": ticket, "next": "/pledge", "carried": carried}
    assert "半句话" in client.post("/sign-in", data={**form, "code": "1"}).text
    done = client.post("/sign-in", data={**form, "code": phone.recovery[0]})
    assert (done.status_code, 'value="半句话"' in done.text) == (200, True)


@contextmanager
def needing(world: World, roles: str) -> Iterator[None]:
    """While these roles need a second factor; the service of the tests is everybody's."""
    usual = world.service.settings
    object.__setattr__(world.service, "settings", usual.model_copy(update={"second_factor_roles": roles}))
    try:
        yield
    finally:
        object.__setattr__(world.service, "settings", usual)


def test_a_role_that_needs_it_sets_it_up_first(world: World) -> None:
    """By the setting: every page leads to the set-up until it is done, and then it cannot be switched off."""
    with needing(world, "committee"):
        desk = Desk(world, Role.COMMITTEE)
        assert desk.get("/board").headers["location"] == PAGE
        assert Desk(world, Role.REGULATOR).get("/board").status_code == 200
        phone = Phone(world, Role.COMMITTEE)
        assert phone.desk.get("/board").status_code == 200
        phone.ready()
        assert phone.desk.send(PAGE, {"act": "off", "code": phone.code()}).status_code == 403
    assert phone.desk.send(PAGE, {"act": "off", "code": "000000"}).status_code == 422
    assert phone.desk.send(PAGE, {"act": "off", "code": phone.code()}).status_code == 303
    assert fresh(world).post("/sign-in", data={"login": phone.desk.login, "password": PASSWORD}).status_code == 303


def test_an_administrator_takes_off_a_lost_second_factor_with_a_reason(world: World, phone: Phone) -> None:
    """Asked first, by a page that keeps what was typed; sessions end; the reason stands in the record."""
    admin = Desk(world, Role.ADMIN)
    shown = admin.shown(f"/admin/accounts/{phone.id}")
    assert "重设两步验证" in shown
    refused = admin.send("/admin/accounts", {"act": f"factor:{phone.id}", "reason": "丢"})
    assert (refused.status_code, 'id="reason-problem"' in refused.text, 'value="丢"' in refused.text) == (
        422,
        True,
        True,
    )
    done = admin.send("/admin/accounts", {"act": f"factor:{phone.id}", "reason": "手机和备用码都丢了，当面核实"})
    assert (done.status_code, done.headers["location"]) == (303, f"/admin/accounts/{phone.id}")
    assert phone.desk.get("/account").status_code == 303
    assert changes(world, phone.id)[-1] == ("second_factor_reset", "手机和备用码都丢了，当面核实")
    assert fresh(world).post("/sign-in", data={"login": phone.desk.login, "password": PASSWORD}).status_code == 303
    path = f"/v1/accounts/{phone.id}/second-factor"
    assert world.people[Role.ADMIN].post(path, {"reason": "再来一次"}).status_code == 409


def test_the_secret_is_nowhere_in_clear_and_a_row_changed_by_hand_lets_nobody_in(world: World, phone: Phone) -> None:
    """Who writes into the database and takes the second factor off has an account that is unknown."""
    engine = world.service.ledger.engine
    with reading(engine) as connection:
        row = connection.execute(select(accounts).where(accounts.c.id == phone.id)).one()
    assert phone.totp.secret.encode() not in bytes(row.factor)
    with writing(engine) as connection:
        connection.execute(update(accounts).where(accounts.c.id == phone.id).values(factor=None, factor_at=None))
    assert fresh(world).post("/sign-in", data={"login": phone.desk.login, "password": PASSWORD}).status_code == 403


def test_accounts_are_searched_and_filtered(world: World) -> None:
    """Words of login or name, role, enterprise and state, on the page and over HTTP; handed-out passwords show."""
    admin, desk, tail = world.people[Role.ADMIN], Desk(world, Role.ADMIN), new_id()[-8:]
    made = world.must(admin.post("/v1/accounts", {"login": f"sun-{tail}", "person": f"孙 七{tail}", "role": "auditor"}))
    waiting = invited(world)
    assert made["handed_out_at"] is not None
    found = admin.get("/v1/accounts", q=f"七{tail} sun", role="auditor", state="handed_out").json()["items"]
    assert [one["id"] for one in found] == [made["id"]]
    assert admin.get("/v1/accounts", q=f"sun-{tail}", role="admin").json()["items"] == []
    assert waiting["id"] in {one["id"] for one in admin.get("/v1/accounts", state="invited", limit=500).json()["items"]}
    assert admin.get("/v1/accounts", state="x").status_code == 422
    assert "密码还未由本人更改" in desk.shown("/admin/accounts", q=f"sun-{tail}")
    for hostile in ("%", "_", "'", "<b>", "\\"):
        assert "没有符合条件" in desk.shown("/admin/accounts", q=hostile + tail)
    before = changes(world, made["id"])
    assert "确定重设" in desk.shown(f"/admin/accounts/{made['id']}")
    assert changes(world, made["id"]) == before
    assert desk.get("/admin/accounts/none").status_code == 404


def test_an_agency_that_is_not_on_file_lands_on_its_filing_form(world: World) -> None:
    """From its own page and its menu; its code stands in the form; another agency's page stays closed."""
    uscc = new_uscc()
    desk = Desk(world, Role.AGENCY, uscc)
    landed = desk.get(f"/agencies/{uscc}")
    assert (landed.status_code, landed.headers["location"]) == (303, f"/record/file-agency?uscc={uscc}")
    assert uscc in desk.shown_at(landed.headers["location"])
    assert desk.get(f"/agencies/{new_uscc()}").status_code in (403, 404)
