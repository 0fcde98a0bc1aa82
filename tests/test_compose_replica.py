"""The read replica of docker-compose.replica.yml in its parts, on real servers: its login, its copy, its health."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from drills.servers.replicas import PASSWORD, Node
from tests.postgres_binaries import child_of, find_client, unprivileged_user

ROOT = Path(__file__).resolve().parents[1]
SECRETS = {"owner_password": "owner", "app_password": "app", "replicator_password": r"re:p'\l"}
SECONDS = 120.0
pytestmark = [pytest.mark.postgres, pytest.mark.slow]


class Pair:
    """A primary with the logins that the scripts make, and the replica that `standby.sh` makes of it."""

    def __init__(self, primary: Node, replica: Node, folder: Path) -> None:
        self.primary, self.replica, self._folder = primary, replica, folder
        for name, content in SECRETS.items():
            (folder / name).write_text(content)
        primary.make_primary()
        for script in ("10-logins.sh", "20-replicator.sh"):
            done = self.run("sh", str(ROOT / "deploy/initdb" / script), node=primary)
            assert done.returncode == 0, done.stderr

    def environment(self, node: Node) -> dict[str, str]:
        return {
            "PATH": os.pathsep.join([str(find_client("psql").parent), os.environ["PATH"]]),
            "STEWARD_SECRETS": str(self._folder),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(node.port),
            "PGPASSWORD": PASSWORD,
            "PGDATA": str(node.folder / "data"),
            "PGPRIMARY": f"127.0.0.1:{self.primary.port}",
        }

    def run(self, *command: str, node: Node) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self.environment(node), capture_output=True, text=True, check=False, timeout=SECONDS
        )

    def is_healthy(self, node: Node) -> bool:
        """What compose asks every five seconds."""
        return self.run("sh", str(ROOT / "deploy/replica/is-standby.sh"), node=node).returncode == 0

    def start(self) -> subprocess.Popen[bytes]:
        """`standby.sh` as the server's user, as the container runs it."""
        place: dict[str, Any] = child_of(unprivileged_user(), self.replica.folder)
        programs = self.replica.programs
        own = self.environment(self.replica) | {"PATH": os.pathsep.join([str(programs), os.environ["PATH"]])}
        own.pop("PGPASSWORD")
        place["env"] = {**place.get("env", {}), **own}
        script = self._folder / "standby.sh"
        script.write_text((ROOT / "deploy/replica/standby.sh").read_text("utf-8"))
        command = ["sh", str(script), "-p", str(self.replica.port), "-c", "unix_socket_directories="]
        with (self.replica.folder / "log").open("ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **place)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Both, gone at the end; what the server's user reads lies where it may."""
    primary, replica = Node(), Node()
    secrets = replica.folder / "secrets"
    secrets.mkdir(mode=0o755)
    try:
        yield Pair(primary, replica, secrets)
    finally:
        replica.close()
        primary.close()


def _until(met: Any, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < until, log.read_text("utf-8", "replace")[-2000:]
        time.sleep(0.2)


def test_the_replica_is_copied_follows_and_is_healthy_only_while_it_does(pair: Pair) -> None:
    """Started twice on what it has; the login that serves may ask it; a primary is no healthy replica."""
    assert not pair.is_healthy(pair.primary)
    for number in (1, 2):
        process = pair.start()
        try:
            _until(lambda: pair.is_healthy(pair.replica), pair.replica.folder / "log")
            pair.primary.ask(f"CREATE TABLE facts_{number} (id int)")
            held = f"SELECT to_regclass('facts_{number}') IS NOT NULL"
            _until(lambda held=held: pair.replica.ask(held), pair.replica.folder / "log")
            asked = ["psql", "--no-psqlrc", "--dbname", "steward", "--username", "steward_app", "-tAc", "SELECT 1"]
            served = subprocess.run(
                asked,
                env=pair.environment(pair.replica) | {"PGPASSWORD": SECRETS["app_password"]},
                capture_output=True,
                text=True,
                check=False,
            )
            assert (served.returncode, served.stdout.strip()) == (0, "1"), served.stderr
        finally:
            process.terminate()
            process.wait(SECONDS)
    assert not pair.is_healthy(pair.replica)


def test_compose_runs_these_very_scripts() -> None:
    """Entry point, health check and mounts name what is in the repository; no URL holds a password."""
    service = yaml.safe_load((ROOT / "docker-compose.replica.yml").read_text("utf-8"))["services"]["db-replica"]
    for command in (service["entrypoint"], service["healthcheck"]["test"][1:]):
        assert (ROOT / "deploy/replica" / Path(command[-1]).name).is_file()
    assert "./deploy/replica:/deploy:ro" in service["volumes"]
    assert service["secrets"] == ["replicator_password"]
