"""Errors are counted by the kind of problem and the route, whatever shape they were answered in."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from starlette.testclient import TestClient

from api.http.metrics import Metrics
from tests.http.world import World, new_uscc

STANDING = "/v1/agencies/{uscc}/standing"
_LINE = re.compile(r'^steward_problems_total\{route="(?P<route>.*)",type="(?P<type>.*)"\} (?P<count>\S+)$', re.M)


def problems(world: World) -> Counter[tuple[str, str]]:
    """How many there were so far, by kind and route."""
    client = TestClient(world.client.app, client=("127.0.0.1", 1))
    found = _LINE.finditer(client.get("/metrics").text)
    return Counter({(one["type"], one["route"]): int(float(one["count"])) for one in found})


def test_each_kind_is_counted_at_its_route(own_world: World) -> None:
    """Refused by the edge, by routing, by the right, by the form, by the trail, on the short way and the long."""
    world, before = own_world, problems(own_world)
    uscc = world.filed()
    world.association.get(f"/v1/agencies/{uscc}/standing")
    assert problems(world) == before, "what is answered is no problem"
    world.association.get(f"/v1/agencies/{uscc}/standing", as_of="soon")
    world.association.get(f"/v1/agencies/{new_uscc()}/standing")
    world.stranger.get(f"/v1/agencies/{uscc}/standing")
    world.stranger.get("/v1/nowhere")
    world.association.post(f"/v1/agencies/{uscc}/lapses", {"item": 99})
    world.regulator.post("/v1/agencies", {})
    key = {"Idempotency_Key": "the-same"}
    for item in (4, 7):
        world.association.post(f"/v1/agencies/{uscc}/lapses", {"item": item, "occurred_on": "2024-05-20"}, **key)
    found = problems(world) - before
    assert found == Counter(
        {
            ("invalid", STANDING): 1,
            ("not-found", STANDING): 1,
            ("unauthenticated", STANDING): 1,
            ("not-found", "none"): 1,
            ("invalid", "/v1/agencies/{uscc}/lapses"): 1,
            ("forbidden", "/v1/agencies"): 1,
            ("idempotency-key-reused", "/v1/agencies/{uscc}/lapses"): 1,
        }
    )


def test_a_page_that_words_a_problem_is_counted_too(own_world: World) -> None:
    """For people it is HTML; the kind is the same."""
    world, before = own_world, problems(own_world)
    answer = world.stranger.get(f"/firms/{new_uscc()}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert sum(count for (kind, _), count in (problems(world) - before).items() if kind == "not-found") == 1


def test_a_failure_of_ours_is_counted_as_internal(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it was: one request, one problem."""
    world = own_world
    uscc = world.filed()
    before = problems(world)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("某机构的内容")

    monkeypatch.setattr("api.application.action_context.ActionContext.record", broken)
    body = {"item": 4, "occurred_on": "2024-05-20"}
    client = TestClient(world.client.app, raise_server_exceptions=False)
    headers = world.association.headers
    assert client.post(f"/v1/agencies/{uscc}/lapses", json=body, headers=headers).status_code == 500
    assert problems(world) - before == Counter({("internal", "/v1/agencies/{uscc}/lapses"): 1})


def test_who_never_reaches_the_application_is_counted(own_world: World) -> None:
    """The server itself sends away what comes beyond the most connections."""
    metrics: Metrics = own_world.client.app.state.metrics  # type: ignore[attr-defined]
    before = problems(own_world)
    metrics.refused("busy")
    assert problems(own_world) - before == Counter({("busy", "none"): 1})
