"""The scripts inside the image: the logins, the entry point and the health check, against the real thing or a stub."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import yaml

from domain.store.db.migrate import migrate
from tests.postgres_binaries import find_client
from tests.postgres_server import PostgresServer
from tests.processes import steward

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
OWNER_PASSWORD = r"own:er'\ pass"  # all that has a meaning in SQL, in the shell, or in libpq's password file
APP_PASSWORD = r"a\p:p' $(id)"
STUB = """#!/bin/sh
login=$(cat "$PGPASSFILE")
printf '%s|%s|%s|%s\\n' "$*" "${STEWARD_OWNER_URL:-none}" "${STEWARD_DATABASE_URL:-none}" "$login" >>"$LOG"
if [ "$1" = migrate ]; then python "$CREATE" "$3"; fi
"""
CREATE = """
import sys, sqlalchemy as sa
with sa.create_engine(sys.argv[1]).begin() as connection:
    connection.execute(sa.text("CREATE TABLE facts (id serial, x int)"))
"""


class Deployment:
    """A private server with the two logins, as the database image makes them, and a stub in the place of `steward`."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self.log = folder / "log"
        secrets = folder / "secrets"
        for place in (secrets, folder / "bin", folder / "tmp"):
            place.mkdir()
        (secrets / "owner_password").write_text(OWNER_PASSWORD + "\n")
        (secrets / "app_password").write_text(APP_PASSWORD + "\n")
        (folder / "create.py").write_text(CREATE)
        (folder / "bin" / "steward").write_text(STUB)
        (folder / "bin" / "steward").chmod(0o755)
        self.address = f"127.0.0.1:{urlsplit(server.url()).port}/steward"
        self.environment = {
            "PATH": os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "LOG": str(self.log),
            "CREATE": str(folder / "create.py"),
            "TMPDIR": str(folder / "tmp"),
            "STEWARD_WAIT_SECONDS": "20",
        }
        self.owner = {
            "STEWARD_OWNER_URL": f"postgresql+psycopg2://steward_owner@{self.address}",
            "STEWARD_OWNER_PASSWORD_FILE": str(secrets / "owner_password"),
        }
        self.app = {
            "STEWARD_DATABASE_URL": f"postgresql+psycopg2://steward_app@{self.address}",
            "STEWARD_DATABASE_PASSWORD_FILE": str(secrets / "app_password"),
        }
        parts = urlsplit(server.url())
        psql = find_client("psql")
        subprocess.run(
            ["sh", DEPLOY / "initdb" / "10-logins.sh"],
            env={
                "PATH": os.pathsep.join([str(psql.parent), os.environ["PATH"]]),
                "STEWARD_SECRETS": str(secrets),
                "PGHOST": "127.0.0.1",
                "PGPORT": str(parts.port),
                "PGPASSWORD": str(parts.password),
            },
            check=True,
            capture_output=True,
        )

    def enter(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the entry point to its end."""
        return subprocess.run(
            ["sh", DEPLOY / "entrypoint.sh", *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def calls(self) -> list[list[str]]:
        """Arguments, owner's URL, application's URL and password file at each call of `steward`."""
        return [line.split("|") for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def as_app(self, statement: str) -> None:
        """Runs one statement as the login that serves."""
        url = sa.engine.make_url(self.app["STEWARD_DATABASE_URL"]).set(password=APP_PASSWORD)
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
            connection.execute(sa.text(statement))


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A fresh server each time: logins belong to the whole server."""
    monkeypatch.delenv("PGURL", raising=False)
    with PostgresServer() as server:
        yield Deployment(server, tmp_path)


@pytest.mark.postgres
def test_migrate_then_serve_use_the_right_login_each(deployment: Deployment) -> None:
    """Compose's way: one container migrates as the owner and forgets, the other serves as the application's login."""
    migrated = deployment.enter("migrate", **deployment.owner)
    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert not (Path(deployment.environment["TMPDIR"]) / "steward-pgpass").exists()
    served = deployment.enter("serve", "--workers", "2", **deployment.app)
    assert (served.returncode, served.stderr) == (0, "")
    first, second = deployment.calls()
    assert first[0] == f"migrate --database {deployment.owner['STEWARD_OWNER_URL']}"
    assert second[0] == "serve --host 0.0.0.0 --port 8000 --workers 2"
    assert second[3] == r"*:*:*:*:a\\p\:p' $(id)"


@pytest.mark.postgres
def test_any_other_command_finds_the_password(deployment: Deployment) -> None:
    """`docker compose run steward account list` is given it; `docker compose exec steward …` finds the same file."""
    kept = Path(deployment.environment["TMPDIR"]) / "kept"
    deployment.enter("serve", PGPASSFILE=str(kept), **deployment.app)
    assert kept.stat().st_mode & 0o777 == 0o600
    done = deployment.enter("account", "list", PGPASSFILE=str(kept), **deployment.app)
    assert (done.returncode, done.stderr) == (0, "")
    assert [(call[0].split()[0], call[3]) for call in deployment.calls()] == [
        ("serve", r"*:*:*:*:a\\p\:p' $(id)"),
        ("account", r"*:*:*:*:a\\p\:p' $(id)"),
    ]


@pytest.mark.postgres
def test_steward_itself_is_executed_beside_the_service(deployment: Deployment, tmp_path: Path) -> None:
    """As `docker compose exec steward steward …`: no entry point, the image's environment; on a real database."""
    migrate(sa.engine.make_url(deployment.owner["STEWARD_OWNER_URL"]).set(password=OWNER_PASSWORD))
    kept = tmp_path / "kept"
    deployment.enter("serve", PGPASSFILE=str(kept), **deployment.app)
    environment = {
        "PATH": os.environ["PATH"],
        "PGPASSFILE": str(kept),
        "STEWARD_DATABASE_URL": deployment.app["STEWARD_DATABASE_URL"],
        "STEWARD_DATA_DIR": str(tmp_path / "data"),
    }
    link = steward("setup-link", env=environment)
    assert link.returncode == 0, link.stderr
    assert link.stdout.startswith("http://127.0.0.1:8000/setup/")
    made = steward("account", "create", "chen.lan", "--role", "admin", "--person", "陈兰", env=environment)
    assert made.returncode == 0, made.stderr
    assert "chen.lan" in steward("account", "list", env=environment).stdout


def test_what_is_executed_in_the_container_knows_database_and_password_file() -> None:
    """By the image's and the service's environment, as `exec` has no entry point; the file lies in memory (tmpfs)."""
    image = (DEPLOY.parent / "Dockerfile").read_text("utf-8")
    compose = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text("utf-8"))
    service = compose["services"]["steward"]
    assert "PGPASSFILE=/tmp/steward-pgpass" in image
    assert any(one.split(":")[0].endswith("tmp") for one in service["tmpfs"])
    assert "PGPASSFILE" not in service["environment"]
    assert service["environment"]["STEWARD_DATABASE_URL"].startswith("postgresql")
    assert "steward-data:/var/lib/steward" in service["volumes"][0]
    assert "STEWARD_DATA_DIR=/var/lib/steward" in image
    assert service["user"].split(":")[0] in image


@pytest.mark.postgres
def test_one_container_alone_migrates_first_and_then_forgets_the_owner(deployment: Deployment) -> None:
    """With both logins given, serving starts after the migration, without the owner's URL or password."""
    done = deployment.enter(**deployment.owner, **deployment.app)
    assert (done.returncode, done.stderr) == (0, "")
    assert [call[0].split()[0] for call in deployment.calls()] == ["migrate", "serve"]
    assert deployment.calls()[1][1] == "none"
    assert "er'" not in deployment.calls()[1][3]


@pytest.mark.postgres
def test_the_login_that_serves_appends_events_and_can_change_none(deployment: Deployment) -> None:
    """After the real migration by the owner it reads and appends; changing, emptying or dropping events is refused."""
    migrate(sa.engine.make_url(deployment.owner["STEWARD_OWNER_URL"]).set(password=OWNER_PASSWORD))
    deployment.as_app("INSERT INTO persons (id, name, created_at) VALUES ('p', '张', now())")
    deployment.as_app("SELECT count(*) FROM events")
    for refused in (
        "UPDATE events SET actor = 'x'",
        "DELETE FROM events",
        "TRUNCATE events",
        "ALTER TABLE events ADD y int",
        "DROP TABLE events",
        "CREATE TABLE mine (x int)",
        "ALTER TABLE events DISABLE TRIGGER ALL",
    ):
        with pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner"):
            deployment.as_app(refused)


@pytest.mark.postgres
def test_a_failed_migration_is_never_followed_by_serving(deployment: Deployment) -> None:
    """The second migration fails here (the stub's table is there already): nothing is served."""
    deployment.enter("migrate", **deployment.owner)
    done = deployment.enter("serve", **deployment.owner, **deployment.app)
    assert done.returncode != 0
    assert [call[0].split()[0] for call in deployment.calls()] == ["migrate", "migrate"]


@pytest.mark.postgres
def test_a_database_that_never_answers_ends_with_its_words(deployment: Deployment) -> None:
    """A wrong password is waited for no longer than asked, and its reason is shown; `steward` is not called."""
    wrong = deployment.app | {"STEWARD_DATABASE_PASSWORD_FILE": deployment.owner["STEWARD_OWNER_PASSWORD_FILE"]}
    done = deployment.enter("serve", **wrong, STEWARD_WAIT_SECONDS="1")
    assert done.returncode == 1
    assert "did not answer within 1 seconds" in done.stderr
    assert "password authentication failed" in done.stderr
    assert deployment.calls() == []


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["serve"], {}, "STEWARD_DATABASE_URL is not set"),
        (["migrate"], {}, "STEWARD_OWNER_URL is not set"),
        (
            ["serve"],
            {"STEWARD_DATABASE_URL": "postgresql://x@127.0.0.1/y", "STEWARD_DATABASE_PASSWORD_FILE": "/nowhere"},
            "/nowhere is missing or empty",
        ),
    ],
)
def test_a_missing_setting_is_named(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], said: str
) -> None:
    """A setting or password file that is not there stops the container at once and by its name."""
    done = subprocess.run(
        ["sh", DEPLOY / "entrypoint.sh", *arguments],
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert said in done.stderr


def test_the_wait_goes_on_until_the_database_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that starts later than the container is waited for."""
    monkeypatch.delenv("PGURL", raising=False)
    with PostgresServer() as server:
        server.kill_minus_nine()
        waiting = subprocess.Popen([sys.executable, DEPLOY / "wait_for_database.py", server.url()])
        time.sleep(1)
        assert waiting.poll() is None
        server.restart()
        assert waiting.wait(30) == 0


def test_an_sqlite_file_needs_no_waiting(tmp_path: Path) -> None:
    """The embedded database is there at once."""
    command: list[str | Path] = [sys.executable, DEPLOY / "wait_for_database.py", f"sqlite:///{tmp_path}/x.sqlite"]
    assert subprocess.run(command, check=False, timeout=30).returncode == 0


def _check(port: int) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "STEWARD_HEALTH_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, "-I", DEPLOY / "healthcheck.py"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.fixture
def answering() -> Iterator[Callable[[int], int]]:
    """Starts servers that answer /readyz with the given status, and 404 elsewhere; gives their ports."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int) -> int:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/readyz" else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keeps the test's output clean."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_healthy_is_200_from_readyz_whatever_the_proxy(answering: Callable[[int], int]) -> None:
    """A ready server is healthy, also where the environment names a proxy."""
    done = _check(answering(200))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("status", [204, 302, 404, 503])
def test_any_other_status_is_not_healthy(answering: Callable[[int], int], status: int) -> None:
    """Nothing but 200 counts, and the status is named."""
    done = _check(answering(status))
    assert done.returncode == 1
    assert f"answered {status}" in done.stderr


def test_a_server_that_hangs_or_is_not_there_is_not_healthy() -> None:
    """No answer within three seconds, and nobody listening, end with 1 and a reason."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        done = _check(silent.getsockname()[1])
        assert done.returncode == 1
        assert "TimeoutError" in done.stderr
        assert 2.5 < time.monotonic() - started < 10
        port = silent.getsockname()[1]
    done = _check(port)
    assert done.returncode == 1
    assert "ConnectionRefusedError" in done.stderr


def test_psql_is_found() -> None:
    """The tests above need the client beside the server's binaries or on the PATH."""
    assert shutil.which(find_client("psql"))
