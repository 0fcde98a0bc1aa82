"""Traces: off unless asked for, sent to a real collector (OTLP over HTTP), continued from the caller, about nobody."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.testclient import TestClient

from api.app import create_app
from api.application.background.traces import TracesUnavailable, require_traces
from api.settings import Settings
from domain import spans
from domain.errors import Contradiction
from tests.http.world import World
from tests.processes import ROOT

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PATIENCE_S = 20.0


class Collector:
    """A receiver of OTLP over HTTP on loopback (opentelemetry-proto, 1.x)."""

    def __init__(self) -> None:
        self.received: list[ExportTraceServiceRequest] = []
        self.raw: list[bytes] = []
        self.paths: list[str] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.paths.append(self.path)
                collector.raw.append(body)
                collector.received.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def spans(self) -> list[Any]:
        """All that came."""
        return [
            one
            for request in self.received
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for one in scope.spans
        ]

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector of this test."""
    made = Collector()
    yield made
    made.close()


@contextmanager
def serving(url: str, **settings: Any) -> Iterator[World]:
    """A service of its own; what waits to be sent is sent when it ends."""
    with TestClient(create_app(Settings(database_url=url, **settings)), raise_server_exceptions=False) as client:
        yield World(client)


def attributes(one: Any) -> dict[str, Any]:
    return {kept.key: kept.value.string_value or kept.value.int_value for kept in one.attributes}


def test_a_command_is_followed_from_the_request_to_the_database(database_url: str, collector: Collector) -> None:
    """Request, record, transaction and command hang together, below the caller's own span (W3C Trace Context)."""
    with serving(database_url, traces_url=collector.url) as world:
        uscc = world.filed()
        body = {"item": 4, "occurred_on": "2024-05-20"}
        traced = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
        assert world.association.post(f"/v1/agencies/{uscc}/lapses?x=1", body, **traced).status_code in (201, 422)
        assert world.association.post(f"/v1/agencies/{uscc}/lapses", body, **traced).status_code == 201
    ours = {one.span_id: one for one in collector.spans() if one.trace_id.hex() == TRACE}
    (request,) = [one for one in ours.values() if attributes(one).get("http.response.status_code") == 201]
    assert request.parent_span_id.hex() == CALLER
    assert request.name == "POST /v1/agencies/{uscc}/lapses"
    assert attributes(request)["http.route"] == "/v1/agencies/{uscc}/lapses"
    assert attributes(request)["http.request.method"] == "POST"

    def chain(one: Any) -> list[str]:
        names = []
        while one is not None:
            names.append(one.name)
            one = ours.get(one.parent_span_id)
        return names

    (command,) = [one for one in ours.values() if one.name == "command RecordLapse" and chain(one)[-1] == request.name]
    assert chain(command) == ["command RecordLapse", "database write", "record", request.name]
    assert all(path == "/v1/traces" for path in collector.paths)


def test_what_goes_on_behind_is_traced(database_url: str, collector: Collector) -> None:
    """Each task of a round is a trace of its own, with its transactions in it."""
    with serving(database_url, traces_url=collector.url) as world:
        world.filed()
        world.service.housekeeper.tidy()
    by_id = {one.span_id: one for one in collector.spans()}
    tasks = {one.name for one in by_id.values() if one.name.startswith("background ")}
    assert {"background sequencing", "background signing", "background background.messages"} <= tasks
    within = {by_id[one.parent_span_id].name for one in by_id.values() if one.parent_span_id in by_id}
    assert "background sequencing" in within


def test_nobody_is_named(database_url: str, collector: Collector) -> None:
    """No address, query, body, token, person or words of an error: also where something fails."""
    with serving(database_url, traces_url=collector.url) as world:
        uscc = world.filed()
        world.association.get("/v1/agencies", q="张三丰的机构")
        world.association.get(f"/v1/agencies/{uscc}/standing", as_of="2024-02-01")
        world.stranger.get(f"/nowhere/{uscc}?q=secret-query")
        world.stranger.get("/v1/survey-links/secret-of-a-link")
        token = world.association.token or ""

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("words about 张三丰")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("api.application.action_context.ActionContext.record", broken)
            body = {"item": 4, "occurred_on": "2024-05-20", "description": "a body"}
            assert world.association.post(f"/v1/agencies/{uscc}/lapses", body).status_code in (422, 500)
            del body["description"]
            assert world.association.post(f"/v1/agencies/{uscc}/lapses", body).status_code == 500
    sent = b"".join(collector.raw)
    assert sent
    for what in (uscc, "张三丰", "secret-query", "secret-of-a-link", token, world.association.person_id, "words about"):
        assert what.encode() not in sent, what
    failed = [one for one in collector.spans() if one.status.code == 2]
    assert {"internal", "RuntimeError"} <= {attributes(one)["error.type"] for one in failed}
    assert not any(one.events for one in collector.spans()), "no event tells the words of an error"


def test_a_refusal_is_no_failure() -> None:
    """A fact that is refused was decided: the trace says which kind, and is not red."""
    seen: list[str] = []

    class Told:
        def rename(self, name: str) -> None: ...

        def note(self, attributes: Any) -> None: ...

        def failed(self, kind: str) -> None:
            seen.append(kind)

    @contextmanager
    def collector(name: str, attributes: Any, headers: Any) -> Iterator[Told]:
        yield Told()

    spans.collect(collector)
    try:
        assert spans.collects()
        with pytest.raises(Contradiction), spans.span("a step"):
            raise Contradiction("冲突", "contradiction")
    finally:
        spans.collect_no_more(collector)
    assert not spans.collects()
    assert not seen


def test_a_collector_that_is_away_holds_up_nothing(database_url: str) -> None:
    """Nobody listens there: requests are answered, and the end comes in seconds."""
    with serving(database_url, traces_url="http://127.0.0.1:9/v1/traces") as world:
        uscc = world.filed()
        begun = time.monotonic()
        for _ in range(20):
            assert world.association.get(f"/v1/agencies/{uscc}/standing").status_code == 200
        assert time.monotonic() - begun < PATIENCE_S
        begun = time.monotonic()
    assert time.monotonic() - begun < PATIENCE_S


def test_a_share_of_none_sends_only_what_a_caller_traces(database_url: str, collector: Collector) -> None:
    """`STEWARD_TRACES_SHARE=0`: the caller decides."""
    with serving(database_url, traces_url=collector.url, traces_share=0) as world:
        uscc = world.filed()
        world.association.get(f"/v1/agencies/{uscc}/standing")
        world.association.get(f"/v1/agencies/{uscc}/timeline", {"traceparent": f"00-{TRACE}-{CALLER}-01"})
    found = collector.spans()
    assert {one.trace_id.hex() for one in found} == {TRACE}
    assert "GET /v1/agencies/{uscc}/timeline" in {one.name for one in found}


def test_the_frameworks_own_telemetry_stays_off(
    database_url: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastAPI's own would send addresses with their queries as soon as its variables are there."""
    base = collector.url.removesuffix("/v1/traces")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", base)
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    with serving(database_url) as world:
        world.association.get("/v1/agencies", q="张三丰的机构")
    assert not collector.raw


def test_off_imports_nothing(tmp_path: Path) -> None:
    """Without the setting the packages that send are not loaded; neither need they be there."""
    code = (
        "import sys\n"
        "from starlette.testclient import TestClient\n"
        "from api.app import create_app\n"
        "from api.settings import Settings\n"
        "with TestClient(create_app(Settings())) as client:\n"
        "    assert client.get('/healthz').status_code == 200\n"
        "sends = ('opentelemetry.sdk', 'opentelemetry.exporter', 'google.protobuf')\n"
        "print(sorted(name for name in sys.modules if name.startswith(sends)))"
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith(("STEWARD_", "OTEL_"))}
    env = own | {"STEWARD_DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=ROOT, check=False)
    assert (done.stdout.strip().rpartition("\n")[2], done.returncode) == ("[]", 0), done.stderr


def test_asked_for_and_not_installed_is_said_before_anything_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, with what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(TracesUnavailable, match="what sends traces is missing") as refused:
        require_traces(Settings(traces_url="http://127.0.0.1:4318/v1/traces"))
    assert "steward-ledger[traces]" in refused.value.remedy_en
    require_traces(Settings())
