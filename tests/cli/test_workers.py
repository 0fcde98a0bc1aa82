"""`serve --workers N`, and how a process ends: not ready first, then what is under way is answered."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs

from api.settings import Settings
from api.workers import Workers, _WorkerPlace
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import open_engine, writing
from domain.values import Role
from projections.rows.write.projector import open_ledger
from tests.clients.test_following import log_of
from tests.databases import BOTH, Databases
from tests.http.world import body_of, new_uscc
from tests.postgres_binaries import free_port
from tests.processes import PATIENCE_S, STEWARD

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def served(url: str, folder: Path, *arguments: str, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`steward serve` with these arguments; the process and its address."""
    port = free_port()
    command = [sys.executable, "-c", STEWARD, "serve", "--database", url, "--port", str(port), *arguments]
    more = {f"STEWARD_{name.upper()}": value for name, value in settings.items()}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **more}, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: status(f"{address}/readyz") == 200)
        yield process, address
    finally:
        process.kill()
        process.wait()


def status(url: str) -> int:
    """Of an answer; 0 when nobody answers."""
    try:
        return int(httpx2.get(url, timeout=10).status_code)
    except httpx2.HTTPError:
        return 0


def wait_for(met: Callable[[], bool]) -> None:
    """Until something is so."""
    until = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < until
        time.sleep(0.1)


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that it has started."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    )
    return [int(one) for one in found.stdout.split()]


@pytest.mark.slow
@pytest.mark.parametrize("kind", BOTH)
def test_several_processes_serve_one_address(kind: str, databases: Databases, tmp_path: Path) -> None:
    """Each fact once, the log dense, though one is killed on the way; all end with the one that started them."""
    url = databases.empty(kind, tmp_path)
    with served(url, tmp_path, "--workers", "3") as (process, address):
        pids = workers_of(process)
        assert len(pids) == 3
        engine = open_engine(url)
        with writing(engine) as connection:
            token = create_token(connection, create_person(connection, "经办人"), Role.ASSOCIATION, by=COMMAND_LINE)
        acknowledged: list[str] = []

        def record() -> None:
            for number in range(12):
                uscc, key = new_uscc(), f"{threading.get_ident()}-{number}"
                body = {**body_of("FileAgency"), "uscc": uscc}
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
                while True:  # who is cut off asks again with the same key
                    try:
                        answer = httpx2.post(f"{address}/v1/agencies", json=body, headers=headers, timeout=60)
                    except httpx2.HTTPError:
                        time.sleep(0.2)
                        continue
                    if answer.status_code == 503:
                        time.sleep(0.2)
                        continue
                    assert answer.status_code == 201, answer.text
                    acknowledged.append(uscc)
                    break

        threads = [threading.Thread(target=record) for _ in range(4)]
        for one in threads:
            one.start()
        wait_for(lambda: len(acknowledged) > 8)
        os.kill(pids[0], signal.SIGKILL)
        for one in threads:
            one.join(PATIENCE_S)
        assert len(acknowledged) == len(set(acknowledged)) == 48
        wait_for(lambda: len(workers_of(process)) == 3)
        assert pids[0] not in workers_of(process)
        ledger = open_ledger(engine)
        entries = log_of(ledger)
        assert [index for index, _ in entries] == list(range(1, len(entries) + 1))
        with ledger.reading() as reader:
            streams = [entry.stream for entry in ledger.log_entries(reader, 0, len(entries), 1000)]
        assert sorted(one.removeprefix("agency/") for one in streams if one != "ledger") == sorted(acknowledged)
        engine.dispose()
        left = workers_of(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]


@pytest.mark.slow
def test_no_worker_outlives_its_parent(databases: Databases, tmp_path: Path) -> None:
    """Killed without a word: the workers end by themselves."""
    with served(databases.empty("sqlite", tmp_path), tmp_path, "--workers", "2") as (process, _):
        pids = workers_of(process)
        process.kill()
        process.wait()
        wait_for(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()])


@pytest.mark.slow
def test_a_process_that_ends_is_first_not_ready(databases: Databases, tmp_path: Path) -> None:
    """SIGTERM: readyz says so for as long as is set, and all else is answered; then it ends."""
    url = databases.empty("sqlite", tmp_path)
    with served(url, tmp_path, drain_seconds="3") as (process, address):
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: status(f"{address}/readyz") == 503)
        begun = time.monotonic()
        answer = httpx2.get(f"{address}/readyz").json()
        assert [one["name"] for one in answer["degraded"]] == ["stopping"]
        assert status(f"{address}/register") == 200
        process.wait(PATIENCE_S)
        assert time.monotonic() - begun > 1.5


REFUSING = """
import os, pathlib, sys, time
folder = pathlib.Path(os.environ["STEWARD_DATA_DIR"])
(folder / f"started-{os.getpid()}").write_text(repr(time.monotonic()))
while not (folder / "refuse").exists():
    time.sleep(0.02)
sys.exit(3)
"""
"""In place of a worker: serves until it is told to refuse, and then whoever is started next refuses at once."""


def watched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Workers, threading.Thread, list[int]]:
    """Two such workers, watched in a thread, which says with which code it ended."""
    monkeypatch.setenv("STEWARD_DATA_DIR", str(folder))
    monkeypatch.setattr("api.workers.PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("api.workers.signal.signal", lambda *_: None)
    with socket.socket() as held:  # nobody listens
        workers = Workers(Settings(data_dir=folder), held, 2)

    def started() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", REFUSING])

    monkeypatch.setattr(workers, "_started", started)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(workers.run()))
    thread.start()
    return workers, thread, codes


def starts(folder: Path) -> int:
    """How many were started."""
    return len(list(folder.glob("started-*")))


def test_one_that_refuses_leaves_the_others_serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again, later each time, and said; where nobody serves any more all ends, with its code."""
    with capture_logs() as said:
        workers, thread, codes = watched(tmp_path, monkeypatch)
        wait_for(lambda: starts(tmp_path) == 2)
        (tmp_path / "refuse").touch()
        survivor = workers._places[1].process
        os.kill(survivor.pid, signal.SIGSTOP)  # serves on, whatever the others say
        wait_for(lambda: starts(tmp_path) >= 5)
        assert thread.is_alive()
        assert survivor.poll() is None
        pause = workers._places[0].pause
        wait_for(lambda: workers._places[0].pause > pause)
        os.kill(survivor.pid, signal.SIGCONT)
        thread.join(PATIENCE_S)
    assert codes == [3]
    assert [one["event"] for one in said].count("worker_refuses") >= 5


def test_pauses_grow_and_begin_anew_after_a_long_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """1, 2, 4 … at most 60 seconds; who lived for longer than the longest begins with one again."""
    now = [0.0]
    monkeypatch.setattr("api.workers.time.monotonic", lambda: now[0])
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    place, pauses = _WorkerPlace(process), []
    for _ in range(8):
        pauses.append(place.ended())
        now[0] = place.due
        place.taken(process)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    now[0] += 61
    assert place.ended() == 1
