"""Retries and concurrency: idempotency keys and versions, on both databases, also with many requests at once."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from domain.values import Role
from tests.http.world import Person, World, body_of, new_uscc


def test_a_retry_returns_the_first_answer(world: World) -> None:
    """The same key and request: the same status and bytes, marked as replayed, and one event only."""
    uscc = world.filed()
    path, body = f"/v1/agencies/{uscc}/lapses", body_of("RecordLapse")
    first = world.association.post(path, body, Idempotency_Key="k-1")
    again = world.association.post(path, dict(reversed(body.items())), Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert [one["type"] for one in world.trail(uscc)].count("LapseRecorded") == 1


def test_a_retry_of_a_first_filing(world: World) -> None:
    """Also where the first answer created the agency: no 409 for what was accepted already."""
    body = {**body_of("FileAgency"), "uscc": new_uscc()}
    answers = [world.association.post("/v1/agencies", body, Idempotency_Key="k-file").content for _ in range(2)]
    assert answers[0] == answers[1]


def test_a_key_stands_for_one_request(world: World) -> None:
    """Another body, another path or another agency under the same key: 422 with a type of its own, nothing recorded."""
    uscc, other = world.filed(), world.filed()
    body = body_of("RecordLapse")
    World.must(world.association.post(f"/v1/agencies/{uscc}/lapses", body, Idempotency_Key="k-2"))
    attempts = [
        (f"/v1/agencies/{uscc}/lapses", {**body, "item": 5}),
        (f"/v1/agencies/{other}/lapses", body),
        (f"/v1/agencies/{uscc}/pledge", body_of("SignPledge")),
        (f"/v1/agencies/{new_uscc()}/lapses", body),
    ]
    for path, sent in attempts:
        response = world.association.post(path, sent, Idempotency_Key="k-2")
        assert response.status_code == 422
        assert response.json()["type"] == "/problems/idempotency-key-reused"
    assert (len(world.trail(uscc)), len(world.trail(other))) == (3, 2)


def test_a_key_belongs_to_one_token(world: World) -> None:
    """Two people may use the same key: each request is recorded."""
    uscc, colleague = world.filed(), world.person(Role.ASSOCIATION)
    for who in (world.association, colleague):
        World.must(who.post(f"/v1/agencies/{uscc}/lapses", body_of("RecordLapse"), Idempotency_Key="k-3"))
    assert len(world.trail(uscc)) == 4


def test_a_refusal_is_not_kept(world: World) -> None:
    """After a 409, 412 or 422 the same key can still record: a refusal is not the answer to all retries."""
    uscc = world.submitted()
    path, body = f"/v1/agencies/{uscc}/termination", body_of("TerminateAgency")
    assert world.association.post(path, body, Idempotency_Key="k-4").status_code == 409
    assert world.association.post(path, body, Idempotency_Key="k-4", If_Match='"7"').status_code == 412
    world.done("DecideFiling", uscc)
    assert world.association.post(path, body, Idempotency_Key="k-4").status_code == 201


def test_the_key_is_looked_at_before_the_version(world: World) -> None:
    """A retry with the If-Match of the first attempt, which by now is outdated, gets the first answer, not 412."""
    uscc = world.filed()
    path, body = f"/v1/agencies/{uscc}/lapses", body_of("RecordLapse")
    first = world.association.post(path, body, Idempotency_Key="k-5", If_Match='"2"')
    assert first.status_code == 201
    again = world.association.post(path, body, Idempotency_Key="k-5", If_Match='"2"')
    assert again.content == first.content


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "键", "a\x7f"])
def test_a_malformed_key_is_refused(world: World, key: str) -> None:
    """Not 1 to 255 visible ASCII characters: 400; an empty one, which protects no retry: 422. Nothing is recorded."""
    response = world.client.post(
        f"/v1/agencies/{world.filed()}/lapses",
        json=body_of("RecordLapse"),
        headers=[(b"Authorization", f"Bearer {world.association.token}".encode()), (b"Idempotency-Key", key.encode())],
    )
    assert response.status_code == (400 if key.strip() else 422)
    assert "Idempotency-Key" in response.json()["detail"]
    assert response.json()["remedy"]


def test_the_longest_key_is_accepted(world: World) -> None:
    """255 visible characters are a key."""
    path = f"/v1/agencies/{world.filed()}/lapses"
    assert world.association.post(path, body_of("RecordLapse"), Idempotency_Key="~" * 255).status_code == 201


def test_if_match_guards_the_version(world: World) -> None:
    """The current version and `*` are accepted; another is 412 with an exact body; what is no version is 400."""
    uscc = world.filed()
    path, body = f"/v1/agencies/{uscc}/lapses", body_of("RecordLapse")
    assert world.association.post(path, body, If_Match='"2"').status_code == 201
    moved = world.association.post(path, body, If_Match='"2"')
    assert moved.status_code == 412
    assert moved.json() == {
        "type": "/problems/version-moved",
        "title": "记录已有更新",
        "title_en": "The record has moved",
        "status": 412,
        "detail": "机构记录已是第 3 版，不是 2",
        "detail_en": "the agency is at version 3, not 2",
        "remedy": "请重新读取后再决定",
        "remedy_en": "Read it again and decide anew.",
    }
    assert world.association.post(path, body, If_Match="*").status_code == 201
    for malformed in ("3", 'W/"3"', '"x"', '"3", "4"', '""', '"-1"'):
        assert world.association.post(path, body, If_Match=malformed).status_code == 400, malformed
    assert len(world.trail(uscc)) == 4


def test_if_match_on_a_first_filing(world: World) -> None:
    """Nothing exists yet: `*` and version 1 have moved, version 0 is what there is."""
    body = {**body_of("FileAgency"), "uscc": new_uscc()}
    assert world.association.post("/v1/agencies", body, If_Match="*").status_code == 412
    assert world.association.post("/v1/agencies", body, If_Match='"1"').status_code == 412
    assert world.association.get(f"/v1/agencies/{body['uscc']}/standing").status_code == 404
    assert world.association.post("/v1/agencies", body, If_Match='"0"').status_code == 201


# ---- many at once, against a real server on the loopback ----


class Served:
    """A real server in a thread, and requests to it on connections of their own."""

    def __init__(self, world: World, port: int) -> None:
        self.world, self.port = world, port

    def post(self, person: Person, path: str, body: Any, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            more = {name.replace("_", "-"): value for name, value in headers.items()}
            sent = {"Content-Type": "application/json", **person.headers, **more}
            connection.request("POST", path, json.dumps(body), sent)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return response.status, response.read(), names
        finally:
            connection.close()


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    """The service on a free loopback port; a second application on the same database makes people and reads."""
    settings = Settings(database_url=database_url)
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_config=None, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    with TestClient(create_app(settings)) as client:
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                thread.join(0.02)
            yield Served(World(client), server.servers[0].sockets[0].getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(30)


def test_many_requests_with_one_key_make_one_event(served: Served) -> None:
    """Eight at once: exactly one event, and all get the same 201 and body."""
    world, uscc = served.world, served.world.filed()
    path, body = f"/v1/agencies/{uscc}/lapses", body_of("RecordLapse")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: served.post(world.association, path, body, Idempotency_Key="one"), range(8)))
    assert {status for status, _, _ in answers} == {201}
    assert len({content for _, content, _ in answers}) == 1
    assert sum("idempotent-replayed" in headers for _, _, headers in answers) == 7
    assert [one["type"] for one in world.trail(uscc)].count("LapseRecorded") == 1


def test_one_key_on_two_agencies_at_once_records_one(served: Served) -> None:
    """The head locks differ, so only the key's row can decide: one is recorded, the others are 422."""
    world = served.world
    agencies = [world.filed() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda uscc: served.post(
                    world.association, f"/v1/agencies/{uscc}/lapses", body_of("RecordLapse"), Idempotency_Key="two"
                ),
                agencies,
            )
        )
    assert sorted(status for status, _, _ in answers) == [201, 422, 422, 422]
    assert sum(len(world.trail(uscc)) for uscc in agencies) == 9


def test_many_writers_of_one_agency_lose_nothing(served: Served) -> None:
    """Without If-Match all are recorded, in dense versions and increasing instants; with it, one."""
    world, uscc = served.world, served.world.filed()
    path, body = f"/v1/agencies/{uscc}/lapses", body_of("RecordLapse")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: served.post(world.association, path, body), range(16)))
        assert [status for status, _, _ in answers] == [201] * 16
        guarded = list(pool.map(lambda _: served.post(world.association, path, body, If_Match='"18"'), range(8)))
    assert sorted(status for status, _, _ in guarded) == [201] + [412] * 7
    trail = world.trail(uscc)
    assert [one["version"] for one in trail] == list(range(1, 20))
    instants = [one["recorded_at"] for one in trail]
    assert instants == sorted(set(instants))


def test_the_server_tells_nothing_of_itself(served: Served) -> None:
    """No banner with a name or a version; a body far over the limit is answered, not cut off."""
    world = served.world
    status, content, headers = served.post(world.association, "/v1/agencies", {"name": "x" * 3_000_000})
    assert status == 413
    assert json.loads(content)["type"] == "/problems/too-large"
    assert "server" not in headers
