"""Files on the forms of pages: with and without script, kept over preview and refusal, shown on receipt and record."""

from __future__ import annotations

from typing import Any

import pytest

from domain.values import Role, assessment_stream
from tests.http import files
from tests.http.desk import Desk, fields_of
from tests.http.test_evidence_files import objects_of
from tests.http.world import World, body_of, today

PAPERS = "file:/evidence"


def lapse(desk: Desk, uscc: str, **more: str) -> dict[str, str]:
    """The fields of the form by which a lapse is recorded."""
    fields = {"csrf": desk.csrf(), "key": "k" * 20, "agency": uscc, "do": "preview"}
    said = {f"/{name}": str(value) for name, value in body_of("RecordLapse").items()}
    return {**fields, **said, **more}


def chosen(*contents: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    """Files as a browser sends those that were chosen in one input."""
    return [(PAPERS, (f"C:\\fakepath\\现场 {number}.JPG", one, "image/jpeg")) for number, one in enumerate(contents)]


def test_files_come_with_the_form_and_stay_over_preview_and_receipt(world: World) -> None:
    """Without script: sent once with the form, carried on by hash, recorded, shown on receipt, record and trail."""
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    path, before = "/record/record-lapse", objects_of(world)
    form = desk.shown(path, uscc=uscc)
    assert 'enctype="multipart/form-data"' in form
    assert f'type="file" name="{PAPERS}" multiple' in form
    assert 'capture="environment"' in form
    contents = files.photo("linen"), files.photo("peru")
    preview = desk.client.post(path, data=lapse(desk, uscc), files=chosen(*contents))
    assert preview.status_code == 200, preview.text
    assert len(objects_of(world) - before) == 2
    carried = fields_of(preview.text)
    titles = sorted(text for name, text in carried.items() if name.endswith("/title"))
    assert titles == ["现场 0", "现场 1"]
    assert preview.text.count("/thumbnail") == 2
    done = desk.client.post(path, data={**carried, "do": "record"})
    assert done.status_code == 303, done.text
    assert len(objects_of(world) - before) == 2  # sent once
    event = world.trail(uscc)[-1]
    assert [one["size"] for one in event["evidence"]] == [len(one) for one in contents]
    sha256 = event["evidence"][0]["sha256"]
    record = f"/agencies/{uscc}/events/{event['id']}"
    for page in (done.headers["location"], record):
        assert f'href="/evidence/{sha256}"' in desk.shown_at(page)
    assert "2 份佐证" in desk.shown(f"/agencies/{uscc}/trail")
    answer = desk.get(f"/evidence/{sha256}")
    assert answer.content == contents[0]
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "%E7%8E%B0%E5%9C%BA%200.jpg" in answer.headers["content-disposition"]
    assert desk.get(f"/evidence/{sha256}/thumbnail").headers["content-type"] == "image/jpeg"
    own = Desk(world, Role.AGENCY, uscc)
    assert own.get(f"/evidence/{sha256}").status_code == 200
    assert Desk(world, Role.AGENCY, world.filed()).get(f"/evidence/{sha256}").status_code == 404
    assert Desk(world, Role.ADMIN).get(f"/evidence/{sha256}").status_code == 403
    stranger = world.client.get(f"/evidence/{sha256}", follow_redirects=False)
    assert (stranger.status_code, stranger.headers["location"][:8]) == (303, "/sign-in")
    world.service.readings.flush()
    seen = world.people[Role.AUDITOR].get("/v1/consultations", uscc=uscc, limit=100).json()["items"]
    assert {"GET /v1/evidence/{sha256}", "GET /v1/evidence/{sha256}/thumbnail"} <= {one["route"] for one in seen}


def test_a_refused_form_keeps_the_files_that_were_kept(world: World) -> None:
    """One is no photo, and a day is missing: both are said, the good file stands in the form and is not sent again."""
    uscc, desk = world.filed(), Desk(world, Role.ASSOCIATION)
    sent = {**lapse(desk, uscc), "/occurred_on": ""}
    answer = desk.client.post(
        "/record/record-lapse",
        data=sent,
        files=[*chosen(files.photo("snow")), (PAPERS, ("假.jpg", b"<svg/>", "image/jpeg"))],
    )
    assert answer.status_code == 422
    assert "假：不收这种文件" in answer.text
    carried = fields_of(answer.text)
    (sha256,) = (text for name, text in carried.items() if name.endswith("/sha256") and text)
    whole = {**lapse(desk, uscc), **{name: text for name, text in carried.items() if name.startswith("/evidence/")}}
    again = desk.client.post("/record/record-lapse", data=whole)
    assert again.status_code == 200, again.text
    assert sha256 in again.text
    (row,) = {name.rpartition("/")[0] for name in carried if name.endswith("/sha256") and carried[name]}
    removed = desk.client.post("/record/record-lapse", data={**whole, "do": f"remove:{row}"})
    assert sha256 not in removed.text


def test_a_form_without_files_is_as_ever(world: World) -> None:
    """The empty part that a browser sends where nothing was chosen is no file."""
    uscc, desk, before = world.filed(), Desk(world, Role.ASSOCIATION), objects_of(world)
    empty = [(PAPERS, ("", b"", "application/octet-stream"))]
    answer = desk.client.post("/record/record-lapse", data=lapse(desk, uscc), files=empty)
    assert answer.status_code == 200, answer.text
    assert not any("/evidence" in name for name in fields_of(answer.text))
    assert objects_of(world) == before


def test_files_of_another_sites_or_a_strangers_form_are_not_kept(world: World) -> None:
    """Nothing is stored for who is not signed in, nor for a form that is not of this session."""
    uscc, desk, before = world.filed(), Desk(world, Role.ASSOCIATION), objects_of(world)
    fields = lapse(desk, uscc)
    elsewhere = desk.client.post(
        "/record/record-lapse",
        data=fields,
        files=chosen(files.photo("teal")),
        headers={"origin": "https://evil.example"},
    )
    assert elsewhere.status_code == 403
    other = {**fields, "csrf": "0" * 64}
    assert desk.client.post("/record/record-lapse", data=other, files=chosen(files.photo("teal"))).status_code == 403
    desk.client.cookies.clear()
    assert desk.client.post("/record/record-lapse", data=fields, files=chosen(files.photo("teal"))).status_code == 403
    assert objects_of(world) == before


def test_script_uploads_before_the_form_is_sent(world: World) -> None:
    """With the session's own field in a header; problems are JSON, for the script to say."""
    desk, content = Desk(world, Role.REGULATOR), files.photo("plum")

    def upload(token: str, content: bytes = content) -> Any:
        return desk.client.post("/evidence", files={"file": ("a.jpg", content)}, headers={"X-Steward-Form": token})

    token = desk.csrf()
    answer = upload(token)
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"sha256", "size", "media_type", "thumbnail"}
    assert desk.get(f"/evidence/{answer.json()['sha256']}/thumbnail").status_code == 200
    refused = upload(token, b"<html>")
    assert (refused.status_code, refused.json()["status"]) == (422, 422)
    assert upload("0" * 64).status_code == 403
    auditor = Desk(world, Role.AUDITOR)
    desk = auditor
    assert upload(auditor.csrf()).status_code == 403


def test_a_grid_records_one_photo_for_many_agencies(world: World) -> None:
    """The attendance sheet of a meeting: one file, a fact each, each under a subject of its own."""
    desk, usccs, before = Desk(world, Role.ASSOCIATION), [world.filed() for _ in range(3)], objects_of(world)
    grid = desk.client.get("/grid", params=[("matter", "record-lapse"), *(("agency", one) for one in usccs)])
    fields = {**fields_of(grid.text), "/item": "5", "/occurred_on": today(), "do": "preview"}
    preview = desk.client.post("/grid", data=fields, files=chosen(files.photo("khaki")))
    assert preview.status_code == 200, preview.text
    done = desk.client.post("/grid", data={**fields_of(preview.text), "do": "record"})
    assert done.status_code == 303, done.text
    papers = [world.trail(uscc)[-1]["evidence"] for uscc in usccs]
    assert papers[0] == papers[1] == papers[2]
    assert papers[0][0]["title"] == "现场 0"
    assert len(objects_of(world) - before) == 1
    sha256 = papers[0][0]["sha256"]
    assert all(world.person(Role.AGENCY, uscc).get(f"/v1/evidence/{sha256}").status_code == 200 for uscc in usccs)


def test_a_withdrawal_is_entered_with_the_appellants_own_letter(own_world: World) -> None:
    """Chosen, asked about once more, recorded: the scan of the letter is the evidence (R33)."""
    world = own_world
    uscc = world.appealable()
    desk, path = Desk(world, Role.ASSOCIATION), f"/appeals/{world.appeal()}"
    fields = {"csrf": desk.csrf(), "key": "w" * 20, "act": "check-withdraw", "withdrawn_on": today(), "evidence": ""}
    refused = desk.client.post(path, data=fields, files=[(PAPERS, ("信.jpg", b"<svg/>", "image/jpeg"))])
    assert "信：不收这种文件" in refused.text
    asked = desk.client.post(path, data=fields, files=[(PAPERS, ("撤回申请.pdf", files.pdf(), "application/pdf"))])
    assert asked.status_code == 200, asked.text
    assert "确认撤回异议" in asked.text
    done = desk.client.post(path, data={**fields_of(asked.text), "act": "withdraw"})
    assert done.status_code == 303, done.text
    (paper,) = world.trail(uscc)[-1]["evidence"]
    assert (paper["title"], paper["media_type"]) == ("撤回申请", "application/pdf")


@pytest.mark.shows("art.16", "R32", "R36")
def test_publication_and_impact_are_recorded_with_their_papers(own_world: World) -> None:
    """Files and photos come with the form of the committee, are named before it confirms, and can be taken out."""
    world, year = own_world, 2024
    uscc, desk, path = world.assessed(), Desk(world, Role.COMMITTEE), f"/years/{year}"
    form = {"csrf": desk.csrf(), "meeting_on": "2025-03-07", "published_on": "2025-03-10", "reason": "当日公示"}
    assert 'capture="environment"' in desk.shown(path)
    minutes = ("file:/evidence", ("会议纪要.pdf", files.pdf(), "application/pdf"))
    asked = desk.client.post(path, data={**form, "act": "check"}, files=[minutes, *chosen(files.photo())])
    assert "附材料 2 份：会议纪要、现场 0" in asked.text, asked.text
    carried = fields_of(asked.text)
    photo = next(name for name, text in carried.items() if text == "现场 0").removesuffix("/title")
    back = desk.send(path, {**carried, "act": f"remove:{photo}"})
    assert ("会议纪要" in back.text, "现场 0" in back.text) == (True, False)
    again = desk.send(path, {**fields_of(back.text), **form, "act": "check"})
    assert "附材料 1 份：会议纪要" in again.text
    refused = desk.client.post(
        path, data={**form, "act": "check"}, files=[("file:/evidence", ("x.html", b"<html></html>", "text/html"))]
    )
    assert (refused.status_code, 'id="evidence-problem"' in refused.text) == (422, True)
    assert desk.send(path, {**fields_of(again.text), "act": "publish"}).status_code == 303
    late = world.done("RecordLapse", uscc, item=4, occurred_on="2024-09-09")
    impact = f"/impacts/{late['touched'][0]['impact']}"
    disposal = {"csrf": desk.csrf(), "outcome": "kept", "disposed_on": today(), "reason": "不影响等次", "act": "check"}
    asked = desk.client.post(impact, data=disposal, files=[minutes])
    assert desk.send(impact, {**fields_of(asked.text), "act": "dispose"}).status_code == 303
    asked = desk.client.post(
        path, data={"csrf": desk.csrf(), "closed_on": today(), "act": "check-close"}, files=[minutes]
    )
    early = desk.send(path, {**fields_of(asked.text), "act": "close"})
    assert (early.status_code, "附材料 1 份：会议纪要" in asked.text) == (422, True)  # the week runs (R45)
    with world.service.ledger.reading() as reader:
        decided = [*reader.events(assessment_stream(year)), *reader.agency_events(uscc)]
    kept = {type(one).__name__: [paper.title for paper in one.evidence] for one in decided if one.evidence}
    assert kept == {"YearPublished": ["会议纪要"], "ImpactDisposed": ["会议纪要"]}
