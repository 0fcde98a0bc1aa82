"""Credit repair (信用修复, art.27, R42): public views follow, inside nothing changes; off until confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from domain.measures.rulebook.rulebook import Rulebook, shipped_rulebook
from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_confirmed_readings import confirm
from tests.http.test_successions import agree
from tests.http.world import World, body_of, today

YEAR = 2025


def apply(world: World, uscc: str, event: str, who: Any = None) -> Any:
    caller = who or world.person(Role.AGENCY, uscc)
    return caller.post(f"/v1/agencies/{uscc}/repairs", {"applied_on": today(), "event_id": event, "grounds": "已整改"})


def decide(world: World, repair: str, outcome: str = "granted", who: Any = None, **more: Any) -> Any:
    body = {"decided_on": today(), "outcome": outcome, "reasons": "复查合格", **more}
    return (who or world.colleague).post(f"/v1/repairs/{repair}/decision", body)


def repaired(world: World, uscc: str, event: str) -> dict[str, Any]:
    repair = world.must(apply(world, uscc, event))["ids"]["repair"]
    done: dict[str, Any] = world.must(decide(world, repair))
    return done


def public(world: World, uscc: str) -> dict[str, Any]:
    """What the public is told of a firm, wherever it is told."""
    got = world.client.get
    firm = got(f"/v1/public/agencies/{uscc}")
    listed = [one["uscc"] for one in got("/v1/public/blacklist").json()["items"]]
    feed = got("/v1/public/blacklist.atom").text
    register = {one["uscc"]: one for one in got("/v1/public/agencies", params={"q": uscc}).json()["items"]}
    found = {one["uscc"]: one for one in got("/v1/public/search", params={"q": uscc}).json()["items"]}
    results = got(f"/v1/public/results/{YEAR}")
    rows = [one["uscc"] for one in results.json()["items"]] if results.status_code == 200 else []
    news = got(f"/v1/public/results/{YEAR}.atom").text
    told = firm.json() if firm.status_code == 200 else {}
    return {
        "blacklisted": [
            uscc in listed,
            uscc in feed,
            bool(register.get(uscc, {}).get("blacklisted")),
            bool(found.get(uscc, {}).get("blacklisted")),
            bool(told.get("blacklisted")),
            uscc in got("/blacklist").text,
        ],
        "result": [
            uscc in rows,
            uscc in news,
            bool(told.get("results")),
            bool(found.get(uscc, {}).get("latest_result")),
            uscc in got(f"/results/{YEAR}").text,
            bool(told.get("warning_notice")),
        ],
        "override": [one["kind"] for year in told.get("results", ()) for one in year["override"]],
    }


def shorter(world: World, day: str) -> None:
    """A later rulebook carries the terms itself, with a shorter one (R4, R5)."""
    terms = {"bad_record": 3, "blacklist": 3, "penalty": 3, "result": 3}
    content = shipped_rulebook().override({"publicity.minimum_months": terms}).content
    with world.service.ledger.writing() as unit:
        unit.adopt_rulebook(Rulebook.from_content({**content, "id": "dayawan-2026", "effective_from": day}), "p")


def inside(world: World, uscc: str) -> list[Any]:
    """Standing, sheet and trail as those who supervise read them."""
    standing = world.association.get(f"/v1/agencies/{uscc}/standing").json()
    sheet = world.association.get(f"/v1/agencies/{uscc}/sheets/{YEAR}").json()
    events = [one["id"] for one in world.trail(uscc) if not one["type"].startswith("Repair")]
    return [{**standing, "version": 0, "known_at": ""}, {**sheet, "version": 0, "known_at": ""}, events]


@pytest.mark.shows("art.17(3)", "art.19", "art.25", "art.27", "R42")
def test_every_public_view_follows_and_nothing_inside(own_world: World) -> None:
    """A blacklisting and an unqualified result, each by an application of its own; annulled, they are public again."""
    world = own_world
    uscc = world.assessed(year=YEAR)
    world.assessed(year=YEAR)
    world.done("ImposePenalty", uscc, decided_on=f"{YEAR}-03-01")
    tag = world.upheld(uscc, *[f"{YEAR}-05-06"] * 3)[-1]
    world.publish(YEAR)
    listed = world.upheld(uscc, "2026-01-05")[-1]
    result = next(one["id"] for one in world.trail(uscc) if one["type"] == "ResultPublished")
    world.must(confirm(world, "R42", on="2025-01-02"))
    before = public(world, uscc)
    assert before == {"blacklisted": [True] * 6, "result": [True] * 6, "override": ["blacklisted", "penalty"]}
    kept = inside(world, uscc)
    early = world.must(apply(world, uscc, listed))["ids"]["repair"]
    refused = decide(world, early)
    assert refused.status_code == 422, "not before twelve months are over"
    assert "R42" in refused.text
    shorter(world, "2026-06-01")
    world.must(confirm(world, "R42", on="2026-06-02", rulebook="dayawan-2026"))
    assert public(world, uscc) == before
    ended = world.must(decide(world, early))
    assert public(world, uscc) == {**before, "blacklisted": [False] * 6}
    assert inside(world, uscc)[2] == kept[2]
    assert inside(world, uscc)[0]["sanction"] == kept[0]["sanction"]
    world.done("AnnulEvent", uscc, event_id=ended["events"][0]["id"])
    assert public(world, uscc) == before
    kept = inside(world, uscc)
    granted = repaired(world, uscc, result)
    after = public(world, uscc)
    assert after["result"] == [False] * 6
    assert inside(world, uscc) == kept
    world.done("AnnulEvent", uscc, event_id=granted["events"][0]["id"])
    assert public(world, uscc)["result"] == [True] * 6
    assert tag in inside(world, uscc)[2]


@pytest.mark.shows("art.27", "art.28", "R42")
def test_off_until_confirmed_and_off_again(own_world: World) -> None:
    """Unconfirmed nothing is granted; what was granted is not applied once the confirmation is withdrawn."""
    world = own_world
    uscc = world.assessed(year=2024)
    world.assessed(year=2024)
    world.publish(2024)
    result = next(one["id"] for one in world.trail(uscc) if one["type"] == "ResultPublished")
    repair = world.must(apply(world, uscc, result))["ids"]["repair"]
    refused = decide(world, repair)
    assert refused.status_code == 409
    assert refused.json()["rule"] == "R42"
    world.must(confirm(world, "R42", on=today()))
    world.must(decide(world, repair, from_on=None))
    assert public(world, uscc)["result"][2] is False
    body = {
        "reading": "R42",
        "withdrawn_on": today(),
        "withdrawn_by": "区安协理事会",
        "reason": "再议",
        "document": {"title": "纪要"},
    }
    world.must(world.association.post("/v1/rulebooks/dayawan-2021/withdrawals", body))
    assert public(world, uscc)["result"][2] is True


@pytest.mark.shows("R42", "R35", "R39")
def test_who_applies_decides_and_reads(world: World) -> None:
    """The agency its own; never who made the record; reasons are read by the agency and not by the public."""
    uscc, other = world.filed(), world.filed()
    record = world.id_of("EnterBadRecord", uscc, entered_on="2024-06-03")
    assert apply(world, uscc, record, world.person(Role.AGENCY, other)).status_code in (403, 404)
    assert apply(world, uscc, record, world.people[Role.COMMITTEE]).status_code == 403
    repair = world.must(apply(world, uscc, record))["ids"]["repair"]
    own = decide(world, repair, "refused", who=world.association)
    assert own.status_code == 403
    assert own.json()["rule"] == "R42, R35"
    done = world.must(decide(world, repair, "refused"))["events"][0]["id"]
    read = world.person(Role.AGENCY, uscc).get(f"/v1/agencies/{uscc}/events/{done}").json()
    assert read["event"]["fact"]["reasons"] == "复查合格"
    notices = world.association.get("/v1/notices", limit=500).json()["items"]
    assert [one["recipient"] for one in notices if one["cause"] == done] == ["agency"]
    desk = Desk(world, Role.ASSOCIATION)
    assert "申请信用修复" in desk.shown(f"/agencies/{uscc}/events/{record}")
    again = world.must(apply(world, uscc, record))["ids"]["repair"]
    assert f"/record/decide-repair?uscc={uscc}&id={again}" in desk.shown("/matters", kind="repair", q=uscc).replace(
        "&amp;", "&"
    )
    assert body_of("DecideRepair")["reasons"] not in world.client.get(f"/firms/{uscc}").text


@pytest.mark.shows("art.16", "art.27", "R42")
def test_a_bad_record_is_in_no_public_view_and_lists_say_since_when_it_is_not_given_out(own_world: World) -> None:
    """No page, feed or answer without a token tells of one; repaired, the supervisors' list and its workbook say so."""
    world, words = own_world, "未按方案检查储罐区"
    uscc = world.assessed(year=YEAR)
    record = world.id_of("EnterBadRecord", uscc, behaviour="16.2", entered_on=f"{YEAR}-03-04", content=words)
    world.publish(YEAR)
    world.must(confirm(world, "R42", on="2025-01-02"))
    paths = [f"/v1/public/agencies/{uscc}", "/v1/public/agencies", "/v1/public/blacklist", f"/v1/public/results/{YEAR}"]
    paths += ["/v1/public/blacklist.atom", f"/v1/public/results/{YEAR}.atom", f"/v1/public/search?q={uscc}"]
    paths += [f"/firms/{uscc}", "/blacklist", f"/results/{YEAR}", "/"]
    for path in paths:
        text = world.client.get(path).text
        assert [one for one in (words, record, "16.2") if one in text] == [], path

    def listed() -> dict[str, Any]:
        rows = world.association.get(f"/v1/bad-records/{YEAR}").json()["items"]
        return next(one for one in rows if one["events"] == [record])

    assert listed()["not_public_from"] is None
    kept = inside(world, uscc)
    granted = repaired(world, uscc, record)
    assert listed()["not_public_from"] == today()
    assert inside(world, uscc) == kept
    table = world.association.get(f"/v1/bad-records/{YEAR}", format="csv").content.decode("utf-8-sig")
    assert "不再对外提供自" in table
    world.done("AnnulEvent", uscc, event_id=granted["events"][0]["id"])
    assert listed()["not_public_from"] is None


@pytest.mark.shows("art.12", "art.17(3)", "art.25", "art.27", "R42", "R43")
def test_what_a_successor_has_is_public_for_as_long_as_it_is_there(own_world: World) -> None:
    """A listing and a penalty that went over end their publicity with the predecessor's records, and come back so."""
    world = own_world
    old, new = world.assessed(year=YEAR), world.assessed(year=YEAR)
    penalty = world.id_of("ImposePenalty", old, decided_on=f"{YEAR}-03-01")
    listed = world.upheld(old, *[f"{YEAR}-03-06"] * 3)[-1]
    body = {**body_of("RecordSuccession"), "effective_on": f"{YEAR}-07-01", "successors": [new]}
    world.must(world.association.post(f"/v1/agencies/{old}/successions", body))
    world.publish(YEAR)
    shorter(world, "2025-01-01")
    world.must(confirm(world, "R42", on="2025-01-02", rulebook="dayawan-2026"))
    before = public(world, new)
    assert before["override"] == ["blacklisted", "penalty"]
    first = world.must(apply(world, old, listed, world.association))["ids"]["repair"]
    world.must(decide(world, first))
    after = public(world, new)
    assert after["override"] == ["penalty"], "that is public still"
    assert after["result"] == before["result"]
    second = world.must(apply(world, old, penalty, world.association))["ids"]["repair"]
    granted = world.must(decide(world, second))
    assert public(world, new)["override"] == []
    world.done("AnnulEvent", old, event_id=granted["events"][0]["id"])
    assert public(world, new)["override"] == ["penalty"]
    agree(world)
