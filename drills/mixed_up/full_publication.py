"""The disk fills up in the middle of publishing a year (art.19): told by name, nothing of the year is there, then all.

On SQLite and PostgreSQL, each on a small disk of its own. The same request, sent again with the same Idempotency-Key
once there is room, publishes the year; each agency has one result, and an audit finds nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import text

from api.settings import Settings
from api.starting import make_ready
from bench.generate import History
from bench.place import fill, opened
from bench.recording.publishing import PUBLISHED_ON, YEAR, closing, waivers
from domain.store.access.tokens import create_person
from domain.store.db.engine import open_engine, reading, writing
from domain.store.keys.master_key import use_keys
from drills.common import require, step
from drills.faults import file_system, filled
from drills.service import Answer, Running
from tests.postgres_server import PostgresServer

AGENCIES, FACTS = 60, 5
LEFT = 64 * 1024
"""So much room is left: publishing takes many times as much, so it begins and does not end."""
READY_SECONDS = 180.0
SQLITE_MEBIBYTES, POSTGRESQL_MEBIBYTES = 48, 700


def main() -> None:
    """On both databases. Raises: Failed."""
    if os.geteuid() != 0:
        step("left out: needs root, to mount a disk")
        return
    with (
        tempfile.TemporaryDirectory(prefix="steward-drill-") as name,
        file_system(Path(name), SQLITE_MEBIBYTES) as disk,
    ):
        step("SQLite:")
        published_at_last(f"sqlite:///{disk / 'ledger.db'}", disk)
    with (
        tempfile.TemporaryDirectory(prefix="steward-drill-") as name,
        file_system(Path(name), POSTGRESQL_MEBIBYTES) as disk,
        mock.patch.object(tempfile, "tempdir", str(disk)),
        PostgresServer(fsync=True) as server,
    ):
        step("PostgreSQL:")
        url = server.create_database("steward")
        with mock.patch.object(tempfile, "tempdir", None):
            published_at_last(url, disk)


def published_at_last(url: str, disk: Path) -> None:
    """One ledger, whose database lies on the disk; keys and log of the service do not. Raises: Failed."""
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as name:
        folder = Path(name)
        body = _agencies(url, folder)
        service = Running(url, folder, STEWARD_KEY_DIR=str(folder / "keys"))
        try:
            service.token = service.steward("token", "create", "--role", "committee", "--person", "委员").stdout.strip()
            with filled(disk, LEFT, seconds=0):
                answer = _publish(service, body)
                by_name = answer.status == 503 and "disk" in str(answer.body) and "retry-after" in answer.headers
                require(by_name, f"told by name: {answer.status} {_said(answer)}")
                require(_counted(url) == (0, 0), "nothing of the year is there")
                year = service.ask("GET", f"/v1/assessments/{YEAR}")
                require(year.status == 200, "questions are answered meanwhile")
            before = shutil.disk_usage(disk).used
            answer = _publish(service, body)
            require(answer.status == 201, "with room again the same request publishes the year")
            require(shutil.disk_usage(disk).used - before > LEFT, "which took more than there had been")
            years, results = _counted(url)
            require((years, results) == (1, AGENCIES), f"{years} year, {results} results, one of each agency")
            require(_publish(service, body).status in (200, 201), "sent a third time it is the same one")
            require(_counted(url) == (1, AGENCIES), "and nothing is doubled")
            service.wait_until_ready(READY_SECONDS)
            for command in ("audit", "check"):
                done = service.steward(command)
                require(done.returncode == 0, f"{command} finds nothing {done.stdout[-300:]}")
        finally:
            service.stop()


def _agencies(url: str, folder: Path) -> dict[str, Any]:
    """A district with histories; what the committee sends to publish its year (R25)."""
    keys = folder / "keys"
    with opened(url) as made:
        make_ready(made.engine, Settings(database_url=url, data_dir=folder, key_dir=keys))
        use_keys(made.engine, keys)
        facts = ((*History(number, years=3).facts(FACTS), closing(number)) for number in range(AGENCIES))
        with writing(made.engine) as connection:
            officer = create_person(connection, "经办人 甲")
        fill(made.ledger, chain.from_iterable(facts), officer)
        day = str(PUBLISHED_ON)
        return {"published_on": day, "meeting_on": day, "reason": "演练", "waivers": [*waivers(made)]}


def _publish(service: Running, body: dict[str, Any]) -> Answer:
    return service.ask("POST", f"/v1/assessments/{YEAR}/publication", body, Idempotency_Key="drill-full-disk")


def _counted(url: str) -> tuple[int, int]:
    """How many years and results are published, as the database itself says."""
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            years, results = (
                connection.scalar(text(f"SELECT count(*) FROM events WHERE topic LIKE '%{kind}'")) or 0
                for kind in ("YearPublished", "ResultPublished")
            )
            return years, results
    finally:
        engine.dispose()


def _said(answer: Answer) -> str:
    return str(answer.body.get("detail_en", answer.body) if isinstance(answer.body, dict) else answer.body)


if __name__ == "__main__":
    main()
