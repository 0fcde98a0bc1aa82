"""Stories of a year: published, contested, revised, closed; told over HTTP, on both databases (R32-R36)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.application.assessing import publishing
from domain.measures.chapter4_publication import must_be_publishable
from domain.measures.rulebook.rulebook import Rulebook, shipped_rulebook
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_token
from domain.store.db.engine import writing
from domain.store.log.stream_heads import streams
from domain.values import Role
from projections.rebuild.reproject import differences, laws_of, made_anew
from tests.http.dated import DatedWorld
from tests.http.world import Person

YEAR = 2024
APPELLANT = {"kind": "agency", "name": "陈国栋"}


class Year:
    """A district with a year to be assessed."""

    def __init__(self, world: DatedWorld) -> None:
        self.world = world
        self.committee = world.people[Role.COMMITTEE]

    def upheld(self, uscc: str, day: str) -> str:
        """A complaint upheld by the association; the decision's id."""
        complaint = self.world.id_of("ReceiveComplaint", uscc, received_on=day)
        return str(self.world.done("DecideComplaint", uscc, complaint, decided_on=day)["events"][0]["id"])

    def appeal(self, uscc: str, *disputed: str, filed_on: str = "2025-03-14", who: Person | None = None) -> Any:
        body = {
            "year": YEAR,
            "filed_on": filed_on,
            "appellant": APPELLANT,
            "grounds": "与事实不符",
            "disputed_event_ids": list(disputed),
        }
        return (who or self.world.association).post(f"/v1/agencies/{uscc}/appeals", body)

    def filed_appeal(self, uscc: str, *disputed: str, **more: Any) -> str:
        return str(self.world.must(self.appeal(uscc, *disputed, **more))["ids"]["appeal"])

    def decide(self, appeal: str, outcome: str = "upheld", who: Person | None = None, **more: Any) -> Any:
        body = {"outcome": outcome, "decided_on": "2025-03-20", "reasons": "经复核", **more}
        return (who or self.committee).post(f"/v1/appeals/{appeal}/decision", body)

    def rows(self) -> dict[str, dict[str, Any]]:
        """The standing results of the year, by USCC."""
        items = self.committee.get(f"/v1/assessments/{YEAR}", limit=500).json()["items"]
        return {row["agency"]["uscc"]: row for row in items}

    def impacts(self, **query: Any) -> list[dict[str, Any]]:
        return list(self.committee.get("/v1/impacts", **query).json()["items"])

    def waiting(self) -> list[str]:
        return [one["id"] for one in self.committee.get("/v1/appeals").json()["items"]]


@pytest.fixture
def year(dated_world: DatedWorld) -> Iterator[Year]:
    """A world of its own: a year is published once. Whatever happened, rows made anew are those that are kept."""
    yield Year(dated_world)
    with dated_world.service.ledger.reading() as reader:
        laws = laws_of(reader)
        for stream in streams(reader.connection, "agency/"):
            assert list(differences(reader, made_anew(reader, stream, laws))) == []


@pytest.mark.shows("art.19", "art.20", "R32", "R34")
def test_an_appeal_in_time_lifts_a_grade_and_moves_ranks(year: Year) -> None:
    """Three complaints make a blacklisting and an unqualified year; without the one disputed it is qualified again.

    The result is published anew with its difference, the other agency's rank moves with it, both have a new week.
    """
    world, hit, other = year.world, year.world.assessed(), year.world.assessed()
    first, *_ = [year.upheld(hit, day) for day in ("2024-03-04", "2024-05-06", "2024-07-08")]
    year.upheld(other, "2024-04-01")
    year.upheld(other, "2024-04-02")
    answer = world.publish()
    assert (answer["assessment"], answer["count"]) == (YEAR, 2)
    assert answer["events_url"] == f"/v1/assessments/{YEAR}/events"
    before = year.rows()
    assert (before[hit]["grade"], before[hit]["rank"], before[hit]["total"]) == ("unqualified", 2, "79.50")
    assert (before[other]["grade"], before[other]["rank"]) == ("qualified", 1)
    assert world.association.get(f"/v1/agencies/{hit}/standing", as_of="2025-06-01").json()["warning_notice"]
    appeal = year.filed_appeal(hit, first)
    assert year.waiting() == [appeal]
    decided = world.must(year.decide(appeal, annul=[first]))
    assert [one["type"] for one in decided["events"]] == ["AppealUpheld", "EventAnnulled", "ResultRevised"]
    assert (decided["result"]["grade"], decided["result"]["total"]) == ("qualified", "81.50")
    moved = {row["field"]: row for row in decided["result"]["difference"]}
    assert (moved["grade"]["before"], moved["grade"]["after"]) == ("unqualified", "qualified")
    assert first in moved["conduct"]["events"]
    after = year.rows()
    assert (after[hit]["rank"], after[other]["rank"]) == (1, 1)
    assert decided["ranks"] == []  # the other one was first and still is, now with an equal
    assert after[hit]["deadline"]["day"] == "2025-03-27"
    assert after[hit]["deadline"]["instant"] == "2025-03-27T16:00:00.000000Z"
    assert year.waiting() == []
    assert world.association.get(f"/v1/agencies/{hit}/standing", as_of="2025-06-01").json()["warning_notice"] is None
    assert year.impacts(status="all") == []  # the decision's own annulment is no late fact


@pytest.mark.shows("R30", "R34")
def test_every_agency_whose_rank_moves_has_a_new_week(year: Year) -> None:
    """Ranks of the category are derived anew; each moved agency's result says so and can be appealed again."""
    world = year.world
    low, high = world.assessed(), world.assessed()
    one, two = year.upheld(low, "2024-03-04"), year.upheld(low, "2024-05-06")
    year.upheld(high, "2024-04-01")
    world.publish()
    assert {uscc: row["rank"] for uscc, row in year.rows().items()} == {high: 1, low: 2}
    decided = world.must(year.decide(year.filed_appeal(low, one, two), annul=[one, two]))
    assert [(row["uscc"], row["before"], row["after"]) for row in decided["ranks"]] == [(high, 1, 2)]
    rows = year.rows()
    assert {uscc: row["rank"] for uscc, row in rows.items()} == {high: 2, low: 1}
    assert (rows[high]["revised"], rows[high]["deadline"]["day"]) == (True, "2025-03-27")
    result = world.association.get(f"/v1/agencies/{high}/results/{YEAR}").json()
    assert [one["rank"] for one in result["results"]] == [1, 2]
    assert result["answers"][0]["sheet"]["lines"], "its own sheet stands on"
    again = world.must(year.appeal(high, filed_on="2025-03-26"))
    assert again["events"][0]["type"] == "AppealFiled"
    assert year.committee.get(f"/v1/appeals/{again['ids']['appeal']}").json()["in_time"] is True


@pytest.mark.shows("R33")
def test_an_appeal_out_of_time_is_kept_and_can_be_admitted(year: Year) -> None:
    """It is recorded as late, waits for admission, cannot be decided before it, and can be afterwards."""
    world, uscc = year.world, year.world.assessed()
    upheld = year.upheld(uscc, "2024-03-04")
    world.publish()
    appeal = year.filed_appeal(uscc, upheld, filed_on="2025-03-18")
    row = year.committee.get("/v1/appeals").json()["items"][0]
    assert (row["id"], row["status"], row["in_time"]) == (appeal, "awaiting_admission", False)
    refused = year.decide(appeal, annul=[upheld])
    assert refused.status_code == 409
    assert refused.json()["rule"] == "R33"
    world.must(year.committee.post(f"/v1/appeals/{appeal}/admission", {"reason": "住院", "decided_on": "2025-03-19"}))
    again = year.committee.post(f"/v1/appeals/{appeal}/admission", {"reason": "住院", "decided_on": "2025-03-19"})
    assert again.status_code == 409
    assert world.must(year.decide(appeal, annul=[upheld]))["result"]["total"] == "85.50"


@pytest.mark.parametrize(("filed_on", "in_time"), [("2025-03-17", True), ("2025-03-18", False)])
def test_the_last_day_of_the_week_is_in_time(year: Year, filed_on: str, in_time: bool) -> None:
    """Published on Monday 2025-03-10: seven days after, Monday the 17th, is in time, the 18th is not (R1, R3)."""
    uscc = year.world.assessed()
    year.world.publish()
    appeal = year.filed_appeal(uscc, filed_on=filed_on)
    assert year.committee.get(f"/v1/appeals/{appeal}").json()["in_time"] is in_time


@pytest.mark.shows("R2", "R3", "R41")
@pytest.mark.parametrize(
    ("published_on", "deadline"),
    [("2025-09-26", "2025-10-09"), ("2025-01-22", "2025-02-05"), ("2025-04-20", "2025-04-27")],
    ids=["National Day", "Spring Festival", "a make-up working Sunday"],
)
def test_the_deadline_moves_over_holidays(year: Year, published_on: str, deadline: str) -> None:
    """A last day within the holiday moves to the next working day; a make-up Sunday is one (R2)."""
    uscc = year.world.assessed()
    year.world.publish(published_on=published_on, meeting_on="2025-01-20")
    assert year.rows()[uscc]["deadline"]["day"] == deadline
    assert year.filed_appeal(uscc, filed_on=deadline)
    assert year.committee.get("/v1/appeals").json()["items"][0]["in_time"] is True


@pytest.mark.shows("R35")
def test_who_verified_the_complaint_does_not_decide_the_appeal(year: Year) -> None:
    """The officer who upheld the complaint is refused as decider, by R35; another member decides."""
    world, uscc = year.world, year.world.assessed()
    both = world.person(Role.COMMITTEE)
    complaint = world.id_of("ReceiveComplaint", uscc)
    # The same person holds two tokens: one of the association, by which the complaint was verified.
    with writing(world.service.ledger.engine) as connection:
        token = create_token(connection, both.person_id, Role.ASSOCIATION, by=COMMAND_LINE)
    officer = Person(world.client, token, both.person_id)
    body = {"outcome": "upheld", "findings": "属实", "decided_on": "2024-05-06", "verified_grounds": "missed_hazard"}
    upheld = world.must(officer.post(f"/v1/agencies/{uscc}/complaints/{complaint}/decision", body))["events"][0]["id"]
    world.publish()
    appeal = year.filed_appeal(uscc, upheld)
    refused = year.decide(appeal, annul=[upheld], who=both)
    assert refused.status_code == 403
    assert refused.json()["rule"] == "R35"
    assert year.waiting() == [appeal]
    assert year.decide(appeal, annul=[upheld]).status_code == 201


def test_an_appeal_over_a_fact_annulled_meanwhile(year: Year) -> None:
    """The association annuls the disputed fact first: the result is touched, and the decision still revises it."""
    world, uscc = year.world, year.world.assessed()
    upheld = year.upheld(uscc, "2024-03-04")
    world.publish()
    appeal = year.filed_appeal(uscc, upheld)
    annulled = world.done("AnnulEvent", uscc, event_id=upheld, annulled_on="2025-03-15")
    assert [one["year"] for one in annulled["touched"]] == [YEAR]
    decided = world.must(year.decide(appeal, annul=[upheld]))
    assert [one["type"] for one in decided["events"]] == ["AppealUpheld", "ResultRevised"]
    assert decided["result"]["total"] == "85.50"


def test_nothing_else_than_the_decision_changes_the_result(year: Year) -> None:
    """A late fact recorded before the decision stays out of the revised result, and on the worklist (R34)."""
    world, uscc = year.world, year.world.assessed()
    upheld = year.upheld(uscc, "2024-03-04")
    world.publish()
    appeal = year.filed_appeal(uscc, upheld)
    late = world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    assert len(late["touched"]) == 1
    decided = world.must(year.decide(appeal, annul=[upheld]))
    assert decided["result"]["total"] == "85.50"
    assert [one["id"] for one in year.impacts()] == [late["touched"][0]["impact"]]
    today = year.committee.get(f"/v1/appeals/{appeal}").json()
    sheets = (today["published_sheet"], today["standing"]["sheet"], today["today_sheet"])
    assert [one["total"] for one in sheets] == ["83.50", "85.50", "84.50"]
    answers = {one["answer"]: one["total"] for one in today["answers"]}
    assert answers == {"as_published": "83.50", "known_now_rules_of_then": "84.50", "known_now_rules_of_now": "84.50"}


def test_a_decision_is_never_to_the_appellants_disadvantage(year: Year) -> None:
    """What is put in place of the disputed fact may weigh more: that is refused, and nothing is recorded (R34)."""
    world, uscc = year.world, year.world.assessed()
    lapse = world.id_of("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    world.publish()
    appeal = year.filed_appeal(uscc, lapse)
    record = {"behaviour": "16.2", "content": "核查情况", "entered_on": "2024-08-01"}
    replace = [{"post": f"/v1/agencies/{uscc}/bad-records", "body": record}]
    before = world.trail(uscc)
    refused = year.decide(appeal, "partly_upheld", annul=[lapse], replace=replace)
    assert (refused.status_code, refused.json()["rule"]) == (409, "R34")
    assert refused.json()["errors"][0]["pointer"] == "/replace"
    assert world.trail(uscc) == before
    assert year.rows()[uscc]["total"] == "84.50"
    assert year.impacts() == []
    assert year.waiting() == [appeal]


def test_facts_are_replaced_in_the_same_step(year: Year) -> None:
    """A wrong survey goes and the right one comes in by one decision; a refused replacement refuses it all."""
    world, uscc = year.world, year.world.assessed()
    survey = next(one["id"] for one in world.trail(uscc) if one["type"] == "SurveySubmitted")
    world.publish()
    appeal = year.filed_appeal(uscc, survey)
    before = len(world.trail(uscc))
    body = {
        "client": {"uscc": "91441302MA5A00001N", "name": "大亚湾海岸精细化工有限公司"},
        "year": YEAR,
        "submitted_on": "2024-12-10",
        "answers": ["A"] * 10,
    }
    wrong = [{"post": f"/v1/agencies/{uscc}/surveys", "body": {**body, "project_id": "nowhere"}}]
    refused = year.decide(appeal, annul=[survey], replace=wrong)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/replace/0/body/project_id"
    assert len(world.trail(uscc)) == before
    right = [{"post": f"/v1/agencies/{uscc}/surveys", "body": body}]
    decided = world.must(year.decide(appeal, annul=[survey], replace=right))
    kinds = [one["type"] for one in decided["events"]]
    assert kinds == ["AppealUpheld", "EventAnnulled", "SurveySubmitted", "ResultRevised"]
    appealed = year.committee.get(f"/v1/appeals/{appeal}").json()
    assert appealed["standing"]["sheet"]["quality"] == "50.00"
    assert appealed["published_sheet"]["quality"] != "50.00"


@pytest.mark.shows("R36", "R36a")
def test_a_late_fact_after_the_year_was_closed(year: Year) -> None:
    """It is recorded, answered with the result that it touches, and stays listed until the committee disposes of it."""
    world, uscc, other = year.world, year.world.assessed(), year.world.assessed()
    world.publish()
    early = year.committee.post(f"/v1/assessments/{YEAR}/closing", {"closed_on": "2025-03-17"})
    assert early.status_code == 409
    assert early.json()["rule"] == "R36"
    world.must(year.committee.post(f"/v1/assessments/{YEAR}/closing", {"closed_on": "2025-03-18"}))
    assert year.committee.get(f"/v1/assessments/{YEAR}").json()["status"] == "closed"
    touched = [
        world.done("RecordLapse", uscc, item=4, occurred_on=day)["touched"][0]["impact"]
        for day in ("2024-08-01", "2024-08-02")
    ]
    assert [one["id"] for one in year.impacts()] == touched
    keep = {"outcome": "kept", "disposed_on": "2025-05-06", "reason": "年度已办结"}
    world.must(year.committee.post(f"/v1/impacts/{touched[0]}/disposal", keep))
    twice = year.committee.post(f"/v1/impacts/{touched[0]}/disposal", keep)
    assert twice.status_code == 409
    path, reopen = f"/v1/impacts/{touched[1]}/disposal", {**keep, "outcome": "reopened"}
    unheard = year.committee.post(path, reopen)
    assert (unheard.status_code, unheard.json()["rule"]) == (409, "R36")
    assert unheard.json()["errors"][0]["pointer"] == "/hearing_on"
    too_early = year.committee.post(path, {**reopen, "hearing_on": "2025-03-01"})
    assert too_early.status_code == 422
    reopened = world.must(year.committee.post(path, {**reopen, "hearing_on": "2025-05-05"}))
    assert reopened["result"]["total"] == "84.50"  # that one fact, not the one that was kept out
    assert [row["uscc"] for row in reopened["ranks"]] == []
    assert year.rows()[uscc]["rank"] == 2
    assert year.rows()[other]["rank"] == 1
    assert year.impacts() == []
    assert year.committee.get(f"/v1/assessments/{YEAR}").json()["status"] == "published"
    world.must(year.committee.post(f"/v1/assessments/{YEAR}/closing", {"closed_on": "2025-05-14"}))


def test_a_late_fact_that_is_annulled_touches_nothing_any_more(year: Year) -> None:
    """Its impact is void, and its annulment is no impact of its own."""
    world, uscc = year.world, year.world.assessed()
    world.publish()
    late = world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    annulled = world.done("AnnulEvent", uscc, event_id=late["events"][0]["id"], annulled_on="2025-04-01")
    assert "touched" not in annulled
    assert year.impacts() == []
    assert [one["status"] for one in year.impacts(status="all")] == ["void"]


def test_facts_that_change_nothing_published_touch_nothing(year: Year) -> None:
    """Facts of other years, and a survey that comes after the day of publication, are no impacts."""
    world, uscc = year.world, year.world.assessed()
    world.publish()
    assert "touched" not in world.done("RecordLapse", uscc, item=4, occurred_on="2025-02-01")
    assert "touched" not in world.done("SubmitSurvey", uscc, year=YEAR, submitted_on="2025-04-01")
    assert "touched" in world.done("SubmitSurvey", uscc, year=YEAR, submitted_on="2024-12-11", answers=["C"] * 10)


def test_two_members_deciding_at_once(year: Year) -> None:
    """One decision is recorded, the other is refused; the result is revised once."""
    world, uscc = year.world, year.world.assessed()
    upheld = year.upheld(uscc, "2024-03-04")
    world.publish()
    appeal = year.filed_appeal(uscc, upheld)
    members = [world.person(Role.COMMITTEE) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: year.decide(appeal, annul=[upheld], who=who), members))
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert [one["type"] for one in world.trail(uscc)].count("ResultRevised") == 1


def test_a_retry_of_publishing_answers_the_same_and_a_second_is_refused(year: Year) -> None:
    """Under one key the first answer comes again; without it, 409 by R32."""
    world = year.world
    world.assessed()
    body = {"published_on": "2025-03-10", "meeting_on": "2025-03-07"}
    path = f"/v1/assessments/{YEAR}/publication"
    first = year.committee.post(path, body, Idempotency_Key="k1")
    again = year.committee.post(path, body, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    twice = year.committee.post(path, body)
    assert twice.status_code == 409
    assert twice.json()["rule"] == "R32"


@pytest.mark.shows("R25")
def test_a_missing_survey_refuses_the_whole_publication_until_it_is_waived(year: Year) -> None:
    """Nothing is published and the list says what is missing; with a waiver and its reason it is."""
    world = year.world
    whole, lacking = world.assessed(), world.filed()
    world.done("StartProject", lacking)
    world.done("ScoreEffect", lacking)
    preview = year.committee.get(f"/v1/assessments/{YEAR}").json()
    assert preview["status"] == "unpublished"
    assert [(one["agency"]["uscc"], one["missing"]) for one in preview["incomplete"]] == [(lacking, ["quality"])]
    body: dict[str, Any] = {"published_on": "2025-03-10", "meeting_on": "2025-03-07"}
    path = f"/v1/assessments/{YEAR}/publication"
    refused = year.committee.post(path, body)
    assert refused.status_code == 409
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/waivers"]
    assert lacking in refused.json()["errors"][0]["detail"]
    assert all(one["type"] != "ResultPublished" for one in world.trail(whole))
    body["waivers"] = [{"uscc": lacking, "part": "quality", "reason": "企业已关闭，无法调查"}]
    assert world.must(year.committee.post(path, body))["count"] == 2


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"published_on": "2024-12-31"}, "/published_on"),
        ({"published_on": "2100-01-01"}, "/published_on"),
        ({"meeting_on": "2025-03-11"}, "/meeting_on"),
        ({"waivers": [{"uscc": "91441300MA51C1EN7F", "part": "effect", "reason": "无"}]}, "/waivers/0/uscc"),
    ],
    ids=["the year's last day", "the future", "before the meeting", "of an agency without a result"],
)
def test_a_publication_that_cannot_be(year: Year, changes: dict[str, Any], pointer: str) -> None:
    """422 with the field; nothing is recorded."""
    uscc = year.world.assessed()
    body = {"published_on": "2025-03-10", "meeting_on": "2025-03-07", **changes}
    refused = year.committee.post(f"/v1/assessments/{YEAR}/publication", body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert all(one["type"] != "ResultPublished" for one in year.world.trail(uscc))


def test_an_agency_sees_only_its_own(year: Year) -> None:
    """Results, appeals and impacts of others are not there for it."""
    world, own, other = year.world, year.world.assessed(), year.world.assessed()
    world.publish()
    appeal = year.filed_appeal(other)
    late = world.done("RecordLapse", other, item=4, occurred_on="2024-08-01")
    me = world.person(Role.AGENCY, own)
    assert [row["agency"]["uscc"] for row in me.get(f"/v1/assessments/{YEAR}").json()["items"]] == [own]
    assert me.get("/v1/appeals").json()["items"] == []
    assert me.get("/v1/impacts").json()["items"] == []
    assert me.get(f"/v1/appeals/{appeal}").status_code == 404
    assert me.get(f"/v1/agencies/{other}/results/{YEAR}").status_code == 404
    assert me.post(f"/v1/appeals/{appeal}/withdrawal", {"withdrawn_on": "2025-03-15"}).status_code == 404
    assert me.post(f"/v1/impacts/{late['touched'][0]['impact']}/disposal", {}).status_code == 403


def test_upheld_must_change_something_and_only_what_is_disputed(year: Year) -> None:
    """422 with the field for an empty uphold, a dismissal that annuls, and a fact that was not disputed."""
    world, uscc = year.world, year.world.assessed()
    one, two = year.upheld(uscc, "2024-03-04"), year.upheld(uscc, "2024-05-06")
    world.publish()
    appeal = year.filed_appeal(uscc, one)
    cases: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("upheld", {}, "/annul"),
        ("dismissed", {"annul": [one]}, "/annul"),
        ("upheld", {"annul": [two]}, "/annul/0"),
    )
    for outcome, more, pointer in cases:
        refused = year.decide(appeal, outcome, **more)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == pointer
    dismissed = world.must(year.decide(appeal, "dismissed"))
    assert dismissed["result"] is None
    assert year.decide(appeal, "dismissed").status_code == 409


@pytest.mark.shows("R32", "R32a", "R36")
def test_what_is_recorded_while_a_year_is_worked_out_goes_to_the_worklist(
    year: Year, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fact that comes in between sheet and decision changes no published sheet, and touches it at once."""
    world, hit, other = year.world, year.world.assessed(), year.world.assessed()
    whole = must_be_publishable
    late: list[dict[str, Any]] = []

    def meanwhile(*given: Any) -> None:
        whole(*given)
        late.append(world.done("RecordLapse", hit, item=4, occurred_on="2024-08-01"))
        late.append(world.done("RecordInspection", other))  # changes no score, but the agency's version

    monkeypatch.setattr(publishing, "must_be_publishable", meanwhile)
    assert world.publish()["count"] == 2
    assert "touched" not in late[0]
    assert {row["total"] for row in year.rows().values()} == {"85.50"}
    assert [(one["agency"]["uscc"], one["cause"]) for one in year.impacts()] == [(hit, late[0]["events"][0]["id"])]
    assert [one["type"] for one in world.trail(other)][-1] == "ResultPublished"


@pytest.mark.shows("R4", "R36")
def test_impacts_outlive_the_adoption_of_another_rulebook(year: Year) -> None:
    """What a late fact would change stays listed, whatever is adopted afterwards."""
    world, uscc = year.world, year.world.assessed()
    world.publish()
    world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    before = year.impacts()
    with world.service.ledger.writing() as unit:
        content = shipped_rulebook().override({"conduct.bad_record_points": "3"}).content
        unit.adopt_rulebook(Rulebook.from_content({**content, "id": "other", "effective_from": "2024-01-01"}), "system")
    assert len(before) == 1
    assert year.impacts() == before


@pytest.mark.shows("R32")
def test_published_sheets_never_change(year: Year) -> None:
    """Whatever is recorded afterwards, what was published stays as it was, byte for byte."""
    world, uscc = year.world, year.world.assessed()
    upheld = year.upheld(uscc, "2024-03-04")
    world.publish()
    before = year.committee.get(f"/v1/agencies/{uscc}/results/{YEAR}").json()["answers"][0]
    world.done("AnnulEvent", uscc, event_id=upheld, annulled_on="2025-04-01")
    world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    world.done("SubmitSurvey", uscc, year=YEAR, submitted_on="2024-12-20", answers=["C"] * 10)
    with world.service.ledger.writing() as unit:
        content = shipped_rulebook().override({"conduct.bad_record_points": "3"}).content
        unit.adopt_rulebook(Rulebook.from_content({**content, "id": "other", "effective_from": "2024-01-01"}), "system")
    after = year.committee.get(f"/v1/agencies/{uscc}/results/{YEAR}").json()
    assert after["answers"][0] == before
    published, known_now, by_rules_of_now = (one["total"] for one in after["answers"])
    assert len({published, known_now, by_rules_of_now}) >= 2
    assert published != known_now
