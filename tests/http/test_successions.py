"""Merger, division, change of code over HTTP and on pages, on both databases (art.12, R43)."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from api.starting import make_ready
from domain.ledger import inheriting
from domain.measures.rulebook.rulebook import shipped_rulebook
from domain.values import Role
from projections.rebuild.inspect_rows import check
from tests.http.desk import Desk
from tests.http.world import World, body_of, today


def succeed(world: World, uscc: str, *successors: str, **more: Any) -> Any:
    body = {**body_of("RecordSuccession"), "effective_on": today(), "successors": list(successors), **more}
    return world.association.post(f"/v1/agencies/{uscc}/successions", body)


def standing(world: World, uscc: str, **basis: Any) -> dict[str, Any]:
    found: dict[str, Any] = world.association.get(f"/v1/agencies/{uscc}/standing", **basis).json()
    return found


def agree(world: World) -> None:
    """Every row is what a replay of the events makes (R43: of each stream by itself)."""
    found: list[Any] = []
    url = world.service.ledger.engine.url.render_as_string(hide_password=False)
    check(url, jobs=1, progress=lambda *_: None, report=found.append)
    assert found == [], [repr(one) for one in found]


@pytest.mark.shows("art.12", "R43")
def test_a_merger_and_what_comes_in_late(own_world: World) -> None:
    """Both streams in one transaction; a predecessor's fact changes the successor's rows at once, its annulment too."""
    world = own_world
    old, new = world.filed(), world.filed()
    world.upheld(old, "2026-10-08", "2026-10-09")
    done = world.must(succeed(world, old, new))
    assert done["ids"]["succession"]
    assert standing(world, old)["agency"]["filing"] == "terminated"
    assert standing(world, new)["sanction"]["tier"] == "warned"
    assert standing(world, new)["bad_records"]["total"] == 2
    before = standing(world, new)["version"]
    assert standing(world, new, known_at=f"version:{before - 1}")["sanction"]["tier"] == "none"
    late = world.id_of("EnterBadRecord", old, entered_on="2026-09-01")
    assert standing(world, new)["bad_records"]["total"] == 3
    world.done("AnnulEvent", old, event_id=late)
    assert standing(world, new)["bad_records"]["total"] == 2
    agree(world)
    world.done("AnnulEvent", old, event_id=done["ids"]["succession"])
    assert standing(world, old)["agency"]["filing"] == "filed"
    assert standing(world, new)["sanction"]["tier"] == "none"
    assert standing(world, new)["bad_records"]["total"] == 0
    agree(world)


@pytest.mark.shows("art.12", "art.15", "art.19", "art.25", "R9", "R31", "R43")
def test_a_merger_takes_over_projects_penalties_and_the_warning(own_world: World) -> None:
    """The project goes on at the successor with surveys of its own; an unqualified result published later warns it."""
    world, year = own_world, 2025
    old, new = world.assessed(year=year), world.assessed(year=year)
    penalty = world.id_of("ImposePenalty", old, decided_on="2025-05-06", authority_kind="emergency_management")
    running = world.association.get(f"/v1/agencies/{old}/events", type="ProjectStarted").json()["items"]
    own = len(world.association.get(f"/v1/agencies/{new}/events", type="ProjectStarted").json()["items"])
    world.must(succeed(world, old, new, effective_on="2026-02-02"))
    agree(world)
    here = world.association.get(f"/v1/agencies/{new}/events", type="ProjectStarted").json()["items"]
    gone_on = [one for one in here if one["fact"].get("inherited_from") in {each["id"] for each in running}]
    assert len(here) == own + len(gone_on)
    assert gone_on
    assert any("承继" in flag["text"] for flag in gone_on[0]["flags"])
    assert standing(world, new)["warning_notice"] is None
    world.publish(year)
    warned = standing(world, new)["warning_notice"]
    assert (warned["year"], warned["until"]) == (year, "2026-12-31")
    assert standing(world, old)["warning_notice"]["year"] == year
    due = world.association.get("/v1/notices", limit=500).json()["items"]
    told = {one["agency"]["uscc"] for one in due if one["kind"] == "unqualified"}
    assert (old in told, new in told) == (True, False)  # it is told of at the predecessor
    project = gone_on[0]["id"]
    world.done("CompleteProject", new, project, completed_on=today())
    agree(world)
    world.done("AnnulEvent", old, event_id=penalty)
    agree(world)


@pytest.mark.shows("art.12", "R4", "R43")
def test_another_rulebook_is_judged_by_at_once(own_world: World) -> None:
    """What goes over under a rulebook adopted later is known with its adoption; as known before, it is as it was."""
    world = own_world
    old, new = world.filed(), world.filed()
    world.upheld(old, "2026-10-08", "2026-10-09")
    world.must(succeed(world, old, new))
    known = standing(world, new)["version"]
    assert standing(world, new)["bad_records"]["total"] == 2
    shipped = shipped_rulebook()
    other = shipped.override({"succession.merger_inherits": ["tags"]})
    with world.service.ledger.writing() as unit:
        unit.adopt_rulebook(other, "p")
    assert (standing(world, new)["bad_records"]["total"], standing(world, new)["sanction"]["tier"]) == (0, "warned")
    assert standing(world, new)["version"] == known + 1
    assert standing(world, new, known_at=f"version:{known}")["bad_records"]["total"] == 2
    agree(world)


@pytest.mark.shows("art.12", "R5", "R43")
def test_the_preview_shows_the_successor_too(own_world: World) -> None:
    """What-if and form: tier, bad records and score of who stands in the place; an agency is told of no other."""
    world = own_world
    old, new = world.filed(), world.filed()
    world.upheld(old, "2026-10-08", "2026-10-09")
    body = {**body_of("RecordSuccession"), "effective_on": today(), "successors": [new]}
    asked = {"add": [{"post": f"/v1/agencies/{old}/successions", "body": body}]}
    told = world.association.post(f"/v1/agencies/{old}/what-if", asked).json()
    (one,) = told["successors"]
    assert (one["agency"]["uscc"], one["after"]["standing"]["sanction"]["tier"]) == (new, "warned")
    assert one["before"]["standing"]["sanction"]["tier"] == "none"
    desk = Desk(world, Role.ASSOCIATION)
    fields = {"agency": old, "/kind": "merger", "/successors": new, "/effective_on": today(), "/basis": "合并协议"}
    page = desk.send("/record/record-succession", {**fields, "do": "preview"}).text
    assert "对承继机构" in page
    assert "what-if" not in page
    world.must(succeed(world, old, new))
    late = {
        "add": [
            {"post": f"/v1/agencies/{old}/bad-records", "body": {**body_of("EnterBadRecord"), "entered_on": today()}}
        ]
    }
    (one,) = world.association.post(f"/v1/agencies/{old}/what-if", late).json()["successors"]
    counts = [one[side]["standing"]["bad_records"]["total"] for side in ("before", "after")]
    assert counts == [2, 3]
    assert world.person(Role.AGENCY, old).post(f"/v1/agencies/{old}/what-if", late).json()["successors"] == []


@pytest.mark.shows("art.9", "art.12", "R43")
def test_no_doubles_and_both_histories_lead_to_each_other(own_world: World) -> None:
    """Register, search, firm page, ranking; the pages of both agencies; the sheet says from whom."""
    world, year = own_world, 2025
    old, new = world.assessed(year=year), world.assessed(year=year)
    world.id_of("EnterBadRecord", old, entered_on="2025-10-08")
    world.must(succeed(world, old, new, effective_on="2025-12-01"))
    got = world.client.get
    register = [one["uscc"] for one in got("/v1/public/agencies").json()["items"]]
    assert (old in register, new in register) == (False, True)
    assert [one["uscc"] for one in got("/v1/public/search", params={"q": old}).json()["items"]] == [new]
    firm = got(f"/v1/public/agencies/{new}").json()
    assert [(one["uscc"], one["is_predecessor"]) for one in firm["successions"]] == [(old, True)]
    assert old in got(f"/firms/{new}").text
    ranking = world.association.get(f"/v1/rankings/{year}", as_of="2025-12-31").json()["items"]
    ranked = {one["agency"]["uscc"]: one["rank"] for one in ranking}
    assert ranked.get(old) is None
    assert ranked[new] is not None
    inside = world.association.get("/v1/search", q=old).json()["agencies"]
    assert {one["uscc"] for one in inside} >= {old, new}
    desk = Desk(world, Role.ASSOCIATION)
    assert f"/agencies/{new}" in desk.shown(f"/agencies/{old}")
    assert f"/agencies/{old}" in desk.shown(f"/agencies/{new}")
    assert "承继自" in desk.shown(f"/agencies/{new}/sheets/{year}")
    sheet = world.association.get(f"/v1/agencies/{old}/sheets/{year}").json()
    assert any("承继" in one["text"] for one in sheet["not_assessed"])


@pytest.mark.shows("art.12", "R43")
def test_writers_at_both_agencies_at_once(own_world: World) -> None:
    """Facts of predecessor and successor recorded at the same time: each is taken, none is lost, rows agree."""
    world = own_world
    first, second, third = world.filed(), world.filed(), world.filed()
    world.must(succeed(world, first, second))
    world.must(succeed(world, second, third))
    statuses: list[int] = []

    def record(uscc: str) -> None:
        for _ in range(4):
            body = {**body_of("EnterBadRecord"), "entered_on": today()}
            statuses.append(world.association.post(f"/v1/agencies/{uscc}/bad-records", body).status_code)

    threads = [threading.Thread(target=record, args=(one,)) for one in (first, second, third)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert statuses == [201] * 12
    assert [standing(world, one)["bad_records"]["total"] for one in (first, second, third)] == [4, 8, 12]
    agree(world)


@pytest.mark.shows("art.12", "R39", "R43")
def test_who_may_and_what_is_refused(world: World) -> None:
    """The association alone; no circle, nobody unknown, nobody twice."""
    old, new = world.filed(), world.filed()
    body = {**body_of("RecordSuccession"), "effective_on": today(), "successors": [new]}
    for role in (Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR):
        assert world.people[role].post(f"/v1/agencies/{old}/successions", body).status_code == 403
    assert world.person(Role.AGENCY, old).post(f"/v1/agencies/{old}/successions", body).status_code == 403
    unknown = succeed(world, old, "91441300MA4A00099Y")
    assert unknown.status_code == 422
    world.must(succeed(world, old, new))
    circle = succeed(world, new, old)
    assert circle.status_code == 409
    assert circle.json()["rule"] == "R43"
    own = world.person(Role.AGENCY, new)
    rows = own.get(f"/v1/agencies/{new}/events", type="FactsInherited").json()["items"]
    assert rows[0]["fact"]["predecessor"] == old


@pytest.mark.shows("art.12", "R9", "R22", "R43")
def test_a_late_extension_keeps_what_was_recorded_at_the_successor(own_world: World) -> None:
    """The project goes on as the same one with another date: the client's form, which names it, is not lost."""
    world = own_world
    old, new = world.filed(), world.filed()
    project = world.id_of("StartProject", old, started_on="2026-01-12", due_on="2026-03-31")
    world.must(succeed(world, old, new, effective_on="2026-06-01"))
    (here,) = world.association.get(f"/v1/agencies/{new}/events", type="ProjectStarted").json()["items"]
    form = {"client": here["fact"]["client"], "project_id": here["id"], "year": 2026, "submitted_on": "2026-07-03"}
    world.done("SubmitSurvey", new, **form)
    quality = standing(world, new)["assessment"]["quality"]
    assert "survey" not in standing(world, new)["assessment"]["missing"]
    conduct = standing(world, new)["assessment"]["conduct"]
    late = world.done("ExtendProject", old, project, agreed_on="2026-03-02", due_on="2026-10-30")
    extended = late["events"][0]["id"]
    assert standing(world, new)["assessment"]["quality"] == quality
    (still,) = world.association.get(f"/v1/agencies/{new}/events", type="ProjectStarted").json()["items"]
    assert (still["id"], still["counts"]) == (here["id"], True)
    assert standing(world, new)["assessment"]["conduct"] != conduct, "late from 2026-10-31 on, at the successor"
    agree(world)
    world.done("AnnulEvent", old, event_id=extended)
    assert standing(world, new)["assessment"]["conduct"] == conduct
    assert standing(world, new)["assessment"]["quality"] == quality
    agree(world)


@pytest.mark.shows("art.12", "R9", "R43")
def test_projects_go_with_an_annulled_succession_and_with_a_late_end(own_world: World) -> None:
    """The ledger itself annuls at the successor what it had recorded there; recorded anew, they are there once."""
    world = own_world
    old, new = world.filed(), world.filed()
    project = world.id_of("StartProject", old, started_on="2026-01-12", due_on="2026-11-30")
    first = world.must(succeed(world, old, new, effective_on="2026-06-01"))["ids"]["succession"]

    def here() -> list[bool]:
        found = world.association.get(f"/v1/agencies/{new}/events", type="ProjectStarted").json()["items"]
        return [one["counts"] for one in found]

    assert here() == [True]
    world.done("AnnulEvent", old, event_id=first)
    assert here() == [False]
    agree(world)
    world.must(succeed(world, old, new, effective_on="2026-06-01"))
    assert here() == [False, True]
    ended = world.done("CompleteProject", old, project, completed_on="2026-05-11")["events"][0]["id"]
    assert here() == [False, False], "it had ended before the succession"
    world.done("AnnulEvent", old, event_id=ended)
    assert here() == [False, False, True]
    agree(world)


@pytest.mark.shows("art.9", "art.12", "R43")
def test_a_part_that_divided_off_is_merged_back(own_world: World) -> None:
    """What it had from there is not counted twice; annulled either way, all is as it was; each firm stands once."""
    world = own_world
    whole, part = world.filed(), world.filed()
    world.upheld(whole, "2026-03-02")
    world.must(succeed(world, whole, whole, part, kind="division", effective_on="2026-04-01", bad_records_to=[part]))
    world.upheld(part, "2026-05-04")
    alone, both = standing(world, whole), standing(world, part)
    assert [one["bad_records"]["total"] for one in (alone, both)] == [1, 2]
    back = world.must(succeed(world, part, whole, effective_on="2026-06-01"))["ids"]["succession"]
    told = standing(world, whole)
    assert (told["sanction"]["verified_complaints"], told["bad_records"]["total"]) == (2, 2)
    assert (told["sanction"]["tier"], told["agency"]["filing"]) == ("warned", "filed")
    (here,) = world.association.get(f"/v1/agencies/{whole}/events", type="FactsInherited").json()["items"]
    assert (len(here["fact"]["complaints"]), here["fact"]["codes"]) == (1, [part])
    agree(world)
    register = [one["uscc"] for one in world.client.get("/v1/public/agencies").json()["items"]]
    assert (register.count(whole), register.count(part)) == (1, 0)
    firm = world.client.get(f"/v1/public/agencies/{whole}").json()["successions"]
    assert {(one["uscc"], one["is_predecessor"]) for one in firm} == {(part, True), (part, False)}
    later = world.id_of("EnterBadRecord", whole, entered_on="2026-07-01")
    assert [standing(world, one)["bad_records"]["total"] for one in (whole, part)] == [3, 2]
    world.done("AnnulEvent", whole, event_id=later)
    world.done("AnnulEvent", part, event_id=back)
    assert standing(world, whole)["bad_records"] == alone["bad_records"]
    assert standing(world, part)["sanction"]["tier"] == both["sanction"]["tier"]
    agree(world)


@pytest.mark.shows("art.12", "R16", "R43")
def test_what_an_earlier_version_let_go_over_is_mended_at_the_next_start(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part had what its origin did after the division, without the origins of facts; as known then it stays so."""
    world = own_world
    whole, part = world.filed(), world.filed()
    with monkeypatch.context() as before:
        before.setattr(inheriting, "_is_of_before", lambda *_: True)
        world.must(succeed(world, whole, whole, part, kind="division", effective_on="2026-04-01"))
        world.upheld(whole, "2026-05-04")
    wrong = standing(world, part)
    assert wrong["sanction"]["tier"] == "recorded"
    for _ in range(2):  # any start after that finds nothing to do
        make_ready(world.service.ledger.engine, world.service.settings)
        assert standing(world, part)["sanction"]["tier"] == "none"
        assert standing(world, part)["version"] == wrong["version"] + 1
    assert standing(world, part, known_at=f"version:{wrong['version']}")["sanction"]["tier"] == "recorded"
    assert standing(world, whole)["sanction"]["tier"] == "recorded"
    (*_, last) = world.association.get(f"/v1/agencies/{part}/events", type="FactsInherited").json()["items"]
    assert (last["actor"], last["fact"]["complaints"]) == ("system", [])
    agree(world)
