"""From an empty ledger to a closed year in a real browser: each role's journey, counted in loads and actions.

One ledger with a clock of its own, so that a year passes in it. What no page is under test for is recorded over HTTP.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator
from playwright.sync_api import Page as Tab

from api.application.assessing import survey_answers
from api.settings import Settings
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.setup_links import new_setup_link
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import open_engine, reading, writing
from domain.store.keys.master_key import use_keys
from domain.values import Role, instant
from tests.browser.axe import violations
from tests.browser.conftest import served
from tests.http.dated import Clock, opened_with_clock
from tests.http.world import CLIENT_PARTY, ROWS, body_of, new_uscc, today

YEAR = int(today()[:4]) - 2
"""The year that is assessed; it is published and closed in the next one, which is over too."""
NAME, OTHER = "惠州市初始安全技术服务有限公司", "惠州市其次安全技术服务有限公司"
PEOPLE = {
    Role.ASSOCIATION: "王五",
    Role.COMMITTEE: "赵六",
    Role.REGULATOR: "孙七",
    Role.AUDITOR: "周八",
    Role.AGENCY: "林晓梅",
    Role.CLIENT: "吴九",
}
MOST = {
    "administrator": (9, 16),
    "association": (20, 38),
    "committee": (13, 22),
    "regulator": (7, 11),
    "agency": (8, 18),
    "client": (8, 22),
    "auditor": (6, 9),
    "public": (5, 6),
}
"""So many loads of a page and actions (a click, a field, an address typed) a journey may take."""


@dataclass
class Walker:
    """Somebody in a browser of their own; what it costs them is counted."""

    name: str
    tab: Tab
    address: str
    pictures: Path
    loads: int = 0
    actions: int = 0
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tab.on("domcontentloaded", self._loaded)
        self.tab.on("pageerror", lambda error: self.failed.append(str(error)))

    def _loaded(self, _: Any) -> None:
        self.loads += 1

    def go(self, path: str) -> None:
        self.actions += 1
        answer = self.tab.goto(path if path.startswith("http") else self.address + path)
        assert answer is not None
        assert answer.status < 400, (path, answer.status)

    def click(self, what: str | Locator) -> None:
        """What leads to another page, or to this one anew."""
        self.actions += 1
        with self.tab.expect_navigation():
            (self.tab.locator(what).first if isinstance(what, str) else what).click()

    def fill(self, **fields: str) -> None:
        """Inputs by id."""
        for name, value in fields.items():
            self.actions += 1
            self.tab.fill(f"#{name}", value)

    def form(self, **fields: str) -> None:
        """Fields of a form of recording by what they fill; a radio button or a choice by its value."""
        for name, value in fields.items():
            self.actions += 1
            named = self.tab.locator(f"main [name='/{name.replace('__', '/')}']")
            if named.first.evaluate("one => one.type") in ("radio", "checkbox"):
                self.tab.check(f"main [name='/{name.replace('__', '/')}'][value='{value}']")
            elif named.first.evaluate("one => one.tagName") == "SELECT":
                named.first.select_option(value)
            else:
                named.first.fill(value)

    def record(self, **fields: str) -> None:
        """Fill in, look at the preview, record."""
        self.form(**fields)
        self.click("main button[value=preview]:not([aria-hidden])")
        assert self.tab.locator("main button[value=record]").count(), self.says()
        self.click("main button[value=record]:not([aria-hidden])")
        assert "已记录" in self.says(), self.says()

    def says(self) -> str:
        return self.tab.locator("main").inner_text()

    def looked_at(self, name: str) -> None:
        """Axe finds nothing, and a telephone needs no scrolling to the side; pictures are left at both widths."""
        for width in (1366, 360):
            self.tab.set_viewport_size({"width": width, "height": 900})
            self.tab.screenshot(path=self.pictures / f"first-{name}-{width}.png", full_page=True)
            assert self.tab.evaluate("document.documentElement.scrollWidth") <= width, name
        assert violations(self.tab) == [], name
        self.tab.set_viewport_size({"width": 1366, "height": 900})


@dataclass
class Story:
    """The service, its clock, who walks, and what they pass on to each other."""

    address: str
    clock: Clock
    chromium: Browser
    pictures: Path
    settings: Settings
    walkers: dict[str, Walker] = field(default_factory=dict)
    links: dict[Role, str] = field(default_factory=dict)
    uscc: str = field(default_factory=new_uscc)
    other: str = field(default_factory=new_uscc)
    survey: str = ""

    def on(self, day: str) -> str:
        """Go on to a day of the year, `MM-DD`, or of the next one, `+MM-DD`; the day in full."""
        full = f"{YEAR + 1}-{day[1:]}" if day.startswith("+") else f"{YEAR}-{day}"
        self.clock.at(full)
        return full

    def walker(self, name: str) -> Walker:
        if name not in self.walkers:
            tab = self.chromium.new_context(locale="zh-CN", viewport={"width": 1366, "height": 900}).new_page()
            self.walkers[name] = Walker(name, tab, self.address, self.pictures)
        return self.walkers[name]

    def invited(self, role: Role, name: str) -> Walker:
        """Who accepts their invitation: a password, and they are in."""
        walker = self.walker(name)
        walker.go(self.links[role])
        walker.fill(new=f"{name} counts late curlews", again=f"{name} counts late curlews")
        walker.click("main form button[type=submit]")
        return walker

    @contextmanager
    def database(self) -> Iterator[Any]:
        engine = open_engine(self.settings.database)
        use_keys(engine, self.settings.keys)
        yield engine
        engine.dispose()

    def token(self, role: Role) -> str:
        """Of somebody with a token, for what is recorded over HTTP."""
        with self.database() as engine, writing(engine) as connection:
            person = create_person(connection, f"{role} 接口")
            return create_token(connection, person, role, None, None, by=COMMAND_LINE)

    def told(self, token: str, command: str, uscc: str, **changes: Any) -> None:
        """Record the example of a command over HTTP, with changes."""
        body = {**body_of(command), **changes, **({"uscc": uscc} if command == "FileAgency" else {})}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection = HTTPConnection(self.address.removeprefix("http://"), timeout=60)
        connection.request("POST", ROWS[command].path.format(uscc=uscc, id=""), json.dumps(body), headers)
        answer = connection.getresponse()
        assert answer.status == 201, answer.read().decode()
        connection.close()


@pytest.fixture
def story(chromium: Browser, tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """An empty ledger with a clock, served."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    settings = Settings(database_url=url, data_dir=tmp_path)
    clock = opened_with_clock(url, monkeypatch)
    monkeypatch.setattr(survey_answers, "now", lambda: instant(clock()))  # by a link no day is given
    with served(settings) as address:
        yield Story(address, clock, chromium, pictures, settings)


@pytest.mark.slow
def test_every_role_walks_from_an_empty_ledger_to_a_closed_year(story: Story) -> None:
    """The set-up; a filing, a project, a complaint, a survey, an effect score; the year published, appealed, closed."""
    administrator_sets_up(story)
    agency_files(story)
    association_decides_the_filing(story)
    others_are_recorded(story)
    client_complains(story)
    association_verifies_and_invites(story)
    client_answers(story)
    regulator_scores(story)
    association_closes_the_survey(story)
    committee_publishes(story)
    agency_appeals(story)
    committee_decides(story)
    committee_closes(story)
    auditor_looks(story)
    public_reads(story)
    cost = {name: (one.loads, one.actions) for name, one in story.walkers.items()}
    assert {name: one for name, one in cost.items() if one[0] > MOST[name][0] or one[1] > MOST[name][1]} == {}, cost
    assert cost.keys() == MOST.keys()
    assert [one.failed for one in story.walkers.values() if one.failed] == []


def administrator_sets_up(story: Story) -> None:
    """By the console's link: first administrator, association, holidays, everybody invited; readings wait."""
    story.on("01-04")
    with story.database() as engine, reading(engine) as connection:
        secret = new_setup_link(connection, datetime.now(UTC))
    admin = story.walker("administrator")
    admin.go(f"/setup/{secret}")
    admin.looked_at("link")
    admin.fill(person="陈兰", login="chen.lan", password="four loud bitterns", again="four loud bitterns")
    admin.click("#first button")
    admin.fill(name="大亚湾区安全生产协会")
    admin.looked_at("association")
    admin.click("#taking button")
    admin.looked_at("calendar")
    admin.click("text=跳过，下一步")
    codes = {Role.AGENCY: story.uscc, Role.CLIENT: CLIENT_PARTY["uscc"]}
    names = {role: f"{role}-{number}" for number, role in enumerate(PEOPLE)}
    rows = [f"{names[role]}\t{person}\t{role}\t{codes.get(role, '')}" for role, person in PEOPLE.items()]
    admin.fill(rows="\n".join(one.rstrip("\t") for one in rows))
    admin.click("#taking button")
    admin.looked_at("accounts")
    shown = admin.tab.locator("table.list tbody tr")
    for place, role in enumerate(PEOPLE):
        story.links[role] = str(shown.nth(place).locator("td").last.text_content()).strip()
    admin.click("text=下一步：")
    admin.looked_at("readings")
    admin.click("text=跳过，下一步")
    admin.looked_at("agencies")
    admin.go("/admin")
    assert "7" in admin.says()


def agency_files(story: Story) -> None:
    """The invited agency is not on file: it lands on its filing form, which knows its code."""
    day = story.on("01-08")
    agency = story.invited(Role.AGENCY, "agency")
    assert "/record/file-agency" in agency.tab.url
    assert agency.tab.locator("main [name='/uscc']").first.input_value() == story.uscc
    agency.record(name=NAME, category="综合安全服务", submitted_on=day)


def association_decides_the_filing(story: Story) -> None:
    """An empty board says what to do; the filing waits among the matters, and its form is filled in."""
    day = story.on("01-10")
    officer = story.invited(Role.ASSOCIATION, "association")
    officer.go("/matters?kind=filing")
    officer.looked_at("matters")
    officer.click("#items a.button")
    officer.record(outcome="filed", decided_on=day)
    officer.go("/readings")
    officer.looked_at("confirm")
    officer.actions += 2
    officer.tab.click("summary:has-text('信息变更')")
    officer.tab.check("#R1 input")
    officer.actions += 1
    minutes = b"%PDF-1.7 minutes"
    officer.tab.set_input_files(
        "#document-files", {"name": "纪要.pdf", "mimeType": "application/pdf", "buffer": minutes}
    )
    officer.fill(title="理事会第三次会议纪要", by="区安协理事会", day=day)
    officer.click("button[value=confirm]")
    assert "已记录确认" in officer.says()
    assert hashlib.sha256(minutes).hexdigest() in officer.says(), "the file came with the form"
    officer.looked_at("confirmed")


def others_are_recorded(story: Story) -> None:
    """Over HTTP: another agency with a whole year, and the first one's project."""
    officer, regulator = story.token(Role.ASSOCIATION), story.token(Role.REGULATOR)
    day = story.on("02-01")
    story.told(officer, "FileAgency", story.other, name=OTHER, submitted_on=day)
    story.told(officer, "DecideFiling", story.other, decided_on=day)
    for uscc in (story.uscc, story.other):
        story.told(officer, "StartProject", uscc, client=CLIENT_PARTY, started_on=day, due_on=f"{YEAR}-12-20")
    day = story.on("12-10")
    story.told(officer, "SubmitSurvey", story.other, client=CLIENT_PARTY, year=YEAR, submitted_on=day)
    story.told(regulator, "ScoreEffect", story.other, client=CLIENT_PARTY, year=YEAR, scored_on=day)


def client_complains(story: Story) -> None:
    """An enterprise says what happened; it is told who will read it, and later what came of it."""
    story.on("12-11")
    client = story.invited(Role.CLIENT, "client")
    client.go(f"/record/receive-complaint?uscc={story.uscc}")
    client.record(received_on=f"{YEAR}-12-11", grounds="missed_hazard")


def association_verifies_and_invites(story: Story) -> None:
    """The complaint waits; it is upheld; then the client is invited to the survey, by a link to pass on."""
    day = story.on("12-12")
    officer = story.walker("association")
    officer.go("/matters?kind=complaint")
    officer.click("#items a.button")
    officer.record(
        outcome="upheld", verified_grounds="missed_hazard", findings="经现场核实，隐患未列入检查报告。", decided_on=day
    )
    officer.go("/matters?kind=survey")
    officer.click(officer.tab.locator("#items tr", has_text=NAME).filter(has_text=f"{YEAR} 年度").locator("a.button"))
    officer.record(invited_on=day, expires_on="2099-12-31")
    story.survey = officer.tab.locator("main").inner_text()
    found = [word for word in story.survey.split() if "/survey/" in word]
    assert found, story.survey
    story.survey = "/survey/" + found[0].rpartition("/survey/")[2]


def client_answers(story: Story) -> None:
    """Ten answers by the link; the outcome of the complaint stands among its own matters."""
    story.on("12-13")
    client = story.walker("client")
    client.go(story.survey)
    for number in range(1, 11):
        client.actions += 1
        client.tab.check(f"input[name=q{number}][value=A]")
    client.click("main form button")
    assert "调查表已收到" in client.says(), client.says()


def regulator_scores(story: Story) -> None:
    """The effect score to give waits, with agency, enterprise and year filled in."""
    day = story.on("12-28")
    regulator = story.invited(Role.REGULATOR, "regulator")
    regulator.go("/matters?kind=effect")
    regulator.click(
        regulator.tab.locator("#items tr", has_text=NAME).filter(has_text=f"{YEAR} 年度").locator("a.button")
    )
    regulator.record(value="96", scored_on=day)


def association_closes_the_survey(story: Story) -> None:
    """Each agency's survey of the year is closed, so that the year can be published."""
    day = story.on("12-31")
    officer = story.walker("association")
    officer.go(f"/record/close-survey?uscc={story.uscc}")
    officer.record(year=str(YEAR), closed_on=day)
    story.told(story.token(Role.ASSOCIATION), "CloseSurvey", story.other, year=YEAR, closed_on=day)


def committee_publishes(story: Story) -> None:
    """The year's desk says what is missing; published at once, asked once more."""
    day = story.on("+03-10")
    committee = story.invited(Role.COMMITTEE, "committee")
    committee.go(f"/years/{YEAR}")
    committee.fill(meeting_on=f"{YEAR + 1}-03-07", published_on=day, reason="会议当日已在网站公示，此处补录")
    committee.click("main button[value=check]")
    assert committee.tab.locator("form.confirm").count(), committee.says()
    committee.click("button[value=publish]")
    committee.tab.wait_for_selector("#state")
    assert "已公布" in committee.tab.inner_text("#state")
    committee.looked_at("published")


def agency_appeals(story: Story) -> None:
    """Within the week, against its result; what it disputes it finds on its sheet."""
    day = story.on("+03-12")
    agency = story.walker("agency")
    agency.go(f"/record/file-appeal?uscc={story.uscc}&year={YEAR}")
    agency.record(year=str(YEAR), filed_on=day, appellant__kind="agency", grounds="投诉所指隐患不在服务范围内。")


def committee_decides(story: Story) -> None:
    """The appeal waits among the matters; it is dismissed with reasons."""
    day = story.on("+03-20")
    committee = story.walker("committee")
    committee.go("/matters?kind=appeal")
    committee.click("#items a.button")
    committee.actions += 1
    committee.tab.check("input[name=outcome][value=dismissed]")
    committee.fill(decided_on=day, reasons="合同附件列明了该区域。")
    committee.click("main button[value=check]")
    committee.click("button[value=decide]")
    assert "决定已记录" in committee.says()


def committee_closes(story: Story) -> None:
    """All weeks for appeals are over and none is open: the year is closed."""
    story.on("+04-02")
    committee = story.walker("committee")
    committee.go(f"/years/{YEAR}")
    committee.fill(closed_on=f"{YEAR + 1}-04-02")
    committee.click("main button[value=check-close]")
    committee.click("form.confirm button:not(.second)")
    committee.tab.wait_for_selector("#state")
    assert "已办结" in committee.tab.inner_text("#state")
    committee.looked_at("closed")


def auditor_looks(story: Story) -> None:
    """The whole trail, who read it, who changed whose access; and a certificate to take away."""
    auditor = story.invited(Role.AUDITOR, "auditor")
    auditor.go(f"/agencies/{story.uscc}/trail")
    assert "投诉" in auditor.says()
    auditor.go("/consultations")
    assert PEOPLE[Role.COMMITTEE] in auditor.says()
    auditor.go("/access-changes")
    assert "陈兰" in auditor.says()


def public_reads(story: Story) -> None:
    """Without signing in: the firm by a part of its name, its result, and the year's list."""
    somebody = story.walker("public")
    somebody.go("/")
    somebody.fill(q="初始 安全")
    somebody.click("main [role=search] button")
    somebody.click(f"main a:has-text('{NAME}')")
    somebody.looked_at("firm")
    assert str(YEAR) in somebody.says()
    somebody.go(f"/results/{YEAR}")
    assert NAME in somebody.says()
    assert OTHER in somebody.says()
    assert "大亚湾区安全生产协会" in str(somebody.tab.text_content("header"))
