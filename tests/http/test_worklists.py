"""The worklist of what was asked for (R8), and how much waits on each list; on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from domain.values import Role
from tests.http.world import Person, World, body_of, today


def listed(person: Person, uscc: str, **query: Any) -> list[dict[str, Any]]:
    return [
        one
        for one in person.get("/v1/submissions", limit=500, **query).json()["items"]
        if one["agency"]["uscc"] == uscc
    ]


@pytest.mark.shows("R8")
def test_a_request_waits_until_it_has_come_in(world: World) -> None:
    """With its item, title, last day and the agency's name; received it leaves the list; the agency sees its own."""
    uscc, other = world.filed(), world.filed()
    later = world.id_of("RequestSubmission", uscc, requested_on="2024-07-01", due_on="2024-08-30")
    sooner = world.id_of("RequestSubmission", uscc, requested_on="2024-07-01", due_on="2024-07-30")
    world.id_of("RequestSubmission", other)
    rows = listed(world.association, uscc)
    assert [(one["id"], one["due_on"]) for one in rows] == [(sooner, "2024-07-30"), (later, "2024-08-30")]
    asked = body_of("RequestSubmission")
    assert (rows[0]["item"], rows[0]["recorded"]["fact"]["title"]) == (asked["item"], asked["title"])
    assert rows[0]["agency"]["name"] == body_of("FileAgency")["name"]
    own = world.person(Role.AGENCY, uscc)
    assert [one["id"] for one in own.get("/v1/submissions").json()["items"]] == [sooner, later]
    assert [one["id"] for one in listed(own, uscc, due_before="2024-08-01")] == [sooner]
    world.done("ReceiveSubmission", uscc, sooner)
    assert [one["id"] for one in listed(own, uscc)] == [later]
    assert [one["id"] for one in listed(own, uscc, status="received")] == [sooner]


def test_how_much_waits_is_counted(world: World) -> None:
    """Open and overdue per list; an agency's numbers are its own, and no list of reports is named to it."""
    uscc = world.filed()
    own = world.person(Role.AGENCY, uscc)
    world.done("RequestSubmission", uscc, requested_on="2024-07-01", due_on="2024-07-30")
    world.done("RequestSubmission", uscc, requested_on=today(), due_on="2099-07-30")
    world.done("FileObjection", uscc, event_id=world.id_of("RecordLapse", uscc))
    content = own.get("/v1/worklists").json()
    assert content["as_of"] == today()
    assert {one.pop("list"): one for one in content["items"]} == {
        "appeals": {"open": 0, "overdue": 0},
        "objections": {"open": 1, "overdue": 0},
        "impacts": {"open": 0, "overdue": 0},
        "submissions": {"open": 2, "overdue": 1},
    }
    before = counted(world)
    world.done("ReportBehaviour", uscc)
    assert counted(world)["reports"] == before["reports"] + 1


def counted(world: World) -> dict[str, int]:
    return {one["list"]: one["open"] for one in world.association.get("/v1/worklists").json()["items"]}
