"""The worklist of what was asked for (R8), and how much waits on each list; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from api.application.questions import inquiry
from domain.values import Role, instant
from tests.http.desk import Desk
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
    later = world.id_of("RequestSubmission", uscc, requested_on="2024-07-01", due_on="2099-08-30")
    sooner = world.id_of("RequestSubmission", uscc, requested_on="2024-07-01", due_on="2099-07-30")
    world.id_of("RequestSubmission", other)
    rows = listed(world.association, uscc)
    assert [(one["id"], one["due_on"]) for one in rows] == [(sooner, "2099-07-30"), (later, "2099-08-30")]
    asked = body_of("RequestSubmission")
    assert (rows[0]["item"], rows[0]["recorded"]["fact"]["title"]) == (asked["item"], asked["title"])
    assert rows[0]["agency"]["name"] == body_of("FileAgency")["name"]
    own = world.person(Role.AGENCY, uscc)
    assert [one["id"] for one in own.get("/v1/submissions").json()["items"]] == [sooner, later]
    assert [one["id"] for one in listed(own, uscc, due_before="2099-08-01")] == [sooner]
    world.done("ReceiveSubmission", uscc, sooner)
    assert [one["id"] for one in listed(own, uscc)] == [later]
    assert [one["id"] for one in listed(own, uscc, status="received")] == [sooner]


@pytest.mark.shows("R8", "R40")
def test_two_pages_of_a_list_are_of_one_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Midnight passes between them, and what was due lapses: the second goes on where the first has ended."""
    uscc = world.filed()
    both = [
        world.id_of("RequestSubmission", uscc, requested_on="2024-07-01", due_on=today(), title=name) for name in "甲乙"
    ]
    first = world.association.get("/v1/submissions", q=uscc, limit=1).json()
    monkeypatch.setattr(inquiry, "now", lambda: instant(datetime.now(UTC) + timedelta(days=1)))
    second = world.association.get("/v1/submissions", q=uscc, limit=1, cursor=first["next_cursor"]).json()
    rows = [*first["items"], *second["items"]]
    assert sorted(one["id"] for one in rows) == sorted(both)
    assert {one["status"] for one in rows} == {"open"}


@pytest.mark.shows("R8", "R40")
def test_what_can_no_longer_be_handed_in_on_time_stands_apart(world: World) -> None:
    """Of a request whose day has passed the point is lost: not open and not on the board, until it comes in."""
    uscc = world.filed()
    late = world.id_of("RequestSubmission", uscc, requested_on="2024-07-01", due_on="2024-07-30")
    today_ = world.id_of("RequestSubmission", uscc, requested_on="2024-07-01", due_on=today())
    own = world.person(Role.AGENCY, uscc)
    for person in (world.association, own):
        assert [(one["id"], one["status"]) for one in listed(person, uscc)] == [(today_, "open")]
        assert [(one["id"], one["status"]) for one in listed(person, uscc, status="lapsed")] == [(late, "lapsed")]
        both = [(late, "lapsed"), (today_, "open")]
        assert [(one["id"], one["status"]) for one in listed(person, uscc, status="all")] == both
    desk = Desk(world, Role.ASSOCIATION)
    board = desk.shown("/board")
    assert "已过期 " not in board[board.index("待收材料") :].partition('</li>\n<li class="panel">')[0]
    assert late not in desk.shown("/todo/submissions")
    lapsed = desk.shown("/todo/submissions", status="lapsed", q=uscc)
    assert f"/record/receive-submission?uscc={uscc}&id={late}" in unescape(lapsed), "a late receipt is still recorded"
    world.done("ReceiveSubmission", uscc, late, received_on=today())
    assert listed(own, uscc, status="lapsed") == []
    assert [one["id"] for one in listed(own, uscc, status="received")] == [late]


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
        "submissions": {"open": 1, "overdue": 0},
    }
    before = counted(world)
    world.done("ReportBehaviour", uscc)
    assert counted(world)["reports"] == before["reports"] + 1


def counted(world: World) -> dict[str, int]:
    return {one["list"]: one["open"] for one in world.association.get("/v1/worklists").json()["items"]}
