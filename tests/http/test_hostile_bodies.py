"""Bodies, forms, heads and queries made to cost much: refused before they are validated, and counted."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.application.parsing.strict_json import MOST_MEMBERS, MOST_NAMES, parse_object
from api.application.parsing.validation_texts import MOST_ERRORS
from api.application.privacy.authorisation import PERMISSIONS, PUBLIC
from api.application.problem_types import Malformed
from api.http.limits.rates import FAILED_COSTS, SMALL_BYTES, limits_of
from api.server import MOST_HEAD_BYTES
from domain.store.db.migrate import migrate
from domain.values import Role
from tests.http.test_limits import limited
from tests.http.test_log import serving
from tests.http.world import World, body_of
from tests.postgres_binaries import free_port

LINK = "/v1/survey-links/x"


def test_unknown_keys_are_refused_before_they_are_validated(world: World) -> None:
    """Sixty thousand of them with a link that is none: too large; what is small enough is refused by its keys."""
    many = json.dumps({f"k{number}": 1 for number in range(60_000)}).encode()
    headers = {"Content-Type": "application/json"}
    assert world.client.post(LINK, content=many, headers=headers).status_code == 413
    some = json.dumps({f"k{number}": 1 for number in range(MOST_NAMES + 1)}).encode()
    assert len(some) < SMALL_BYTES
    refused = world.client.post(LINK, content=some, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/malformed-request")
    assert str(MOST_NAMES) in refused.json()["detail"]
    assert str(MOST_NAMES) in refused.json()["detail_en"]


@pytest.mark.parametrize(
    "body",
    [
        {"a": [0] * (MOST_MEMBERS + 1)},
        {"a": [[{}] * 100] * (MOST_MEMBERS // 100)},
        {"a": [{f"k{key}": 0 for key in range(MOST_NAMES)}] * (MOST_MEMBERS // MOST_NAMES)},
    ],
)
def test_members_are_counted_over_the_whole_body(body: dict[str, Any]) -> None:
    """In one list, in many, in many objects: names and items together."""
    with pytest.raises(Malformed, match=str(MOST_MEMBERS)):
        parse_object(json.dumps(body).encode())


def test_as_many_members_as_a_command_may_have_are_taken() -> None:
    """The largest filing that the commands allow, and a year's waivers on their own route."""
    person = {"name": "a", "qualification": "b", "certificate_no": "c"}
    assert parse_object(json.dumps({"personnel": [person] * 500, "evidence": [person] * 50}).encode())
    publication = limits_of("POST", "/v1/assessments/{year}/publication")
    waivers = {"waivers": [{"uscc": "a", "part": "quality", "reason": "b"}] * 10_000}
    assert parse_object(json.dumps(waivers).encode(), publication.members)


def test_who_needs_no_token_sends_little() -> None:
    """Every body without a token, and those of the administrator, are small; a smaller setting still holds."""
    for (method, path), rights in PERMISSIONS.items():
        if method == "POST" and (rights is PUBLIC or rights.keys() == {Role.ADMIN}):
            assert limits_of(method, path).within(2**30) == SMALL_BYTES, path
            assert limits_of(method, path).within(2048) == 2048, path


def test_a_problem_lists_so_many_errors_and_no_more(world: World) -> None:
    """A list with hundreds of wrong items: the first hundred are told; of unknown query parameters too."""
    body = {**body_of("FileAgency"), "personnel": [{"nam": 1, "x": 2}] * 400}
    refused = world.association.post("/v1/agencies", body)
    assert refused.status_code == 422
    assert len(refused.json()["errors"]) == MOST_ERRORS
    asked = "&".join(f"k{number}=1" for number in range(2000))
    refused = world.client.get(f"/v1/public/agencies?{asked}")
    assert refused.status_code == 422
    assert len(refused.json()["errors"]) == MOST_ERRORS


def test_a_strangers_failed_tries_are_counted(database_url: str) -> None:
    """Guessed links, forms and bodies count ten times for their address; who is known, and other addresses, do not."""
    with limited(database_url, rate_per_address=100) as world:
        guesser = TestClient(world.client.app, client=("192.0.2.9", 1))
        tried = [guesser.get(f"/v1/survey-links/{number}").status_code for number in range(12)]
        assert tried == [404] * (100 // FAILED_COSTS) + [429] * 2
        signer = TestClient(world.client.app, client=("192.0.2.12", 1))
        tried = [signer.get(f"/acknowledge/x.{number}").status_code for number in range(12)]
        assert tried == [404] * (100 // FAILED_COSTS) + [429] * 2
        poster = TestClient(world.client.app, client=("192.0.2.10", 1))
        tried = [poster.post(LINK, json={"answers": ["A"] * 10}).status_code for _ in range(12)]
        assert tried == [404] * 10 + [429] * 2
        signing_in = TestClient(world.client.app, client=("192.0.2.11", 1))
        form = {"login": "nobody-at-all", "password": "x"}
        assert [signing_in.post("/sign-in", data=form).status_code for _ in range(12)].count(429) >= 2
        uscc = world.filed()
        wrong = [world.association.post(f"/v1/agencies/{uscc}/lapses", {}).status_code for _ in range(20)]
        assert wrong == [422] * 20, "whoever is known may be wrong as often as they like"


def ask(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_a_head_has_a_size(tmp_path: Path) -> None:
    """An address, a header or a cookie beyond it is 431, whole or never ending, and the service goes on."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    port = free_port()
    with serving(url, tmp_path, port):
        assert ask(port, "/v1/public/agencies?" + "a=1&" * (MOST_HEAD_BYTES // 4 - 100))[0] == 422, "it has room"
        status, body = ask(port, "/healthz", Cookie="a=b; " * (MOST_HEAD_BYTES // 5))
        assert status == 431
        assert json.loads(body)["type"] == "/problems/head-too-large"
        assert ask(port, "/healthz", Cookie="a=b; " * (MOST_HEAD_BYTES // 10))[0] == 200
        with socket.create_connection(("127.0.0.1", port), timeout=30) as endless:
            endless.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ")
            received = b""
            try:
                for _ in range(40):
                    endless.sendall(b"y" * 65_536)
                received = endless.recv(65_536)
            except OSError:
                pass
            assert not received or b" 431 " in received
        assert ask(port, "/healthz")[0] == 200
