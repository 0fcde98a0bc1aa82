"""The service as a process of its own, asked over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from drills.common import Failed, free_port
from drills.servers.two_logins import ROOT, STEWARD
from tests.processes import steward

JSON = "application/json"
START_SECONDS = 90.0
PERSON = "经办人"
"""Whose the token is."""


class Answer(NamedTuple):
    """What came back; status 0 when nobody listens."""

    status: int
    headers: dict[str, str]
    body: Any
    seconds: float


class Running:
    """`steward serve` on a free port, and a token of the association's for it.

    With a token of before it is not waited for until it is ready, only until it answers: it may not be.
    """

    def __init__(self, url: str, folder: Path, *, token: str = "", root: str = str(ROOT), **settings: str) -> None:
        """`root`: where the program lies, for another version than this one."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("STEWARD_", "PG"))}
        self.environment = own | {"STEWARD_DATA_DIR": str(folder), "STEWARD_DATABASE_URL": url} | settings
        self.port, self.token = free_port(), token
        self.log = folder / f"log-{self.port}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*STEWARD, "serve", "--port", str(self.port)], cwd=root, env=self.environment, stdout=log, stderr=log
            )
        if token:
            self.wait_until(lambda: self.ask("GET", "/healthz").status == 200, "the service answers")
            return
        self.wait_until_ready(START_SECONDS)
        made = self.steward("token", "create", "--role", "association", "--person", PERSON)
        if made.returncode:
            raise Failed(f"no token: {made.stderr}")
        self.token = made.stdout.strip()

    def steward(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the command line on the same database."""
        return steward(*arguments, env=self.environment)

    def wait_until(self, met: Callable[[], bool], what: str) -> None:
        """Wait until something is so. Raises: Failed."""
        begun = time.monotonic()
        while not met():
            if self.process.poll() is not None or time.monotonic() - begun > START_SECONDS:
                raise Failed(f"not so: {what}: {self.log.read_text('utf-8')[-2000:]}")
            time.sleep(0.1)

    def wait_until_ready(self, seconds: float) -> float:
        """Wait for 200 from readyz; how long it took. Raises: Failed."""
        begun = time.monotonic()
        while (last := self.ask("GET", "/readyz")).status != 200:
            if self.process.poll() is not None or time.monotonic() - begun > seconds:
                raise Failed(f"not ready: {last.body} {self.log.read_text('utf-8')[-2000:]}")
            time.sleep(0.1)
        return time.monotonic() - begun

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; header names with underscores."""
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            more["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": JSON, **more})
            answer = connection.getresponse()
            content = answer.read()
            found = {name.lower(): value for name, value in answer.getheaders()}
            read = json.loads(content) if "json" in found.get("content-type", "") else content
            return Answer(answer.status, found, read, time.monotonic() - begun)
        except (OSError, http.client.HTTPException):
            return Answer(0, {}, None, time.monotonic() - begun)
        finally:
            connection.close()

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()
