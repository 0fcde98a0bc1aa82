"""A statement of the agency beside a record (申辩, R38a): who records it, who reads it, where it is shown (R39)."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from api.http.documentation.examples import CLIENT_USCC
from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_form_pages import previewed
from tests.http.world import APPEALED, World, body_of, today

WORDS = "当日交通管制，迟到二十分钟"
PAPER = [{"title": "来函"}]


def stated(world: World, uscc: str, event: str, content: str = WORDS, who: Any = None, **more: Any) -> Any:
    caller = who or world.person(Role.AGENCY, uscc)
    body = {"filed_on": today(), "event_id": event, "content": content, **more}
    return caller.post(f"/v1/agencies/{uscc}/statements", body)


def beside(who: Any, uscc: str, event: str) -> Any:
    return who.get(f"/v1/agencies/{uscc}/events/{event}").json()["event"].get("statement")


@pytest.mark.shows("art.16", "R38a")
def test_the_agency_states_its_case_and_no_number_moves(world: World) -> None:
    """Beside its own bad record, without a paper; standing and sheet are letter for letter what they were."""
    uscc = world.filed()
    record = world.id_of("EnterBadRecord", uscc, entered_on=today())

    def numbers() -> list[Any]:
        paths = (f"/v1/agencies/{uscc}/standing", f"/v1/agencies/{uscc}/sheets/{today()[:4]}")
        return [{**world.association.get(path).json(), "version": 0, "known_at": ""} for path in paths]

    before = numbers()
    first = world.must(stated(world, uscc, record))
    assert numbers() == before
    said = {"event": first["ids"]["statement"], "filed_on": today(), "content": WORDS}
    for role in (Role.ASSOCIATION, Role.COMMITTEE, Role.REGULATOR, Role.AUDITOR):
        assert beside(world.people[role], uscc, record) == said
    assert beside(world.person(Role.AGENCY, uscc), uscc, record) == said
    world.must(stated(world, uscc, record, "有门禁记录为证"))
    assert beside(world.association, uscc, record)["content"] == "有门禁记录为证"
    trail = world.association.get(f"/v1/agencies/{uscc}/events", type="StatementFiled").json()
    assert [one["fact"]["content"] for one in trail["items"]] == [WORDS, "有门禁记录为证"], "history stays"
    known = f"version:{first['version']}"
    then = world.association.get(f"/v1/agencies/{uscc}/events/{record}", known_at=known).json()
    assert then["event"]["statement"]["content"] == WORDS


@pytest.mark.shows("R38a", "R39")
def test_who_may_state_it_and_who_reads_it(world: World) -> None:
    """Another agency may not; the association needs the agency's paper; the complainant is not told."""
    uscc, other = world.filed(), world.filed()
    client = world.person(Role.CLIENT, CLIENT_USCC)
    complaint = {"received_on": today(), "grounds": "other", "content": "投诉人的原话不应泄露"}
    id_ = world.must(client.post(f"/v1/agencies/{uscc}/complaints", complaint))["ids"]["complaint"]
    assert stated(world, uscc, id_, who=world.person(Role.AGENCY, other)).status_code in (403, 404)
    assert stated(world, uscc, id_, who=world.people[Role.COMMITTEE]).status_code == 403
    refused = stated(world, uscc, id_, who=world.association)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/evidence"
    world.must(stated(world, uscc, id_, who=world.association, evidence=PAPER))
    assert beside(world.person(Role.AGENCY, uscc), uscc, id_)["content"] == WORDS
    told = client.get(f"/v1/agencies/{uscc}/events/{id_}")
    assert told.status_code == 200
    assert "statement" not in told.json()["event"]
    assert WORDS not in told.text
    own = world.person(Role.AGENCY, uscc).get(f"/v1/agencies/{uscc}/events")
    assert WORDS in own.text
    assert "投诉人的原话" not in own.text
    assert WORDS not in world.client.get(f"/firms/{uscc}").text, "the public is told the record alone"


@pytest.mark.shows("R38a")
def test_annulled_and_erased(world: World) -> None:
    """Annulled, it stands beside nothing and the one before stands again; erased, it says so and stays."""
    uscc = world.filed()
    record = world.id_of("RecordLapse", uscc)
    world.must(stated(world, uscc, record, "第一次"))
    second = world.must(stated(world, uscc, record, "第二次"))["ids"]["statement"]
    world.done("AnnulEvent", uscc, event_id=second)
    assert beside(world.association, uscc, record)["content"] == "第一次"
    subjects = world.association.get(f"/v1/agencies/{uscc}/subjects", q="第一次").json()["items"]
    erasure = {"erased_on": today(), "ground": "本人申请", "reference": "R-1"}
    world.must(world.association.post(f"/v1/subjects/{subjects[0]['subject']}/erasure", erasure))
    assert beside(world.association, uscc, record)["content"] == {"erased": True}
    assert "已依法删除" in Desk(world, Role.ASSOCIATION).shown(f"/agencies/{uscc}/events/{record}")


@pytest.mark.shows("art.20", "R38a")
def test_it_is_shown_wherever_the_record_is(world: World) -> None:
    """Record, trail, sheet, standing, appeal desk, the form that decides on it, dossier."""
    uscc = world.appealable()
    complaint = world.id_of("ReceiveComplaint", uscc, received_on="2024-05-01")
    upheld = world.done("DecideComplaint", uscc, complaint, decided_on=today())["events"][0]["id"]
    world.must(stated(world, uscc, upheld))
    body: dict[str, Any] = {"year": APPEALED, "filed_on": f"{APPEALED + 1}-03-12", "disputed_event_ids": [upheld]}
    appeal = world.done("FileAppeal", uscc, **body)["ids"]["appeal"]
    desk = Desk(world, Role.ASSOCIATION)
    pages = (
        f"/agencies/{uscc}",
        f"/agencies/{uscc}/trail?type=ComplaintUpheld&order=latest",
        f"/agencies/{uscc}/events/{upheld}",
        f"/agencies/{uscc}/sheets/{today()[:4]}",
        f"/appeals/{appeal}",
        f"/record/annul-event?uscc={uscc}&event_id={upheld}",
    )
    assert {path for path in pages if WORDS not in desk.shown_at(path)} == set()
    paper = world.association.get(f"/v1/appeals/{appeal}/dossier")
    with zipfile.ZipFile(io.BytesIO(paper.content)) as bundle:
        trail = json.loads(bundle.read("trail.json"))
    assert [one["statement"]["content"] for one in trail if one["id"] == upheld] == [WORDS]


def test_what_costs_nothing_needs_no_statement(world: World) -> None:
    """A filing, or a statement itself: 409 that says what to choose."""
    uscc = world.filed()
    filing = world.trail(uscc)[0]["id"]
    refused = world.association.post(
        f"/v1/agencies/{uscc}/statements", {**body_of("FileStatement"), "event_id": filing}
    )
    assert refused.status_code == 409
    assert "R38a" in refused.text


def test_the_agency_states_its_case_on_its_page(world: World) -> None:
    """Without a paper, as its account is its own word: the preview of it was refused like an officer's."""
    uscc = world.filed()
    record = world.id_of("EnterBadRecord", uscc)
    desk = Desk(world, Role.AGENCY, uscc)
    typed = {"agency": uscc, "/event_id": record, "/content": "当日已到现场", "/filed_on": today()}
    carried = previewed(desk, "file-statement", typed)
    assert "已记录：" in desk.followed("/record/file-statement", {**carried, "do": "record"}).text
