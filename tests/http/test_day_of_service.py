"""The day of service (送达日, R41) stands beside what it is about: the standing, the list of notices, the appeal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.store.log.sequencer import seal
from domain.values import Role
from tests.http import files
from tests.http.dated import DatedWorld
from tests.http.desk import Desk
from tests.http.test_assessment import Year
from tests.http.test_dossier import opened
from tests.http.test_service_of_notices import path_of
from tests.http.world import World


def standing(world: World, uscc: str, **basis: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.association.get(f"/v1/agencies/{uscc}/standing", **basis).json()["service"]
    return found


def listed(world: World, uscc: str, **basis: str) -> dict[str, Any]:
    items = world.association.get("/v1/notices", status="all", limit=500, **basis).json()["items"]
    found: dict[str, Any] = next(one for one in items if one["agency"]["uscc"] == uscc and one["recipient"] == "agency")
    return found


def serve(world: World, uscc: str, sent: str, day: str, outcome: str = "delivered", way: str = "courier") -> None:
    body = {"served_on": day, "outcome": outcome, "way": way}
    world.must(world.association.post(path_of(uscc, sent, "service"), body))


@pytest.mark.shows("art.17(2)", "R41")
def test_the_day_of_service_stands_beside_standing_and_notice(world: World) -> None:
    """Not served, come back, served, signed for: of each day as it was, and as it was known then."""
    uscc = world.filed()
    assert standing(world, uscc) == []
    sent = world.warned(uscc)
    (out,) = standing(world, uscc)
    assert (out["sent"], out["state"], out["served_on"], out["way"]) == (sent, "sent", None, None)
    known = world.association.get(f"/v1/agencies/{uscc}/standing").json()["known_at"]
    day = out["sent_on"]
    assert listed(world, uscc)["service"] == out
    serve(world, uscc, sent, "2024-07-01", "undeliverable", "post")
    serve(world, uscc, sent, "2024-07-08")
    signed = {"acknowledged_on": "2024-07-10", "evidence": [{"title": "送达回证"}]}
    world.must(world.association.post(path_of(uscc, sent, "acknowledgement"), signed))
    served = {**out, "served_on": "2024-07-08", "way": "courier", "returned_on": "2024-07-01"}
    after = {
        day: out,
        "2024-07-01": {**out, "state": "undeliverable", "returned_on": "2024-07-01"},
        "2024-07-08": {**served, "state": "served"},
        "2024-07-10": {**served, "state": "acknowledged", "acknowledged_on": "2024-07-10"},
    }
    for as_of, said in after.items():
        assert standing(world, uscc, as_of=as_of) == [said]
        assert listed(world, uscc, as_of=as_of)["service"] == said
        assert standing(world, uscc, as_of=as_of, known_at=known) == [out]
    assert listed(world, uscc)["service"] == after["2024-07-10"]
    basis = {"as_of": "2024-07-08", "as_of_2": "2024-07-10"}
    moved = world.association.get(f"/v1/agencies/{uscc}/comparison", **basis).json()["difference"]
    assert [one["field"] for one in moved] == ["service"]


@pytest.mark.shows("R41")
def test_pages_and_tables_say_when_a_notice_was_served(world: World) -> None:
    """The agency's page, the list of notices with what is to be done next, and the list as a file."""
    uscc = world.filed()
    sent = world.warned(uscc)
    desk, own = Desk(world, Role.ASSOCIATION), Desk(world, Role.AGENCY, uscc)
    assert "尚未送达" in desk.shown(f"/agencies/{uscc}")
    shown = desk.shown("/todo/notices", status="sent", q=uscc)
    assert "尚未送达" in shown
    assert f"/record/record-service?uscc={uscc}&amp;id={sent}" in shown
    assert f"/record/acknowledge-notice?uscc={uscc}&amp;id={sent}" in own.shown("/todo/notices", status="sent")
    serve(world, uscc, sent, "2024-07-08")
    for page in (desk.shown(f"/agencies/{uscc}"), desk.shown("/todo/notices", status="sent", q=uscc)):
        assert "送达日 2024-07-08（快递）" in page
    assert "served on 2024-07-08 (courier)" in desk.shown(f"/agencies/{uscc}", lang="en")
    table = world.association.get("/v1/notices", status="sent", q=uscc, format="csv").text
    assert "送达日 2024-07-08（快递）" in table


@pytest.mark.shows("art.20", "R3", "R41")
def test_the_week_runs_from_publication_and_the_dossier_tells_the_day_of_service(dated_world: DatedWorld) -> None:
    """Beside the appeal stands when the agency was served; the last day is that of the publication all the same."""
    world, year = dated_world, Year(dated_world)
    uscc = world.assessed()
    first, second = world.upheld(uscc, "2024-05-06", "2024-05-20")
    notice = listed(world, uscc)
    sent = str(world.done("SendNotice", uscc, notice["id"], sent_on="2024-05-21")["events"][0]["id"])
    world.publish()
    appeal = year.filed_appeal(uscc, second)
    before = world.association.get(f"/v1/appeals/{appeal}").json()
    assert [(one["sent"], one["state"]) for one in before["service"]] == [(sent, "sent")]
    serve(world, uscc, sent, "2024-05-24")
    after = world.association.get(f"/v1/appeals/{appeal}").json()
    assert [(one["state"], one["served_on"]) for one in after["service"]] == [("served", "2024-05-24")]
    assert after["deadline"] == before["deadline"]
    page = Desk(world, Role.COMMITTEE).shown(f"/appeals/{appeal}")
    assert "送达日 2024-05-24（快递）" in page
    assert "异议期自公布起算（第二十条、R32）" in page
    while seal(world.service.ledger.engine):
        pass
    papers = opened(year.committee.get(f"/v1/appeals/{appeal}/dossier"))
    assert json.loads(papers["appeal.json"])["service"] == after["service"]
    kinds = [one["type"] for one in json.loads(papers["trail.json"])]
    assert [one for one in kinds if one.startswith("Notice")] == ["NoticeSent", "NoticeDelivered"]
    assert sum(name.startswith("events/") for name in papers) == len(kinds)
    assert first


@pytest.mark.shows("art.17(2)", "art.20", "R39", "R41")
def test_paper_service_with_a_photo_of_the_receipt_goes_from_upload_to_the_dossier(dated_world: DatedWorld) -> None:
    """Uploaded, named by the delivery, read to the byte by whom it concerns; with notice, standing and dossier."""
    world, year = dated_world, Year(dated_world)
    uscc = world.assessed()
    _, disputed = world.upheld(uscc, "2024-05-06", "2024-05-20")
    sent = str(world.done("SendNotice", uscc, listed(world, uscc)["id"], sent_on="2024-05-21")["events"][0]["id"])
    photo = files.photo("seagreen")
    receipt = files.paper(files.uploaded(world.association, photo), "送达回证照片")
    body = {"served_on": "2024-05-24", "outcome": "delivered", "way": "in_person", "evidence": [receipt]}
    done = world.must(world.association.post(path_of(uscc, sent, "service"), body))["events"][0]
    assert done["type"] == "NoticeDelivered"
    event = world.association.get(f"/v1/agencies/{uscc}/events/{done['id']}").json()["event"]
    assert event["evidence"] == [{"uri": None, **receipt}]
    (served,) = standing(world, uscc)
    assert (served["sent"], served["served_on"], served["way"]) == (sent, "2024-05-24", "in_person")
    assert listed(world, uscc)["service"] == served
    desk, own = Desk(world, Role.ASSOCIATION), Desk(world, Role.AGENCY, uscc)
    elsewhere = world.person(Role.AGENCY, world.filed())
    for page in (desk, own):
        assert "送达日 2024-05-24（当面交付）" in page.shown(f"/agencies/{uscc}")
        assert f"/agencies/{uscc}/events/{done['id']}" in page.shown(f"/agencies/{uscc}/events/{sent}")
        shown = page.shown(f"/agencies/{uscc}/events/{done['id']}")
        assert "送达回证照片" in shown
        assert receipt["sha256"] in shown
    for who in (world.association, world.person(Role.AGENCY, uscc)):
        assert who.get(f"/v1/evidence/{receipt['sha256']}").content == photo
    assert elsewhere.get(f"/v1/evidence/{receipt['sha256']}").status_code == 404
    world.publish()
    appeal = year.filed_appeal(uscc, disputed)
    while seal(world.service.ledger.engine):
        pass
    dossier = opened(year.committee.get(f"/v1/appeals/{appeal}/dossier"))
    assert json.loads(dossier["appeal.json"])["service"] == [served]
    (paper,) = [one for one in json.loads(dossier["evidence/list.json"]) if one["event"] == done["id"]]
    assert (paper["sha256"], dossier[paper["file"]]) == (receipt["sha256"], photo)
