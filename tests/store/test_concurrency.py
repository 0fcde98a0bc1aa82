"""Several processes at once, and processes that are killed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import Engine, func, select

from domain.proof.check import NO_EVENTS, chained
from domain.store.db.engine import open_engine, reading
from domain.store.db.migrate import migrate, require_current
from domain.store.db.schema import events
from domain.store.log.recorder import events_of
from domain.store.log.stream_heads import head_of
from tests.postgres_server import PostgresServer
from tests.processes import FORK
from tests.store.makers import MAPPER, STREAM, append
from tests.store.workers import append_many, finish, start


def _check_whole(engine: Engine, expected: int | None, batch: int = 1) -> int:
    """The stream has every version once, in order, later and later, and its head tells the same; its length."""
    with reading(engine) as connection:
        stored = list(events_of(connection, STREAM))
        head = head_of(connection, STREAM)
        assert connection.scalar(select(func.count()).select_from(events)) == len(stored)
    assert head is not None
    facts = [MAPPER.to_domain_event(one) for one in stored]
    instants = [fact.recorded_at for fact in facts]
    assert [fact.version for fact in facts] == list(range(1, len(facts) + 1))
    assert instants == sorted(set(instants))
    assert len({fact.id for fact in facts}) == len(facts)
    assert (head.version, head.count, head.last_recorded_at) == (len(facts), len(facts), instants[-1])
    assert head.hash == chained(NO_EVENTS, (one.leaf_hash for one in stored))
    assert len(facts) % batch == 0
    if expected is not None:
        assert len(facts) == expected
    return len(facts)


def test_two_processes_append_to_one_stream(url: str) -> None:
    """Nothing lost, doubled or reordered, and `recorded_at` strictly increasing, from the very first event on."""
    times, barrier = 60, FORK.Barrier(2)
    assert finish([start(append_many, url, STREAM, times, barrier) for _ in range(2)]) == [0, 0]
    engine = open_engine(url)
    _check_whole(engine, 2 * times)
    engine.dispose()


def _killed_while_writing(url: str, batch: int, rounds: int) -> int:
    """Start a writer, kill -9 it in the middle of its work, again and again; the last version that it acknowledged."""
    acknowledged = 0
    for number in range(rounds):
        command = [sys.executable, "-m", "tests.store.workers", url, STREAM, str(batch)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(3 + number):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            said = writer.stdout.read().split("\n")
            complete = [line for line in said[:-1] if line]
            acknowledged = int(complete[-1]) if complete else acknowledged
    return acknowledged


def test_a_killed_writer_leaves_whole_transactions(url: str) -> None:
    """kill -9 of the writing process: what it acknowledged is there, what it did not is there whole or not at all."""
    batch = 7
    acknowledged = _killed_while_writing(url, batch, rounds=4)
    engine = open_engine(url)
    found = _check_whole(engine, None, batch)
    assert found >= acknowledged > 0
    assert append(engine)[0].version == found + 1
    engine.dispose()


@pytest.mark.postgres
def test_a_killed_server_keeps_whole_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """kill -9 of PostgreSQL under a writer: after the restart every acknowledged event is there, nothing half."""
    monkeypatch.delenv("PGURL", raising=False)
    batch = 5
    with PostgresServer() as server:
        url = server.create_database("crash")
        migrate(url)
        command = [sys.executable, "-m", "tests.store.workers", url, STREAM, str(batch)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(5):
                acknowledged = int(writer.stdout.readline())
            server.kill_minus_nine()
            rest, errors = writer.communicate(timeout=30)
            acknowledged = int(rest.split()[-1]) if rest.split() else acknowledged
        assert "domain.errors.Busy" in errors
        server.restart()
        engine = open_engine(url)
        require_current(engine)
        assert _check_whole(engine, None, batch) >= acknowledged > 0
        engine.dispose()
