"""What one caller may take of the service: requests a minute, heavy questions, time; and the headers that protect."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.application.problem_types import OutOfTime
from api.application.questions.inquiry import TimeLimit
from api.http.guard import GuardedRoute
from api.http.limits.fair import Asker
from api.http.limits.rates import HEAVY, ConcurrencyLimit
from api.settings import Settings
from domain.errors import Busy
from domain.values import Role
from projections.replay.queries import Hints
from tests.http.desk import Desk
from tests.http.world import World

SOMEBODY = Asker("auditor", b"a token")


@contextmanager
def limited(url: str, **settings: Any) -> Iterator[World]:
    """A service with these settings."""
    with TestClient(create_app(Settings(database_url=url, **settings))) as client:
        yield World(client)


def test_too_many_requests_with_a_token_are_429(database_url: str) -> None:
    """With Retry-After and a remedy; another token goes on; the short way of `standing` counts like any other."""
    with limited(database_url, rate_per_token=5) as world:
        reader, other = world.people[Role.AUDITOR], world.people[Role.COMMITTEE]
        uscc = world.filed()
        path = f"/v1/agencies/{uscc}/standing"
        assert [reader.get(path).status_code for _ in range(6)] == [200] * 5 + [429]
        refused = reader.get(path)
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.json()["type"] == "/problems/too-many-requests"
        assert refused.json()["remedy"]
        assert other.get(path).status_code == 200


def test_too_many_requests_from_an_address_are_429(database_url: str) -> None:
    """Also without a token; a page says it as a page; probes are answered all the same."""
    with limited(database_url, rate_per_address=10) as world:
        assert {world.stranger.get("/v1/public/agencies").status_code for _ in range(10)} == {200}
        assert world.stranger.get("/v1/public/agencies").status_code == 429
        page = world.stranger.get("/register")
        assert (page.status_code, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
        assert page.headers["retry-after"]
        assert world.stranger.get("/healthz").status_code == 200
        elsewhere = TestClient(world.client.app, client=("192.0.2.9", 1))
        assert elsewhere.get("/v1/public/agencies").status_code == 200


def test_guessing_tokens_ends_soon(database_url: str) -> None:
    """A 401 counts ten times for its address."""
    with limited(database_url, rate_per_address=100) as world:
        guesser = TestClient(world.client.app, client=("192.0.2.9", 1))
        seen = [
            guesser.get("/v1/agencies", headers={"Authorization": f"Bearer stw_{guess}"}).status_code
            for guess in range(15)
        ]
        assert seen == [401] * 10 + [429] * 5


def test_a_session_is_counted_once_a_page(database_url: str) -> None:
    """A session is counted like a token, by its cookie, at the edge alone: once a page."""
    with limited(database_url, rate_per_token=6) as world:
        desk = Desk(world, Role.AUDITOR)
        seen = [desk.client.get("/account").status_code for _ in range(8)]
        assert seen == [200] * 6 + [429] * 2


def test_every_heavy_route_is_there() -> None:
    """The set names routes that exist."""
    app = create_app(Settings(database_url="sqlite:///unused.db"))
    routes = (route for route in app.routes if isinstance(route, GuardedRoute))
    assert {(method, route.path) for route in routes for method in route.methods or ()} >= HEAVY


def test_heavy_questions_wait_and_are_sent_away_when_too_many_do(database_url: str) -> None:
    """One works, one waits, the third gets 503 with Retry-After; everything else is answered meanwhile."""
    with limited(database_url, heavy_at_once=1, heavy_waiting=1) as world:
        uscc = world.filed()
        at_work, go_on = threading.Event(), threading.Event()
        with held_up(world, at_work, go_on):
            asked = [
                in_the_background(lambda: world.association.get("/v1/hints", as_of="2024-06-30")) for _ in range(2)
            ]
            assert at_work.wait(30)
            until_waiting(world, 1)
            refused = world.association.get(f"/v1/agencies/{uscc}/timeline")
            assert (refused.status_code, refused.json()["type"]) == (503, "/problems/busy")
            assert refused.headers["retry-after"]
            assert world.association.get(f"/v1/agencies/{uscc}/standing").status_code == 200
            go_on.set()
            assert [one() for one in asked] == [200, 200]
        assert world.association.get(f"/v1/agencies/{uscc}/timeline").status_code == 200


@contextmanager
def held_up(world: World, at_work: threading.Event, go_on: threading.Event) -> Iterator[None]:
    """Let the list of hints wait for a sign while it works."""
    with pytest.MonkeyPatch.context() as patch:
        real = Hints

        def waiting(*arguments: Any) -> Any:
            at_work.set()
            assert go_on.wait(30)
            return real(*arguments)

        patch.setattr("api.application.questions.agency.course_questions.Hints", waiting)
        yield


def in_the_background(ask: Callable[[], Any]) -> Callable[[], int]:
    """Ask in a thread; call what is returned for the status."""
    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(ask().status_code))
    thread.start()

    def status() -> int:
        thread.join(30)
        return statuses[0]

    return status


def until_waiting(world: World, count: int) -> None:
    heavy: ConcurrencyLimit = world.client.app.state.heavy  # type: ignore[attr-defined]
    for _ in range(300):
        if heavy.waiting == count:
            return
        threading.Event().wait(0.05)
    raise AssertionError("nobody waits")


def test_a_place_is_given_back_however_the_work_ends() -> None:
    """After an error, and after somebody who waited gave up."""

    async def story() -> None:
        heavy = ConcurrencyLimit(1, 1)
        with pytest.raises(ZeroDivisionError):
            async with heavy.place(SOMEBODY):
                raise ZeroDivisionError
        async with heavy.place(SOMEBODY):

            async def wait() -> None:
                async with heavy.place(SOMEBODY):
                    pass

            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
            with pytest.raises(Busy):
                async with heavy.place(SOMEBODY):
                    pass
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
        await asyncio.wait_for(waiting, 10)

    asyncio.run(story())


def test_a_what_if_that_takes_too_long_is_stopped(database_url: str) -> None:
    """503 that says so, after the step that was under way; the next one is answered when there is time."""
    body = {"add": [{"post": "/v1/agencies/{uscc}/lapses", "body": {"item": 4, "occurred_on": "2024-05-20"}}] * 20}
    with limited(database_url, what_if_seconds=1e-6) as world:
        uscc = world.filed()
        for one in body["add"]:
            one["post"] = f"/v1/agencies/{uscc}/lapses"
        refused = world.association.post(f"/v1/agencies/{uscc}/what-if", body)
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/out-of-time")
        assert refused.json()["remedy"]


def test_a_deadline_passes() -> None:
    """Nothing before it, a refusal after it."""
    TimeLimit(1000).check()
    with pytest.raises(OutOfTime):
        TimeLimit(-1).check()
    assert list(TimeLimit(1000).each("abc")) == ["a", "b", "c"]
    with pytest.raises(OutOfTime):
        list(TimeLimit(-1).each("abc"))


def test_the_headers_that_protect(database_url: str, world: World) -> None:
    """On every answer; that HTTPS is a must is said only where the setting says that there is HTTPS."""
    for path in ("/v1/agencies", "/healthz", "/", "/nothing", "/docs"):
        headers = world.association.get(path).headers
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers
    with limited(database_url, https=True) as secure:
        assert secure.stranger.get("/").headers["strict-transport-security"] == "max-age=31536000"
