"""A new ledger: one link, one administrator, then the steps of the set-up, each to be left out and come back to."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.application.problem_types import Gone
from api.application.setting_up import FirstAdministrator, make_first_administrator
from api.settings import Settings
from domain.store.access.setup_links import new_setup_link
from domain.store.db.schema import access_changes, accounts, association_profile, persons
from domain.values import Role
from tests.http.desk import PASSWORD, Desk
from tests.http.world import World, new_uscc

FIRST = {"person": "陈兰", "login": "chen.lan", "password": PASSWORD, "again": PASSWORD, "act": "make"}


def link(world: World, hours_ago: float = 0) -> str:
    """The page of a set-up link that was given some hours ago."""
    with world.service.ledger.reading() as reader:
        return f"/setup/{new_setup_link(reader.connection, datetime.now(UTC) - timedelta(hours=hours_ago))}"


def browser(world: World) -> TestClient:
    """Somebody who is not signed in."""
    return TestClient(world.client.app, follow_redirects=False)


def held(world: World) -> list[int | None]:
    """How many persons, accounts and changes of access there are."""
    with world.service.ledger.reading() as reader:
        return [
            reader.connection.scalar(select(func.count()).select_from(one))
            for one in (persons, accounts, access_changes, association_profile)
        ]


def test_the_link_makes_one_administrator_who_is_signed_in(own_world: World) -> None:
    """The form, then the steps; the link is void from then on, and so is every other one."""
    path, other, tab = link(own_world), link(own_world), browser(own_world)
    form = tab.get(path)
    assert form.status_code == 200
    assert form.headers["cache-control"] == "no-store"
    assert 'name="password"' in form.text
    made = tab.post(path, data=FIRST)
    assert (made.status_code, made.headers["location"]) == (303, "/setup"), made.text
    steps = tab.get("/setup")
    assert steps.status_code == 200
    assert "设置向导" in steps.text
    assert PASSWORD not in steps.text
    before = held(own_world)
    for void in (path, other):
        again = browser(own_world).post(void, data={**FIRST, "login": "other"})
        assert again.status_code == 410
        assert "已有管理员" in again.text
        assert browser(own_world).get(void).status_code == 410
    assert held(own_world) == before
    assert browser(own_world).post("/sign-in", data={"login": "chen.lan", "password": PASSWORD}).status_code == 303


def test_a_link_that_is_late_or_none_is_refused_in_clear_words(own_world: World) -> None:
    """Late, cut short, changed, foreign: nothing is recorded; what to do is said."""
    before, good = held(own_world), link(own_world)
    late = browser(own_world).post(link(own_world, hours_ago=24.1), data=FIRST)
    assert late.status_code == 410
    assert "steward setup-link" in late.text
    assert browser(own_world).get(link(own_world, hours_ago=23.9)).status_code == 200
    for none in (good[:-3], good[:-8] + "AAAAAAAA", "/setup/x", "/setup/" + "A" * 75, "/setup/é"):
        refused = browser(own_world).get(none)
        assert refused.status_code == 404, none
        assert "没有复制完整" in refused.text
    assert held(own_world) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"again": "another one here"}, "again"),
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "chen.lan.chen.lan", "again": "chen.lan.chen.lan"}, "password"),
        ({"login": "a"}, "login"),
        ({"login": "chen lan"}, "login"),
        ({"person": "  "}, "person"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(own_world: World, changes: dict[str, str], field: str) -> None:
    """At its field, with nothing recorded and nothing lost but the passwords."""
    before = held(own_world)
    refused = browser(own_world).post(link(own_world), data={**FIRST, **changes})
    assert refused.status_code == 422, refused.text
    assert f'id="{field}-problem"' in refused.text
    assert {**FIRST, **changes}["login"] in refused.text
    assert PASSWORD not in refused.text
    assert held(own_world) == before


def test_of_two_at_once_one_becomes_administrator(own_world: World) -> None:
    """The same link in two browsers, and another link: one account, whoever was first."""
    links = [link(own_world), link(own_world)]

    def send(number: int) -> bool:
        body = FirstAdministrator(login=f"admin-{number}", person="陈兰", password=PASSWORD)
        try:
            make_first_administrator(own_world.service, links[number % 2].removeprefix("/setup/"), body)
        except Gone:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [False, False, False, True]


def test_another_sites_form_makes_nobody(own_world: World) -> None:
    """A page elsewhere that knows the link cannot send the form in somebody's name."""
    before = held(own_world)
    refused = browser(own_world).post(link(own_world), data=FIRST, headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert held(own_world) == before


def picture(kind: str, side: int = 40) -> bytes:
    """A small picture as a file."""
    written = io.BytesIO()
    Image.new("RGB", (side, side // 2), "green").save(written, kind)
    return written.getvalue()


def send_logo(desk: Desk, content: bytes, name: str = "logo.png", **fields: str) -> Any:
    """The form of the association's name with a file."""
    form = {"csrf": desk.csrf(), "step": "association", "act": "save", "name": "大亚湾区安全生产协会", **fields}
    return desk.client.post("/setup", data=form, files={"logo": (name, content)})


def test_the_association_gives_its_name_and_logo(own_world: World) -> None:
    """Shown at the head of every page, as a picture written anew; what is no PNG or JPEG is refused, the name kept."""
    desk = Desk(own_world, Role.ADMIN)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for wrong in (svg, b"", picture("GIF"), picture("PNG")[:60], picture("PNG") + b"0" * 600_000, b"\x89PNG\r\n"):
        refused = send_logo(desk, wrong)
        assert refused.status_code == 422, (wrong[:20], refused.status_code)
        assert 'id="logo-problem"' in refused.text
        assert 'value="大亚湾区安全生产协会"' in refused.text
    assert desk.get("/association/logo").status_code == 404
    assert send_logo(desk, picture("PNG", 5_000)).status_code == 422
    polyglot = picture("JPEG", 600) + b"<script>alert(1)</script>"
    done = send_logo(desk, polyglot, "logo.jpg")
    assert done.headers["location"] == "/setup?step=calendar&done=association", done.text
    home = browser(own_world).get("/").text
    assert "大亚湾区安全生产协会" in home
    found = re.search(r'src="(/association/logo\?v=[0-9a-f]{12})"', home)
    assert found is not None
    logo = browser(own_world).get(found[1])
    assert logo.headers["content-type"] == "image/png"
    assert b"script" not in logo.content
    assert Image.open(io.BytesIO(logo.content)).size == (256, 128)
    kept = desk.send("/setup", {"step": "association", "act": "save", "name": "<b>协会</b>"})
    assert kept.status_code == 303
    page = browser(own_world).get("/").text
    assert "&lt;b&gt;协会&lt;/b&gt;" in page
    assert found[1] in page, "the logo stays where only the name is said anew"
    gone = desk.send("/setup", {"step": "association", "act": "save", "name": "协会", "without_logo": "yes"})
    assert gone.status_code == 303
    assert desk.get("/association/logo").status_code == 404
    assert desk.send("/setup", {"step": "association", "act": "save", "name": " "}).status_code == 422


def test_many_are_invited_at_once_and_their_links_shown_once(own_world: World) -> None:
    """From a spreadsheet or typed, all or none; each wrong line is named, nothing that was typed is lost."""
    desk, uscc, other = Desk(own_world, Role.ADMIN), new_uscc(), new_uscc()
    rows = [
        "wang.wu\t王五\t协会",
        "li.si，李四，厂长",
        "x，赵六，审计",
        "wang.wu，王五二，审计",
        "zhou，周七，服务机构",
    ]
    wrong = "\n".join([*rows, f"sun,孙八,协会,{uscc}"])
    before = held(own_world)
    refused = desk.send("/setup", {"step": "accounts", "act": "make", "rows": wrong})
    assert refused.status_code == 422
    for number in (2, 3, 4, 5, 6):
        assert f"第 {number} 行" in refused.text, number
    assert "第 1 行：" not in refused.text
    assert "wang.wu\t王五\t协会" in refused.text
    assert held(own_world) == before
    good = f"登录名\t姓名\t角色\t信用代码\nwang.wu\t王五\t协会\nli.si，李四，专委会\nagency-7;周七;服务机构;{uscc}\n\n"
    made = desk.followed("/setup", {"step": "accounts", "act": "make", "rows": good})
    assert made.headers["cache-control"] == "no-store"
    links = re.findall(r"<code class=\"break\">http://testserver(/invitation/[^<]+)</code>", made.text)
    assert len(set(links)) == 3
    assert "七天内有效" in made.text
    assert browser(own_world).get(links[0]).status_code == 200
    assert links[0] not in desk.shown("/setup", step="accounts")
    taken = desk.send("/setup", {"step": "accounts", "act": "make", "rows": "neu，新人，审计\nli.si，李四，审计"})
    assert taken.status_code == 409
    assert "li.si" in taken.text
    many = "\n".join(f"user-{number},甲,审计" for number in range(101))
    assert desk.send("/setup", {"step": "accounts", "act": "make", "rows": many}).status_code == 422
    assert held(own_world)[1] == (before[1] or 0) + 3
    agencies = desk.followed("/setup", {"step": "agencies", "act": "make", "rows": f"{other}，林晓梅"})
    assert other.lower() in agencies.text
    bad = desk.send("/setup", {"step": "agencies", "act": "make", "rows": "91441300MA4X2Y7K19，林晓梅"})
    assert bad.status_code == 422


def test_steps_are_resumed_and_nobody_else_may_take_them(own_world: World) -> None:
    """What is open comes first; each step has its page; other roles and strangers are sent away."""
    desk = Desk(own_world, Role.ADMIN)
    assert 'href="/setup?step=association" aria-current="step"' in desk.shown("/setup")
    for step in ("association", "calendar", "accounts", "readings", "agencies"):
        assert f'href="/setup?step={step}" aria-current="step"' in desk.shown("/setup", step=step)
    assert "尚待协会确认" in desk.shown("/setup", step="readings")
    assert desk.get("/setup", step="nothing").status_code == 200
    officer = Desk(own_world, Role.ASSOCIATION)
    assert officer.get("/setup").status_code == 403
    assert officer.send("/setup", {"step": "association", "name": "X", "act": "save"}).status_code == 403
    assert browser(own_world).get("/setup").headers["location"].startswith("/sign-in")


def test_the_link_names_the_address_by_which_people_come() -> None:
    """STEWARD_PUBLIC_URL with its sub-path; else host and port, loopback for who listens everywhere."""
    assert Settings(public_url="https://example.cn/steward/").address(9000) == "https://example.cn/steward"
    assert Settings().address(9000) == "http://127.0.0.1:9000"
    assert Settings(host="0.0.0.0", port=8001).address() == "http://127.0.0.1:8001"  # noqa: S104  # compose's
    assert Settings(host="::1").address() == "http://[::1]:8000"
