"""Every operation of the interface against requests made up from its own document: nothing that is not documented.

`STEWARD_FUZZ=1000 ./run test tests/http/test_fuzz.py` tries so many requests of each operation instead of a few, always
the same ones for the same number.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.app import create_app
from api.application.privacy.authorisation import PERMISSIONS
from api.settings import Settings
from domain.store.db.schema import events
from tests.databases import Databases
from tests.http.fuzzing import Fuzzer, Request, known_to
from tests.http.world import World

EXAMPLES = {"sqlite": 6, "postgresql": 2}
"""Of each operation."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
READS = ("what-if",)
"""Posted, and yet they record nothing whatever the answer."""
OPERATIONS = sorted((method, path.replace(":path", "")) for method, path in PERMISSIONS)


def bounded(examples: int) -> settings:
    """So many requests, the same at every run; nothing is tried again, as the service is not what it was before."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


class Service:
    """A service of its own, which counts nobody's requests, and what is asked of it."""

    def __init__(self, client: TestClient) -> None:
        self.world = World(client)
        self.fuzzer = Fuzzer(client.get("/openapi.json").json(), known_to(self.world))

    def recorded(self) -> int:
        """How many events there are."""
        with self.world.service.ledger.reading() as reader:
            return reader.connection.scalar(select(func.count()).select_from(events)) or 0

    def send(self, request: Request) -> Any:
        """The answer."""
        return self.world.client.request(
            request.method, request.url, headers=request.headers, content=request.content, follow_redirects=False
        )


@pytest.fixture(scope="module")
def service(dialect: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """See `Service`."""
    folder = tmp_path_factory.mktemp("fuzz")
    limits: dict[str, Any] = {"rate_per_token": 0, "rate_per_address": 0}
    url = databases.migrated(dialect, folder)
    with TestClient(create_app(Settings(database_url=url, data_dir=folder, **limits))) as client:
        yield Service(client)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(one) for one in OPERATIONS])
def test_no_request_is_answered_but_as_documented(service: Service, dialect: str, method: str, path: str) -> None:
    """No 5xx; the status, media type, headers and body are declared; what is refused or only asked records nothing."""

    @bounded(int(os.environ.get("STEWARD_FUZZ", EXAMPLES[dialect])))
    @given(st.data())
    def story(data: st.DataObject) -> None:
        attempt = data.draw(service.fuzzer.attempts(method, path))
        before = service.recorded()
        answer = service.send(attempt.request)
        attempt.case.validate_response(answer, checks=CHECKS)
        if answer.status_code != 201 or path.endswith(READS):
            assert service.recorded() == before

    story()


REACHED = [
    ("GET", "/v1/agencies/{uscc}/standing"),
    ("GET", "/v1/agencies/{uscc}/events/{id}"),
    ("POST", "/v1/agencies/{uscc}/lapses"),
    ("POST", "/v1/agencies/{uscc}/annulments"),
    ("POST", "/v1/agencies/{uscc}/filing-decision"),
    ("POST", "/v1/agencies/{uscc}/what-if"),
]


def test_the_requests_reach_what_they_are_for(service: Service) -> None:
    """The generator is not stopped at the door: its requests are answered in all the ways there are.

    How soon each way is met hangs on what hypothesis happens to draw (and repeat), which any change of the document
    moves: so it may take its time, and ends when all are met.
    """
    wanted = {200, 201, 400, 401, 403, 404, 415, 422}
    seen: set[int] = set()

    @bounded(400)
    @given(st.data())
    def story(data: st.DataObject) -> None:
        attempts = [data.draw(service.fuzzer.attempts(*one)) for one in REACHED]
        if not (wanted <= seen and seen & {409, 412}):
            seen.update(service.send(attempt.request).status_code for attempt in attempts)

    story()
    assert seen >= wanted
    assert seen & {409, 412}, "what is right by itself and does not go with what stands"
