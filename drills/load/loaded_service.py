"""A district that was filled beforehand, `steward serve --workers 2` over it, and what its processes hold meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import text

from api.settings import Settings
from api.starting import make_ready
from bench.generate import Fact, History, command_of, record, uscc
from domain.ledger.ledger import Ledger
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.accounts import create_account
from domain.store.access.passwords import hash_password
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import Connection, open_engine, reading, writing
from domain.store.log.sequencer import seal, sealed_until
from domain.values import Role
from drills.common import Failed, free_port
from drills.load.http_clients import HttpClient, Measured, run
from drills.servers.two_logins import ROOT, STEWARD
from projections.rows.write.hint_rows import bring_up
from projections.rows.write.projector import open_ledger

WORKERS = 2
PIECE = 500
FACTS = {300: 30}
FEW_FACTS = 5
"""Of each agency of a large district."""
AGENCY_TOKENS = 20
START_SECONDS, STOP_SECONDS = 300.0, 60.0
EVERY_SECONDS = 5.0
LOGIN, PASSWORD = "load", "three quiet herons"  # of a database that is thrown away


class ProcessSample(NamedTuple):
    """What all processes of the service hold together, so many seconds after the beginning."""

    seconds: float
    mebibytes: float
    """Resident, of which some is shared between them."""
    descriptors: int
    threads: int


class LoadedService:
    """The service over a new district of so many agencies."""

    def __init__(self, url: str, folder: Path, agencies: int) -> None:
        self.url, self._folder = url, folder
        own = {name: value for name, value in os.environ.items() if not name.startswith(("STEWARD_", "PG"))}
        no_limit = {"STEWARD_RATE_PER_TOKEN": "0", "STEWARD_RATE_PER_ADDRESS": "0"}
        here = {"STEWARD_DATA_DIR": str(folder), "STEWARD_KEY_DIR": str(folder / "keys"), "STEWARD_DATABASE_URL": url}
        self.environment = own | no_limit | here
        self.codes = [uscc(number) for number in range(agencies)]
        self.tokens: dict[str, str] = {}
        self.login = (LOGIN, PASSWORD)
        self.seeded = self.last_position = 0
        self._fill(agencies)
        self.port = free_port()
        command = [*STEWARD, "serve", "--workers", str(WORKERS), "--port", str(self.port)]
        with (folder / "service.log").open("wb") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.pid = self._process.pid
        self._wait_until_ready()

    def stop(self) -> float:
        """Ask it to stop; seconds until it has. Raises: Failed."""
        begun = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"not stopped after {STOP_SECONDS:.0f} s") from None
        return time.monotonic() - begun

    def kill(self) -> None:
        """Nothing of it is left: workers end with their parent."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _fill(self, agencies: int) -> None:
        engine = open_engine(self.url)
        try:
            make_ready(engine, Settings(database_url=self.url, data_dir=self._folder, key_dir=self._folder / "keys"))
            with writing(engine) as connection:
                officer = self._people(connection)
            ledger, each = open_ledger(engine), FACTS.get(agencies, FEW_FACTS)
            facts = (fact for number in range(agencies) for fact in History(number, years=4).facts(each))
            _record_all(ledger, facts, officer)
            while not bring_up(ledger):
                pass
            while seal(engine):
                pass
            with reading(engine) as connection:
                self.seeded = sealed_until(connection)[0]
                self.last_position = int(connection.scalar(text("SELECT max(position) FROM events")) or 0)
        finally:
            engine.dispose()

    def _people(self, connection: Connection) -> str:
        officer = create_person(connection, "经办人 甲")
        self.tokens["association"] = create_token(connection, officer, Role.ASSOCIATION, by=COMMAND_LINE)
        watching = create_person(connection, "监管 乙")
        self.tokens["regulator"] = create_token(connection, watching, Role.REGULATOR, by=COMMAND_LINE)
        for code in self.codes[:AGENCY_TOKENS]:
            person = create_person(connection, f"机构 {code[-6:]}")
            self.tokens[code] = create_token(connection, person, Role.AGENCY, code, by=COMMAND_LINE)
        hashed = hash_password(PASSWORD)
        create_account(connection, LOGIN, hashed, officer, Role.ASSOCIATION, by=COMMAND_LINE, handed_out=False)
        return officer

    def _wait_until_ready(self) -> None:
        begun = time.monotonic()
        while True:
            heard = run(HttpClient(self.port, Measured()).ask("", "GET", "/readyz"))
            if heard.status == 200:
                return
            if self._process.poll() is not None or time.monotonic() - begun > START_SECONDS:
                log = (self._folder / "service.log").read_text("utf-8")[-2000:]
                raise Failed(f"not ready: {heard.status} {heard.body[:300]!r} {log}")
            time.sleep(0.3)


def _record_all(ledger: Ledger, facts: Iterator[Fact], actor: str) -> None:
    while piece := list(islice(facts, PIECE)):
        parsed = [(fact, *command_of(fact)) for fact in piece]
        with ledger.writing() as unit:
            unit.expect((agency, command, fact.path_id) for fact, agency, command in parsed)
            for fact, agency, command in parsed:
                record(unit, fact, agency, command, actor)


class ProcessWatch:
    """Looks at a process and all below it now and then, until the block ends."""

    def __init__(self, pid: int) -> None:
        self._pid, self._ended = pid, threading.Event()
        self.samples: list[ProcessSample] = []
        self._begun = time.monotonic()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> ProcessWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        self._look()
        while not self._ended.wait(EVERY_SECONDS):
            self._look()
        self._look()

    def _look(self) -> None:
        kib = descriptors = threads = 0
        for pid in _with_children(self._pid):
            with suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                kib += int(status.partition("VmRSS:")[2].split()[0])
                threads += int(status.partition("Threads:")[2].split()[0])
                descriptors += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
        seconds = time.monotonic() - self._begun
        self.samples.append(ProcessSample(seconds, kib / 1024, descriptors, threads))


def _with_children(pid: int) -> list[int]:
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _with_children(int(child))
    return found
