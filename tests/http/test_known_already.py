"""What somebody has already is not sent again, also of a question about now (RFC 9110, 8.8 and 13.1.2)."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import pytest

from api.application.questions import inquiry
from api.http import responses
from tests.http.example_answers import ask
from tests.http.world import Person, World, today

MOVING = {
    "/v1/consultations": "asking is itself written into this list",
    "/v1/appeals/": "its differences say in words up to which instant today's sheet knows",
}
"""What says something new each time it is asked."""
STILL = ("-letter", "/explanation", "/dossier")
"""Beneath these, what does not."""


def test_every_answer_that_is_asked_again_is_known_already(own_world: World) -> None:
    """Each route that answers with an ETag, one after the other: asked again at once, it answers 304 without a body,
    whatever clock it echoes."""
    asked, sent_again = 0, []

    def again(person: Person, path: str, query: dict[str, Any], response: Any) -> None:
        nonlocal asked
        if "etag" not in response.headers:
            return
        if path.startswith(tuple(MOVING)) and not path.endswith(STILL):
            return
        asked += 1
        known = person.get(path, {"If-None-Match": response.headers["etag"]}, **query)
        if (known.status_code, known.content, known.headers["etag"]) != (304, b"", response.headers["etag"]):
            sent_again.append(path)

    ask(own_world, again)
    assert asked > 40
    assert sent_again == []


def test_of_now_it_is_the_same_until_something_else_changes(world: World) -> None:
    """Standing (the short way) and a sheet: 304 while the clock goes on; a fact or another day is sent."""
    uscc = world.filed()
    for path in (f"/v1/agencies/{uscc}/standing", f"/v1/agencies/{uscc}/sheets/2024"):
        first = world.association.get(path, as_of="2024-06-30")
        tag = {"If-None-Match": first.headers["etag"]}
        assert first.headers["etag"].startswith('W/"')
        time.sleep(0.002)
        again = world.association.get(path, tag, as_of="2024-06-30")
        assert (again.status_code, again.content) == (304, b"")
        assert world.association.get(path, as_of="2024-06-30").json()["known_at"] > first.json()["known_at"]
        assert world.association.get(path, tag, as_of="2024-06-29").status_code == 200
        complaint = world.id_of("ReceiveComplaint", uscc)
        world.done("DecideComplaint", uscc, complaint)
        after = world.association.get(path, tag, as_of="2024-06-30")
        assert after.status_code == 200
        assert after.json()["version"] == first.json()["version"] + 2


def test_a_list_as_a_whole_is_known_already(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is too long for the memory, and the clock lies across two pieces of it, on every line of it."""
    world.filed()
    for size in (7, 64, 256 * 1024):
        monkeypatch.setattr(responses, "_PIECE", size)
        for form in ("json", "ndjson"):
            first = world.association.get("/v1/standings", format=form)
            time.sleep(0.002)
            again = world.association.get("/v1/standings", {"If-None-Match": first.headers["etag"]}, format=form)
            assert (again.status_code, again.content) == (304, b"")
            world.filed()
            changed = world.association.get("/v1/standings", {"If-None-Match": first.headers["etag"]}, format=form)
            assert changed.status_code == 200


def test_what_was_worked_out_over_midnight_is_of_the_day_it_began_on(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that begins a moment before the day ends is not what those of the next day are answered with."""
    world, day = own_world, date.fromisoformat(today())
    tomorrow = str(day + timedelta(days=1))
    world.done("TerminateAgency", world.filed(), effective_on=tomorrow)
    moments = [f"{day}T15:59:59.900000Z"]  # in Shanghai a tenth of a second before midnight, then after it
    monkeypatch.setattr(inquiry, "now", lambda: moments.pop() if moments else f"{day}T16:00:00.100000Z")
    world.association.get("/v1/statistics")
    assert not moments
    after = world.association.get("/v1/statistics").json()
    asked = world.association.get("/v1/statistics", as_of=tomorrow).json()
    assert after["as_of"] == asked["as_of"] == tomorrow
    assert after["filings"] == asked["filings"]
