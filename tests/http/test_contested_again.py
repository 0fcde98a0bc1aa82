"""What a closer look at contested results brought up: orders, dates, identities, retries (R33-R36)."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_token
from domain.store.db.engine import writing
from domain.values import Role
from tests.http.test_assessment import YEAR, Year, year
from tests.http.world import Person, World, today

__all__ = ["year"]  # the fixture of those stories: it compares the rows afterwards


def late_request(world: World, uscc: str) -> tuple[str, str]:
    """A submission that came too late: the ids of the request and of its receipt."""
    asked = world.done("RequestSubmission", uscc, item=1, requested_on="2024-02-01", due_on="2024-03-01")
    request = asked["ids"]["submission_request"]
    return request, str(world.done("ReceiveSubmission", uscc, request, received_on="2024-04-01")["events"][0]["id"])


@pytest.mark.shows("R34")
@pytest.mark.parametrize("receipt_first", [False, True])
def test_what_names_each_other_can_be_annulled_in_any_order(year: Year, receipt_first: bool) -> None:
    """A request and its receipt: whichever is annulled first, the lapse is gone from the result."""
    world, uscc = year.world, year.world.assessed()
    request, receipt = late_request(world, uscc)
    world.publish()
    appeal = year.filed_appeal(uscc, request, receipt)
    order = [receipt, request] if receipt_first else [request, receipt]
    assert world.must(year.decide(appeal, annul=order))["result"]["total"] == "85.50"


@pytest.mark.shows("R34", "R36")
def test_a_decision_that_was_refused_leaves_nothing_behind(year: Year) -> None:
    """Its facts are recorded nowhere: the next appeal is judged on what is published, with its own changes only."""
    world, uscc = year.world, year.world.assessed()
    first, second = (world.id_of("RecordLapse", uscc, item=4, occurred_on=day) for day in ("2024-08-01", "2024-08-02"))
    world.publish()
    record = {"behaviour": "16.2", "content": "核查情况", "entered_on": "2024-08-01"}
    worse = [{"post": f"/v1/agencies/{uscc}/bad-records", "body": record}]
    refused = year.decide(year.filed_appeal(uscc, first), annul=[first], replace=worse)
    assert (refused.status_code, refused.json()["rule"]) == (409, "R34")
    assert world.must(year.decide(year.filed_appeal(uscc, second), annul=[second]))["result"]["total"] == "84.50"


@pytest.mark.shows("R35")
def test_who_upheld_a_complaint_does_not_decide_when_the_complaint_is_disputed(year: Year) -> None:
    """Whether the appeal names the decision or the complaint that it is about."""
    world, uscc = year.world, year.world.assessed()
    both = world.person(Role.COMMITTEE)
    with writing(world.service.ledger.engine) as connection:
        officer = Person(
            world.client, create_token(connection, both.person_id, Role.ASSOCIATION, by=COMMAND_LINE), both.person_id
        )
    complaint = world.id_of("ReceiveComplaint", uscc)
    body = {"outcome": "upheld", "findings": "属实", "decided_on": "2024-05-06", "verified_grounds": "missed_hazard"}
    world.must(officer.post(f"/v1/agencies/{uscc}/complaints/{complaint}/decision", body))
    world.publish()
    refused = year.decide(year.filed_appeal(uscc, complaint), annul=[complaint], who=both)
    assert (refused.status_code, refused.json()["rule"]) == (403, "R35")


@pytest.mark.shows("R33")
def test_an_appeal_handed_in_before_a_revision_is_kept_whenever_it_is_entered(year: Year) -> None:
    """It is against the result of its day, and in time by that one's week."""
    world, low, high = year.world, year.world.assessed(), year.world.assessed()
    one, two = year.upheld(low, "2024-03-04"), year.upheld(low, "2024-05-06")
    year.upheld(high, "2024-04-01")
    world.publish()
    world.must(year.decide(year.filed_appeal(low, one, two, filed_on="2025-03-12"), annul=[one, two]))
    appeal = year.filed_appeal(high, filed_on="2025-03-13")
    assert year.committee.get(f"/v1/appeals/{appeal}").json()["in_time"] is True
    early = year.appeal(high, filed_on="2025-03-09")
    assert early.status_code == 409


@pytest.mark.shows("R33", "R36")
def test_no_date_cuts_a_week_short(year: Year) -> None:
    """A decision dated before the filing is refused, and a revision never brings a deadline forward."""
    world, uscc = year.world, year.world.assessed()
    upheld = year.upheld(uscc, "2024-03-04")
    world.publish()
    appeal = year.filed_appeal(uscc, upheld, filed_on="2025-03-12")
    early = year.decide(appeal, annul=[upheld], decided_on="2025-01-02")
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (409, "/decided_on")
    late = world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")["touched"][0]["impact"]
    body = {"outcome": "reopened", "disposed_on": "2025-01-02", "reason": "更早"}
    assert year.committee.post(f"/v1/impacts/{late}/disposal", body).status_code == 409
    world.must(year.decide(appeal, annul=[upheld], decided_on="2025-03-12"))
    assert year.rows()[uscc]["deadline"]["day"] == "2025-03-19"


@pytest.mark.parametrize("workers", [4])
def test_parallel_retries_of_a_decision_get_the_first_answer(year: Year, workers: int) -> None:
    """One key, one body, at once: every attempt is answered as the first."""
    world, uscc = year.world, year.world.assessed()
    upheld = year.upheld(uscc, "2024-03-04")
    world.publish()
    appeal = year.filed_appeal(uscc, upheld)
    body = {"outcome": "upheld", "decided_on": "2025-03-20", "reasons": "经复核", "annul": [upheld]}

    def decide(_: int) -> Any:
        return year.committee.post(f"/v1/appeals/{appeal}/decision", body, Idempotency_Key="once")

    with ThreadPoolExecutor(workers) as pool:
        answers = list(pool.map(decide, range(workers)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.text for one in answers}) == 1


@pytest.mark.shows("R30", "R36")
def test_a_late_change_of_category_touches_the_published_rank(year: Year) -> None:
    """Results are ranked by category: another one on the year's last day is an impact."""
    world, uscc = year.world, year.world.assessed()
    world.publish()
    changed = world.done("ReportChange", uscc, changed_on="2024-06-01", fields={"category": "另一类"})
    assert len(changed["touched"]) == 1
    assert "touched" not in world.done("ReportChange", uscc, changed_on="2025-06-01", fields={"category": "又一类"})


def test_an_annulment_that_a_decision_takes_in_waits_no_more(year: Year) -> None:
    """The fact was annulled meanwhile and its impact listed; the decision takes it off the result: nothing waits."""
    world, uscc = year.world, year.world.assessed()
    upheld = year.upheld(uscc, "2024-03-04")
    world.publish()
    appeal = year.filed_appeal(uscc, upheld)
    world.done("AnnulEvent", uscc, event_id=upheld, annulled_on="2025-03-15")
    assert len(year.impacts()) == 1
    world.must(year.decide(appeal, annul=[upheld]))
    assert year.impacts() == []
    assert [one["status"] for one in year.impacts(status="all")] == ["absorbed"]


def test_a_late_fact_never_let_in_is_no_impact_when_it_is_annulled_after_a_revision(year: Year) -> None:
    """A revision of the rank in between makes no difference."""
    world, low, high = year.world, year.world.assessed(), year.world.assessed()
    one, two = year.upheld(low, "2024-03-04"), year.upheld(low, "2024-05-06")
    year.upheld(high, "2024-04-01")
    world.publish()
    late = world.done("RecordLapse", high, item=4, occurred_on="2024-08-01")["events"][0]["id"]
    world.must(year.decide(year.filed_appeal(low, one, two), annul=[one, two]))
    assert "touched" not in world.done("AnnulEvent", high, event_id=late, annulled_on="2025-04-01")
    assert year.impacts() == []


def test_a_decision_on_a_year_carries_its_papers(year: Year) -> None:
    """Note and evidence of publication, disposal and closing stand in the events, as of every command (api.md)."""
    world, uscc = year.world, year.world.assessed()
    papers: dict[str, Any] = {"note": "会议纪要已归档", "evidence": [{"title": "会议纪要", "uri": "urn:minutes:1"}]}
    world.publish(**papers)
    touched = world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")["touched"][0]["impact"]
    kept = {"outcome": "kept", "disposed_on": "2025-03-20", "reason": "维持", **papers}
    world.must(year.committee.post(f"/v1/impacts/{touched}/disposal", kept))
    world.must(year.committee.post(f"/v1/assessments/{YEAR}/closing", {"closed_on": "2025-03-20", **papers}))
    events = year.committee.get(f"/v1/assessments/{YEAR}/events").json()["items"]
    for one in (*events, world.trail(uscc)[-1]):
        assert (one["note"], one["evidence"][0]["uri"]) == ("会议纪要已归档", "urn:minutes:1"), one["type"]


def test_an_agency_sees_no_other_agencys_waiver_and_no_informant(year: Year) -> None:
    """Of the year its own part; of the dossier no bytes that tell who complained."""
    world, own, other = year.world, year.world.assessed(), year.world.filed()
    world.done("StartProject", other)
    complaint = world.must(world.client_person.post(f"/v1/agencies/{own}/complaints", _complaint()))["ids"]["complaint"]
    world.publish()
    me = world.person(Role.AGENCY, own)
    assert me.get(f"/v1/assessments/{YEAR}").json()["waivers"] == []
    appeal = year.filed_appeal(own, complaint)
    response = me.get(f"/v1/appeals/{appeal}/dossier")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    whole = b"".join(raw for name, raw in files.items() if not name.endswith(".pdf"))
    assert world.client_person.person_id.encode() not in whole
    assert b"client_hash" not in whole
    assert len(json.loads(files["trail.json"])[0]["leaf_hash"]) == 64


def _complaint() -> dict[str, str]:

    return {"received_on": today(), "grounds": "other"}
