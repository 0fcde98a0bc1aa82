"""Backups put back for real: an older copy, one beside a left-over `-wal`, and a dump in another PostgreSQL cluster.

A ledger that does not hold what was signed takes no writes until somebody accepts that by name, and then signs under
another name; what may be lost stays visible. In another cluster nothing is left out of the log, and nothing is
certified that does not hold all of an agency.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from domain.store.db.engine import open_migration_engine
from drills.common import Failed, require, step
from drills.facts import Facts, degraded, evidence, signed, standing, with_evidence
from drills.service import Running
from tests.postgres_binaries import find_client
from tests.postgres_server import PostgresServer

BY = ("--as", "运维", "--reason", "演练")


def main() -> None:
    """Each of the three, on ledgers of its own."""
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
        step("an older copy:")
        older_copy(Path(folder) / "ledger.db", Path(folder))
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
        step("a left-over log of changes:")
        left_over_log(Path(folder) / "ledger.db", Path(folder))
    with tempfile.TemporaryDirectory(prefix="steward-drill-") as folder:
        step("a dump in another cluster:")
        with PostgresServer() as first, PostgresServer() as second:
            require(first.url() != second.url(), "there are two clusters")
            another_cluster(first, second, Path(folder))


def older_copy(file: Path, folder: Path) -> None:
    """Restored to an older copy: read only, until it is accepted; the files moved away change nothing of that."""
    url, facts = f"sqlite:///{file}", Facts()
    service = Running(url, folder)
    facts.record(service, 3)
    photo = folder / "photo.pdf"
    photo.write_bytes(b"%PDF-1.7\n" + os.urandom(200_000))
    sha256 = with_evidence(service, facts.acknowledged[0], photo)
    held = signed(service)
    origin = _checkpoint(service)["origin"]
    copy = folder / "copy.db"
    _did(service, "backup", str(copy))
    facts.record(service, 4)
    longer = signed(service)
    lost = facts.acknowledged[3:]
    service.stop()
    shutil.rmtree(folder / "evidence")
    step("the files of evidence are lost as well:")
    _did(service, "restore", str(copy))
    _takes_no_writes(url, service, facts)
    shutil.move(folder / "checkpoints", folder / "moved-away")
    step("the files of checkpoints are moved away:")
    _takes_no_writes(url, service, facts)
    shutil.move(folder / "moved-away", folder / "checkpoints")
    done = service.steward("restore", "accept", "--as", "运维", "--reason", "")
    require(done.returncode == 5, "nothing is accepted without a reason")
    _did(service, "restore", "accept", *BY)
    again = Running(url, folder, token=service.token)
    try:
        again.wait_until_ready(60)
        facts.record(again, 9)
        signed(again)
        shown = _checkpoint(again)
        require(shown["origin"] != origin, "it signs under another name from there on")
        (one,) = shown["restores"]
        require(
            (one["old"]["size"], one["new"]["size"], one["lost"]) == (longer, held, {"from": held + 1, "to": longer}),
            f"the checkpoint says that {one['lost']} may be lost",
        )
        require(all(standing(again, code) == 404 for code in lost), "what was lost is not there")
        require(evidence(again, sha256) == photo.read_bytes(), "the file of evidence is back, to the last byte")
        audit = again.steward("audit", "--json")
        require(audit.returncode == 0 and bool(json.loads(audit.stdout)["restores"]), "the audit passes, and says it")
        require(again.steward("restore", "accept", *BY).returncode == 5, "nothing is left to accept")
    finally:
        again.stop()


def left_over_log(file: Path, folder: Path) -> None:
    """An older file put beside the log of changes of the newer one, as `cp` does it; then restored as it should be."""
    url, facts = f"sqlite:///{file}", Facts()
    service = Running(url, folder)
    facts.record(service, 3)
    signed(service)
    copy = folder / "copy.db"
    _did(service, "backup", str(copy))
    facts.record(service, 30)
    signed(service)
    service.kill()
    require(Path(f"{file}-wal").stat().st_size > 0, "a killed service leaves its log of changes")
    shutil.copy(copy, file)
    _damaged_or_read_only(url, service, facts)
    _did(service, "restore", str(copy))
    require(not Path(f"{file}-wal").exists(), "restoring takes the log of changes away")
    _takes_no_writes(url, service, facts)
    _did(service, "restore", "accept", *BY)
    last = Running(url, folder, token=service.token)
    try:
        last.wait_until_ready(60)
        facts.record(last, 2)
    finally:
        last.stop()


def another_cluster(first: PostgresServer, second: PostgresServer, folder: Path) -> None:
    """Dumped and loaded into a new cluster, whose transaction ids begin low: refused by name, then sequenced."""
    url, facts = first.create_database("steward"), Facts()
    service = Running(url, folder)
    facts.record(service, 20)
    signed(service)
    service.stop()
    other = second.create_database("steward")
    _dumped(url, other)
    moved = {**service.environment, "STEWARD_DATABASE_URL": other}
    service.environment.update(moved)
    done = service.steward("serve", "--port", "0")
    require(done.returncode == 3 and "OtherCluster" in done.stderr, "it does not start in another cluster")
    _did(service, "restore", "sequence", *BY)
    require(service.steward("restore", "sequence", *BY).returncode == 5, "a second time there is nothing to do")
    again = Running(other, folder, token=service.token)
    try:
        again.wait_until_ready(60)
        facts.record(again, 20)
        _burn_ids(other)
        facts.record(again, 20)
        size = signed(again)
        with open_migration_engine(other).connect() as connection:
            events = connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one()
        require(size == events, f"all {events} events have their place, also past the old horizon")
        answer = again.ask("GET", f"/v1/agencies/{facts.acknowledged[-1]}/certificate")
        require(answer.status == 200, "certificates are given")
        audit = again.steward("audit", "--json")
        require(audit.returncode == 0, f"the audit passes: {audit.stdout[-800:]} {audit.stderr[-300:]}")
    finally:
        again.stop()


def _takes_no_writes(url: str, service: Running, facts: Facts) -> None:
    again = Running(url, Path(service.environment["STEWARD_DATA_DIR"]), token=service.token)
    try:
        answer = facts.try_one(again)
        require(answer.status == 503 and answer.body["type"].endswith("ledger-differs"), "nothing is written")
        require("accept" in answer.body["remedy_en"], "the problem says what to do")
        require("ledger-differs" in degraded(again), "readyz says so")
        require(standing(again, facts.acknowledged[0]) == 200, "questions are answered")
        done = again.steward("calendar", "adopt", str(_overlay(again)), "--as", "运维")
        require(done.returncode == 3 and "LogRewritten" in done.stderr, "the command line writes nothing either")
    finally:
        again.stop()


def _damaged_or_read_only(url: str, service: Running, facts: Facts) -> None:
    """Which of the two it is depends on which pages the log holds: never is anything acknowledged."""
    folder = Path(service.environment["STEWARD_DATA_DIR"])
    try:
        again = Running(url, folder, token=service.token)
    except Failed as failed:
        require("DatabaseDamaged" in str(failed), "the file with a foreign log of changes is not served")
        return
    try:
        step(f"it is served: {degraded(again)}")
        answers = [facts.try_one(again).status for _ in range(5)]
        whole = degraded(again) == set() and all(standing(again, code) == 200 for code in facts.acknowledged)
        require(whole or set(answers) == {503}, "it is whole, or takes no writes")
    finally:
        again.stop()


def _overlay(service: Running) -> Path:
    file = Path(service.environment["STEWARD_DATA_DIR"]) / "overlay.toml"
    text = '[years.2031]\nsource = "演练"\nholidays = [2031-01-01]\nworkdays = []\n'
    file.write_text(text, "utf-8")
    return file


def _checkpoint(service: Running) -> dict[str, Any]:
    token, service.token = service.token, _auditor(service)
    try:
        found: dict[str, Any] = service.ask("GET", "/v1/log/checkpoint", Accept="application/json").body
        return found
    finally:
        service.token = token


def _auditor(service: Running) -> str:
    done = service.steward("token", "create", "--role", "auditor", "--person", "审计")
    if done.returncode:
        raise Failed(done.stderr)
    return done.stdout.strip()


def _dumped(source: str, target: str) -> None:
    """pg_dump of one database, loaded into another by psql."""
    urls = [make_url(one).set(drivername="postgresql") for one in (source, target)]
    made = [one.render_as_string(hide_password=False) for one in urls]
    engine = open_migration_engine(target)
    with engine.begin() as connection:  # roles are the cluster's own, and in no dump of a database
        connection.exec_driver_sql("CREATE ROLE steward_service NOLOGIN")
    dump = subprocess.run([find_client("pg_dump"), made[0]], check=True, capture_output=True)
    psql = [str(find_client("psql")), "--quiet", "--set", "ON_ERROR_STOP=1", made[1]]
    loaded = subprocess.run(psql, input=dump.stdout, check=False, capture_output=True)
    if loaded.returncode:
        raise Failed(loaded.stderr.decode())


def _burn_ids(url: str) -> None:
    """Let the cluster's transaction ids go on, past where the other one's stood."""
    engine = open_migration_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(1500):
            connection.exec_driver_sql("SELECT pg_current_xact_id()")


def _did(service: Running, *arguments: str) -> None:
    done = service.steward(*arguments)
    if done.returncode:
        raise Failed(f"steward {' '.join(arguments)}: {done.returncode} {done.stderr}")


if __name__ == "__main__":
    main()
