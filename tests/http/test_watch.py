"""Reports, hints and objections over HTTP, on both databases: who may, what settles what, what is told to whom."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.values import Role
from tests.http.world import Person, World, body_of, certificate_of, new_uscc, today


def fact(world: World, uscc: str, id_: str, who: Person | None = None) -> dict[str, Any]:
    """What a reader sees of one event."""
    items = (who or world.association).get(f"/v1/agencies/{uscc}/events", limit=500).json()["items"]
    return next(dict(one) for one in items if one["id"] == id_)


# ---- reports (R11) ----


@pytest.mark.shows("art.14", "art.16", "R11")
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
    assert items[mine]["fact"] == {
        "report_id": mine, "reporter": "周敏", "behaviour": "16.2", "content": "四月未到场"
    }  # fmt: skip
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


# ---- hints (R37) ----


@pytest.mark.shows("R37")
def test_a_hint_is_gone_with_its_bad_record_and_back_when_that_is_annulled(world: World) -> None:
    """Open, recorded by the bad record that names it, open again under the same id; the survey annulled: no hint."""
    uscc = world.filed()
    world.done("StartProject", uscc)
    survey = world.id_of("SubmitSurvey", uscc)
    (hint,) = world.hints(uscc)
    assert (hint["behaviour"], hint["article"], hint["events"]) == ("16.4", "art.16(4)", [survey])
    assert (hint["day"], hint["status"], hint["settled_by"]) == ("2024-12-10", "open", None)
    named = {"behaviour": "16.4", "entered_on": "2024-12-20", "hint_id": hint["id"]}
    record = world.id_of("EnterBadRecord", uscc, **named)
    assert world.hints(uscc) == []
    assert world.hints(uscc, status="recorded") == [{**hint, "status": "recorded", "settled_by": record}]
    again = world.association.post(f"/v1/agencies/{uscc}/bad-records", {**body_of("EnterBadRecord"), **named})
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (422, "/hint_id")
    dismissed = world.association.post(f"/v1/hints/{hint['id']}/dismissal", body_of("DismissHint"))
    assert (dismissed.status_code, dismissed.json()["rule"]) == (409, "R37")
    world.done("AnnulEvent", uscc, event_id=record, annulled_on=today())
    assert world.hints(uscc) == [hint]
    world.done("AnnulEvent", uscc, event_id=survey, annulled_on=today())
    assert world.hints(uscc, status="all") == []
    gone = world.association.post(f"/v1/hints/{hint['id']}/dismissal", body_of("DismissHint"))
    assert (gone.status_code, gone.json()["detail"]) == (404, "没有路径里这个编号的线索")


@pytest.mark.shows("R37")
def test_a_dismissed_hint_stays_dismissed_until_that_is_annulled(world: World) -> None:
    """Listed with the dismissal that settled it; refused a second time; what was known before stays open."""
    uscc = world.filed()
    world.done("StartProject", uscc)
    world.done("SubmitSurvey", uscc)
    (hint,) = world.hints(uscc)
    answer = world.done("DismissHint", uscc, hint["id"])
    assert (answer["agency"], answer["events"][0]["type"]) == (uscc, "HintDismissed")
    dismissal = answer["ids"]["hint_dismissal"]
    assert world.hints(uscc) == []
    assert world.hints(uscc, known_at=f"version:{answer['version'] - 1}") == [hint]
    assert world.hints(uscc, as_of="2024-12-19") == [hint]
    (settled,) = world.hints(uscc, status="dismissed")
    assert (settled["id"], settled["settled_by"]) == (hint["id"], dismissal)
    twice = world.association.post(f"/v1/hints/{hint['id']}/dismissal", body_of("DismissHint"))
    assert twice.status_code == 409
    assert dismissal in twice.json()["detail"]
    world.done("AnnulEvent", uscc, event_id=dismissal, annulled_on=today())
    assert world.hints(uscc) == [hint]


@pytest.mark.parametrize("wrong", ["code", "id", "foreign"])
def test_a_bad_record_names_only_an_open_hint_of_its_own_code(world: World, wrong: str) -> None:
    """Another behaviour's hint, an unknown id, another agency's hint: 422 that names the field."""
    uscc, other = world.filed(), world.filed()
    for one in (uscc, other):
        world.done("SubmitSurvey", one)
    id_ = {
        "code": world.hints(uscc, behaviour="16.4")[0]["id"],
        "id": f"h-{uscc}-{'0' * 24}",
        "foreign": world.hints(other, behaviour="16.4")[0]["id"],
    }[wrong]
    body = {**body_of("EnterBadRecord"), "behaviour": "16.2" if wrong == "code" else "16.4", "hint_id": id_}
    refused = world.association.post(f"/v1/agencies/{uscc}/bad-records", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/hint_id")


def staffed(world: World, certificate: str, category: str = "综合安全服务") -> str:
    """A filed agency with this certificate on its staff."""
    uscc = new_uscc()
    staff = [{"name": "林晓梅", "certificate_no": certificate}]
    body = {**body_of("FileAgency"), "uscc": uscc, "personnel": staff, "category": category}
    World.must(world.association.post("/v1/agencies", body))
    world.done("DecideFiling", uscc)
    return uscc


@pytest.mark.shows("art.16(9)", "R37")
def test_a_certificate_at_two_agencies_of_one_category_is_a_hint_at_both(world: World) -> None:
    """However the number is written; not where the category differs; an agency is not told which other one it is."""
    number = f"AQ-{new_uscc()}"
    one, two = staffed(world, number), staffed(world, f" {number.lower()}")
    staffed(world, number, "消防技术服务")
    first, second = (world.hints(uscc, behaviour="16.9") for uscc in (one, two))
    filings = [world.trail(uscc)[0]["id"] for uscc in (one, two)]
    assert [(h["events"], h["elsewhere"]) for h in first] == [([filings[0]], [{"uscc": two, "event": filings[1]}])]
    assert [(h["events"], h["elsewhere"]) for h in second] == [([filings[1]], [{"uscc": one, "event": filings[0]}])]
    assert first[0]["day"] == "2024-01-08"
    seen = world.person(Role.AGENCY, one).get(f"/v1/agencies/{one}/hints")
    assert two not in seen.text
    assert filings[1] not in seen.text
    assert [hint["id"] for hint in seen.json()["items"]] == [hint["id"] for hint in world.hints(one)]
    before = world.association.get(f"/v1/agencies/{one}/hints", known_at="version:2").json()["items"]
    assert [hint for hint in before if hint["behaviour"] == "16.9"] == []
    world.done("DismissHint", one, first[0]["id"])
    assert world.hints(one, behaviour="16.9") == []
    assert world.hints(two, behaviour="16.9") == second


def test_the_districts_hints_are_those_of_its_agencies(own_world: World) -> None:
    """The same rows by day, filtered by code and state, in pages of one moment, found with or without the keys."""
    world, number = own_world, "AQ-77"
    agencies = [staffed(world, number), staffed(world, number), world.filed()]
    for uscc in agencies:
        world.done("SubmitSurvey", uscc)
    every = [hint for uscc in agencies for hint in world.hints(uscc)]
    listed = world.association.get("/v1/hints").json()["items"]
    assert listed == sorted(every, key=lambda hint: (hint["day"], hint["id"]))
    assert {hint["behaviour"] for hint in listed} == {"16.4", "16.9", None}
    shared = world.association.get("/v1/hints", behaviour="16.9").json()["items"]
    assert [hint["agency"]["uscc"] for hint in shared] == sorted(agencies[:2], key=lambda u: shared_id(shared, u))
    assert all(
        hint["behaviour"] is None for hint in world.association.get("/v1/hints", behaviour="check").json()["items"]
    )
    page = world.association.get("/v1/hints", limit=3).json()
    world.done("DismissHint", "", listed[-1]["id"])
    rest = world.association.get("/v1/hints", limit=500, cursor=page["next_cursor"]).json()
    assert page["items"] + rest["items"] == listed
    assert len(world.association.get("/v1/hints").json()["items"]) == len(listed) - 1
    assert len(world.association.get("/v1/hints", status="dismissed").json()["items"]) == 1
    assert world.association.get("/v1/hints", known_at="log:0").json()["items"] == []


def shared_id(hints: list[dict[str, Any]], uscc: str) -> str:
    return next(str(hint["id"]) for hint in hints if hint["agency"]["uscc"] == uscc)


def test_hints_are_for_officers_and_the_agency_itself(world: World) -> None:
    """An agency reads its own list, not the district's, and dismisses nothing; a client sees none."""
    uscc = world.filed()
    own = world.person(Role.AGENCY, uscc)
    assert own.get(f"/v1/agencies/{uscc}/hints").status_code == 200
    assert own.get("/v1/hints").status_code == 403
    assert world.client_person.get(f"/v1/agencies/{uscc}/hints").status_code == 403
    assert world.association.get("/v1/hints", behaviour="16.5").json()["errors"][0]["pointer"] == "?behaviour"


def test_what_is_no_hint_is_404(world: World) -> None:
    """Neither the form of an id nor an agency behind it, nor an agency without this hint."""
    uscc = world.filed()
    for id_ in ("x", f"h-{new_uscc()}-{'0' * 24}", f"h-{uscc}-{'0' * 24}", certificate_of(uscc)):
        refused = world.association.post(f"/v1/hints/{id_}/dismissal", body_of("DismissHint"))
        assert (refused.status_code, refused.json()["detail"]) == (404, "没有路径里这个编号的线索")


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
        statuses = list(pool.map(answer, (world.association, world.person(Role.ASSOCIATION))))
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
