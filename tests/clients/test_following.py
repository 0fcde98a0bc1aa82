"""The client follows the log: a table in PostgreSQL in step through kill -9 of both sides, and a restored log named."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from bench.generate import Fact, History, send
from domain.ledger.ledger import Ledger
from domain.store.db.engine import open_engine
from domain.store.log.sequencer import seal
from projections.rows.write.projector import open_ledger
from tests.clients.tools import CLIENT, HERE, python_tools
from tests.databases import BOTH, Databases
from tests.http.test_log import auditor_of, note_signed_at, serving
from tests.postgres_binaries import free_port
from tests.processes import PATIENCE_S, steward

KILLED = 2
"""Times that each side is killed."""
FACTS = 5_000
"""More than are recorded meanwhile."""


class Consumer(NamedTuple):
    """How the example is started, and where it keeps its table."""

    port: int
    token: str
    table: str
    path: Path

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        """The example as a process of its own; killed at the end if it still runs."""
        environment = {**os.environ, "STEWARD_TOKEN": self.token, "PYTHONPATH": str(self.path)}
        command: list[str | Path] = [python_tools() / "python", CLIENT / "examples" / "keep_table.py"]
        command += [f"http://127.0.0.1:{self.port}", _libpq(self.table)]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()

    def ended(self) -> tuple[int, str]:
        """Its exit code and what it said, when it ends by itself."""
        with self.running() as process:
            _, said = process.communicate(timeout=PATIENCE_S)
            return process.returncode, said

    def kept(self) -> list[tuple[int, str]]:
        """The rows of its table, in the order of the log; none before it has made it."""
        connection = psycopg2.connect(_libpq(self.table))
        connection.set_session(isolation_level="REPEATABLE READ")
        try:
            with connection.cursor() as cursor:
                cursor.execute("select to_regclass('steward_events')")
                if cursor.fetchone() == (None,):
                    return []
                cursor.execute("select log_index, id from steward_events order by log_index")
                rows = cursor.fetchall()
                cursor.execute("select coalesce(sum(events), 0) from steward_counts")
                assert cursor.fetchone() == (len(rows),)
                return [(int(index), str(event)) for index, event in rows]
        finally:
            connection.close()

    def wait_for(self, count: int) -> None:
        """Until so many entries are in the table."""
        until = time.monotonic() + PATIENCE_S
        while len(self.kept()) < count:
            assert time.monotonic() < until, len(self.kept())
            time.sleep(0.1)


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def log_of(ledger: Ledger) -> list[tuple[int, str]]:
    """Index and id of each event, everything sealed."""
    while seal(ledger.engine):
        pass
    with ledger.reading() as reader:
        end, found = reader.sealed()[0], list[tuple[int, str]]()
        while len(found) < end:
            entries = ledger.log_entries(reader, len(found), end, 1000)
            found += [(entry.id, entry.event_id) for entry in entries]
        return found


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("kind", BOTH)
def test_a_table_is_in_step_through_kill_9_of_both_sides(
    kind: str, databases: Databases, client: Path, tmp_path: Path
) -> None:
    """Service and consumer killed by turns while facts are recorded: every entry once, in order, none missing."""
    url, port = databases.empty(kind, tmp_path), free_port()
    with serving(url, tmp_path, port):  # opens the ledger
        ledger = open_ledger(open_engine(url))
    consumer = Consumer(port, auditor_of(url), databases.empty("postgresql"), client.parent)
    done = threading.Event()

    def record() -> None:
        for fact in History(7).facts(FACTS):
            with ledger.writing() as unit:
                send(unit, fact)
            if done.wait(0.1):
                return

    writer = threading.Thread(target=record, daemon=True)
    writer.start()
    for turn in range(KILLED):
        with serving(url, tmp_path, port) as service, consumer.running() as process:
            consumer.wait_for(len(consumer.kept()) + 1)
            (process if turn % 2 else service).kill()
            time.sleep(0.3)
            if turn % 2 == 0:
                assert process.poll() is None  # it waits for the service to come back
    with serving(url, tmp_path, port), consumer.running() as process:
        for _ in range(2):
            with consumer.running() as second:  # two at once: one of them gives way
                time.sleep(0.5)
                assert second.poll() in {None, 3}
        done.set()
        writer.join(PATIENCE_S)
        assert not writer.is_alive()
        if process.poll() is None:
            process.kill()
        with consumer.running():
            wanted = log_of(ledger)
            consumer.wait_for(len(wanted))
    assert consumer.kept() == wanted
    ledger.engine.dispose()


@pytest.mark.slow
@pytest.mark.postgres
def test_a_log_restored_from_an_older_copy_is_named(
    databases: Databases, client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shorter than what was read, and grown past it again: the consumer stops and changes nothing, both times."""
    monkeypatch.setenv("STEWARD_KEY_DIR", str(tmp_path / "keys"))
    monkeypatch.setenv("STEWARD_SHARED_KEYS", "false")
    file, port = tmp_path / "ledger.db", free_port()
    url = f"sqlite:///{file}"
    facts = History(8).facts(60)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    environment |= {"STEWARD_DATABASE_URL": url, "STEWARD_KEY_DIR": str(tmp_path / "keys")}
    with serving(url, tmp_path, port):  # opens the ledger
        consumer = Consumer(port, auditor_of(url), databases.empty("postgresql"), client.parent)
    copy = tmp_path / "copy.db"
    with serving(url, tmp_path, port), consumer.running():
        _recorded(url, facts, 10)
        assert steward("backup", str(copy), env=environment).returncode == 0
        _recorded(url, facts, 10)
        ledger = open_ledger(open_engine(url))
        everything = len(log_of(ledger))
        consumer.wait_for(everything)
        note_signed_at(port, consumer.token, everything)
        ledger.engine.dispose()
    before = consumer.kept()
    for left_over in tmp_path.glob("ledger.db*"):
        left_over.unlink()
    shutil.copy(copy, file)
    with serving(url, tmp_path, port):
        code, said = consumer.ended()
        assert (code, consumer.kept()) == (4, before), said
    accepted = steward("restore", "accept", "--as", "运维", "--reason", "磁盘损坏", env=environment)
    assert accepted.returncode == 0, accepted.stderr
    with serving(url, tmp_path, port):
        _recorded(url, History(9).facts(40), 40)  # of another agency: what the first relied on is lost
        code, said = consumer.ended()
        assert (code, consumer.kept()) == (4, before), said
        assert "another entry is there now" in said


def _recorded(url: str, facts: Iterator[Fact], count: int) -> None:
    ledger = open_ledger(open_engine(url))
    for fact in islice(facts, count):
        with ledger.writing() as unit:
            send(unit, fact)
    log_of(ledger)
    ledger.engine.dispose()


@pytest.mark.slow
def test_a_service_that_stutters_or_lies_is_told_apart(client: Path) -> None:
    """Cuts and busy answers are waited out; gaps, repeats, other hashes, refusals and pages of a proxy are not."""
    environment = {**os.environ, "PYTHONPATH": str(client.parent)}
    command = [python_tools() / "python", HERE / "follow_faults.py"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert (found.returncode, found.stdout) == (0, "19\n"), found.stderr
