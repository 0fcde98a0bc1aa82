"""Two real PostgreSQL servers, one a streaming replica of the other; and a forwarder in front, as operators use one."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg2

from drills.common import Failed, free_port
from tests.postgres_binaries import child_of, find_binaries, make_folder, reachable, unprivileged_user
from tests.postgres_server import WATCHDOG

PASSWORD = "drill"  # noqa: S105  # of servers that live for a minute, on loopback
START_SECONDS = 60.0
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "32MB",
    "wal_level": "replica",
    "hot_standby": "on",
}


class Node:
    """One server. It ends, and its folder goes, with `close` or with this process."""

    def __init__(self, programs: Path | None = None) -> None:
        """`programs`: the folder of a PostgreSQL to be used in place of the tests' own."""
        self.settings = dict(SETTINGS)
        """How it is started."""
        self._user = unprivileged_user()
        self.folder = make_folder(self._user)
        self.port = free_port()
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-c", WATCHDOG, str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
        )
        self.programs = reachable(programs or find_binaries(), self.folder, self._user)
        """The folder of its own PostgreSQL."""
        self._process: subprocess.Popen[bytes] | None = None

    def make_primary(self) -> None:
        """A new cluster, started."""
        password = self.folder / "password"
        password.write_text(PASSWORD, encoding="ascii")
        if self._user is not None:
            shutil.chown(password, self._user.pw_uid, self._user.pw_gid)
        self._run(
            "initdb",
            f"--pgdata={self.folder / 'data'}",
            f"--pwfile={password}",
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        self.start()

    def make_replica_of(self, primary: Node) -> None:
        """What this server held is given up: it becomes a replica of another one, started."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        source = f"host=127.0.0.1 port={primary.port} user=postgres password={PASSWORD}"
        self._run("pg_basebackup", "-d", source, "-D", str(self.folder / "data"), "-R", "-c", "fast", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start on the port that it has had from the beginning."""
        until = time.monotonic() + START_SECONDS
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **child_of(self._user, self.folder),
            )
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise Failed(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends sessions and stops, SIGQUIT is as good as a crash."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)

    def promote(self) -> None:
        """The replica becomes a primary."""
        self.ask("SELECT pg_promote()")
        while self.ask("SELECT pg_is_in_recovery()"):
            time.sleep(0.05)

    def ask(self, statement: str, database: str = "postgres") -> object:
        """One statement outside any transaction; the first value of its answer."""
        with contextlib.closing(psycopg2.connect(self.dsn(database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                row = cursor.fetchone() if cursor.description else None
                return None if row is None else row[0]

    def dsn(self, database: str) -> str:
        """For libpq."""
        return f"host=127.0.0.1 port={self.port} user=postgres password={PASSWORD} dbname={database} connect_timeout=5"

    def close(self) -> None:
        """Nothing is left of it."""
        self.stop(signal.SIGQUIT)
        if self._watchdog.stdin is not None:
            self._watchdog.stdin.close()
        self._watchdog.wait(START_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.dsn("postgres")).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
            **child_of(self._user, self.folder),
        )
        if done.returncode:
            raise Failed(f"{program} failed: {done.stderr[-2000:]}")


def replicate(primary: Node, replica: Node) -> None:
    """The replica follows the primary, and what the primary acknowledges stands on both."""
    replica.make_replica_of(primary)
    primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.ask("SELECT pg_reload_conf()")
    until = time.monotonic() + START_SECONDS
    while not primary.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"):
        if time.monotonic() > until:
            raise Failed("the replica does not follow")
        time.sleep(0.05)


class Forwarder:
    """A port that leads to another one. Turned to a new one, it keeps the connections that are open where they are.

    Held, it is a network that is cut: whoever is connected waits, and nothing says why.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self._open = threading.Event()
        self._open.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        """Let nothing through until `release`."""
        self._open.clear()

    def release(self) -> None:
        """Let through what comes, and what was held."""
        self._open.set()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._listening.accept()
            except OSError:
                return
            try:
                other = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                one.close()
                continue
            other.settimeout(None)
            for pair in ((one, other), (other, one)):
                threading.Thread(target=_copy, args=(*pair, self._open), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket, is_open: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            is_open.wait()
            target.sendall(piece)
    for one in (source, target):
        with contextlib.suppress(OSError):  # the other direction may have ended first
            one.shutdown(socket.SHUT_RDWR)
        one.close()
