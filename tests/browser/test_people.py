"""The survey on a telephone, and an administrator's account from being made to its first changes, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from domain.values import Role
from tests.browser.axe import bytes_loaded, violations
from tests.browser.conftest import served
from tests.browser.test_portal import WIDTHS
from tests.http.desk import PASSWORD, account
from tests.http.test_pages import HOSTILE
from tests.http.world import World, body_of, new_uscc

NEW, NEWER = "four loud bitterns", "five late curlews"
LINKS = 6


@dataclass(frozen=True)
class Invitations:
    """A served agency with a hostile name, one-time links to surveys, one that is over, two accounts."""

    address: str
    links: list[str]
    expired: str
    admin: str
    agency: str


@pytest.fixture(scope="module")
def invitations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Invitations]:
    """Recorded over HTTP, then served on a port."""
    url = f"sqlite:///{tmp_path_factory.mktemp('people') / 'ledger.db'}"
    with TestClient(create_app(Settings(database_url=url))) as client:
        world, uscc = World(client), new_uscc()
        world.must(world.association.post("/v1/agencies", {**body_of("FileAgency"), "uscc": uscc, "name": HOSTILE}))
        world.done("DecideFiling", uscc)
        plain = world.filed()
        project = world.id_of("StartProject", plain)
        of = [uscc, *[plain] * (LINKS - 1)]
        links = [world.done("InviteSurvey", one)["page"] for one in of[:1]]
        links += [world.done("InviteSurvey", one, project_id=project)["page"] for one in of[1:]]
        expired = world.done("InviteSurvey", plain, expires_on="2024-12-31")["page"]
        admin, agency = account(world, Role.ADMIN), account(world, Role.AGENCY, plain, "林晓梅")
    with served(url) as address:
        yield Invitations(address, links, expired, admin, agency)


def accessible(tab: Tab, width: int, picture: Path) -> None:
    """Nothing is wider than the screen, and axe finds no violation; a picture is left."""
    tab.screenshot(path=picture, full_page=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(tab) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", WIDTHS)
def test_the_survey_is_accessible_and_fits(
    chromium: Browser, invitations: Invitations, pictures: Path, size: str, language: str
) -> None:
    """Empty, half filled, refused, over: at both widths, in both languages, with a hostile name."""
    context = chromium.new_context(viewport={"width": WIDTHS[size], "height": 800}, bypass_csp=True)
    tab, width = context.new_page(), WIDTHS[size]
    for name, link in (("hostile", invitations.links[0]), ("plain", invitations.links[1])):
        tab.goto(f"{invitations.address}{link}?lang={language}")
        accessible(tab, width, pictures / f"survey-{name}-{language}-{size}.png")
    for number in (1, 2, 3, 5):
        tab.check(f"input[name=q{number}][value=B]")
    tab.evaluate("document.querySelector('form.survey').noValidate = true")
    tab.fill("#comments", "服务很好 " * 20)
    tab.click("main form button[type=submit]")
    tab.wait_for_selector("#refused")
    assert tab.locator("input:checked").count() == 4
    accessible(tab, width, pictures / f"survey-refused-{language}-{size}.png")
    tab.goto(f"{invitations.address}{invitations.expired}")
    accessible(tab, width, pictures / f"survey-over-{language}-{size}.png")
    context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_client_fills_the_survey_in_on_a_telephone(
    chromium: Browser, invitations: Invitations, pictures: Path, script: bool
) -> None:
    """Targets of 44 px and more; the bar counts where there is script; sent once, and told so the second time."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=script, has_touch=True)
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    link = invitations.address + invitations.links[2 + script]
    tab.goto(link)
    boxes = [one.bounding_box() for one in tab.locator(".choices label, main form button").all()]
    assert len(boxes) == 31
    assert all(box is not None and box["height"] >= 44 and box["width"] >= 44 for box in boxes)
    bar = tab.locator(".progress")
    assert bar.is_visible() == script
    for number in range(1, 11):
        tab.locator(f"label:has(input[name=q{number}][value=A])").tap()
        if script:
            assert str(number) in bar.inner_text() or number == 10
    if script:
        assert "可以提交" in bar.inner_text()
        tab.screenshot(path=pictures / "survey-filled-zh-phone.png")
    tab.locator("main form button").tap()
    tab.wait_for_selector("text=调查表已收到，谢谢")
    tab.screenshot(path=pictures / f"survey-receipt-{script}.png", full_page=True)
    assert said == []
    tab.goto(link)
    assert "这个链接已经用过" in tab.locator("h1").inner_text()
    context.close()


def test_the_survey_costs_no_long_task_and_no_shift(chromium: Browser, invitations: Invitations) -> None:
    """The bar comes without moving anything; under 100 kB in all."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    tab = context.new_page()
    tab.add_init_script(
        "window.shifts = 0; new PerformanceObserver(l => l.getEntries().forEach(e => window.shifts += e.value))"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    tab.goto(invitations.address + invitations.links[4], wait_until="networkidle")
    assert tab.evaluate("window.shifts") == 0
    assert 10_000 < bytes_loaded(tab) < 100_000
    context.close()


def test_an_account_from_its_making_to_its_first_changes(
    chromium: Browser, invitations: Invitations, pictures: Path
) -> None:
    """The administrator makes it; the person signs in, ends the session of another browser and changes the password:
    the one that was handed out before any other page opens (F36), later one's own by will."""
    desk, person, other = (chromium.new_context(viewport={"width": 1280, "height": 800}) for _ in range(3))
    tab = desk.new_page()
    sign_in(tab, invitations, invitations.admin, PASSWORD)
    tab.goto(f"{invitations.address}/admin/accounts")
    tab.click("text=新建账户")
    tab.fill("#login", "li.na")
    tab.select_option("#role", "auditor")
    tab.fill("#person", "李娜")
    tab.click("text=发给密码，并显示")
    password = tab.locator(".secret").inner_text()
    tab.screenshot(path=pictures / "admin-made-zh-desktop.png", full_page=True)
    for context, secret in ((person, password), (other, password)):
        sign_in(context.new_page(), invitations, "li.na", secret)
    page = person.pages[0]
    page.goto(f"{invitations.address}/account")
    assert page.locator("tbody tr").count() == 2
    page.screenshot(path=pictures / "account-two-zh-desktop.png", full_page=True)
    page.click("text=结束其他全部登录")
    assert page.locator("tbody tr").count() == 1
    other.pages[0].goto(f"{invitations.address}/account")
    assert "/sign-in" in other.pages[0].url
    page.goto(f"{invitations.address}/agencies")
    assert page.url.endswith("/account")
    assert "您的密码由管理员发给" in page.inner_text("main [role=alert]")
    _change(page, password, NEW)
    page.wait_for_url(lambda url: not url.endswith("/account"))
    page.goto(f"{invitations.address}/agencies")
    assert page.url.endswith("/agencies")
    sign_in(other.pages[0], invitations, "li.na", NEW)
    page.goto(f"{invitations.address}/account")
    assert page.locator("main [role=alert]").count() == 0
    _change(page, NEW, NEWER)
    page.wait_for_selector("text=密码已更改")
    other.pages[0].goto(f"{invitations.address}/account")
    assert "/sign-in" in other.pages[0].url
    sign_in(other.pages[0], invitations, "li.na", NEWER)
    for context in (desk, person, other):
        context.close()


def _change(page: Tab, present: str, new: str) -> None:
    """Fill in the form for another password and send it."""
    for field, value in (("present", present), ("new", new), ("again", new)):
        page.fill(f"#{field}", value)
    page.click("main button[value=password]")


@pytest.mark.parametrize("size", WIDTHS)
def test_an_agency_signs_the_pledge(chromium: Browser, invitations: Invitations, pictures: Path, size: str) -> None:
    """Read, tick, sign; the receipt on top; on paper the lines for seal and signature, and no form."""
    context = chromium.new_context(viewport={"width": WIDTHS[size], "height": 800}, bypass_csp=True)
    tab = context.new_page()
    sign_in(tab, invitations, invitations.agency, PASSWORD)
    tab.goto(f"{invitations.address}/pledge")
    tab.check("#agreed")
    tab.click("main form button")
    tab.wait_for_selector("#receipt")
    accessible(tab, WIDTHS[size], pictures / f"pledge-signed-zh-{size}.png")
    tab.click("#receipt .term")
    assert tab.locator("#term-receipt").is_visible()
    accessible(tab, WIDTHS[size], pictures / f"pledge-term-zh-{size}.png")
    tab.keyboard.press("Escape")
    assert not tab.locator("#term-receipt").is_visible()
    tab.emulate_media(media="print")
    assert tab.locator(".signatures").is_visible()
    assert not tab.locator("#agreed").is_visible()
    tab.screenshot(path=pictures / f"pledge-print-zh-{size}.png", full_page=True)
    context.close()


def sign_in(tab: Tab, invitations: Invitations, login: str, password: str) -> None:
    """By hand, on the page."""
    tab.goto(f"{invitations.address}/sign-in")
    tab.fill("#login", login)
    tab.fill("#password", password)
    tab.click("main button[type=submit]")
    tab.wait_for_url(lambda url: "/sign-in" not in url)


def test_from_an_invitation_to_the_board_with_a_telephone_and_without(
    chromium: Browser, invitations: Invitations, pictures: Path
) -> None:
    """Invited, own password, second factor, board; then signed in again by a recovery code. Each page is accessible."""
    desk, person = (chromium.new_context(viewport={"width": 1366, "height": 800}) for _ in range(2))
    tab, page = desk.new_page(), person.new_page()
    sign_in(tab, invitations, invitations.admin, PASSWORD)

    def seen(of: Tab, name: str) -> None:
        for width in (360, 1366):
            of.set_viewport_size({"width": width, "height": 800})
            accessible(of, width, pictures / f"{name}-zh-{width}.png")

    tab.goto(f"{invitations.address}/invitations")
    tab.fill("#rows", "he.xin\t何欣\t协会\nlu.min\t陆敏\t服务机构\t91441300MA51C1EN7F")
    seen(tab, "invitations")
    tab.click("#inviting button[value=preview]")
    seen(tab, "invitations-preview")
    tab.click("button[value=invite]")
    seen(tab, "invitations-made")
    page.goto(tab.locator("code.link").first.inner_text())
    seen(page, "invitation")
    page.fill("#new", NEW)
    page.fill("#again", NEW)
    page.click("text=设好密码并登录")
    page.goto(f"{invitations.address}/account/second-factor")
    page.click("text=开始启用")
    totp = pyotp.TOTP(page.locator("code.secret").inner_text())
    seen(page, "second-factor")
    page.fill("#code", "12345")
    page.click("button[value=confirm]")
    assert "没有提交成功" in page.inner_text("main")
    page.fill("#code", totp.now())
    page.click("button[value=confirm]")
    code = page.locator(".recovery code").first.inner_text()
    seen(page, "recovery-codes")
    page.click("text=已保存，继续")
    assert page.url.endswith("/board")
    page.click("form[action='/sign-out'] button")
    page.goto(f"{invitations.address}/sign-in")
    page.fill("#login", "he.xin")
    page.fill("#password", NEW)
    page.click("main button[type=submit]")
    page.wait_for_selector("#code")
    seen(page, "sign-in-code")
    page.fill("#code", code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/board")
    tab.goto(f"{invitations.address}/admin/accounts?q=he")
    seen(tab, "admin-accounts")
    tab.click("text=查看、办理")
    seen(tab, "admin-account")
    for context in (desk, person):
        context.close()
