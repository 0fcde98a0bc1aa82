"""Installed as its ecosystem does it: the wheel in an empty folder, systemd's units, and nginx before the service."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from domain.store.db.engine import open_engine
from domain.values import Role
from tests.http.desk import PASSWORD, account_in
from tests.http.test_log import auditor_of, serving
from tests.postgres_binaries import free_port
from tests.processes import PATIENCE_S, STEWARD
from tests.test_packaging import ROOT, wheel_of

UNITS = ROOT / "deploy" / "systemd"


class Installed:
    """The wheel alone, below a folder with nothing else in it; its libraries are those of the tests."""

    def __init__(self, folder: Path) -> None:
        self.home, self._packages = folder / "an empty folder", folder / "packages"
        self.home.mkdir()
        wheel = wheel_of(folder / "built")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
        subprocess.run([*command, str(self._packages), str(wheel)], check=True, capture_output=True)
        own = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
        self.environment = {**own, "PYTHONPATH": str(self._packages)}

    def python(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Code of ours, run there."""
        command = [sys.executable, "-P", "-c", code, *arguments]
        return subprocess.run(command, cwd=self.home, env=self.environment, capture_output=True, text=True, check=False)

    def steward(self, *arguments: str) -> str:
        """A command that ends well; what it printed."""
        done = self.python(STEWARD, *arguments)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address of the service, started there."""
        port = free_port()
        command = [sys.executable, "-P", "-c", STEWARD, "serve", "--port", str(port)]
        with (self.home.parent / "log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self.home, env=self.environment, stdout=log, stderr=log)
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.slow
def test_the_wheel_runs_in_an_empty_folder(tmp_path: Path) -> None:
    """No file of the repository is needed: demonstration, questions, papers with their typefaces, pages, archive."""
    installed = Installed(tmp_path)
    where = installed.python("import domain, api, demo; print(domain.__file__, api.__file__, demo.__file__)").stdout
    assert all(one.startswith(str(tmp_path)) for one in where.strip().split(" /")[:1]), where
    assert str(ROOT) not in where
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert version in installed.steward("--version")
    installed.steward("demo", "--agencies", "3", "--facts", "200")
    installed.steward("sheets", "2024", "sheets.pdf")
    assert (installed.home / "sheets.pdf").read_bytes().startswith(b"%PDF-")
    installed.steward("export", "all.zip")
    with installed.serving() as address:
        page = httpx2.get(f"{address}/").text
        assert "安全管家" in page
        for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
            assert httpx2.get(address + asset).status_code == 200
        assert httpx2.get(f"{address}/readyz").json()["status"] == "ready"


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.iterdir()))
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say, with the program where it is here."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed here")
    program = tmp_path / "steward"  # a folder's name may have spaces, which a unit would have to quote
    program.symlink_to(Path(sys.executable).parent / "steward")
    for path in UNITS.iterdir():
        text = path.read_text("utf-8").replace("/opt/steward/.venv/bin/steward", str(program))
        (tmp_path / path.name).write_text(text, "utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(tmp_path / unit)], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if "steward" in line]
    assert (done.returncode, said) == (0, []), done.stderr


@contextmanager
def behind_nginx(folder: Path, upstream: int) -> Iterator[tuple[int, int, ssl.SSLContext]]:
    """nginx with the example of the repository: the ports of HTTPS and HTTP, and whom to trust."""
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if binary is None or shutil.which("openssl") is None:
        pytest.skip("nginx or openssl is not installed: apt-get install nginx-light openssl")
    folder.mkdir()
    secure, plain = free_port(), free_port()
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-days", "2", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", *made], cwd=folder, check=True, capture_output=True)
    site = (ROOT / "deploy" / "nginx" / "steward.conf").read_text("utf-8")
    for written, here in (
        ("/etc/ssl/certs/ledger.example.cn.pem", f"{folder}/cert.pem"),
        ("/etc/ssl/private/ledger.example.cn.key", f"{folder}/key.pem"),
        ("ledger.example.cn", "localhost"),
        ("listen 443 ssl", f"listen 127.0.0.1:{secure} ssl"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
    ):
        assert written in site
        site = site.replace(written, here)
    (folder / "site.conf").write_text(site, "utf-8")
    paths = " ".join(f"{one}_temp_path {folder}/{one};" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
    whole += f"events {{}}\nhttp {{ access_log off; {paths} include {folder}/site.conf; }}\n"
    (folder / "nginx.conf").write_text(whole, "utf-8")
    command = [binary, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", f"{folder}/error.log"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command)
    try:
        _wait_for(secure, process)
        yield secure, plain, ssl.create_default_context(cafile=str(folder / "cert.pem"))
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.slow
def test_the_example_for_nginx_serves_the_ledger(tmp_path: Path) -> None:
    """By TLS with its own public address: pages, sign-in, streams unbuffered; HTTP leads there, no figures get out."""
    url, upstream = f"sqlite:///{tmp_path / 'ledger.db'}", free_port()
    with behind_nginx(tmp_path / "nginx", upstream) as (secure, plain, trusted):
        public = f"https://localhost:{secure}"
        more = {"public_url": public, "trusted_proxies": "127.0.0.1"}
        with serving(url, tmp_path, upstream, **more), httpx2.Client(base_url=public, verify=trusted) as client:
            token, engine = auditor_of(url), open_engine(url)
            login = account_in(engine, Role.AUDITOR)
            engine.dispose()
            home = client.get("/")
            assert (home.status_code, "strict-transport-security" in home.headers) == (200, True)
            assert client.get("/metrics").status_code == 404
            form = {"login": login, "password": PASSWORD}
            assert client.post("/sign-in", data=form, headers={"Origin": "https://evil.example"}).status_code == 403
            assert client.post("/sign-in", data=form, headers={"Origin": public}).status_code == 303
            assert client.get("/account").status_code == 200
            asked = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
            with client.stream("GET", "/v1/log", headers=asked) as stream:
                assert next(stream.iter_bytes()).startswith(b"retry: ")
            moved = httpx2.get(f"http://localhost:{plain}/register?year=2024")
            assert (moved.status_code, moved.headers["location"]) == (301, "https://localhost/register?year=2024")
