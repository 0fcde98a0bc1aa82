"""Each role's own work in English, and in a browser without scripts: signed in, found, recorded, counted.

The story of a whole year in Chinese is walked by `test_first_start.py`; here each does one thing of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from domain.values import Role
from tests.browser.district import District
from tests.browser.test_first_start import Walker
from tests.http.desk import PASSWORD
from tests.http.world import today

WAYS = ("english", "no-script")
MOST: dict[str, tuple[int, int]] = {
    "association": (5, 9),
    "regulator": (5, 10),
    "committee": (6, 9),
    "agency": (5, 9),
    "client": (5, 9),
    "auditor": (5, 6),
    "admin": (4, 10),
    "public": (3, 3),
}
"""So many loads of a page and actions (a click, a field, an address typed) each may take, the same either way."""


class RoleWalker(Walker):
    """Somebody whose browser speaks one language and has scripts or not."""

    english = False

    def sign_in(self, district: District, role: Role) -> None:
        self.go(f"/sign-in?lang={'en' if self.english else 'zh'}")
        self.fill(login=district.logins[role], password=PASSWORD)
        self.click("main button[type=submit]")

    def choose(self, name: str, value: str) -> None:
        self.actions += 1
        self.tab.check(f"input[name={name}][value={value}]")

    def t(self, chinese: str, english: str) -> str:
        return english if self.english else chinese

    def done(self, **fields: str) -> None:
        """Fill in, look at the preview, record: the receipt says so in the walker's language."""
        self.form(**fields)
        self.click("main button[value=preview]:not([aria-hidden])")
        assert self.tab.locator("main button[value=record]").count(), self.says()
        self.click("main button[value=record]:not([aria-hidden])")
        assert self.t("已记录：", "Recorded: ") in self.says(), self.says()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """In English with scripts, or in Chinese without any."""
    return str(request.param)


@pytest.fixture
def walker(chromium: Browser, district: District, pictures: Path, way: str) -> Iterator[RoleWalker]:
    """A browser of its own."""
    context = chromium.new_context(
        viewport={"width": 1366, "height": 900}, java_script_enabled=way == "english", locale="zh-CN"
    )
    made = RoleWalker(way, context.new_page(), district.address, pictures)
    made.english = way == "english"
    yield made
    context.close()


def association_records_a_lapse(walker: RoleWalker, district: District) -> None:
    walker.sign_in(district, Role.ASSOCIATION)
    assert walker.t("全区概况", "The district") in walker.says()
    walker.go(f"/record/record-lapse?uscc={district.agency}")
    walker.done(item="4", occurred_on=today())


def regulator_reports(walker: RoleWalker, district: District) -> None:
    walker.sign_in(district, Role.REGULATOR)
    walker.go(f"/record/report-behaviour?uscc={district.agency}")
    walker.done(received_on=today(), behaviour="16.3", content=walker.t("未到现场", "nobody came"))


def committee_decides(walker: RoleWalker, district: District) -> None:
    """In English an appeal is dismissed, without scripts a late fact is disposed of: each waits once."""
    walker.sign_in(district, Role.COMMITTEE)
    if walker.english:
        walker.go(f"/appeals/{district.appeal}")
        walker.choose("outcome", "dismissed")
        walker.fill(reasons="The contract names the site.")
        walker.click("main button[value=check]")
        walker.click("button[value=decide]")
        assert "The decision is recorded" in walker.says(), walker.says()
    else:
        walker.go(f"/impacts/{district.impact}")
        walker.choose("outcome", "kept")
        walker.fill(reason="公布时已经知悉。")
        walker.click("main button[value=check]")
        walker.click("form.confirm button:not(.second)")
        assert "维持公布的结果" in walker.says(), walker.says()


def agency_states_its_view(walker: RoleWalker, district: District) -> None:
    walker.sign_in(district, Role.AGENCY)
    walker.go(f"/record/file-statement?uscc={district.agency}&event_id={district.event}")
    walker.done(filed_on=today(), content=walker.t("当日确有到场记录", "we were there on that day"))


def client_complains(walker: RoleWalker, district: District) -> None:
    walker.sign_in(district, Role.CLIENT)
    walker.go(f"/record/receive-complaint?uscc={district.agency}")
    walker.done(received_on=today(), grounds="poor_quality")


def auditor_looks(walker: RoleWalker, district: District) -> None:
    """Who changed whose access, by who did it: a heading is a link."""
    walker.sign_in(district, Role.AUDITOR)
    walker.go("/access-changes")
    walker.click("th a.sort[href*='sort=by']")
    assert walker.tab.locator("th[aria-sort=ascending]").count() == 1
    assert walker.t("权限变更记录", "Changes of access") in walker.says()


def admin_makes_an_account(walker: RoleWalker, district: District) -> None:
    walker.sign_in(district, Role.ADMIN)
    walker.go("/admin/accounts")
    walker.actions += 2
    walker.tab.click("main details:has(#login) summary")
    walker.tab.select_option("#role", "auditor")
    walker.fill(login=f"new-{walker.name}", person="周十")
    walker.click("main button[value=create]")
    assert f"new-{walker.name}" in walker.says()


def public_searches(walker: RoleWalker, district: District) -> None:
    walker.go(f"/?lang={'en' if walker.english else 'zh'}")
    walker.fill(q="安恒 惠州")
    walker.click("main [role=search] button")
    assert district.agency in walker.says()


JOURNEYS: dict[str, Callable[[RoleWalker, District], None]] = {
    "association": association_records_a_lapse,
    "regulator": regulator_reports,
    "committee": committee_decides,
    "agency": agency_states_its_view,
    "client": client_complains,
    "auditor": auditor_looks,
    "admin": admin_makes_an_account,
    "public": public_searches,
}


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_role_does_its_work(walker: RoleWalker, district: District, name: str) -> None:
    """As cheaply in English and without scripts as anybody; no script fails."""
    JOURNEYS[name](walker, district)
    most = MOST[name]
    assert (walker.loads <= most[0], walker.actions <= most[1]) == (True, True), (walker.loads, walker.actions)
    assert walker.failed == []
