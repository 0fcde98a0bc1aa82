"""Hints over HTTP, on both databases: who may read and dismiss them, what settles them, what an agency is not told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.application.questions.agency import course_questions
from domain.values import Role
from projections.rows.write.hint_rows import Little
from tests.http.desk import Desk
from tests.http.world import World, body_of, certificate_of, new_uscc, today


@pytest.mark.shows("R37")
def test_a_hint_is_gone_with_its_bad_record_and_back_when_that_is_annulled(world: World) -> None:
    """Open, recorded by the bad record that names it, open again under the same id; the survey annulled: no hint."""
    uscc = world.filed()
    world.done("StartProject", uscc)
    survey = world.id_of("SubmitSurvey", uscc)
    (hint,) = world.hints(uscc)
    assert (hint["behaviour"], hint["article"], hint["events"]) == ("16.4", "art.16(4)", [survey])
    assert (hint["day"], hint["status"], hint["settled_by"]) == ("2024-12-10", "open", None)
    named = {"behaviour": "16.4", "content": "核查情况", "entered_on": "2024-12-20", "hint_id": hint["id"]}
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


@pytest.mark.shows("R37", "R40")
def test_hints_that_are_not_worked_out_yet_are_said_to_be(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer and page with hints says how far they go, until the service has worked out the rest behind."""
    desk = Desk(world, Role.ASSOCIATION)
    world.association.get("/v1/hints")
    keeper = world.service.housekeeper
    work = keeper._chores.bring_hints_up
    monkeypatch.setattr(keeper, "_chores", replace(keeper._chores, bring_hints_up=lambda: True))
    monkeypatch.setattr(course_questions, "WHILE_ASKED", Little(seconds=0, events=0))
    first = world.trail(world.filed())[0]["recorded_at"]
    asked = ("/v1/hints", "/v1/hints/groups", "/v1/matters", "/v1/matters/counts")
    for path in asked:
        late = world.association.get(path).json()["hints_behind"]
        assert late["agencies"] >= 1
        assert late["known_until"] <= first
    for page in ("/board", "/matters", "/todo/hints"):
        assert "线索尚在推算" in desk.client.get(page).text
    while not work():
        pass
    for path in asked:
        assert "hints_behind" not in world.association.get(path).json()
    assert "线索尚在推算" not in desk.client.get("/board").text
