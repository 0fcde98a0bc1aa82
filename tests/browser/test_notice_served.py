"""A notice from due to 签收 in a browser, by account and by link, and what a judge reads of it in the dossier (R41)."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab
from starlette.testclient import TestClient

from api.app import create_app
from domain.values import Role
from tests.browser.axe import violations
from tests.browser.conftest import served, settings_in
from tests.browser.district import YEAR, District
from tests.http.world import World, today

PHONE, DESK = 360, 1366


@pytest.fixture(scope="module")
def noticed(built_district: tuple[District, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """The district, with an appeal that disputes the complaint for which its agency is to be warned."""
    made, built = built_district
    settings = settings_in(tmp_path_factory.mktemp("noticed"))
    shutil.copytree(built, settings.data_dir, dirs_exist_ok=True)
    with TestClient(create_app(settings)) as client:
        world = World(client)
        upheld = [one["id"] for one in world.trail(made.agency) if one["type"] == "ComplaintUpheld" and one["counts"]]
        filed = world.done(
            "FileAppeal", made.agency, year=YEAR, filed_on=f"{YEAR + 1}-03-13", disputed_event_ids=[upheld[1]]
        )
    with served(settings) as address:
        yield replace(made, address=address, appeal=str(filed["ids"]["appeal"]))


@contextmanager
def tab_of(chromium: Browser, district: District, role: Role | None, width: int) -> Iterator[Tab]:
    """A tab of somebody signed in, or of a stranger."""
    context = chromium.new_context(viewport={"width": width, "height": 800}, bypass_csp=True, accept_downloads=True)
    tab = context.new_page()
    if role is not None:
        district.sign_in(tab, role)
    yield tab
    context.close()


def good(tab: Tab, name: str, pictures: Path, *widths: int) -> None:
    """At each width nothing is wider than the screen and axe finds nothing; a picture is left."""
    for width in widths or (PHONE, DESK):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.screenshot(path=pictures / f"served-{name}-{width}.png", full_page=True)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
    assert violations(tab) == [], name


def recorded(tab: Tab) -> None:
    """Through the preview to the receipt."""
    tab.click(".entry .act button")
    tab.click("button[value=record]")
    tab.wait_for_url("**/receipt*")


def sent(tab: Tab, district: District, uscc: str, notice: str) -> None:
    """Out of the list of what is due, by its form."""
    tab.goto(f"{district.address}/todo/notices?q={uscc}")
    tab.locator("tbody tr", has_text=notice).first.get_by_role("link", name="登记发出").click()
    tab.fill("[name='/channel']", "公函")
    recorded(tab)
    tab.goto(f"{district.address}/todo/notices?status=sent&q={uscc}")
    assert f"{today()} 发出，尚未送达" in tab.locator("tbody tr", has_text=notice).first.inner_text()


@pytest.mark.shows("art.17(2)", "art.20", "R40", "R41")
def test_a_notice_goes_from_due_to_acknowledged_and_into_the_dossier(
    chromium: Browser, noticed: District, pictures: Path
) -> None:
    """Sent and served by the desk, acknowledged by the agency's account; the committee and a judge read the days."""
    notice, said = "警示提醒：告知服务机构", f"送达日 {today()}（快递），{today()} 签收"
    with tab_of(chromium, noticed, Role.ASSOCIATION, DESK) as tab:
        sent(tab, noticed, noticed.agency, notice)
        good(tab, "list", pictures)
        tab.locator("tbody tr", has_text=notice).first.get_by_role("link", name="登记送达").click()
        tab.check("[name='/outcome'][value=delivered]")
        tab.select_option("[name='/way']", "courier")
        recorded(tab)
    with tab_of(chromium, noticed, Role.AGENCY, PHONE) as tab:
        tab.goto(f"{noticed.address}/matters?kind=acknowledgement")
        good(tab, "matters", pictures, PHONE)
        tab.locator("a.button", has_text="签收").first.click()
        recorded(tab)
        assert "已记录：签收通知" in tab.locator("main").inner_text()
        tab.goto(f"{noticed.address}/agencies/{noticed.agency}")
        assert said in tab.locator(".service").inner_text()
        good(tab, "agency", pictures)
    with tab_of(chromium, noticed, Role.COMMITTEE, DESK) as tab:
        tab.goto(f"{noticed.address}/appeals/{noticed.appeal}")
        desk = tab.locator("main").inner_text()
        assert said in desk
        assert "送达日只列在旁边，不改变期限" in desk
        good(tab, "appeal", pictures)
        with tab.expect_download() as dossier:
            tab.get_by_role("link", name="下载卷宗").click()
        of_the_dossier(Path(dossier.value.path()).read_bytes(), said)


def of_the_dossier(raw: bytes, said: str) -> None:
    """What a judge reads: the day of service in the explanation, and each fact of it with its stored bytes."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (service,) = json.loads(files["appeal.json"])["service"]
    days = (service["state"], service["served_on"], service["way"], service["acknowledged_on"])
    assert days == ("acknowledged", today(), "courier", today())
    trail = [one for one in json.loads(files["trail.json"]) if one["type"].startswith("Notice")]
    assert [one["type"] for one in trail] == ["NoticeSent", "NoticeDelivered", "NoticeAcknowledged"]
    stored = [json.loads(files[f"events/{one['version']:06d}-{one['id']}.json"]) for one in trail]
    assert [one["id"] for one in stored] == [one["id"] for one in trail]
    with pypdfium2.PdfDocument(files["papers/1-explanation.pdf"]) as document:
        text = re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in document))
    assert re.sub(r"\s", "", f"通知送达：警示提醒：{said}。异议期自公布之日起算，送达日只列在旁边") in text


@pytest.mark.shows("art.17(3)", "R41")
def test_an_agency_without_an_account_acknowledges_by_a_link_on_a_telephone(
    chromium: Browser, noticed: District, pictures: Path
) -> None:
    """The desk gives the link, shown once; who has it sees what is signed and for whom, signs by keyboard, once."""
    with tab_of(chromium, noticed, Role.ASSOCIATION, DESK) as tab:
        sent(tab, noticed, noticed.hostile, "列入黑名单：告知服务机构")
        row = tab.locator("tbody tr", has_text="列入黑名单：告知服务机构").first
        row.get_by_role("link", name="给签收链接").click()
        tab.fill("[name='/expires_on']", "2099-12-31")
        recorded(tab)
        link = tab.input_value("#link")
        assert link.startswith(f"{noticed.address}/acknowledge/")
        good(tab, "link-given", pictures)
    with tab_of(chromium, noticed, None, PHONE) as tab:
        tab.goto(link)
        assert "列入黑名单" in tab.locator("main").inner_text()
        good(tab, "link", pictures)
        tab.set_viewport_size({"width": PHONE, "height": 800})
        button = tab.locator("main form button[type=submit]").bounding_box()
        assert button is not None
        assert button["height"] >= 44
        tab.focus("#signer")
        tab.keyboard.type("林晓工")
        tab.keyboard.press("Enter")
        tab.wait_for_url("**signed=yes*")
        assert "林晓工" in tab.locator("main").inner_text()
        good(tab, "signed", pictures)
        tab.goto(f"{link}?lang=en")
        assert f"this notice was acknowledged on {today()}" in tab.locator("main").inner_text()
        tab.goto(f"{link}?lang=zh")
        good(tab, "over", pictures)
    with tab_of(chromium, noticed, Role.ASSOCIATION, DESK) as tab:
        tab.goto(f"{noticed.address}/agencies/{noticed.hostile}")
        assert f"送达日 {today()}（一次性链接签收）" in tab.locator(".service").inner_text()
