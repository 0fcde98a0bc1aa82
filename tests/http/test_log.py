"""`GET /v1/log`: everything once, in order, byte for byte; live as a stream; resumed, bounded and ended cleanly."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from api.application.privacy.authorisation import still_valid
from api.http import log_feed
from bench.generate import History, send
from domain.ledger.ledger import Ledger
from domain.proof.check import parse_checkpoint, parse_note
from domain.proof.tree import root_of
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.admin import revoke_by_id
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import open_engine, writing
from domain.store.db.migrate import migrate
from domain.store.db.schema import events
from domain.store.log.sequencer import seal
from domain.values import Role
from projections.rows.write.projector import open_ledger
from tests.http.world import World
from tests.postgres_binaries import free_port
from tests.processes import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
STEWARD = [sys.executable, "-c", "import sys; sys.argv[0] = 'steward'; from api.cli.main import app; app()"]


def seal_all(world: World) -> None:
    """Now, instead of waiting for the housekeeper."""
    while seal(world.service.ledger.engine):
        pass


def got(response: Any) -> dict[str, Any]:
    """The answer to a question."""
    assert response.status_code == 200, response.text[:500]
    answer: dict[str, Any] = response.json()
    return answer


def everything(world: World, limit: int) -> list[dict[str, Any]]:
    """The whole log in pages."""
    auditor, found = world.people[Role.AUDITOR], []
    cursor: str | None = None
    while True:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = got(auditor.get("/v1/log", **query))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_the_pages_have_every_event_once_in_order(own_world: World) -> None:
    """Dense from 1, agency by agency in order of versions, with the stored bytes that the leaf hash is over."""
    for _ in range(3):
        own_world.filed()
    seal_all(own_world)
    whole = everything(own_world, 500)
    assert [one["log_index"] for one in whole] == list(range(1, len(whole) + 1))
    assert everything(own_world, 2) == whole
    with own_world.service.ledger.reading() as reader:
        assert reader.connection.scalar(select(func.count()).select_from(events)) == len(whole)
    versions: dict[str, int] = {}
    for one in whole:
        assert hashlib.sha256(b"\0" + one["state"].encode()).hexdigest() == one["leaf_hash"]
        said = json.loads(one["state"])
        names = ("id", "stream", "version", "recorded_at", "type")
        assert {name: said[name] for name in names} == {name: one[name] for name in names}
        assert one["version"] == versions.get(one["stream"], 0) + 1
        versions[one["stream"]] = one["version"]
        assert one["agency"] == (None if one["stream"] == "ledger" else one["stream"].removeprefix("agency/"))
    tail = got(own_world.people[Role.AUDITOR].get("/v1/log", after=len(whole) - 2))
    assert tail["items"] == whole[-2:]
    assert tail["sealed"] == len(whole)
    end = got(own_world.people[Role.AUDITOR].get("/v1/log", after=len(whole)))
    assert (end["items"], end["next_cursor"]) == ([], None)


@pytest.mark.parametrize("after", ["-1", "x", "1.0", "", "9" * 40])
def test_a_place_that_is_none_is_refused(world: World, after: str) -> None:
    """422 with the parameter's name, also for the header of a stream."""
    auditor = world.people[Role.AUDITOR]
    refused = auditor.get("/v1/log", after=after)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "?after"
    streaming = {"Accept": "text/event-stream", "Last-Event-ID": after}
    assert auditor.get("/v1/log", streaming).status_code == 422


def test_no_more_than_so_many_listen_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one gets 503 with Retry-After."""
    monkeypatch.setattr(log_feed, "MOST_STREAMS", 0)
    refused = world.people[Role.AUDITOR].get("/v1/log", {"Accept": "text/event-stream"})
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0


# ---- live: a real server ----


@contextmanager
def serving(url: str, folder: Path, port: int, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """`steward serve` until the block ends; `more`: settings by their names."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    # the keys of this process, which makes the tokens
    environment |= {name: os.environ[name] for name in ("STEWARD_KEY_DIR", "STEWARD_SHARED_KEYS")}
    environment |= {f"STEWARD_{name.upper()}": value for name, value in more.items()}
    with (folder / f"log-{port}").open("ab") as said:
        process = subprocess.Popen(
            [*STEWARD, "serve", "--database", url, "--port", str(port)], cwd=ROOT, env=environment, stderr=said
        )
    try:
        until = time.monotonic() + PATIENCE_S
        while not _listens(port):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listen(port: int, token: str, after: int, count: int, **headers: str) -> list[dict[str, Any]]:
    """So many events from a stream."""
    with (
        httpx2.Client(timeout=PATIENCE_S) as client,
        client.stream(
            "GET",
            f"http://127.0.0.1:{port}/v1/log?after={after}",
            headers={"Authorization": f"Bearer {token}", "Accept": "text/event-stream", **headers},
        ) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no", "else nginx keeps events until it has a buffer full"
        found: list[dict[str, Any]] = []
        last = ""
        lines = answer.iter_lines()
        while len(found) < count:
            line = next(lines)
            if line.startswith("id: "):
                last = line.removeprefix("id: ")
            elif line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
                assert str(found[-1]["log_index"]) == last
        return found


def note_signed_at(port: int, token: str, size: int) -> str:
    """The note of the checkpoint, once it covers so many events."""
    until = time.monotonic() + PATIENCE_S
    with httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_S) as client:
        while True:
            answer = client.get(f"http://127.0.0.1:{port}/v1/log/checkpoint")
            if answer.status_code == 200 and answer.json()["size"] == size:
                return str(answer.json()["note"])
            assert answer.status_code in (200, 503), answer.text  # 503: busy, and it says when to come again
            assert time.monotonic() < until
            time.sleep(0.1)


def auditor_of(url: str) -> str:
    """A token."""
    engine = open_engine(url)
    with writing(engine) as connection:
        token = create_token(connection, create_person(connection, "审计员"), "auditor", by=COMMAND_LINE)
    engine.dispose()
    return token


@pytest.mark.slow
def test_a_stream_brings_what_another_process_records(database_url: str, tmp_path: Path) -> None:
    """From the place asked for, after a cut from `Last-Event-ID`; the server seals, and stops while it is open."""
    port = free_port()
    migrate(database_url)
    with serving(database_url, tmp_path, port) as process:
        token = auditor_of(database_url)
        ledger = open_ledger(open_engine(database_url))
        facts = History(5).facts(40)
        with ledger.writing() as unit:
            send(unit, next(facts))
        first = listen(port, token, 0, 4)
        assert [one["log_index"] for one in first] == [1, 2, 3, 4]
        for fact in facts:
            with ledger.writing() as unit:
                send(unit, fact)
        rest = listen(port, token, 0, 39, **{"Last-Event-ID": "4"})
        assert [one["log_index"] for one in rest] == list(range(5, 44))
        with httpx2.Client(timeout=PATIENCE_S) as client:
            headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
            with client.stream("GET", f"http://127.0.0.1:{port}/v1/log?after=43", headers=headers) as open_stream:
                lines = open_stream.iter_lines()
                assert next(lines).startswith("retry: ")
                process.send_signal(signal.SIGTERM)
                list(lines)  # it ends, instead of keeping the server from stopping
        assert process.wait(PATIENCE_S) == -signal.SIGTERM  # uvicorn passes the signal on once all is ended
        assert "Application shutdown complete" in (tmp_path / f"log-{port}").read_text("utf-8")
        ledger.engine.dispose()


@pytest.mark.slow
def test_sealing_goes_on_after_kill_9(database_url: str, tmp_path: Path) -> None:
    """What was committed when the server was killed is sealed by the next one, in its place, and signed."""
    migrate(database_url)
    port = free_port()
    ledger = open_ledger(open_engine(database_url))
    facts = History(6).facts(60)
    with serving(database_url, tmp_path, port) as process:
        for _ in range(30):
            with ledger.writing() as unit:
                send(unit, next(facts))
        process.kill()
        process.wait()
    for fact in facts:
        with ledger.writing() as unit:
            send(unit, fact)
    port = free_port()
    with serving(database_url, tmp_path, port):
        found = listen(port, auditor_of(database_url), 0, 63)[3:]  # without what opened the ledger
        note = note_signed_at(port, auditor_of(database_url), 63)
    assert [one["log_index"] for one in found] == list(range(4, 64))
    assert [one["version"] for one in found] == list(range(1, 61))
    with ledger.reading() as reader:
        leaves = [entry.leaf_hash for entry in ledger.log_entries(reader, 0, 63, 100)]
    assert parse_checkpoint(parse_note(note.encode()).text).root == root_of(leaves)
    ledger.engine.dispose()


@pytest.mark.slow
def test_a_revoked_token_hears_nothing_more(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its stream ends by itself when the token is looked at again."""
    monkeypatch.setattr(log_feed, "TOKEN_SECONDS", 0.2)
    monkeypatch.setattr(log_feed, "HEARTBEAT_SECONDS", 0.1)
    person = own_world.person(Role.AUDITOR)
    real = still_valid

    def revoked_meanwhile(ledger: Ledger, secret: str) -> bool:
        with writing(ledger.engine) as connection:
            revoke_by_id(connection, secret, by=COMMAND_LINE)
        return real(ledger, secret)

    monkeypatch.setattr(log_feed, "still_valid", revoked_meanwhile)
    answer = person.get("/v1/log", {"Accept": "text/event-stream"})
    assert answer.status_code == 200
    assert answer.text.startswith("retry: ")
    assert person.get("/v1/log").status_code == 401


def test_nobody_waits_beyond_the_end_of_the_log(own_world: World) -> None:
    """A place that is not there yet, in a stream or a page: 409 that names the last one; the end itself is right."""
    own_world.filed()
    seal_all(own_world)
    auditor = own_world.people[Role.AUDITOR]
    last = got(auditor.get("/v1/log"))["sealed"]
    assert got(auditor.get("/v1/log", after=last))["items"] == []
    streamed = {"Accept": "text/event-stream"}
    for headers, query in (
        ({}, {"after": last + 1}),
        (streamed, {"after": last + 1}),
        ({**streamed, "Last-Event-ID": str(last + 7)}, {}),
    ):
        refused = auditor.get("/v1/log", headers, **query)
        assert refused.status_code == 409, headers
        assert f"after={last}" in refused.json()["remedy_en"]
