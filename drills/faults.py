"""The table of faults (docs/operations.md), made for real under load: seen by name, nothing lost, mended by itself.

SQLite and PostgreSQL, each with two clients that record all the time and go on with the same key until they are told
that it is recorded. Every fault says what readyz has to name meanwhile; afterwards the service is ready again without
anybody's hands, what was acknowledged is there once, and an audit of everything finds nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from sqlalchemy.engine import make_url

from drills.common import Failed, require, step
from drills.facts import degraded
from drills.failover import Load
from drills.service import Running
from tests.postgres_server import PostgresServer

NOTICED_SECONDS, RECOVER_SECONDS = 60.0, 90.0
FROZEN_SECONDS = 8.0
TMPFS_MEBIBYTES = 24
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
"""Ends every connection to the database but the one that asks."""
NO_LIMIT = {"STEWARD_RATE_PER_TOKEN": "0", "STEWARD_RATE_PER_ADDRESS": "0", "STEWARD_DATABASE_SECONDS": "5"}


def main() -> None:
    """All of them, on both databases."""
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
        step("SQLite:")
        sqlite_faults(Path(folder))
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder, PostgresServer() as server:
        step("PostgreSQL:")
        postgresql_faults(server, Path(folder))
    if os.geteuid() == 0:
        full_disk()
    else:
        step("left out: a full disk (needs root, to mount one)")


def sqlite_faults(folder: Path) -> None:
    """Held by another writer, keys gone, killed."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    with _under_load(url, folder) as (service, load):
        _fault(service, load, "another program holds the file", _held(folder / "ledger.db"), None)
        _faults_of_keys(service, load, folder)
    _killed(url, folder)


def postgresql_faults(server: PostgresServer, folder: Path) -> None:
    """Restarted in the middle of commands, frozen, read-only, connections used up, keys gone, killed."""
    url = server.create_database("steward")
    with _under_load(url, folder) as (service, load):
        for number in range(3):
            server.kill_minus_nine()
            server.restart()
            load.wait_for_more(5, RECOVER_SECONDS)
            step(f"ok: restarted in the middle of commands, {number + 1}")
        _fault(service, load, "frozen", _frozen(server), {"database"})
        _fault(service, load, "read-only", _read_only(url), {"read-only"})
        _fault(service, load, "connections used up", _used_up(url), None)
        _faults_of_keys(service, load, folder)
    _killed(url, folder)


def full_disk() -> None:
    """A file system that fills up: 503, nothing half; with room again all goes on."""
    with (
        tempfile.TemporaryDirectory(prefix="steward-drill-") as name,
        file_system(Path(name)) as folder,
        _under_load(f"sqlite:///{folder / 'ledger.db'}", folder) as (service, load),
    ):
        _fault(service, load, "disk full", filled(folder), None)


# ---- what is done ----


@contextmanager
def _under_load(url: str, folder: Path) -> Iterator[tuple[Running, Load]]:
    service = Running(url, folder, **NO_LIMIT)
    try:
        load = Load(service)
        load.wait_for_more(10, RECOVER_SECONDS)
        yield service, load
        load.stop()
        _nothing_is_lost(service, load)
    finally:
        service.stop()


def _fault(
    service: Running, load: Load, what: str, fault: contextlib.AbstractContextManager[None], names: set[str] | None
) -> None:
    """Make a fault, see it, take it away, and see it go. `names`: what readyz says meanwhile, where it has to."""
    with fault:
        if names is not None:
            _wait(lambda: bool(degraded(service) & names or degraded(service) == {"busy"}), NOTICED_SECONDS, what)
    seconds = service.wait_until_ready(RECOVER_SECONDS)
    load.wait_for_more(3, RECOVER_SECONDS)
    require(set(load.statuses) <= {0, 201, 503}, f"{what}: answers were 201 or 503 ({load.statuses})")
    step(f"ok: {what}: seen, and ready again after {seconds:.1f} s")


def _faults_of_keys(service: Running, load: Load, folder: Path) -> None:
    keys = folder / "keys"
    if not (keys / "log.key").exists():
        keys = folder / "data" / "keys"
    _fault(service, load, "log.key is gone", _away(keys / "log.key"), {"signing"})
    _fault(service, load, "the folder of keys is gone", _away(keys), {"signing"})


def _killed(url: str, folder: Path) -> None:
    """kill -9 while two clients record, and started again on what it left."""
    service = Running(url, folder, **NO_LIMIT)
    load = Load(service, 6_000_000)
    load.wait_for_more(10, RECOVER_SECONDS)
    service.kill()
    again = Running(url, folder, token=service.token, **NO_LIMIT)
    service.port = again.port  # the clients go on, with the same keys
    try:
        load.wait_for_more(5, RECOVER_SECONDS)
        load.stop()
        again.wait_until_ready(RECOVER_SECONDS)
        _nothing_is_lost(again, load)
        step("ok: killed, and started again")
    finally:
        again.stop()


def _nothing_is_lost(service: Running, load: Load) -> None:
    for code, event in load.acknowledged.items():
        items = service.ask("GET", f"/v1/agencies/{code}/events").body["items"]
        if [one["id"] for one in items] != [event]:
            raise Failed(f"{code}: acknowledged {event}, there is {items}")
    step(f"ok: {len(load.acknowledged)} acknowledged, each there once; answers by status: {load.statuses}")
    seconds = RECOVER_SECONDS
    _wait(
        lambda: _sealed(service) >= len(load.acknowledged), seconds, "everything acknowledged has its place in the log"
    )
    done = service.steward("audit")
    require(done.returncode == 0, f"the audit finds nothing: {done.stdout[-500:]}{done.stderr[-500:]}")


def _sealed(service: Running) -> int:
    answer = service.ask("GET", "/v1/log?after=0&limit=1")
    return int(answer.body["sealed"]) if answer.status == 200 else 0


def _wait(met: Callable[[], bool], seconds: float, what: str) -> None:
    begun = time.monotonic()
    while not met():
        if time.monotonic() - begun > seconds:
            raise Failed(f"not seen: {what}")
        time.sleep(0.2)


# ---- faults ----


@contextmanager
def _held(file: Path) -> Iterator[None]:
    other = sqlite3.connect(file, isolation_level=None, timeout=60)
    other.execute("BEGIN IMMEDIATE")
    time.sleep(FROZEN_SECONDS)
    try:
        yield
    finally:
        other.rollback()
        other.close()


@contextmanager
def _away(path: Path) -> Iterator[None]:
    elsewhere = path.with_name(f"{path.name}.away")
    path.rename(elsewhere)
    try:
        yield
    finally:
        if path.is_dir():  # made again meanwhile, empty
            for one in path.iterdir():
                one.unlink()
            path.rmdir()
        elsewhere.rename(path)


@contextmanager
def _frozen(server: PostgresServer) -> Iterator[None]:
    pids = server.processes()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def _read_only(url: str) -> Iterator[None]:
    name = make_url(url).database
    _execute(url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    _execute(url, CUT)
    try:
        yield
    finally:
        _execute(url, f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


@contextmanager
def _used_up(url: str) -> Iterator[None]:
    """Every place for a connection taken, while the service's own are cut."""
    held: list[psycopg2.extensions.connection] = []
    name = make_url(url).database
    try:
        for _ in range(3):
            with contextlib.suppress(psycopg2.OperationalError):
                while True:
                    held.append(_connected(url, "postgres"))
            held[0].autocommit = True
            with held[0].cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        time.sleep(FROZEN_SECONDS)
        yield
    finally:
        for one in held:
            one.close()


@contextmanager
def file_system(folder: Path, mebibytes: int = TMPFS_MEBIBYTES) -> Iterator[Path]:
    """A small disk of its own for the block, in place of a folder; only root can mount one. Raises: Failed."""
    mount = [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=755", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, check=False)
    if done.returncode:
        raise Failed(f"no file system of its own can be mounted here: {done.stderr!r}")
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("umount") or "umount", "-l", str(folder)], check=False)


@contextmanager
def filled(folder: Path, left: int = 0, seconds: float = FROZEN_SECONDS) -> Iterator[None]:
    """The disk is full for the block, but for so many bytes."""
    with (folder / "filler").open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 65536)
        file.truncate(max(0, file.tell() - left))
    time.sleep(seconds)
    try:
        yield
    finally:
        (folder / "filler").unlink()


def _connected(url: str, database: str | None = None) -> psycopg2.extensions.connection:
    found = make_url(url).set(drivername="postgresql")
    if database:
        found = found.set(database=database)
    return psycopg2.connect(found.render_as_string(hide_password=False), connect_timeout=5)


def _execute(url: str, statement: str) -> None:
    connection = _connected(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute(statement)
    connection.close()


if __name__ == "__main__":
    main()
