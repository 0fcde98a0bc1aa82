"""The audit trail narrowed by filters, one record with what followed from it, and the printed sheet; both databases."""

from __future__ import annotations

import time
from typing import Any

import pytest

from api.http.documentation.examples import CLIENT_USCC
from domain.store.log.sequencer import seal
from domain.values import Role
from tests.http.test_commands import unknown_agency
from tests.http.world import APPEALED, World, today


def found(world: World, uscc: str, **query: Any) -> list[str]:
    """The ids that a filtered trail of the association has, on one page."""
    answer = world.association.get(f"/v1/agencies/{uscc}/events", limit=500, **query).json()
    assert answer["count"] == len(answer["items"])
    return [one["id"] for one in answer["items"]]


def test_the_trail_is_narrowed_by_type_state_day_person_and_id(world: World) -> None:
    """Each filter alone and two together; both ends of a span are included; the order can be turned round."""
    uscc = world.filed()
    first, second = (world.id_of("RecordLapse", uscc, occurred_on=day) for day in ("2024-04-02", "2024-06-17"))
    gone = world.id_of("RecordLapse", uscc, occurred_on="2024-05-05")
    annulment = world.id_of("AnnulEvent", uscc, event_id=gone)
    score = world.id_of("ScoreEffect", uscc)
    every = found(world, uscc)
    assert found(world, uscc, type="LapseRecorded") == [first, second, gone]
    assert found(world, uscc, counts="false") == [gone]
    assert found(world, uscc, counts="true") == [one for one in every if one != gone]
    assert found(world, uscc, type="LapseRecorded", from_="2024-04-02", to="2024-05-05") == [first, gone]
    assert found(world, uscc, actor=world.regulator.person_id) == [score]
    assert found(world, uscc, ids=f"{score},{first},nobody") == [first, score]
    assert found(world, uscc, recorded_from=today(), recorded_to=today()) == every
    assert found(world, uscc, recorded_to="2024-12-31") == []
    assert found(world, uscc, order="latest") == every[::-1]
    assert annulment in every


def test_a_filtered_trail_goes_on_by_its_own_cursor(world: World) -> None:
    """The second page has the rest of what fits; the cursor of one filter is refused with another."""
    uscc, path = world.filed(), "/v1/agencies/{}/events"
    ids = [world.id_of("RecordLapse", uscc, occurred_on=f"2024-04-0{day}") for day in (1, 2, 3)]
    one = world.association.get(path.format(uscc), type="LapseRecorded", limit=2).json()
    assert one["count"] == len(ids)
    two = world.association.get(path.format(uscc), type="LapseRecorded", limit=2, cursor=one["next_cursor"]).json()
    assert [item["id"] for item in one["items"] + two["items"]] == ids
    other = world.association.get(path.format(uscc), counts="true", limit=2, cursor=one["next_cursor"])
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [("type", "Lapse"), ("counts", "yes"), ("ids", ","), ("ids", "x" * 101), ("recorded_from", "1"), ("order", "no")],
)
def test_a_wrong_filter_of_the_trail_is_named(world: World, name: str, value: str) -> None:
    """422 that points at the parameter, in both languages."""
    response = world.association.get(f"/v1/agencies/{world.filed()}/events", **{name: value})
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["pointer"] == f"?{name}"
    assert error["detail"]
    assert error["detail_en"]


def test_the_filter_by_person_does_not_tell_the_agency_who_informed(world: World) -> None:
    """Who recorded a complaint is withheld from the agency: asking by that person's id finds their other facts only."""
    uscc = world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc)
    lapse = world.id_of("RecordLapse", uscc)
    query = {"actor": world.association.person_id}
    own = world.person(Role.AGENCY, uscc).get(f"/v1/agencies/{uscc}/events", **query).json()["items"]
    ids = [one["id"] for one in own]
    assert lapse in ids
    assert complaint not in ids
    assert complaint in found(world, uscc, **query)


def event_of(world: World, uscc: str, id_: str, **query: str) -> dict[str, Any]:
    response = world.association.get(f"/v1/agencies/{uscc}/events/{id_}", **query)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.shows("art.17(1)", "art.17(2)", "R12")
def test_a_record_tells_what_followed_from_it(world: World) -> None:
    """A second complaint within a year: its tag and the later one that counts it, the line of the sheet, the notice."""
    uscc = world.filed()
    first, second = world.upheld(uscc, "2024-05-06", "2024-11-20")
    answer = event_of(world, uscc, second)
    assert answer["event"]["counts"] is True
    assert answer["can_be_annulled"] is True
    assert [one["tier"] for one in answer["effects"]["tags"]] == ["warned"]
    (sheet,) = answer["effects"]["sheets"]
    assert (sheet["year"], sheet["lines"][0]["item"], sheet["lines"][0]["points"]) == (2024, 8, "-2.00")
    assert [one["kind"] for one in answer["effects"]["notices"]] == ["warned"]
    assert [one["tier"] for one in event_of(world, uscc, first)["effects"]["tags"]] == ["recorded", "warned"]
    assert [one["type"] for one in answer["names"]] == ["ComplaintReceived"]
    early = event_of(world, uscc, second, as_of="2024-11-19")["effects"]
    assert (early["tags"], early["sheets"], early["notices"]) == ([], [], [])


def test_an_annulled_record_and_its_annulment_name_each_other(world: World) -> None:
    """What fell with it is told by the annulment; before the annulment was known it counted."""
    uscc = world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc)
    decision = world.done("DecideComplaint", uscc, complaint)
    known = {"known_at": f"version:{decision['version']}"}
    upheld = decision["events"][0]["id"]
    annulment = world.id_of("AnnulEvent", uscc, event_id=complaint)
    answer = event_of(world, uscc, upheld)
    assert (answer["event"]["counts"], answer["event"]["annulled_by"]) == (False, annulment)
    assert answer["can_be_annulled"] is False
    assert answer["effects"]["tags"] == []
    assert [one["id"] for one in event_of(world, uscc, annulment)["annuls"]] == [complaint, upheld]
    assert [one["id"] for one in event_of(world, uscc, complaint)["named_by"]] == [upheld, annulment]
    then = event_of(world, uscc, upheld, **known)
    assert then["event"]["counts"] is True
    assert [one["tier"] for one in then["effects"]["tags"]] == ["recorded"]
    response = world.association.get(f"/v1/agencies/{uscc}/events/{annulment}", **known)
    assert response.status_code == 404


def test_a_lapse_that_only_time_brought_is_told_at_its_project(world: World) -> None:
    """A project not completed costs a point from the day after, in the deadline's year; its record names it (R9)."""
    uscc = world.filed()
    project = world.id_of("StartProject", uscc, started_on="2024-02-01", due_on="2024-12-31")
    (sheet,) = event_of(world, uscc, project, as_of="2025-01-01")["effects"]["sheets"]
    assert (sheet["year"], [line["item"] for line in sheet["lines"]]) == (2024, [5])
    assert event_of(world, uscc, project, as_of="2024-12-31")["effects"]["sheets"] == []


def test_a_record_knows_its_place_in_the_sealed_log(world: World) -> None:
    """None before it is sealed, then the index under which the log has it."""
    uscc = world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    end = time.monotonic() + 60
    while (index := event_of(world, uscc, lapse)["log_index"]) is None:  # others may be sealing, or hold it up
        assert time.monotonic() < end
        seal(world.service.ledger.engine)
    (item,) = world.association.get("/v1/log", after=index - 1, limit=1).json()["items"]
    assert item["log_index"] == index
    assert lapse in str(item)


def test_another_agencys_record_is_not_there(world: World) -> None:
    """404 for an unknown id, for one of another agency, and for a client that has no part in it."""
    uscc, other = world.filed(), world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    assert world.association.get(f"/v1/agencies/{other}/events/{lapse}").status_code == 404
    assert world.association.get(f"/v1/agencies/{uscc}/events/nobody").status_code == 404
    response = world.person(Role.AGENCY, other).get(f"/v1/agencies/{uscc}/events/{lapse}")
    assert response.json() == unknown_agency(uscc)
    assert world.client_person.get(f"/v1/agencies/{uscc}/events/{lapse}").status_code == 404


def test_a_client_reads_its_complaint_and_no_sheet(world: World) -> None:
    """Of its own complaint a client sees the decision beside it, and nothing of what the rules made of it."""
    uscc = world.filed()
    complaint = world.id_of("ReceiveComplaint", uscc, client_uscc=CLIENT_USCC)
    decision = world.done("DecideComplaint", uscc, complaint)["events"][0]["id"]
    world.id_of("AnnulEvent", uscc, event_id=decision)
    answer = world.client_person.get(f"/v1/agencies/{uscc}/events/{complaint}").json()
    assert [one["id"] for one in answer["named_by"]] == [decision]
    assert answer["effects"] is None
    assert answer["event"]["fact"]["complainant"] == {"withheld": True}


@pytest.mark.shows("art.20")
def test_the_sheet_is_printed_the_same_twice(world: World) -> None:
    """A PDF to keep, named by agency, year and day; the same basis gives the same bytes; another day others."""
    uscc = world.filed()
    world.done("RecordLapse", uscc, occurred_on="2024-04-02")
    path = f"/v1/agencies/{uscc}/sheets/2024/pdf"
    query = {"as_of": "2024-12-31", "known_at": world.trail(uscc)[-1]["recorded_at"]}
    one, again = (world.association.get(path, **query) for _ in range(2))
    assert one.headers["content-type"] == "application/pdf"
    assert one.headers["content-disposition"] == f'attachment; filename="sheet-{uscc}-2024-2024-12-31.pdf"'
    assert one.content.startswith(b"%PDF")
    assert one.content == again.content
    assert world.association.get(path, **{**query, "as_of": "2024-03-31"}).content != one.content


@pytest.mark.shows("R32")
def test_the_published_sheet_is_printed_as_it_was_published(world: World) -> None:
    """It has its own basis, so none may be given; where nothing was published there is none."""
    uscc = world.appealable()
    path = f"/v1/agencies/{uscc}/sheets/{APPEALED}/pdf"
    one = world.association.get(path, of="published")
    assert one.status_code == 200
    assert "-published.pdf" in one.headers["content-disposition"]
    refused = world.association.get(path, of="published", as_of="2024-01-01")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "?of")
    assert world.association.get(f"/v1/agencies/{world.filed()}/sheets/2024/pdf", of="published").status_code == 404
