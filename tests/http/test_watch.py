"""Reports and objections over HTTP, on both databases: who may, what settles what, what is told to whom."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.values import Role
from tests.http.world import Person, World, body_of, new_uscc, today


def fact(world: World, uscc: str, id_: str, who: Person | None = None) -> dict[str, Any]:
    """What a reader sees of one event."""
    items = (who or world.association).get(f"/v1/agencies/{uscc}/events", limit=500).json()["items"]
    return next(dict(one) for one in items if one["id"] == id_)


# ---- reports (R11) ----


@pytest.mark.shows("art.16", "R11")
def test_a_client_reads_its_own_report_and_what_became_of_it(world: World) -> None:
    """In clear what it wrote, the dismissal's reason withheld; of others' reports it learns nothing."""
    uscc = world.filed()
    body = {"received_on": today(), "reporter": "周敏", "behaviour": "16.2", "content": "四月未到场"}
    mine = World.must(world.client_person.post(f"/v1/agencies/{uscc}/reports", body))["ids"]["report"]
    dismissal = world.done("DismissReport", uscc, mine)["events"][0]["id"]
    by_officer = world.id_of("ReportBehaviour", uscc)
    neighbour = world.person(Role.CLIENT, new_uscc())
    items = {one["id"]: one for one in world.client_person.get(f"/v1/agencies/{uscc}/events").json()["items"]}
    assert set(items) == {mine, dismissal}
    assert items[mine]["fact"] == {"report_id": mine, "reporter": "周敏", "behaviour": "16.2", "content": "四月未到场"}
    assert items[dismissal]["fact"]["reason"] == {"withheld": True}
    assert neighbour.get(f"/v1/agencies/{uscc}/events").json()["items"] == []
    assert fact(world, uscc, by_officer)["fact"]["reporter"] == "安全主管 周敏"


@pytest.mark.shows("R11")
def test_an_agency_is_not_told_who_reported_or_complained(world: World) -> None:
    """Neither the name nor the person who recorded it, who may be the actor of a survey as well; the behaviour is."""
    uscc = world.filed()
    body = {"received_on": today(), "reporter": "周敏", "behaviour": "16.2"}
    report = World.must(world.client_person.post(f"/v1/agencies/{uscc}/reports", body))["ids"]["report"]
    complaint = world.id_of("ReceiveComplaint", uscc)
    own = world.person(Role.AGENCY, uscc)
    seen = fact(world, uscc, report, own)
    assert seen["fact"]["reporter"] == seen["actor"] == {"withheld": True}
    assert seen["fact"]["behaviour"] == "16.2"
    assert fact(world, uscc, complaint, own)["actor"] == {"withheld": True}
    assert fact(world, uscc, report)["actor"] == world.client_person.person_id


@pytest.mark.shows("R11")
def test_a_report_leads_to_one_end(world: World) -> None:
    """Dismissed or entered as a bad record, once; when that is annulled it is open again."""
    uscc = world.filed()
    report = world.id_of("ReportBehaviour", uscc)
    dismissal, entry = f"/v1/agencies/{uscc}/reports/{report}/dismissal", f"/v1/agencies/{uscc}/bad-records"
    from_report = {**body_of("EnterBadRecord"), "report_id": report}
    record = world.id_of("EnterBadRecord", uscc, report_id=report)
    for path, body in ((dismissal, body_of("DismissReport")), (entry, from_report)):
        refused = world.association.post(path, body)
        assert (refused.status_code, refused.json()["rule"]) == (409, "R11")
        assert record in refused.json()["detail"]
    world.done("AnnulEvent", uscc, event_id=record)
    done = world.done("DismissReport", uscc, report)["events"][0]["id"]
    refused = world.association.post(entry, from_report)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/report_id")
    world.done("AnnulEvent", uscc, event_id=done)
    world.done("EnterBadRecord", uscc, report_id=report)


def test_a_report_that_is_none_is_no_ground(world: World) -> None:
    """A complaint's id, or a report on another agency, in `report_id`: 422 that names the field."""
    uscc, other = world.filed(), world.filed()
    for id_ in (world.id_of("ReceiveComplaint", uscc), world.id_of("ReportBehaviour", other)):
        body = {**body_of("EnterBadRecord"), "report_id": id_}
        refused = world.association.post(f"/v1/agencies/{uscc}/bad-records", body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/report_id")


# ---- objections (R38) ----


@pytest.mark.shows("R38")
def test_an_agency_objects_to_a_record_and_is_answered(world: World) -> None:
    """One open objection to a record at a time; refused with reasons, it may object again; annulled, it is gone."""
    uscc = world.filed()
    record = world.id_of("EnterBadRecord", uscc)
    own = world.person(Role.AGENCY, uscc)
    path, body = (
        f"/v1/agencies/{uscc}/objections",
        {**body_of("FileObjection"), "event_id": record, "filed_on": today()},
    )
    first = World.must(own.post(path, body))["ids"]["objection"]
    again = own.post(path, body)
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/event_id")
    assert first in again.json()["detail"]
    refusal = world.done("AnswerObjection", uscc, first, outcome="refused")
    assert [one["type"] for one in refusal["events"]] == ["ObjectionAnswered"]
    assert "also_annulled" not in refusal
    assert fact(world, uscc, record)["counts"] is True
    second = World.must(own.post(path, body))["ids"]["objection"]
    world.done("ReferBadRecord", uscc, record)
    referral = world.trail(uscc)[-1]["id"]
    answer = world.done("AnswerObjection", uscc, second)
    assert [one["type"] for one in answer["events"]] == ["ObjectionAnswered", "EventAnnulled"]
    assert set(answer["ids"]) == {"annulment"}
    assert answer["also_annulled"] == [referral]
    annulment = fact(world, uscc, answer["ids"]["annulment"], own)["fact"]
    assert (annulment["event_id"], annulment["reason"]) == (record, "签到记录属实")
    assert second in annulment["basis"]
    gone = own.post(path, body)
    assert (gone.status_code, gone.json()["errors"][0]["pointer"]) == (409, "/event_id")
    assert all(fact(world, uscc, one)["counts"] for one in (first, second))


@pytest.mark.shows("R38")
def test_the_answer_stands_alone_where_the_record_was_annulled_meanwhile(world: World) -> None:
    """Somebody else has annulled the record: only the answer is recorded."""
    uscc = world.filed()
    record = world.id_of("EnterBadRecord", uscc)
    objection = world.id_of("FileObjection", uscc, event_id=record)
    world.done("AnnulEvent", uscc, event_id=record)
    answer = world.done("AnswerObjection", uscc, objection)
    assert [one["type"] for one in answer["events"]] == ["ObjectionAnswered"]


@pytest.mark.shows("R38")
def test_two_officers_answer_one_objection_at_once(world: World) -> None:
    """One of them is 201, the other 409, and the record is annulled once."""
    uscc = world.filed()
    objection = world.id_of("FileObjection", uscc, event_id=world.id_of("RecordLapse", uscc))
    path, barrier = f"/v1/objections/{objection}/answer", threading.Barrier(2)

    def answer(who: Person) -> int:
        barrier.wait()
        return int(who.post(path, body_of("AnswerObjection")).status_code)

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(answer, (world.colleague, world.person(Role.ASSOCIATION))))
    assert sorted(statuses) == [201, 409]
    assert [one["type"] for one in world.trail(uscc)].count("EventAnnulled") == 1


def test_what_is_final_is_not_objected_to(world: World) -> None:
    """A filing, an annulment, an objection: 409 that names the field; an event of another agency: 422."""
    uscc, other = world.filed(), world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    objection = world.id_of("FileObjection", uscc, event_id=lapse)
    annulment = world.done("AnnulEvent", uscc, event_id=lapse)["ids"]["annulment"]
    path = f"/v1/agencies/{uscc}/objections"
    final = (world.trail(uscc)[0]["id"], objection, annulment)
    for id_, status in (*((one, 409) for one in final), (world.id_of("RecordLapse", other), 422)):
        refused = world.association.post(path, {**body_of("FileObjection"), "event_id": id_})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (status, "/event_id")


def test_an_answers_path_names_an_objection(world: World) -> None:
    """The id of another fact is 404 like an unknown one; an event of the ledger itself too."""
    uscc = world.filed()
    with world.service.ledger.reading() as reader:
        ledger_event = reader.events("ledger")[0].id
    for id_ in (world.id_of("RecordLapse", uscc), ledger_event):
        refused = world.association.post(f"/v1/objections/{id_}/answer", body_of("AnswerObjection"))
        assert (refused.status_code, refused.json()["type"]) == (404, "/problems/not-found")
