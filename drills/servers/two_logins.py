"""A PostgreSQL server with exactly the two logins that `deploy/` makes, and the command line under each of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from drills.common import Failed, step
from tests.postgres_binaries import find_client
from tests.postgres_server import PostgresServer
from tests.processes import steward

ROOT = Path(__file__).resolve().parents[2]
LOGINS = ROOT / "deploy" / "initdb" / "10-logins.sh"
STEWARD = [sys.executable, "-c", "import sys; sys.argv[0] = 'steward'; from api.cli.main import app; app()"]
OWNER, APP = "steward_owner", "steward_app"


@dataclass(frozen=True)
class TwoLogins:
    """The database `steward` of a server, and a folder for keys and checkpoints."""

    superuser: URL
    folder: Path

    def url(self, login: str) -> str:
        """The database's address for one of the logins; its password is its name, backwards."""
        return self.superuser.set(username=login, password=login[::-1]).render_as_string(hide_password=False)

    def steward(self, login: str, *arguments: str, code: int = 0) -> str:
        """Run a command of `steward` under a login; its standard output. Raises: Failed for another exit code."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("STEWARD_", "PG"))}
        there = {"STEWARD_DATABASE_URL": self.url(login), "STEWARD_DATA_DIR": str(self.folder)}
        done = steward(*arguments, env={**own, **there})
        if done.returncode != code:
            raise Failed(
                f"steward {' '.join(arguments)} as {login} ended with {done.returncode}: {done.stderr[-2000:]}"
            )
        step(f"ok: steward {' '.join(arguments[:2])} as {login}")
        return done.stdout


@contextmanager
def two_logins() -> Iterator[TwoLogins]:
    """A private server, set up by the script of `deploy/`, until the block ends."""
    outside = os.environ.pop("PGURL", None)  # roles belong to a whole server: never one of somebody else
    try:
        with PostgresServer() as server, tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
            _run_script(make_url(server.url()), Path(folder))
            yield TwoLogins(make_url(server.url("steward")), Path(folder) / "data")
    finally:
        if outside is not None:
            os.environ["PGURL"] = outside


def _run_script(server: URL, folder: Path) -> None:
    for name in ("owner", "app"):
        (folder / f"{name}_password").write_text(f"steward_{name}"[::-1], encoding="ascii")
    own = {
        "PATH": os.pathsep.join([str(find_client("psql").parent), os.environ["PATH"]]),
        "STEWARD_SECRETS": str(folder),
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGPASSWORD": str(server.password),
    }
    subprocess.run(["/bin/sh", str(LOGINS)], env=own, check=True, capture_output=True)
