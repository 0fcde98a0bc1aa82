"""A cluster on loopback as a city would run it: three nodes of PostgreSQL under Patroni, etcd, HAProxy, pgbouncer.

The files that set the parts up are those of `deploy/cluster`. `python -m drills.servers.patroni_cluster` starts it,
prints the addresses and keeps it until Ctrl-C; `drills/cluster.py` breaks it. The programs are Debian's:
`./run drill cluster` installs them where it may.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import psycopg2

from domain.store.db.postgresql import POSTGRESQL_SESSION
from drills.common import Failed, free_port, step
from drills.servers.replicas import PASSWORD, Forwarder
from tests.postgres_binaries import child_of, find_binaries, make_folder, reachable, unprivileged_user
from tests.postgres_server import WATCHDOG

PROGRAMS = ("etcd", "patroni", "haproxy", "pgbouncer")
PARTS = Path(__file__).parents[2] / "deploy" / "cluster"
SBIN = "/usr/sbin:/sbin"
START_SECONDS = 120.0


def missing() -> list[str]:
    """The programs that are not installed here."""
    return [name for name in PROGRAMS if _found(name) is None]


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=SBIN)


class Part:
    """One program of the cluster; it ends with this process, however that ends."""

    def __init__(self, name: str, command: list[str], folder: Path) -> None:
        self.name, self._command, self._folder = name, command, folder
        self.log = folder / f"{name}.log"
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [str(_found("setpriv")), "--pdeathsig", "TERM", "--", *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **child_of(unprivileged_user(), self._folder),
            )

    def again(self) -> None:
        """Start it once more, as it was."""
        self.process = self._started()

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait. What does not go within half a minute is killed."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text("utf-8", "replace")[-3000:]


class ClusterNode:
    """One PostgreSQL under Patroni. Others reach it by forwarders only, so that it can be cut off."""

    def __init__(self, name: str, etcd: int, programs: Path) -> None:
        self.name, user = name, unprivileged_user()
        self.folder = make_folder(user)
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-c", WATCHDOG, str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
        )
        self.port, self.rest = free_port(), free_port()
        self.ways = {"server": Forwarder(self.port), "rest": Forwarder(self.rest), "etcd": Forwarder(etcd)}
        given = {
            "name": name,
            "folder": str(self.folder),
            "bin": str(programs),
            "port": self.port,
            "rest_port": self.rest,
            "address": self.ways["server"].port,
            "rest_address": self.ways["rest"].port,
            "etcd": self.ways["etcd"].port,
            "password": PASSWORD,
            "shared_buffers": "32MB",
        }
        config = written(self.folder / "patroni.yml", "patroni.yml", given)
        self.patroni = Part("patroni", [str(_found("patroni")), str(config)], self.folder)

    def asked(self, method: str, path: str, body: str | None = None, seconds: float = 2) -> tuple[int, bytes]:
        """What its Patroni answers over the network: status and content; status 0 where nothing comes back."""
        return answer_of(self.ways["rest"].port, method, path, body, seconds)

    def server(self) -> int:
        """The process id of its PostgreSQL."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """The machine is gone: Patroni and PostgreSQL end at once."""
        self.patroni.process.kill()
        self.patroni.process.wait()
        os.kill(self.server(), signal.SIGKILL)

    def cut(self) -> None:
        """Nothing comes to it or gets out of it any more; nobody is told."""
        for way in self.ways.values():
            way.hold()

    def mend(self) -> None:
        """The network is there again."""
        for way in self.ways.values():
            way.release()

    def close(self) -> None:
        """Nothing is left of it."""
        self.mend()
        self.patroni.end(signal.SIGKILL)
        if self._watchdog.stdin is not None:
            self._watchdog.stdin.close()
        self._watchdog.wait(START_SECONDS)
        for way in self.ways.values():
            way.close()


class Cluster:
    """All of it. `primary`, `replicas` and `pool` are ports: of HAProxy twice, and of pgbouncer."""

    def __init__(self, count: int = 3) -> None:
        self._user = unprivileged_user()
        self.folder = make_folder(self._user)
        self._parts: list[Part] = []
        self.nodes: list[ClusterNode] = []
        self.primary, self.replicas, self.pool = free_port(), free_port(), free_port()
        try:
            self._start(count)
        except BaseException:
            self.close()
            raise

    def _start(self, count: int) -> None:
        client, peer = free_port(), free_port()
        etcd = [str(_found("etcd")), "--name=one", f"--data-dir={self.folder / 'etcd'}", "--unsafe-no-fsync"]
        etcd += [f"--{kind}-client-urls=http://127.0.0.1:{client}" for kind in ("listen", "advertise")]
        etcd += [f"--listen-peer-urls=http://127.0.0.1:{peer}", "--heartbeat-interval=500", "--election-timeout=5000"]
        etcd += [f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}"]
        etcd += [f"--initial-cluster=one=http://127.0.0.1:{peer}"]
        self._parts.append(Part("etcd", etcd, self.folder))
        self._until(lambda: answer_of(client, "GET", "/health")[0] == 200, "etcd answers")
        programs = reachable(find_binaries(), self.folder, self._user)
        self.nodes = [ClusterNode(f"node{number}", client, programs) for number in range(1, count + 1)]
        servers = "\n".join(
            f"    server {one.name} 127.0.0.1:{one.ways['server'].port} maxconn 150 check port {one.ways['rest'].port}"
            for one in self.nodes
        )
        given = {"primary": self.primary, "replicas": self.replicas, "servers": servers}
        config = written(self.folder / "haproxy.cfg", "haproxy.cfg", given)
        self._parts.append(Part("haproxy", [str(_found("haproxy")), "-db", "-f", str(config)], self.folder))
        self.wait_for_members(count)
        self.ask("CREATE DATABASE steward TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'", "postgres")
        (self.folder / "users.txt").write_text(f'"postgres" "{PASSWORD}"\n', "ascii")
        session = POSTGRESQL_SESSION.replace("'", "''")
        given = {"primary": self.primary, "pool": self.pool, "folder": str(self.folder), "session": session}
        config = written(self.folder / "pgbouncer.ini", "pgbouncer.ini", given)
        self._parts.append(Part("pgbouncer", [str(_found("pgbouncer")), str(config)], self.folder))
        self._until(lambda: self.ask("SELECT 1", port=self.pool) == 1, "pgbouncer answers")

    def url(self, port: int) -> str:
        """The database as the service is given it, by one of the ports."""
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/steward?connect_timeout=3"

    def ask(self, statement: str, database: str = "steward", port: int | None = None) -> Any:
        """One statement to the primary, outside any transaction; the first value of its answer."""
        dsn = f"host=127.0.0.1 port={port or self.primary} user=postgres password={PASSWORD} connect_timeout=5"
        with contextlib.closing(psycopg2.connect(f"{dsn} dbname={database}")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                row = cursor.fetchone() if cursor.description else None
                return None if row is None else row[0]

    def leader(self) -> ClusterNode | None:
        """The node that says that it is the primary, by its own Patroni and over the network; None: nobody says so."""
        said = [one for one in self.nodes if one.asked("GET", "/primary")[0] == 200]
        return said[0] if said else None

    def wait_for_leader(self, other_than: ClusterNode | None = None) -> ClusterNode:
        """Wait until another node is the primary. Raises: Failed."""
        self._until(lambda: self.leader() not in (None, other_than), "a node is the primary")
        found = self.leader()
        if found is None:
            raise Failed("the primary that was there is gone again")
        return found

    def wait_for_members(self, count: int) -> None:
        """Wait until so many nodes run: a primary, and replicas that follow it, one of them synchronous."""

        def complete() -> bool:
            leader = self.leader()
            if leader is None:
                return False
            members = json.loads(leader.asked("GET", "/cluster")[1])["members"]
            running = [one for one in members if one["state"] in ("running", "streaming")]
            leading = [one for one in running if one["role"] in ("leader", "master", "primary")]
            standby = [one for one in running if one["role"] == "sync_standby"]
            return (
                len(running) == count
                and len({one.get("timeline") for one in running}) == 1
                and bool(leading and standby)
            )

        self._until(complete, f"{count} nodes run, one of them as synchronous replica")

    def switch_over(self, leader: ClusterNode) -> None:
        """A planned change of the primary. Raises: Failed."""
        status, said = leader.asked("POST", "/switchover", json.dumps({"leader": leader.name}), seconds=60)
        if status != 200:
            raise Failed(f"no switch-over: {status} {said!r} {leader.patroni.said()}")

    def close(self) -> None:
        """Nothing is left of it."""
        for part in reversed(self._parts[1:]):
            part.end(signal.SIGKILL)
        for node in self.nodes:
            node.close()
        for part in self._parts[:1]:
            part.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _until(self, met: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(psycopg2.OperationalError, OSError):
                if met():
                    return
            if time.monotonic() > until:
                parts = [*self._parts, *(one.patroni for one in self.nodes)]
                logs = "\n".join(f"-- {one.name} --\n{one.said()}" for one in parts)
                raise Failed(f"not so after {START_SECONDS:.0f} s: {what}\n{logs}")
            time.sleep(0.2)


def written(path: Path, part: str, given: dict[str, Any]) -> Path:
    """A file of `deploy/cluster` with its names filled in; every name has to be given."""
    path.write_text(Template((PARTS / part).read_text("utf-8")).substitute(given), "utf-8")
    path.chmod(0o644)
    return path


def answer_of(port: int, method: str, path: str, body: str | None = None, seconds: float = 2) -> tuple[int, bytes]:
    """Status and content of an answer on loopback; status 0 where nobody answers in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


if __name__ == "__main__":
    running = Cluster()
    try:
        step(f"primary: {running.url(running.primary)}")
        step(f"replicas: {running.url(running.replicas)}")
        step(f"pool: {running.url(running.pool)}")
        signal.pause()
    except KeyboardInterrupt:
        step("ending")
    finally:
        running.close()
