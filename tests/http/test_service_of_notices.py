"""Notices reach their recipient (送达、签收, R41): recorded once; what waits for whom, and what came back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.values import Role
from tests.http.desk import Desk
from tests.http.test_form_pages import previewed
from tests.http.world import World, new_uscc, today


def path_of(uscc: str, sent: str, what: str) -> str:
    return f"/v1/agencies/{uscc}/sent-notices/{sent}/{what}"


def waiting(world: World, role: Role, uscc: str, state: str = "open") -> dict[str, str]:
    """What waits of service for somebody in a role at the agency: id by kind."""
    who = world.person(role, uscc) if role is Role.AGENCY else world.people[role]
    items = who.get("/v1/matters", uscc=uscc, state=state, limit=500).json()["items"]
    return {one["kind"]: one["id"] for one in items if one["kind"] in ("acknowledgement", "undeliverable")}


def warned_today(world: World) -> tuple[str, str]:
    """An agency that was sent a warning today, and the event that says so."""
    uscc = world.filed()
    world.upheld(uscc, "2024-05-06", "2024-05-20")
    items = world.association.get("/v1/notices", limit=500).json()["items"]
    notice = next(one["id"] for one in items if one["agency"]["uscc"] == uscc and one["recipient"] == "agency")
    return uscc, str(world.done("SendNotice", uscc, notice, sent_on=today())["events"][0]["id"])


@pytest.mark.shows("art.17(2)", "R40", "R41")
def test_a_notice_waits_to_be_acknowledged_comes_back_and_is_served(world: World) -> None:
    """The agency is asked to acknowledge; returned, the desk is told; served it is told no more; signed, nobody is."""
    uscc, sent = warned_today(world)
    assert waiting(world, Role.AGENCY, uscc) == {"acknowledgement": f"acknowledgement:{sent}"}
    assert waiting(world, Role.ASSOCIATION, uscc) == {}
    service = {"served_on": today(), "outcome": "undeliverable", "way": "post"}
    back = world.must(world.association.post(path_of(uscc, sent, "service"), service))
    assert back["events"][0]["type"] == "NoticeUndeliverable"
    assert waiting(world, Role.ASSOCIATION, uscc) == {"undeliverable": f"undeliverable:{sent}"}
    served = world.must(
        world.association.post(path_of(uscc, sent, "service"), {**service, "outcome": "delivered", "way": "in_person"})
    )
    assert waiting(world, Role.ASSOCIATION, uscc) == {}
    own = world.person(Role.AGENCY, uscc)
    signed = world.must(own.post(path_of(uscc, sent, "acknowledgement"), {"acknowledged_on": today()}))
    assert waiting(world, Role.AGENCY, uscc) == {}
    world.done("AnnulEvent", uscc, event_id=signed["events"][0]["id"])
    world.done("AnnulEvent", uscc, event_id=served["events"][0]["id"])
    assert waiting(world, Role.AGENCY, uscc) == {"acknowledgement": f"acknowledgement:{sent}"}
    assert waiting(world, Role.ASSOCIATION, uscc) == {"undeliverable": f"undeliverable:{sent}"}
    world.done("AnnulEvent", uscc, event_id=sent)
    assert waiting(world, Role.AGENCY, uscc) == waiting(world, Role.ASSOCIATION, uscc) == {}


@pytest.mark.shows("R40", "R41")
def test_an_old_notice_does_not_wait_for_ever(world: World) -> None:
    """Sixty days after it was sent it stands among what has lapsed; it can be acknowledged all the same."""
    uscc = world.filed()
    sent = world.warned(uscc)
    assert waiting(world, Role.AGENCY, uscc) == {}
    assert "acknowledgement" in waiting(world, Role.AGENCY, uscc, "lapsed")
    own = world.person(Role.AGENCY, uscc)
    world.must(own.post(path_of(uscc, sent, "acknowledgement"), {"acknowledged_on": today()}))
    assert waiting(world, Role.AGENCY, uscc, "lapsed") == {}


@pytest.mark.shows("R8b", "R41")
def test_what_is_wrong_about_a_service_is_refused_by_name(world: World) -> None:
    """Before it was sent; for the agency without its paper; by another agency; of a notice to somebody else."""
    uscc, sent = warned_today(world)

    def problem(who: Any, what: str, body: dict[str, Any]) -> tuple[int, str]:
        answer = who.post(path_of(uscc, sent, what), body)
        return answer.status_code, answer.json().get("errors", [{}])[0].get("pointer", answer.json().get("rule", ""))

    before = len(world.trail(uscc))
    early = {"served_on": "2024-01-01", "outcome": "delivered", "way": "post"}
    assert problem(world.association, "service", early) == (422, "/served_on")
    paperless = {"acknowledged_on": today()}
    assert problem(world.association, "acknowledgement", paperless) == (422, "/evidence")
    stranger = world.person(Role.AGENCY, new_uscc())
    assert problem(stranger, "acknowledgement", paperless)[0] == 404
    assert problem(world.person(Role.AGENCY, uscc), "service", early)[0] == 403
    world.done("FindAccidentLiability", world.filed())
    assert len(world.trail(uscc)) == before


@pytest.mark.shows("R41")
def test_the_agency_acknowledges_on_its_page(world: World) -> None:
    """From what waits for it to the form with the notice chosen, and its receipt."""
    uscc, sent = warned_today(world)
    desk = Desk(world, Role.AGENCY, uscc)
    shown = desk.shown("/matters", kind="acknowledgement")
    assert f"/record/acknowledge-notice?uscc={uscc}&amp;id={sent}" in shown
    form = desk.shown("/record/acknowledge-notice", uscc=uscc, id=sent)
    assert "警示提醒" in form
    carried = previewed(desk, "acknowledge-notice", {"agency": uscc, "id": sent, "/acknowledged_on": today()})
    receipt = desk.followed("/record/acknowledge-notice", {**carried, "do": "record"})
    assert "已记录：签收通知" in receipt.text


@pytest.mark.shows("art.17(2)", "R41")
def test_the_standings_of_all_say_the_day_of_service_as_that_of_one_does(world: World) -> None:
    """In one answer, as lines and as a table; a notice to another than the agency is none of them."""
    uscc, sent = warned_today(world)
    own = world.person(Role.AGENCY, uscc)
    for day in (None, today()):
        if day is not None:
            world.must(own.post(path_of(uscc, sent, "acknowledgement"), {"acknowledged_on": day}))
        alone = world.association.get(f"/v1/agencies/{uscc}/standing").json()["service"]
        assert [(one["sent"], one["served_on"]) for one in alone] == [(sent, day)]
        among = world.association.get("/v1/standings").json()["items"]
        assert [one["service"] for one in among if one["agency"]["uscc"] == uscc] == [alone]
        assert [one["service"] for one in own.get("/v1/standings").json()["items"]] == [alone]
    lines = [json.loads(one) for one in own.get("/v1/standings", format="ndjson").text.splitlines()]
    assert [one["service"][0]["served_on"] for one in lines] == [today()]
    assert f",{today()}" in own.get("/v1/standings", format="csv").text
