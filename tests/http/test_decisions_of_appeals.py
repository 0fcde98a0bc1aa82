"""What a decision on an appeal may do: category, never to the worse, who was left out, who withdraws (R32-R34, R38)."""

from __future__ import annotations

from typing import Any

import pytest

from api.http.documentation.examples import CLIENT_NAME, CLIENT_USCC
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_token
from domain.store.db.engine import writing
from domain.values import Role
from tests.http.test_assessment import YEAR, Year, year
from tests.http.world import Person, body_of, certificate_of, new_uscc

__all__ = ["year"]  # the fixture of those stories: it compares the rows afterwards
CLIENT = {"uscc": CLIENT_USCC, "name": CLIENT_NAME}
DOCUMENT = [{"title": "撤回异议申请书（本人签名）", "uri": "file:///archive/2025-018"}]


def command(uscc: str, what: str, **body: Any) -> dict[str, Any]:
    return {"post": f"/v1/agencies/{uscc}/{what}", "body": body}


def refused_as_harm(year: Year, uscc: str, answer: Any) -> None:
    """409 by R34, and nothing of it is recorded."""
    assert (answer.status_code, answer.json()["rule"]) == (409, "R34"), answer.text
    assert [one["type"] for one in year.world.trail(uscc)][-1] == "AppealFiled"


@pytest.mark.shows("art.19", "R30", "R34")
def test_an_upheld_appeal_about_the_category_moves_the_agency_and_both_rankings(year: Year) -> None:
    """Second of two in its category by a wrong change; upheld it is first of its own, the other has a new rank too."""
    world = year.world
    moved, other = world.assessed(), world.assessed()
    own = year.committee.get(f"/v1/agencies/{moved}/standing").json()["agency"]["category"]
    year.upheld(other, "2024-03-04")
    wrong = world.id_of(
        "ReportChange",
        moved,
        changed_on="2024-06-03",
        reported_on="2024-06-03",
        fields={"category": "消防技术服务机构"},
    )
    world.publish()
    before = year.rows()
    assert (before[moved]["category"], before[moved]["rank"], before[other]["rank"]) == ("消防技术服务机构", 1, 1)
    decided = world.must(year.decide(year.filed_appeal(moved, wrong), annul=[wrong]))
    differences = {row["field"]: (row["before"], row["after"]) for row in decided["result"]["difference"]}
    assert differences["category"] == ("消防技术服务机构", own)
    after = year.rows()
    assert (after[moved]["category"], after[moved]["rank"], after[other]["rank"]) == (own, 1, 2)
    assert [(row["uscc"], row["before"], row["after"]) for row in decided["ranks"]] == [(other, 1, 2)]
    assert year.impacts(status="all") == []
    public = {row["uscc"]: row for row in world.stranger.get(f"/v1/public/results/{YEAR}").json()["items"]}
    changed = public[moved]["revisions"][0]["changed"]
    assert {"field": "category", "before": "消防技术服务机构", "after": own} in changed


@pytest.mark.shows("art.17(3)", "R34")
def test_an_appeal_cannot_put_the_appellant_on_the_blacklist(year: Year) -> None:
    """Two counted complaints and one that is not: the last one decided anew as counted would make three in a year."""
    world, uscc = year.world, year.world.assessed()
    world.upheld(uscc, "2024-03-04", "2024-05-06")
    third = world.id_of("ReceiveComplaint", uscc, received_on="2024-07-01")
    decided = {"decided_on": "2024-07-08", "outcome": "upheld", "findings": "属实"}
    decision = world.done("DecideComplaint", uscc, third, **decided, verified_grounds="other")["events"][0]["id"]
    world.publish()
    appeal = year.filed_appeal(uscc, decision)
    again = command(uscc, f"complaints/{third}/decision", **decided, verified_grounds="poor_quality")
    refused_as_harm(year, uscc, year.decide(appeal, "partly_upheld", annul=[decision], replace=[again]))


@pytest.mark.shows("art.17(1)", "R34")
def test_a_heavier_tier_with_the_same_points_is_refused_too(year: Year) -> None:
    """A complaint that did not count, decided anew as counted: the same two points, but a recorded tag for ever."""
    world, uscc = year.world, year.world.assessed()
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2024-07-01")
    decided = {"decided_on": "2024-07-08", "outcome": "upheld", "findings": "属实"}
    decision = world.done("DecideComplaint", uscc, complaint, **decided, verified_grounds="other")["events"][0]["id"]
    world.publish()
    appeal = year.filed_appeal(uscc, decision)
    again = command(uscc, f"complaints/{complaint}/decision", **decided, verified_grounds="poor_quality")
    refused_as_harm(year, uscc, year.decide(appeal, annul=[decision], replace=[again]))


@pytest.mark.shows("R34")
def test_what_would_cost_another_year_is_refused_too(year: Year) -> None:
    """Better for the contested year, worse for the one that runs: ledger and result may not drift apart."""
    world, uscc = year.world, year.world.assessed()
    lapse = world.id_of("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    world.done("StartProject", uscc, started_on="2025-01-06", due_on="2025-12-20")
    world.publish()
    appeal = year.filed_appeal(uscc, lapse)
    later = command(uscc, "lapses", item=4, occurred_on="2025-02-03")
    refused_as_harm(year, uscc, year.decide(appeal, annul=[lapse], replace=[later]))
    assert world.must(year.decide(appeal, annul=[lapse]))["result"]["total"] == "85.50"


@pytest.mark.shows("R29", "R32", "R33", "R34")
def test_who_was_not_assessed_is_published_and_can_appeal_and_is_assessed_then(year: Year) -> None:
    """No project was recorded: published as not assessed, with the reason; upheld it is assessed, graded and ranked."""
    world = year.world
    good, left = world.assessed(), world.filed()
    assert world.publish()["count"] == 1
    content = year.committee.get(f"/v1/assessments/{YEAR}").json()
    assert [row["agency"]["uscc"] for row in content["items"]] == [good]
    (row,) = content["not_assessed"]
    assert (row["agency"]["uscc"], row["deadline"]["day"], row["grade"], row["rank"]) == (
        left,
        "2025-03-17",
        None,
        None,
    )
    assert "no project ran in the year" in row["reasons"][0]["text_en"]
    public = world.stranger.get(f"/v1/public/results/{YEAR}").json()
    assert [one["uscc"] for one in public["items"]] == [good]
    assert [(one["uscc"], one["appeal_pending"]) for one in public["not_assessed"]] == [(left, False)]
    page = world.client.get(f"/results/{YEAR}").text
    assert "未参与考评的机构" in page
    assert left in page
    answer = world.must(year.appeal(left))
    assert [one["type"] for one in answer["events"]] == ["AppealFiled"]
    public = world.stranger.get(f"/v1/public/results/{YEAR}").json()
    assert public["not_assessed"][0]["appeal_pending"] is True
    assert "有异议尚未办结" in world.client.get(f"/results/{YEAR}").text
    project = {"contract_no": "HT-2024-9", "started_on": "2024-02-01", "due_on": "2024-12-20", "client": CLIENT}
    facts = [
        {**command(left, "projects", **project), "ref": "project"},
        command(left, "projects/$project/completion", completed_on="2024-12-19", report_filed_on="2024-12-19"),
        command(left, "surveys", client=CLIENT, year=YEAR, submitted_on="2024-12-10", answers=["A"] * 10),
        command(left, "effect-scores", client=CLIENT, year=YEAR, value="100", scored_on="2024-12-28"),
    ]
    decided = world.must(year.decide(answer["ids"]["appeal"], replace=facts))
    assert (decided["result"]["grade"], decided["result"]["total"], decided["result"]["rank"]) == (
        "excellent",
        "100.00",
        1,
    )
    assert [(one["uscc"], one["before"], one["after"]) for one in decided["ranks"]] == [(good, 1, 2)]
    assert {uscc: row["rank"] for uscc, row in year.rows().items()} == {left: 1, good: 2}
    assert year.committee.get(f"/v1/assessments/{YEAR}").json()["not_assessed"] == []


@pytest.mark.shows("R32", "R33")
def test_the_appeal_of_an_agency_of_which_nothing_was_known_is_recorded_too(year: Year) -> None:
    """Its filing came in after the publication: the appeal stands, in time, against not having been assessed."""
    world = year.world
    world.assessed()
    world.publish()
    world.clock.at("2025-03-12")
    late = world.filed()
    answer = world.must(year.appeal(late))
    assert [one["type"] for one in answer["events"]] == ["AppealFiled", "ResultPublished"]
    assert year.committee.get(f"/v1/appeals/{answer['ids']['appeal']}").json()["in_time"] is True
    again = world.must(year.appeal(late))
    assert [one["type"] for one in again["events"]] == ["AppealFiled"]
    facts = [
        command(late, "projects", contract_no="1", started_on="2024-02-01", due_on="2025-12-20", client=CLIENT),
        command(late, "surveys", client=CLIENT, year=YEAR, submitted_on="2024-12-10", answers=["A"] * 10),
        command(late, "effect-scores", client=CLIENT, year=YEAR, value="100", scored_on="2024-12-28"),
    ]
    assert world.must(year.decide(answer["ids"]["appeal"], replace=facts))["result"]["total"] == "100.00"


@pytest.mark.shows("R33")
def test_who_withdraws_an_appeal(year: Year) -> None:
    """The agency its own, never its practitioner's; the association either, only with the appellant's document."""
    world, uscc = year.world, year.world.assessed()
    world.publish()
    agency = world.person(Role.AGENCY, uscc)
    own, entered = year.filed_appeal(uscc), year.filed_appeal(uscc)
    practitioner = world.must(
        world.association.post(
            f"/v1/agencies/{uscc}/appeals",
            {
                "year": YEAR,
                "filed_on": "2025-03-14",
                "grounds": "与我无关",
                "disputed_event_ids": [],
                "appellant": {"kind": "practitioner", "name": "邓海生"},
            },
        )
    )["ids"]["appeal"]
    body: dict[str, Any] = {"withdrawn_on": "2025-03-14"}
    world.must(agency.post(f"/v1/appeals/{own}/withdrawal", body))
    refused = agency.post(f"/v1/appeals/{practitioner}/withdrawal", {**body, "evidence": DOCUMENT})
    assert (refused.status_code, refused.json()["rule"]) == (403, "R33")
    for appeal in (entered, practitioner):
        bare = world.association.post(f"/v1/appeals/{appeal}/withdrawal", body)
        assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/evidence")
        assert bare.json()["rule"] == "R33"
        world.must(world.association.post(f"/v1/appeals/{appeal}/withdrawal", {**body, "evidence": DOCUMENT}))
    assert year.waiting() == []


@pytest.mark.shows("R38")
@pytest.mark.parametrize("outcome", ["refused", "annulled"])
def test_who_made_the_record_does_not_answer_the_objection(year: Year, outcome: str) -> None:
    """Neither who recorded it nor who upheld the complaint behind it; somebody else of the association does."""
    world, uscc = year.world, year.world.assessed()
    bad = world.id_of("EnterBadRecord", uscc)
    objection = world.id_of("FileObjection", uscc, event_id=bad, filed_on="2025-03-03")
    path, body = (
        f"/v1/objections/{objection}/answer",
        {"answered_on": "2025-03-04", "outcome": outcome, "reasons": "经核"},
    )
    before = world.trail(uscc)
    refused = world.association.post(path, body)
    assert (refused.status_code, refused.json()["rule"]) == (403, "R38, R35")
    assert world.trail(uscc) == before
    world.must(world.person(Role.ASSOCIATION).post(path, body))


@pytest.mark.shows("R36")
def test_a_fact_annulled_after_its_reopening_touches_only_the_year_that_it_was_let_into(year: Year) -> None:
    """A late decision of 2023 is the third within a year in 2024; it is let into 2023 alone, and then annulled."""
    world, uscc = year.world, new_uscc()
    staff = [{"name": "钱七", "certificate_no": certificate_of(uscc)}]
    filing = {**body_of("FileAgency"), "uscc": uscc, "submitted_on": "2023-01-05", "personnel": staff}
    world.must(world.association.post("/v1/agencies", filing))
    world.done("DecideFiling", uscc, decided_on="2023-01-06")
    world.done("StartProject", uscc, started_on="2023-02-01", due_on="2024-12-20")
    world.upheld(uscc, "2024-02-05", "2024-03-04")
    for number in (YEAR - 1, YEAR):
        world.clock.at(f"{number + 1}-03-10")
        world.publish(number)
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2023-11-01")
    late = world.done("DecideComplaint", uscc, complaint, decided_on="2023-11-20")
    impacts = {one["year"]: one["impact"] for one in late["touched"]}
    assert set(impacts) == {YEAR - 1, YEAR}
    body = {"outcome": "reopened", "disposed_on": "2025-03-12", "reason": "属实"}
    world.must(year.committee.post(f"/v1/impacts/{impacts[YEAR - 1]}/disposal", body))
    world.clock.at("2025-03-20")
    annulled = world.done("AnnulEvent", uscc, event_id=late["events"][0]["id"], annulled_on="2025-03-20")
    assert [one["year"] for one in annulled["touched"]] == [YEAR - 1]
    assert [(one["year"], one["status"]) for one in year.impacts(status="all") if one["year"] == YEAR] == [
        (YEAR, "void")
    ]
    again = {**body, "disposed_on": "2025-03-20"}
    world.must(year.committee.post(f"/v1/impacts/{annulled['touched'][0]['impact']}/disposal", again))
    assert year.impacts() == []


@pytest.mark.shows("R25", "R44")
def test_a_waived_part_is_named_with_its_reason_wherever_the_result_is_shown(year: Year) -> None:
    """Committee's list, the agency's results, the public's list, feed and page; until then a sheet is provisional."""
    world, uscc = year.world, year.world.filed()
    world.done("StartProject", uscc, started_on="2024-02-01", due_on="2024-12-20")
    world.done("ScoreEffect", uscc, scored_on="2024-12-28")
    sheet = f"/v1/agencies/{uscc}/sheets/{YEAR}"
    before = year.committee.get(sheet, as_of="2025-03-09").json()
    assert (before["provisional"], before["waivers"]) == (True, [])
    standing = year.committee.get(f"/v1/agencies/{uscc}/standing", as_of="2024-12-31").json()["assessment"]
    assert (standing["provisional"], standing["waivers"]) == (True, [])
    world.publish()
    waivers = [{"part": "quality", "reason": "当年无数据"}]
    assert year.rows()[uscc]["waivers"] == waivers
    result = year.committee.get(f"/v1/agencies/{uscc}/results/{YEAR}").json()
    assert (result["results"][0]["waivers"], result["results"][0]["provisional"]) == (waivers, False)
    assert result["answers"][0]["sheet"]["provisional"] is False
    item = world.stranger.get(f"/v1/public/results/{YEAR}").json()["items"][0]
    assert (item["waivers"], item["provisional"], item["deadline"]) == (waivers, False, "2025-03-17")
    assert "当年无数据" in world.client.get(f"/v1/public/results/{YEAR}.atom").text
    assert "当年无数据" in world.client.get(f"/results/{YEAR}").text
    after = year.committee.get(sheet, as_of="2025-03-10").json()
    assert (after["provisional"], after["waivers"]) == (False, [{"part": "quality"}])
    early = year.committee.get(sheet, as_of="2025-03-10", known_at=f"version:{before['version']}").json()
    assert early["provisional"] is True


@pytest.mark.shows("art.25", "R28", "R32")
def test_the_public_reads_what_decided_an_override(year: Year) -> None:
    """A penalty of an emergency-management department: the score stays, and what decided the grade is said."""
    world, uscc = year.world, year.world.assessed()
    world.done("ImposePenalty", uscc, decided_on="2024-09-02", authority_kind="emergency_management")
    world.publish()
    item = world.stranger.get(f"/v1/public/results/{YEAR}").json()["items"][0]
    assert (item["grade"], item["override"]) == ("unqualified", [{"kind": "penalty", "article": "art.25"}])
    assert "行政处罚" in world.client.get(f"/results/{YEAR}").text


@pytest.mark.shows("R35", "R38")
def test_two_tokens_of_one_person_are_one_person(year: Year) -> None:
    """The person behind the token counts, not the token."""
    world, uscc = year.world, year.world.assessed()
    bad = world.id_of("EnterBadRecord", uscc)
    objection = world.id_of("FileObjection", uscc, event_id=bad, filed_on="2025-03-03")
    with writing(world.service.ledger.engine) as connection:
        token = create_token(connection, world.association.person_id, Role.ASSOCIATION, by=COMMAND_LINE)
    twin = Person(world.client, token, world.association.person_id)
    body = {"answered_on": "2025-03-04", "outcome": "refused", "reasons": "经核"}
    assert twin.post(f"/v1/objections/{objection}/answer", body).status_code == 403


@pytest.mark.shows("R34", "R34a")
def test_an_upheld_appeal_that_changes_nothing_publishes_nothing(year: Year) -> None:
    """A disputed inspection costs no points: annulled, the result is the same, and the next appeal rests on it."""
    world, uscc = year.world, year.world.assessed()
    inspection = world.id_of("RecordInspection", uscc)
    lapse = world.id_of("RecordLapse", uscc, occurred_on="2024-08-01")
    world.publish()
    kept = world.must(year.decide(year.filed_appeal(uscc, inspection), annul=[inspection]))
    assert [one["type"] for one in kept["events"]] == ["AppealUpheld", "EventAnnulled"]
    assert kept["result"]["kept"] is True
    assert year.impacts(status="all") == []
    revised = world.must(year.decide(year.filed_appeal(uscc, lapse), annul=[lapse]))
    assert revised["result"]["total"] == "85.50"
