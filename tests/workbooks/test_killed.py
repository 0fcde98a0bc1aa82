"""kill -9 in the middle of a recording, by page, HTTP and command line: started again it goes on, each row once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import httpx2
import pytest

from api.cli.database import existing_ledger
from domain.events import LapseRecorded
from domain.values import Role, new_id
from tests.databases import BOTH, Databases
from tests.http.desk import PASSWORD, account_in
from tests.postgres_binaries import free_port
from tests.processes import PATIENCE_S, ROOT, STEWARD, steward
from tests.workbooks.made import CODES, filled

ROWS, PIECE = 90, 20
SMALL_PIECES = """
import os, signal, sys
from api.application.workbooks import recording_books as books
books.PIECE = 20
"""
KILLED = f"""{SMALL_PIECES}
piece, begun = books._piece, []
def killed(context, unit, kind, commands):
    done = piece(context, unit, kind, commands)
    begun.append(done)
    if kind.name == "attendance" and len(begun) == 3:  # the rows are written, nothing is committed
        os.kill(os.getpid(), signal.SIGKILL)
    return done
books._piece = killed
{STEWARD}"""
Way = Literal["page", "http"]


class Site(NamedTuple):
    """A ledger whose services come and go."""

    url: str
    environment: dict[str, str]
    port: int

    @contextmanager
    def served(self, code: str = STEWARD) -> Iterator[subprocess.Popen[bytes]]:
        """`steward serve` as a process of its own, ready; ended at the end if it still runs."""
        command = [sys.executable, "-c", code, "serve", "--port", str(self.port)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(lambda: self._is_ready(), "the service is ready")
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def lapses(self) -> Counter[str]:
        """The days of the lapses of the agency, in the ledger."""
        with existing_ledger(self.url) as ledger, ledger.reading() as reader:
            events = [one for one in reader.agency_events(CODES[0]) if isinstance(one, LapseRecorded)]
        return Counter(one.occurred_on.isoformat() for one in events)


def until(met: Callable[[], Any], what: str) -> Any:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := met():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not so: {what}")


@pytest.fixture(params=BOTH)
def ledger_site(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Site:
    """An empty ledger with one agency on file."""
    url = databases.empty(request.param)
    own = {"DATA_DIR": tmp_path / "data", "KEY_DIR": tmp_path / "keys", "DATABASE_URL": url}
    environment = {**os.environ, **{f"STEWARD_{name}": str(value) for name, value in own.items()}}
    monkeypatch.setenv("STEWARD_KEY_DIR", str(tmp_path / "keys"))
    file = tmp_path / "备案.xlsx"
    file.write_bytes(filled("filing", {"uscc": CODES[0]}))
    done = steward("import", file, "--kind", "filing", "--as", "赵六", env=environment)
    assert done.returncode == 0, done.stderr
    return Site(url, environment, free_port())


def absences() -> bytes:
    """ROWS absences of the agency, each on a day of its own."""
    days = [f"2025-{1 + place // 28:02}-{1 + place % 28:02}" for place in range(ROWS)]
    return filled("attendance", *({"agency": CODES[0], "occurred_on": day} for day in days))


def brought_by_http(site: Site, client: httpx2.Client) -> Callable[[], str]:
    """Sent and confirmed; how far it is, asked again and again."""
    made = steward("token", "create", "--role", "association", "--person", "经办人", env=site.environment)
    client.headers["Authorization"] = f"Bearer {made.stdout.strip()}"
    run = client.post("/v1/workbooks/attendance", files={"file": ("a.xlsx", absences())}).json()["id"]

    def state() -> str:
        answer: dict[str, Any] = client.get(f"/v1/workbook-runs/{run}").json()
        return f"{answer['state']} {answer['recorded']}"

    until(lambda: state() == "checked 0", "it is checked")
    assert client.post(f"/v1/workbook-runs/{run}/recording", json={"part": "all"}).status_code == 202
    return state


def brought_by_page(site: Site, client: httpx2.Client) -> Callable[[], str]:
    """The same with the forms of the pages."""
    with existing_ledger(site.url) as ledger:
        login = account_in(ledger.engine, Role.ASSOCIATION)
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303

    def csrf(path: str) -> dict[str, str]:
        found = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
        assert found is not None
        return {"csrf": found[1], "key": new_id()}

    form = {**csrf("/workbooks"), "kind": "attendance"}
    there = client.post("/workbooks", data=form, files={"file": ("a.xlsx", absences())}).headers["location"]

    def state() -> str:
        found = re.search(r"已登记 (\d+) 件。", client.get(there).text)
        return "" if found is None else f"recorded {found[1]}"

    until(lambda: f"登记全部 {ROWS} 行" in client.get(there).text, "it is checked")
    assert client.post(there, data={**csrf(there), "act": "record"}).status_code == 303
    return state


@pytest.mark.slow
@pytest.mark.parametrize("way", ["page", "http"])
def test_a_service_killed_while_it_records_goes_on_when_started_again(ledger_site: Site, way: Way) -> None:
    """Without the file being sent again, and without anybody asking; what it counted is what it recorded."""
    base = f"http://127.0.0.1:{ledger_site.port}"
    bring = brought_by_page if way == "page" else brought_by_http
    with httpx2.Client(base_url=base, headers={"Origin": base}, timeout=60) as client:
        with ledger_site.served(KILLED) as process:
            state = bring(ledger_site, client)
            assert process.wait(PATIENCE_S) == -signal.SIGKILL
        assert sum(ledger_site.lapses().values()) == 2 * PIECE
        with ledger_site.served():
            said = until(lambda: (now := state()).startswith("recorded") and now, "it is recorded")
    assert said == f"recorded {ROWS}"
    assert (sum(ledger_site.lapses().values()), set(ledger_site.lapses().values())) == (ROWS, {1})


@pytest.mark.slow
def test_a_command_killed_while_it_records_goes_on_when_run_again(ledger_site: Site, tmp_path: Path) -> None:
    """The same command with the same file."""
    file = tmp_path / "出席.xlsx"
    file.write_bytes(absences())
    arguments = ("import", str(file), "--kind", "attendance", "--as", "赵六", "--json")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments],
        cwd=ROOT,
        env=ledger_site.environment,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert sum(ledger_site.lapses().values()) == 2 * PIECE
    again = steward(*arguments, env=ledger_site.environment)
    said = json.loads(again.stdout)
    assert (said["recorded"], said["recorded_before"]) == (ROWS - 2 * PIECE, 2 * PIECE)
    assert (sum(ledger_site.lapses().values()), set(ledger_site.lapses().values())) == (ROWS, {1})
