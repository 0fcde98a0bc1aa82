"""Equal facts are recorded when asked twice, but never silently (R46): the answer names what was there before."""

from __future__ import annotations

from typing import Any

import pytest

from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.values import Role
from tests.http.world import World, body_of, new_uscc, today


def similar(answer: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = answer["similar"]
    return found


@pytest.mark.parametrize(
    "name",
    [
        "RecordLapse",
        "EnterBadRecord",
        "ReceiveComplaint",
        "ReportBehaviour",
        "StartProject",
        "SubmitSurvey",
        "ScoreEffect",
        "AwardHonour",
        "ImposePenalty",
        "FindAccidentLiability",
        "RecordInspection",
        "SignPledge",
        "RequestSubmission",
        "InviteSurvey",
        "ReportChange",
    ],
)
def test_the_second_of_two_equal_facts_names_the_first(world: World, name: str) -> None:
    """Also where most of it is sealed: people, words. Both are recorded; the answer to the first names nothing."""
    uscc = world.filed()
    first = world.done(name, uscc)
    assert similar(first) == []
    second = world.done(name, uscc)
    fact = first["events"][0]
    assert similar(second) == [{"event": fact["id"], "version": fact["version"], "recorded_at": fact["recorded_at"]}]
    third = world.done(name, uscc)
    assert [one["event"] for one in similar(third)] == [fact["id"], second["events"][0]["id"]]
    assert [one["id"] for one in world.trail(uscc)].count(fact["id"]) == 1


def test_what_differs_is_not_similar(world: World) -> None:
    """Another day, item, agency or sealed word; a note beside it, width, case and spaces make no difference."""
    uscc = world.filed()
    world.done("RecordLapse", uscc, item=2)
    assert similar(world.done("RecordLapse", uscc, item=4)) == []
    assert similar(world.done("RecordLapse", uscc, item=2, occurred_on="2024-03-02")) == []
    assert similar(world.done("RecordLapse", world.filed(), item=2)) == []
    assert len(similar(world.done("RecordLapse", uscc, item=2, note="第二次记"))) == 1
    world.done("RecordInspection", uscc, findings="现场 ＡＢ（一）")
    assert similar(world.done("RecordInspection", uscc, findings="现场 AC（一）")) == []
    assert len(similar(world.done("RecordInspection", uscc, findings="现场ab(一)"))) == 1


def test_what_is_annulled_is_no_earlier_fact(world: World) -> None:
    """Recorded anew after an annulment, it is the only one."""
    uscc = world.filed()
    lapse = world.id_of("RecordLapse", uscc)
    world.done("AnnulEvent", uscc, event_id=lapse)
    assert similar(world.done("RecordLapse", uscc)) == []


def test_a_correction_names_what_its_replacement_repeats(world: World) -> None:
    """Of several facts in one answer each is looked at."""
    uscc = world.filed()
    first, other = world.id_of("RecordLapse", uscc, item=2), world.id_of("RecordLapse", uscc, item=4)
    same = {**body_of("RecordLapse"), "item": 2}
    body = {
        **body_of("CorrectEvent"),
        "event_id": other,
        "replace": [{"post": f"/v1/agencies/{uscc}/lapses", "body": same}],
    }
    corrected = world.must(world.association.post(f"/v1/agencies/{uscc}/corrections", body))
    assert [one["event"] for one in similar(corrected)] == [first]


def test_a_retry_is_not_a_second_fact(world: World) -> None:
    """With a key the first answer comes again, with what it said."""
    uscc = world.filed()
    path = f"/v1/agencies/{uscc}/lapses"
    answers = [world.association.post(path, body_of("RecordLapse"), Idempotency_Key="once").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert similar(answers[1]) == []


def test_many_equal_facts_cost_no_more(world: World) -> None:
    """At most the latest twenty are looked at and named."""
    uscc = world.filed()
    answers = [world.done("SignPledge", uscc) for _ in range(22)]
    assert len(similar(answers[-1])) == 20


def test_a_new_category_is_said_with_those_in_use(own_world: World) -> None:
    """R47: folded spellings are one; a new one is recorded, and the answer says so."""
    body = {**body_of("FileAgency"), "uscc": new_uscc(), "category": "安全评价（甲级）"}
    first = own_world.must(own_world.association.post("/v1/agencies", body))
    assert (first["category_new"], first["categories_in_use"]) == (True, [])
    again = {**body, "uscc": new_uscc(), "category": "安全 评价(甲级)"}
    assert own_world.must(own_world.association.post("/v1/agencies", again))["category_new"] is False
    other = {**body, "uscc": new_uscc(), "category": "检测检验"}
    third = own_world.must(own_world.association.post("/v1/agencies", other))
    assert (third["category_new"], third["categories_in_use"]) == (True, ["安全 评价(甲级)"])
    change = {**body_of("ReportChange"), "fields": {"category": "检测 检验"}}
    changed = own_world.must(own_world.association.post(f"/v1/agencies/{body['uscc']}/changes", change))
    assert changed["category_new"] is False
    assert "category_new" not in own_world.done("RecordLapse", body["uscc"])


def test_spellings_of_one_category_are_ranked_together(own_world: World) -> None:
    """Two agencies that differ by a space and by width have the ranks 1 and 2 of one group; the words stay (R30)."""
    codes = []
    for words in ("安全评价（甲级）", "安全 评价(甲级)"):
        code = new_uscc()
        body = {**body_of("FileAgency"), "uscc": code, "category": words}
        own_world.must(own_world.association.post("/v1/agencies", body))
        own_world.done("DecideFiling", code)
        own_world.assessed(code)
        codes.append(code)
    own_world.done("RecordLapse", codes[0])
    rows = own_world.association.get("/v1/rankings/2024", as_of="2024-12-31").json()["items"]
    assert [(one["agency"]["uscc"], one["rank"]) for one in rows] == [(codes[1], 1), (codes[0], 2)]
    assert {one["category"] for one in rows} == {"安全评价（甲级）", "安全 评价(甲级)"}
    assert {one["category_group"] for one in rows} == {"安全评价(甲级)"}
    found = own_world.association.get("/v1/agencies", category="安全评价(甲级)").json()["items"]
    assert len(found) == 2
    assert len(own_world.stranger.get("/v1/public/agencies", category="安全评价 （甲级）").json()["items"]) == 2
    counted = own_world.association.get("/v1/statistics", as_of="2024-12-31").json()["categories"]
    assert [one["agencies"] for one in counted] == [2]
    own_world.publish()
    results = own_world.stranger.get("/v1/public/results/2024").json()["items"]
    assert [(one["uscc"], one["rank"]) for one in results] == [(codes[1], 1), (codes[0], 2)]
    assert own_world.client.get("/results/2024").text.count("<h2><bdi>") == 1


LIST = {"categories.known": {"安全评价": ["安评机构"], "检测检验": []}}


def test_once_a_list_is_adopted_others_are_refused(own_world: World) -> None:
    """R47: canonical names and aliases are taken, an unknown one is refused with the list; old words are mapped."""
    old = new_uscc()
    filing = {**body_of("FileAgency"), "uscc": old, "category": "安 评机构"}
    own_world.must(own_world.association.post("/v1/agencies", filing))
    adopt(own_world)
    for words in ("安全评价", "安评机构", "检测 检验"):
        own_world.must(own_world.association.post("/v1/agencies", {**filing, "uscc": new_uscc(), "category": words}))
    refusal = own_world.association.post("/v1/agencies", {**filing, "uscc": new_uscc(), "category": "培训"})
    assert refusal.status_code == 422
    refused = refusal.json()
    assert [one["pointer"] for one in refused["errors"]] == ["/category"]
    assert all(one in refused["detail"] for one in ("安全评价", "检测检验"))
    assert refused["rule"] == "R47"
    change = {**body_of("ReportChange"), "fields": {"category": "培训"}}
    response = own_world.association.post(f"/v1/agencies/{old}/changes", change)
    assert [one["pointer"] for one in response.json()["errors"]] == ["/fields/category"]
    found = own_world.association.get("/v1/agencies", category="安全评价").json()["items"]
    assert len(found) == 3
    counted = own_world.association.get("/v1/statistics").json()["categories"]
    assert counted == [{"category": "安全评价", "agencies": 3}, {"category": "检测检验", "agencies": 1}]
    assert own_world.association.get(f"/v1/agencies/{old}/standing").json()["agency"]["category"] == "安 评机构"


def adopt(world: World) -> None:
    with world.service.ledger.writing() as unit:
        unit.adopt_rulebook(shipped_rulebook().override(LIST), "system")


def test_an_agency_does_not_change_its_own_category(world: World) -> None:
    """Refused with what to do; the same category in other spelling is no change; the association may."""
    uscc = world.filed()
    own = body_of("FileAgency")["category"]
    who = world.person(Role.AGENCY, uscc)

    def change(words: str) -> dict[str, Any]:
        return {"changed_on": "2024-06-01", "reported_on": today(), "fields": {"category": words, "address": "新址"}}

    refused = who.post(f"/v1/agencies/{uscc}/changes", change("检测检验"))
    assert refused.status_code == 403
    assert refused.json()["rule"] == "R47"
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/fields/category"]
    assert who.post(f"/v1/agencies/{uscc}/changes", change(f" {own[:2]} {own[2:]}")).status_code == 201
    assert world.association.post(f"/v1/agencies/{uscc}/changes", change("检测检验")).status_code == 201
