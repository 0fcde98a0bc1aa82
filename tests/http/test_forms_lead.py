"""Every form of a page that is taken leads to a page with an address, which opens again; sent twice it acts once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.web.frame import form_leads
from api.web.frame.page_guard import PageRoute
from domain.errors import Busy
from domain.store.access.form_answers import form_named, take_shown
from domain.store.access.setup_links import new_setup_link
from domain.store.db.engine import writing
from domain.store.db.schema import access_changes, accounts, events, form_answers, idempotency, tokens
from domain.values import Role, new_id
from tests.http.dated import DatedWorld
from tests.http.desk import PASSWORD, Desk, fields_of
from tests.http.test_contested_routes import Contested
from tests.http.test_form_pages import previewed
from tests.http.test_sign_in import fresh
from tests.http.world import World, new_uscc, today
from tests.workbooks.made import filled

NEW = "four loud bitterns"


class Taken(NamedTuple):
    """A form that has to be taken."""

    client: TestClient
    address: str
    form: dict[str, Any]
    twice: bool = True
    """Whether it can come in twice from the same browser: not where the first one has ended the session or the link."""
    files: dict[str, tuple[str, bytes]] | None = None
    """What it brings along."""


def of_desk(desk: Desk, address: str, *, form: dict[str, Any] | None = None, twice: bool = True, **more: Any) -> Taken:
    """One sent by somebody signed in, with a key of its own."""
    return Taken(desk.client, address, {"csrf": desk.csrf(), "key": new_id(), **(form or {}), **more}, twice)


def setting_up(world: World) -> Iterator[Taken]:
    """Comes first: nobody has been an administrator yet."""
    with world.service.ledger.reading() as reader:
        secret = new_setup_link(reader.connection, datetime.now(UTC))
    form = {"login": "chen.lan", "person": "陈兰", "password": NEW, "again": NEW}
    yield Taken(fresh(world), f"/setup/{secret}", form, twice=False)


def steps(world: World) -> Iterator[Taken]:
    desk = Desk(world, Role.ADMIN)
    yield of_desk(desk, "/setup", step="association", act="save", name="区安协")
    yield of_desk(desk, "/setup", step="accounts", act="make", rows="wang.wu\t王五\t协会")


def calendar(world: World) -> Iterator[Taken]:
    desk = Desk(world, Role.ADMIN)
    given = {"year": str(int(today()[:4]) + 1), "holidays": "元旦：1月1日", "workdays": "", "source": "国办发明电"}
    shown = fields_of(desk.send("/admin/calendar", {**given, "act": "preview"}).text)
    yield of_desk(desk, "/admin/calendar", form=given, act="adopt", seen=shown["seen"], against=shown["against"])


def of_accounts(world: World) -> Iterator[Taken]:
    desk = Desk(world, Role.ADMIN)
    yield of_desk(desk, "/admin/accounts", act="create", login=f"u-{new_id()}", role="auditor", person="张三")
    invited = world.people[Role.ADMIN].post(
        "/v1/invitations", {"login": f"u-{new_id()}", "role": "auditor", "person": "李四"}
    )
    id_ = invited.json()["id"]
    for act in ("again", "revoked", "password", "disabled", "enabled", "signed_out"):
        yield of_desk(desk, "/admin/accounts", act=f"{act}:{id_}")
    phone = Desk(world, Role.AUDITOR)
    yield from factor_on(phone)
    with world.service.ledger.reading() as reader:
        of_phone = reader.connection.scalar(select(accounts.c.id).where(accounts.c.login == phone.login))
    yield of_desk(desk, "/admin/accounts", act=f"factor:{of_phone}", reason="手机丢了，当面核实")


def of_tokens(world: World) -> Iterator[Taken]:
    desk = Desk(world, Role.ADMIN)
    yield of_desk(desk, "/admin/tokens", act="create", person="接口程序", role="auditor")
    which = world.people[Role.ADMIN].get("/v1/tokens", limit=500).json()["items"][-1]["id"]
    yield of_desk(desk, "/admin/tokens", act=f"revoke:{which}")


def invitations(world: World) -> Iterator[Taken]:
    yield of_desk(Desk(world, Role.ADMIN), "/invitations", act="invite", rows=f"li-{new_id()}\t李四\t审计")


def invitation(world: World) -> Iterator[Taken]:
    body = {"login": f"i-{new_id()}", "role": "auditor", "person": "王五"}
    link = world.must(world.people[Role.ADMIN].post("/v1/invitations", body))["link"]
    yield Taken(fresh(world), link, {"new": NEW, "again": NEW}, twice=False)


def sign_in(world: World) -> Iterator[Taken]:
    login = Desk(world, Role.AUDITOR).login
    yield Taken(fresh(world), "/sign-in", {"login": login, "password": PASSWORD, "next": "/account"})


def sign_out(world: World) -> Iterator[Taken]:
    yield of_desk(Desk(world, Role.AUDITOR), "/sign-out")


def own_account(world: World) -> Iterator[Taken]:
    desk = Desk(world, Role.AUDITOR)
    yield of_desk(desk, "/account", act="others")
    yield of_desk(desk, "/account", twice=False, act="password", present=PASSWORD, new=NEW, again=NEW)


def factor_on(desk: Desk) -> Iterator[Taken]:
    page = "/account/second-factor"
    yield of_desk(desk, page, act="begin")
    secret = re.findall(r'class="secret">([A-Z2-7]+)<', desk.shown(page))[0]
    yield of_desk(desk, page, act="confirm", code=pyotp.TOTP(secret).now())


def second_factor(world: World) -> Iterator[Taken]:
    desk = Desk(world, Role.AUDITOR)
    for sent in factor_on(desk):
        yield sent
    again = desk.client.post(sent.address, data=sent.form)
    assert "备用码已经显示过一次" in desk.shown_at(again.headers["location"])


def record(world: World) -> Iterator[Taken]:
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    carried = previewed(desk, "record-lapse", {"agency": uscc, "/item": "4", "/occurred_on": "2024-05-20"})
    yield Taken(desk.client, "/record/record-lapse", {"csrf": desk.csrf(), **carried, "do": "record"})


def grid(world: World) -> Iterator[Taken]:
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    typed = {"matter": "record-lapse", "/item": "4", "/occurred_on": "2025-03-04", "paste": uscc, "do": "preview"}
    shown = desk.send("/grid", typed)
    yield Taken(desk.client, "/grid", {**fields_of(shown.text), "csrf": desk.csrf(), "do": "record"})


def workbooks(world: World) -> Iterator[Taken]:
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    content = filled("attendance", {"agency": uscc, "occurred_on": "2025-03-04"})
    yield of_desk(desk, "/workbooks", kind="attendance")._replace(files={"file": ("出席.xlsx", content)})


def workbook(world: World) -> Iterator[Taken]:
    (sent,) = workbooks(world)
    there = sent.client.post(sent.address, data=sent.form, files=sent.files).headers["location"]
    while "登记全部 1 行" not in sent.client.get(there).text:
        time.sleep(0.05)
    yield Taken(sent.client, there, {"csrf": sent.form["csrf"], "key": new_id(), "act": "record"})
    while "已登记 1 件" not in sent.client.get(there).text:
        time.sleep(0.05)


def hints(world: World) -> Iterator[Taken]:
    uscc = world.filed()
    late: dict[str, Any] = {"changed_on": "2024-03-04", "reported_on": "2024-05-06", "fields": {"address": "澳头 1 号"}}
    world.done("ReportChange", uscc, **late)
    chosen = [one["id"] for one in world.hints(uscc) if one["rule"] == "late_change"]
    desk = Desk(world, Role.ASSOCIATION)
    yield of_desk(desk, "/todo/hints", chosen=chosen, reason="已核实，不构成", act="record")


def pledge(world: World) -> Iterator[Taken]:
    yield of_desk(Desk(world, Role.AGENCY, world.filed()), "/pledge", signed_on=today(), agreed="yes")


def subjects(world: World) -> Iterator[Taken]:
    uscc = world.filed()
    subject = world.association.get(f"/v1/agencies/{uscc}/subjects", limit=1).json()["items"][0]["subject"]
    form = {"subject": subject, "erased_on": today(), "ground": "本人要求", "sure": "yes"}
    yield of_desk(Desk(world, Role.ASSOCIATION), f"/agencies/{uscc}/subjects", **form)


def readings(world: World) -> Iterator[Taken]:
    desk = Desk(world, Role.ASSOCIATION)
    text = desk.shown("/readings")
    chosen = re.findall(r'name="chosen" value="(R\w+:[0-9a-f]{64})"', text)[:2]
    given = {**fields_of(text), "chosen": chosen, "title": "会议纪要", "by": "区安协理事会"}
    yield Taken(desk.client, "/readings", {**given, "csrf": desk.csrf(), "key": new_id(), "act": "confirm"})


def survey(world: World) -> Iterator[Taken]:
    page = str(world.done("InviteSurvey", world.filed())["page"])
    yield Taken(fresh(world), page, {**{f"q{number}": "A" for number in range(1, 11)}, "key": new_id()})


def acknowledged(world: World) -> Iterator[Taken]:
    uscc = world.filed()
    page = str(world.done("GiveNoticeLink", uscc, world.warned(uscc))["page"])
    yield Taken(fresh(world), page, {"signer": "林工", "key": new_id()})


def year(world: World) -> Iterator[Taken]:
    assert isinstance(world, DatedWorld)
    world.assessed()
    desk = Desk(world, Role.COMMITTEE)
    world.clock.at("2025-03-10")
    form = {"reason": "当日公示", "meeting_on": "2025-03-07", "published_on": "2025-03-10"}
    yield of_desk(desk, "/years/2024", form=form, act="publish")
    world.clock.at("2025-06-03")
    yield of_desk(desk, "/years/2024", closed_on="2025-06-03", act="close")


def appeal(world: World) -> Iterator[Taken]:
    assert isinstance(world, DatedWorld)
    made, desk = Contested(world), Desk(world, Role.COMMITTEE)
    shown = fields_of(desk.shown(f"/appeals/{made.appeal}"))
    form = {**{name: shown[name] for name in ("version", "uscc")}, "outcome": "upheld", "decided_on": "2025-03-20"}
    form |= {"reasons": "经复核"}
    world.clock.at("2025-03-20")
    yield of_desk(desk, f"/appeals/{made.appeal}", form=form, annul=[made.upheld[0]], act="decide")
    late = world.done("FileAppeal", made.other, year=2024, filed_on="2025-04-12", disputed_event_ids=[])
    path = f"/appeals/{late['ids']['appeal']}"
    world.clock.at("2025-04-20")
    yield of_desk(desk, path, act="admit", decided_on="2025-04-14", reason="住院")
    own = Desk(world, Role.ASSOCIATION)
    yield of_desk(own, path, act="withdraw", withdrawn_on="2025-04-18", uscc=made.other, evidence="撤回书")


def impact(world: World) -> Iterator[Taken]:
    made = Contested(world)
    (touched,) = world.done("RecordLapse", made.other, item=4, occurred_on="2024-09-09")["touched"]
    assert isinstance(world, DatedWorld)
    world.clock.at("2025-05-08")
    form = {"outcome": "kept", "disposed_on": "2025-05-08", "reason": "维持"}
    yield of_desk(Desk(world, Role.COMMITTEE), f"/impacts/{touched['impact']}", form=form, act="dispose")


ANSWERED_AT_ONCE = {"/verify", "/evidence"}
"""What is sent there is checked and forgotten, or put into the form by script: there is nothing to come back to."""


def told(world: World) -> Iterator[Taken]:
    yield of_desk(Desk(world, Role.AUDITOR), "/messages")


def mail(world: World) -> Iterator[Taken]:
    chosen = {"kind-year_published": "off"}
    yield of_desk(Desk(world, Role.AUDITOR), "/account/mail", form=chosen, act="preferences")
    yield of_desk(Desk(world, Role.AUDITOR), "/account/mail", act="none")


def deliveries(world: World) -> Iterator[Taken]:
    yield of_desk(Desk(world, Role.ADMIN), "/admin/deliveries", act="waiting:all")


def targets(world: World) -> Iterator[Taken]:
    form = {"name": "区平台", "channel": "webhook", "url": "https://oa.example.cn/hooks", "role": "regulator"}
    desk = Desk(world, Role.ADMIN)
    yield of_desk(desk, "/admin/targets", form=form, act="create")
    id_ = world.people[Role.ADMIN].get("/v1/delivery-targets", limit=500).json()["items"][-1]["id"]
    for act in ("disabled", "enabled", "test"):
        yield of_desk(desk, "/admin/targets", act=f"{act}:{id_}")
    for act, form in {"kinds": {"kind": "year_published"}, "secret": {}, "secret-now": {}, "deleted": {}}.items():
        assert f'value="{act}:{id_}"' in desk.shown("/admin/targets", edit=id_)
        yield of_desk(desk, "/admin/targets", form=form, act=f"{act}:{id_}")


ON_ITS_OWN = {"/years/{year}": year, "/appeals/{appeal}": appeal, "/impacts/{impact}": impact}
"""Each in a ledger of its own: a year is published once."""
WALKS: dict[str, Callable[[World], Iterator[Taken]]] = {
    "/setup/{secret}": setting_up,
    "/setup": steps,
    "/admin/calendar": calendar,
    "/admin/accounts": of_accounts,
    "/admin/tokens": of_tokens,
    "/invitations": invitations,
    "/invitation/{secret}": invitation,
    "/sign-in": sign_in,
    "/sign-out": sign_out,
    "/account": own_account,
    "/account/second-factor": second_factor,
    "/record/{command}": record,
    "/grid": grid,
    "/workbooks": workbooks,
    "/workbooks/{job}": workbook,
    "/todo/hints": hints,
    "/pledge": pledge,
    "/agencies/{uscc}/subjects": subjects,
    "/readings": readings,
    "/messages": told,
    "/account/mail": mail,
    "/admin/deliveries": deliveries,
    "/admin/targets": targets,
    "/survey/{secret}": survey,
    "/acknowledge/{secret}": acknowledged,
}


def test_every_form_of_a_page_is_walked(world: World) -> None:
    """The fence: whoever adds a page that takes a form says here how it is taken."""
    app = world.client.app
    assert isinstance(app, FastAPI)
    posts = {one.path for one in app.routes if isinstance(one, PageRoute) and "POST" in (one.methods or ())}
    assert posts == {*WALKS, *ON_ITS_OWN, *ANSWERED_AT_ONCE}


def held(world: World) -> list[Any]:
    """All that forms can add to."""
    tables = (events, accounts, tokens, access_changes, idempotency, form_answers)
    with world.service.ledger.reading() as reader:
        return [reader.connection.scalar(select(func.count()).select_from(one)) for one in tables]


def must_lead(world: World, taken: Taken) -> None:
    """303 to an address that opens, twice; sent again unchanged it leads to the same place and adds nothing."""
    response = taken.client.post(taken.address, data=taken.form, files=taken.files)
    assert response.status_code == 303, (taken.address, taken.form, response.text[-3000:])
    there = response.headers["location"]
    assert NEW not in there
    assert PASSWORD not in there
    for _ in range(2):
        shown = taken.client.get(there, follow_redirects=True)
        assert shown.status_code == 200, (there, shown.text[-3000:])
    if not taken.twice:
        return
    before = held(world)
    again = taken.client.post(taken.address, data=taken.form, files=taken.files)
    assert again.status_code == 303, (taken.address, taken.form, again.text[-3000:])
    assert again.headers["location"].partition("?")[0] == there.partition("?")[0]
    assert taken.client.get(again.headers["location"], follow_redirects=True).status_code == 200
    assert held(world) == before, (taken.address, taken.form)


def test_every_form_that_is_taken_leads_to_a_page(own_world: World) -> None:
    """One after the other in one ledger, from the set-up of the first administrator on."""
    for walk in WALKS.values():
        for taken in walk(own_world):
            must_lead(own_world, taken)


@pytest.mark.parametrize("path", ON_ITS_OWN)
def test_every_decision_leads_to_a_page(dated_world: DatedWorld, path: str) -> None:
    """Publication, closing, decisions of appeals and impacts: with an address, recorded once."""
    for taken in ON_ITS_OWN[path](dated_world):
        must_lead(dated_world, taken)


def test_what_is_shown_once_is_shown_to_who_asked_and_lies_encrypted(world: World) -> None:
    """A token: not in the address, not in the database, not to another session with the same address; then gone."""
    desk, other = Desk(world, Role.ADMIN), Desk(world, Role.ADMIN)
    sent = of_desk(desk, "/admin/tokens", act="create", person="接口程序", role="auditor")
    there = [desk.client.post(sent.address, data=sent.form).headers["location"] for _ in range(2)]
    assert there[0] == there[1]
    assert "令牌已经显示过一次，不再显示" in other.shown_at(there[0])
    text = desk.shown_at(there[0])
    (token,) = re.findall(r'class="secret">(stw_[\w-]+)<', text)
    assert token not in there[0]
    assert fresh(world).get("/v1/rulebooks", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert token not in desk.shown_at(there[0])
    assert "令牌已经显示过一次，不再显示" in desk.shown_at(there[0])
    back = desk.client.post(sent.address, data={**sent.form, "person": "另一个程序"})
    assert back.headers["location"] != there[0], "changed after Back, it is another form"
    once = re.findall(r"once=(\w+)", back.headers["location"])[0]
    with writing(world.service.ledger.engine) as connection:
        rows = connection.execute(select(form_answers)).all()
        assert token.encode() not in b"".join(bytes(row.sealed or b"") for row in rows)
        assert "stw_" not in str(rows)
        assert take_shown(connection, form_named("another session's secret", once)) is None


def test_the_language_of_a_form_goes_along(world: World) -> None:
    """A form sent in English leads to an English page, also where no cookie is kept."""
    desk = Desk(world, Role.ADMIN)
    form = {"csrf": desk.csrf(), "act": "create", "login": f"u-{new_id()}", "role": "agency", "uscc": new_uscc()}
    sent = desk.client.post("/admin/accounts?lang=en", data={**form, "person": "Li Na"})
    assert "lang=en" in sent.headers["location"]
    assert "its password is shown here this once" in desk.shown_at(sent.headers["location"])


GOING = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
"""What a browser says that will show what it gets."""


def test_a_form_that_did_nothing_yet_has_an_address_too(world: World) -> None:
    """A preview and a refused form stand where a browser can go back to, as they were answered; nothing is recorded."""
    uscc = world.filed()
    desk, other = Desk(world, Role.ASSOCIATION), Desk(world, Role.ASSOCIATION)
    before = held(world)[0]
    typed = {"agency": uscc, "/item": "4", "/occurred_on": "2024-05-20", "do": "preview", "csrf": desk.csrf()}
    for form, status, said in ((typed, 200, 'value="record"'), ({**typed, "/item": "77"}, 422, "/item")):
        answer = desk.client.post("/record/record-lapse?lang=zh", data=form, headers=GOING)
        assert answer.status_code == 303, answer.text
        there = answer.headers["location"]
        assert there.startswith("/record/record-lapse?answered=")
        assert "2024-05-20" not in there
        for _ in range(2):
            shown = desk.client.get(there)
            assert (shown.status_code, said in shown.text) == (status, True)
            assert "no-store" in shown.headers["cache-control"]
            assert "default-src 'none'" in shown.headers["content-security-policy"]
        elsewhere = other.client.get(there)
        assert elsewhere.status_code == 303, "of another session it leads to the form"
        assert elsewhere.headers["location"].partition("?")[0] == "/record/record-lapse"
        assert "answered" not in elsewhere.headers["location"]
    assert held(world)[0] == before
    by_script = desk.client.post("/record/record-lapse", data=typed, headers={"Sec-Fetch-Mode": "cors"})
    assert by_script.status_code == 200, "a script asked for the page itself"
    with world.service.ledger.reading() as reader:
        kept = reader.connection.scalars(select(form_answers.c.sealed).where(form_answers.c.sealed.is_not(None)))
        assert all(b"2024-05-20" not in one for one in kept), "encrypted for the session"


def test_a_preview_is_shown_where_nothing_can_be_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed is not lost because the database takes no writes just now: the page comes without an address."""

    def full(*_: Any, **__: Any) -> None:
        raise Busy("磁盘已满", "the disk is full")

    desk = Desk(world, Role.ASSOCIATION)
    typed = {"agency": world.filed(), "/item": "4", "/occurred_on": "2024-05-20", "do": "preview", "csrf": desk.csrf()}
    monkeypatch.setattr(form_leads, "keep_answer", full)
    answer = desk.client.post("/record/record-lapse", data=typed, headers=GOING)
    assert (answer.status_code, 'value="record"' in answer.text) == (200, True)


def test_no_page_has_a_parameter_of_that_name(world: World) -> None:
    """The set-up's own parameter was once taken for it, and the set-up led nowhere."""
    app = world.client.app
    assert isinstance(app, FastAPI)
    own = {one.path: one.parameters() for one in app.routes if isinstance(one, PageRoute)}
    assert [path for path, names in own.items() if form_leads.STEP in names] == []


def test_of_a_public_page_nothing_is_kept_for_the_signed_in_either(world: World) -> None:
    """What is verified is forgotten, as the page promises: the answer comes at once, and no row is written."""
    desk = Desk(world, Role.AUDITOR)
    sent = {"csrf": desk.csrf(), "code": "keiner"}
    before = held(world)
    answer = desk.client.post("/verify", data=sent, headers=GOING)
    assert answer.status_code < 500
    assert answer.status_code != 303, answer.headers
    assert held(world) == before
    assert desk.client.get("/verify?answered=1").status_code == 422
