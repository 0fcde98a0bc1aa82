"""`serve` and `demo --serve` as processes: what they print, and that what they print works."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.postgres_binaries import free_port
from tests.processes import steward

STEWARD = [sys.executable, "-c", "import sys; sys.argv[0] = 'steward'; from api.cli.main import app; app()"]
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


@contextmanager
def _running(folder: Path, port: int, *arguments: str) -> Iterator[Path]:
    """A service until the block ends; gives the file of its standard output."""
    output = folder / "stdout"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    with output.open("wb") as out, (folder / "stderr").open("wb") as err:
        process = subprocess.Popen(
            [*STEWARD, *arguments, "--port", str(port)], cwd=ROOT, env=environment, stdout=out, stderr=err
        )
    try:
        until = time.monotonic() + START_SECONDS
        while _status(port, "/readyz") != 200:
            assert process.poll() is None, (folder / "stderr").read_text("utf-8")
            assert time.monotonic() < until, (folder / "stderr").read_text("utf-8")
            time.sleep(0.1)
        yield output
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _get(port: int, path: str, token: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _status(port: int, path: str) -> int | None:
    try:
        return _get(port, path)[0]
    except OSError:
        return None


@pytest.mark.slow
def test_serve_makes_a_new_database_and_answers(tmp_path: Path) -> None:
    """`serve` on a database that is not there makes it, opens the ledger, and is ready."""
    port = free_port()
    with _running(tmp_path, port, "serve", "--database", f"sqlite:///{tmp_path / 'new.db'}"):
        assert _get(port, "/healthz")[0] == 200
        assert (tmp_path / "new.db").exists()


@pytest.mark.slow
def test_a_new_ledger_says_where_it_is_and_how_it_gets_its_first_administrator(tmp_path: Path) -> None:
    """The page's address first, then a set-up link that opens; `setup-link` gives another; an administrator ends it."""
    port, url = free_port(), f"sqlite:///{tmp_path / 'new.db'}"
    with _running(tmp_path, port, "serve", "--database", url):
        said = (tmp_path / "stderr").read_text("utf-8")
        assert said.splitlines()[0].endswith(f"http://127.0.0.1:{port}/"), said
        link = re.findall(rf"http://127\.0\.0\.1:{port}(/setup/[A-Za-z0-9_-]{{75}})", said)
        assert len(link) == 1, said
        assert _get(port, link[0])[0] == 200
        another = _run("setup-link", "--database", url, "--port", str(port))
        assert another.returncode == 0, another.stderr
        path = another.stdout.removeprefix(f"http://127.0.0.1:{port}").strip()
        assert path != link[0]
        assert _get(port, path)[0] == 200
        assert _run("account", "create", "root.admin", "--role", "admin", "--database", url).returncode == 0
        assert _get(port, link[0])[0] == 410
        over = _run("setup-link", "--database", url)
        assert (over.returncode, over.stdout) == (5, "")
        assert "已有管理员" in over.stderr
    with _running(tmp_path, port, "serve", "--database", url):
        assert "/setup/" not in (tmp_path / "stderr").read_text("utf-8")


@pytest.mark.slow
def test_demo_serve_prints_a_working_token_for_each_role(tmp_path: Path) -> None:
    """Address and one token per role, those of agency and client with their USCC; each reads what its role may."""
    port = free_port()
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    size = ("--agencies", "2", "--facts", "150")
    with _running(tmp_path, port, "demo", "--serve", "--database", url, *size) as output:
        printed = output.read_text("utf-8")
        assert f"http://127.0.0.1:{port}" in printed
        tokens = {
            row[1]: (row[2], row[3]) for row in re.finditer(r"^(\w+) *([0-9A-Z]{18})? +(stw_\S+)$", printed, re.M)
        }
        assert set(tokens) == {"association", "committee", "regulator", "agency", "client", "auditor", "admin"}
        agency, secret = tokens["agency"]
        status, body = _get(port, f"/v1/agencies/{agency}/standing", secret)
        assert (status, json.loads(body)["demonstration"]) == (200, True)
        assert tokens["client"][0]
        for role, (_, secret) in tokens.items():
            expected = 403 if role in ("admin", "client") else 200
            assert _get(port, "/v1/agencies", secret)[0] == expected, role


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    return steward(*arguments, env=environment)


@pytest.mark.slow
def test_a_start_on_a_taken_port_changes_nothing_and_a_restart_prints_the_same(tmp_path: Path) -> None:
    """The second start ends with its own code and a remedy; the running one's tokens and password go on; after a stop
    the next start prints the very same ones, which are kept where only their owner can read them."""
    port, url = free_port(), f"sqlite:///{tmp_path / 'demo.db'}"
    arguments = ("demo", "--serve", "--database", url, "--agencies", "2", "--facts", "150")
    with _running(tmp_path, port, *arguments) as output:
        first = output.read_text("utf-8")
        for again in (arguments, ("serve", "--database", url)):
            refused = _run(*again, "--port", str(port))
            assert refused.returncode == 13, refused.stderr
            assert "已被另一个进程占用" in refused.stderr
            assert f"--port {port + 1}" in refused.stderr
            assert "Traceback" not in refused.stderr
        token = re.findall(r"stw_[A-Za-z0-9_-]+", first)[0]
        assert _get(port, "/v1/rulebooks", token)[0] == 200
    with _running(tmp_path, port, *arguments) as output:
        assert output.read_text("utf-8") == first
        assert _get(port, "/v1/rulebooks", token)[0] == 200
    (kept,) = tmp_path.rglob("demonstration.json")
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"STEWARD_READ_DATABASE_URL": "postgresql://app@there/steward"}, "only PostgreSQL has replicas"),
        ({"STEWARD_READ_DATABASE_URL": "sqlite:///other.db"}, "SQLite has no replicas"),
        ({"STEWARD_SMTP_HOST": "mail.example.cn"}, "STEWARD_MAIL_FROM"),
        ({"STEWARD_BODY_LIMIT": "much"}, "STEWARD_BODY_LIMIT: Input should be a valid integer"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_is_made(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    """Which one, and what is wrong about it; exit code 2, and no database."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    done = steward("serve", "--port", "0", env=own | {"STEWARD_DATA_DIR": str(tmp_path / "data")} | settings)
    assert done.returncode == 2, done.stderr
    said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stderr).split())
    assert named in said
    assert not (tmp_path / "data").exists()
