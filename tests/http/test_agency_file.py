"""An agency's file (档案) on both databases: what stands on a day as known then, what expires, who reads the people."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_agency_pages import main_of
from tests.http.world import World, body_of, certificate_of, new_uscc, today

OLD, NEW = "惠州市旧名安全技术有限公司", "惠州市新名安全技术有限公司"
CLIENT = {"uscc": "91441302MA5A00001N", "name": "大亚湾海岸精细化工有限公司"}
STAFF = "司徒美堂"
LAST = "2025-08-31"
"""Of the certificate of the staff."""


def on(day: str, number: int) -> str:
    """A day so many days after another."""
    return (date.fromisoformat(day) + timedelta(days=number)).isoformat()


def held(name: str, until: str | None) -> dict[str, Any]:
    return {"name": name, "no": f"NO-{name}", "valid_until": until}


class Filed:
    """An agency with a name of before, four qualifications, a member of staff and projects in every state."""

    def __init__(self, world: World) -> None:
        self.world, self.uscc = world, new_uscc()
        self.path = f"/v1/agencies/{self.uscc}/file"
        self.day = "2025-06-30"
        body = {
            **body_of("FileAgency"),
            "uscc": self.uscc,
            "name": OLD,
            "qualifications": [
                held("期外", on(self.day, 61)),
                held("将尽", on(self.day, 30)),
                held("过期", on(self.day, -1)),
                held("无期", None),
                held("临近", on(self.day, 60)),
                held("当日", self.day),
            ],
            "personnel": [
                {
                    "name": STAFF,
                    "qualification": "注册安全工程师",
                    "certificate_no": certificate_of(self.uscc),
                    "valid_until": LAST,
                }
            ],
        }
        world.must(world.association.post("/v1/agencies", body))
        world.done("DecideFiling", self.uscc)
        world.done("ReportChange", self.uscc, changed_on="2025-03-01", reported_on="2025-03-03", fields={"name": NEW})
        self.running = self.project("2025-01-10", "2025-07-20")
        self.overdue = self.project("2025-01-05", "2025-06-01")
        self.done = self.project("2024-02-01", "2024-09-01")
        world.done("CompleteProject", self.uscc, self.done, completed_on="2024-09-30", report_filed_on="2024-10-08")
        world.done("ScoreEffect", self.uscc, client=CLIENT, year=2024, value="88.5", scored_on="2024-12-28")
        self.pledge = world.id_of("SignPledge", self.uscc, signed_on="2024-01-10")

    def project(self, started: str, due: str) -> str:
        return self.world.id_of("StartProject", self.uscc, client=CLIENT, started_on=started, due_on=due)

    def told(self, **basis: str) -> dict[str, Any]:
        answer = self.world.association.get(self.path, **basis)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def filed(world: World) -> Filed:
    """One for the file."""
    return Filed(world)


@pytest.mark.shows("art.7", "art.8")
def test_qualifications_are_marked_by_the_day_on_which_they_end(filed: Filed) -> None:
    """The last day itself is valid; a day later it is expired, and the same day long before it is not marked."""
    marks = {one["name"]: one["expiry"] for one in filed.told(as_of=filed.day)["qualifications"]}
    expired, month, two_months = "expired", "within_30_days", "within_60_days"
    soon = {"过期": expired, "当日": month, "将尽": month, "临近": two_months}
    assert marks == {**soon, "期外": "later", "无期": None}
    assert filed.told(as_of="2025-08-31")["personnel"][0]["expiry"] == "within_30_days", "valid on its last day"
    after = {one["name"]: one["expiry"] for one in filed.told(as_of=on(filed.day, 1))["qualifications"]}
    assert (after["当日"], after["期外"]) == ("expired", "within_60_days")
    assert {one["expiry"] for one in filed.told(as_of="2024-12-31")["qualifications"]} == {"later", None}


@pytest.mark.shows("art.12", "R7")
def test_names_and_projects_are_those_of_the_day_as_known_then(filed: Filed) -> None:
    """Before the change it bears the old name; known before the change was recorded, it bears it still."""
    now, before = filed.told(as_of=filed.day), filed.told(as_of="2025-02-28")
    assert (now["agency"]["name"], before["agency"]["name"]) == (NEW, OLD)
    assert now["former_names"] == [{"name": OLD, "first": "2024-01-08", "last": "2025-02-28"}]
    assert before["former_names"] == []
    unknown = filed.told(as_of=filed.day, known_at="version:2")
    assert (unknown["agency"]["name"], unknown["projects"], unknown["former_names"]) == (OLD, [], [])
    assert [one["event"] for one in now["pledges"]] == [filed.pledge]
    assert filed.world.association.get(filed.path, as_of=filed.day, known_at="version:99").status_code == 422


@pytest.mark.shows("art.15", "R9", "R23")
def test_projects_say_whether_they_run_are_overdue_or_ended_late(filed: Filed) -> None:
    """Overdue first; the effect score of the client stands at the project that ran in its year alone."""
    found = filed.told(as_of=filed.day)["projects"]
    assert [(one["project"], one["state"], one["late"], one["days_left"]) for one in found] == [
        (filed.overdue, "overdue", True, -29),
        (filed.running, "running", False, 20),
        (filed.done, "completed", True, None),
    ]
    assert [[one["value"] for one in project["effect_scores"]] for project in found] == [[], [], ["88.50"]]
    assert found[2]["report_filed_on"] == "2024-10-08"
    on_time = {one["project"]: one["state"] for one in filed.told(as_of="2024-08-31")["projects"]}
    assert on_time == {filed.done: "running"}


@pytest.mark.shows("art.11", "R6", "R9")
def test_a_termination_ends_the_projects_that_fall_due_after_it(world: World) -> None:
    """They are neither running nor overdue; one that was overdue before it stays so."""
    uscc = world.filed()
    late = world.id_of("StartProject", uscc, started_on="2024-02-01", due_on="2024-05-01")
    ended = world.id_of("StartProject", uscc, started_on="2024-02-02", due_on="2024-09-01")
    world.done("TerminateAgency", uscc, effective_on="2024-06-01")
    found = world.association.get(f"/v1/agencies/{uscc}/file", as_of="2024-12-31").json()
    assert {one["project"]: one["state"] for one in found["projects"]} == {late: "overdue", ended: "terminated"}
    assert (found["agency"]["filing"], found["particulars"]["filed_since"]) == ("terminated", None)


@pytest.mark.shows("art.12", "R39")
def test_other_particulars_are_read_again_and_the_agency_stays_readable(world: World) -> None:
    """What the change calls `other` is sealed: the agency's history could not be read any more once it was recorded."""
    uscc = world.filed()
    world.done("ReportChange", uscc, fields={"other": "新设大亚湾办事处，联系人欧阳山"})
    assert world.association.get(f"/v1/agencies/{uscc}/file").json()["particulars"]["other"].startswith("新设大亚湾")
    assert world.trail(uscc)[-1]["fact"]["fields"]["other"].startswith("新设大亚湾")
    assert world.association.get(f"/v1/agencies/{uscc}/sheets/2024").status_code == 200
    assert len(world.association.get(f"/v1/agencies/{uscc}/subjects", q="欧阳山").json()["items"]) == 1


@pytest.mark.shows("R39")
def test_people_are_told_to_whom_the_table_of_readers_says_and_not_once_erased(world: World) -> None:
    """Officers and the agency itself; another agency, a client and a stranger read nothing; reading is noted."""
    filed = Filed(world)
    own, other = world.person(Role.AGENCY, filed.uscc), world.person(Role.AGENCY, world.filed())
    for who in (world.association, world.regulator, world.people[Role.COMMITTEE], world.people[Role.AUDITOR], own):
        assert who.get(filed.path).json()["personnel"][0]["name"] == STAFF
    assert other.get(filed.path).status_code == 404
    assert world.client_person.get(filed.path).status_code == 403
    assert world.stranger.get(filed.path).status_code == 401
    auditor = world.people[Role.AUDITOR]
    read = auditor.get("/v1/consultations", uscc=filed.uscc, person=own.person_id).json()["items"]
    assert "GET /v1/agencies/{uscc}/file" in {one["route"] for one in read}
    subject = world.association.get(f"/v1/agencies/{filed.uscc}/subjects", q=STAFF).json()["items"][0]["subject"]
    erasure = {"erased_on": today(), "ground": "本人申请"}
    world.must(world.association.post(f"/v1/subjects/{subject}/erasure", erasure))
    person = filed.told()["personnel"][0]
    assert (person["name"], person["certificate_no"]) == ({"erased": True}, {"erased": True})
    assert (person["qualification"], person["valid_until"], person["expiry"]) == ("注册安全工程师", LAST, "expired")
    assert STAFF not in filed.world.association.get(filed.path, as_of=filed.day, known_at="version:2").text


def test_the_page_shows_the_file_in_words_and_leads_to_the_papers(world: World, filed: Filed) -> None:
    """Marks are words with a sign; what waits is of now and says so on another basis; papers can be fetched."""
    desk = Desk(world, Role.REGULATOR)
    text = desk.shown(f"/agencies/{filed.uscc}/file", as_of=filed.day)
    said = main_of(text)
    expected = [NEW, f"曾用名： {OLD}", "▲ 已过期", "● 30 天内到期", "◐ 60 天内到期", "✓ 有效", "未填有效期", STAFF]
    expected += ["▲ 逾期未完成", "已逾期 29 天", "还有 20 天", "完成时已逾期", "2024 年度 88.50", "待办总是此刻的"]
    for words in expected:
        assert words in said, words
    for code in ("within_30_days", "overdue", "running", "completed"):
        assert code not in said
    assert f'/agencies/{filed.uscc}/sheets/2025?as_of={filed.day}&amp;as=pdf"' in text
    now = desk.shown(f"/agencies/{filed.uscc}/file")
    assert f"/agencies/{filed.uscc}?as=certificate" in now
    assert 'href="/matters?kind=submission"' not in now
    world.done("RequestSubmission", filed.uscc, requested_on=today(), due_on="2099-12-31")
    assert 'href="/matters?kind=submission"' in desk.shown(f"/agencies/{filed.uscc}/file")
    assert "within 30 days" in main_of(desk.shown(f"/agencies/{filed.uscc}/file", as_of=filed.day, lang="en"))
    assert f'href="/agencies/{filed.uscc}/file"' in desk.shown(f"/agencies/{filed.uscc}")


def test_matters_are_asked_for_of_one_agency(world: World, filed: Filed) -> None:
    """`uscc` narrows what waits; an agency that names another is told nothing of it, and reading is noted."""
    world.done("RequestSubmission", filed.uscc, requested_on=today(), due_on="2099-12-31")
    found = world.association.get("/v1/matters", whose="all", uscc=filed.uscc, limit=500).json()["items"]
    assert {one["agency"]["uscc"] for one in found} == {filed.uscc}
    other = world.person(Role.AGENCY, world.filed())
    assert other.get("/v1/matters", uscc=filed.uscc).json()["items"] == []
    auditor = world.people[Role.AUDITOR]
    read = auditor.get("/v1/consultations", uscc=filed.uscc, person=world.association.person_id).json()["items"]
    assert "GET /v1/matters" in {one["route"] for one in read}
