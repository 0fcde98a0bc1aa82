"""The week of art.20 runs from recording; a publication is dated when made; who may reopen what (R32, R36, R45)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.values import Role
from tests.http.test_assessment import YEAR, Year, year

__all__ = ["year"]  # the fixture of those stories: it compares the rows afterwards


def publishing(year: Year, **changes: Any) -> Any:
    """A publication of the year; the answer, refused or not."""
    body = {"published_on": "2025-03-10", "meeting_on": "2025-03-07", **changes}
    return year.committee.post(f"/v1/assessments/{YEAR}/publication", body)


def closing(year: Year, day: str) -> Any:
    return year.committee.post(f"/v1/assessments/{YEAR}/closing", {"closed_on": day})


@pytest.mark.shows("art.20", "R32", "R45")
def test_a_publication_dated_back_gives_the_whole_week_from_its_recording(year: Year) -> None:
    """Recorded on Monday 2025-06-16 and dated 2025-03-10: appeals until the 23rd, and no closing before the 24th."""
    world, uscc = year.world, year.world.assessed()
    world.clock.at("2025-06-16")
    refused = publishing(year)
    assert (refused.status_code, refused.json()["rule"]) == (422, "R45")
    assert refused.json()["errors"][0]["pointer"] == "/published_on"
    assert all(one["type"] != "ResultPublished" for one in world.trail(uscc))
    world.must(publishing(year, reason="三月十日已在公告栏公示"))
    row = year.rows()[uscc]
    assert (row["published_on"], row["deadline"]["day"]) == ("2025-03-10", "2025-06-23")
    assert closing(year, "2025-06-16").status_code == 409
    appeal = year.filed_appeal(uscc, filed_on="2025-06-23")
    assert year.committee.get(f"/v1/appeals/{appeal}").json()["in_time"] is True


@pytest.mark.shows("R45")
def test_a_publication_of_today_needs_no_reason_and_a_note_is_one(year: Year) -> None:
    """Dated the day on which it is made it needs none; the note of one dated back says it as well."""
    world = year.world
    world.assessed()
    world.clock.at("2025-03-12")
    assert publishing(year).status_code == 422
    world.must(publishing(year, note="公告栏三月十日张贴"))
    assert year.committee.get(f"/v1/assessments/{YEAR}").json()["deadline"]["day"] == "2025-03-19"


@pytest.mark.shows("art.19", "R32")
@pytest.mark.parametrize("meeting_on", ["2024-11-30", "2024-12-31"])
def test_the_committee_meets_after_the_year_is_over(year: Year, meeting_on: str) -> None:
    """A meeting within the year, or on its last day, is refused at its own field."""
    year.world.assessed()
    refused = publishing(year, meeting_on=meeting_on)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/meeting_on")
    assert refused.json()["rule"] == "R32"


@pytest.mark.shows("R45")
def test_a_publication_of_no_result_is_refused(year: Year) -> None:
    """Nobody was in business: 409, and the year can still be published once there is a result."""
    world, uscc = year.world, year.world.filed()
    refused = publishing(year)
    assert (refused.status_code, refused.json()["rule"]) == (409, "R32, R45")
    assert year.committee.get(f"/v1/assessments/{YEAR}").json()["status"] == "unpublished"
    world.assessed(uscc)
    assert world.must(publishing(year))["count"] == 1


@pytest.mark.shows("art.20", "R32", "R34")
def test_a_decision_dated_back_gives_a_whole_week_to_all_whom_it_moves(year: Year) -> None:
    """Decided on 2025-03-20 and recorded on 2025-04-14: the revised result and the moved rank until 2025-04-21."""
    world = year.world
    low, high = world.assessed(), world.assessed()
    one, two = year.upheld(low, "2024-03-04"), year.upheld(low, "2024-05-06")
    year.upheld(high, "2024-04-01")
    world.publish()
    appeal = year.filed_appeal(low, one, two)
    world.clock.at("2025-04-14")
    world.must(year.decide(appeal, annul=[one, two]))
    rows = year.rows()
    assert {row["deadline"]["day"] for row in rows.values()} == {"2025-04-21"}
    assert {row["rank"] for row in rows.values()} == {1, 2}
    assert closing(year, "2025-04-14").status_code == 409
    assert closing(year, "2025-04-21").status_code == 409
    world.must(closing(year, "2025-04-22"))


def final_with_a_late_lapse(year: Year, uscc: str) -> str:
    """The year is closed, then a lapse comes in that it did not know: the impact."""
    year.world.publish()
    year.world.must(closing(year, "2025-03-18"))
    year.world.clock.at("2025-04-01")
    return str(year.world.done("RecordLapse", uscc, item=4, occurred_on="2024-08-01")["touched"][0]["impact"])


def reopening(year: Year, impact: str, **more: Any) -> Any:
    body = {"outcome": "reopened", "disposed_on": "2025-04-10", "reason": "事实清楚", **more}
    return year.committee.post(f"/v1/impacts/{impact}/disposal", body)


@pytest.mark.shows("R36")
def test_a_final_result_is_reopened_to_the_worse_only_after_a_hearing(year: Year) -> None:
    """Without one 409; then with a whole week, also when it is dated back, before the year can be closed again."""
    uscc = year.world.assessed()
    impact = final_with_a_late_lapse(year, uscc)
    before = year.world.trail(uscc)
    refused = reopening(year, impact)
    assert (refused.status_code, refused.json()["rule"]) == (409, "R36")
    assert reopening(year, impact, hearing_on="2025-03-31").status_code == 422, "before the fact was known"
    assert reopening(year, impact, hearing_on="2025-04-11").status_code == 422, "after the disposal"
    assert year.world.trail(uscc) == before
    year.world.clock.at("2025-05-12")
    year.world.must(reopening(year, impact, hearing_on="2025-04-08"))
    row = year.rows()[uscc]
    assert (row["total"], row["deadline"]["day"]) == ("84.50", "2025-05-19")
    assert closing(year, "2025-05-12").status_code == 409
    year.world.must(closing(year, "2025-05-20"))


@pytest.mark.shows("R36")
def test_a_final_result_is_reopened_for_the_better_without_a_hearing(year: Year) -> None:
    """An annulled lapse: the total rises, and nobody has to be heard about that."""
    world, uscc = year.world, year.world.assessed()
    lapse = world.id_of("RecordLapse", uscc, item=4, occurred_on="2024-08-01")
    world.publish()
    world.must(closing(year, "2025-03-18"))
    annulled = world.done("AnnulEvent", uscc, event_id=lapse, annulled_on="2025-04-01")
    world.must(reopening(year, annulled["touched"][0]["impact"]))
    assert year.rows()[uscc]["total"] == "85.50"


@pytest.mark.shows("R36")
def test_a_result_stays_final_while_the_year_is_open_for_another(year: Year) -> None:
    """The year is reopened for one agency: the other's final result still wants a hearing."""
    world = year.world
    one, other = world.assessed(), world.assessed()
    lapse = world.id_of("RecordLapse", one, item=4, occurred_on="2024-08-01")
    impact = final_with_a_late_lapse(year, other)
    better = world.done("AnnulEvent", one, event_id=lapse, annulled_on="2025-04-01")["touched"][0]["impact"]
    world.must(reopening(year, better))
    assert year.committee.get(f"/v1/assessments/{YEAR}").json()["status"] == "published"
    assert reopening(year, impact).status_code == 409


@pytest.mark.shows("R33")
@pytest.mark.parametrize(
    ("arrives", "filed_on", "status"),
    [
        ("2025-03-17", "2025-03-17", "open"),
        ("2025-03-18", "2025-03-17", "awaiting_admission"),
        ("2025-03-15", "2025-03-14", "open"),
        ("2025-03-18", "2025-03-16", None),
    ],
    ids=["on the last day", "a moment after it", "a moment after midnight within the week", "dated back two days"],
)
def test_what_the_agency_sends_over_midnight_is_recorded_by_its_arrival(
    year: Year, arrives: str, filed_on: str, status: str | None
) -> None:
    """Sent on its last day and arrived after midnight: late, not lost. Earlier days are the association's (R8b)."""
    world, uscc = year.world, year.world.assessed()
    world.publish()
    world.clock.at(arrives, hour=0)
    answer = year.appeal(uscc, filed_on=filed_on, who=world.person(Role.AGENCY, uscc))
    if status is None:
        assert (answer.status_code, answer.json()["rule"]) == (422, "R8b")
        return
    appeal = world.must(answer)["ids"]["appeal"]
    found = year.committee.get(f"/v1/appeals/{appeal}").json()
    assert (found["status"], found["filed_on"]) == (status, filed_on)
