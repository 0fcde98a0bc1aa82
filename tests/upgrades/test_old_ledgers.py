"""Ledgers of every earlier version: opened, migrated, checked, audited; what they handed out is verified by values."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from domain.proof.check import parse_key
from domain.store.db.engine import open_migration_engine
from domain.store.db.state import known_revisions
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import parse_certificate
from tests.databases import Databases
from tests.http.world import World
from tests.processes import steward
from tests.proof.held import Held
from tests.upgrades.entries import NAMES, said_of, unpacked

WITH_ARCHIVE = tuple(name for name in NAMES if "archive.zip" not in said_of(name)["left_out"])


@pytest.fixture
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Held:
    """A copy of an entry."""
    folder = unpacked(request.param, tmp_path / "entry")
    return Held(f"sqlite:///{folder / 'ledger.db'}", folder)


def certificates(folder: Path) -> list[Path]:
    """What it certified, the agency's own among them."""
    found = sorted((folder / "certificates").glob("*.json"))
    assert len(found) >= 3
    return found


def test_the_corpus_reaches_back() -> None:
    """Several revisions of the tables, the present one's predecessor among them."""
    assert len({said_of(name)["revision"] for name in NAMES}) >= 3
    assert {said_of(name)["revision"] for name in NAMES} <= set(known_revisions())
    assert WITH_ARCHIVE


@pytest.mark.slow
@pytest.mark.parametrize("held", NAMES, indirect=True)
def test_an_old_ledger_is_migrated_checked_audited_and_goes_on(held: Held) -> None:
    """Not one byte of its events is another; rows are made anew; its access, keys and checkpoints hold; it records."""
    done = held.command("migrate")
    assert done.returncode == 0, done.stderr
    assert held.audit().found == []
    checked = held.command("check", "--jobs", "1", "--bases", "3")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with TestClient(create_app(held.settings)) as client:
        uscc = World(client).filed()
        assert client.get("/readyz").json()["status"] == "ready"
    assert uscc
    audit = held.audit()
    assert (audit.found, audit.others) == ([], [])


@pytest.mark.parametrize("held", NAMES, indirect=True)
def test_what_an_old_version_handed_out_is_verified(held: Held) -> None:
    """Certificates by their values, receipts by their signatures, with the ledger's own key."""
    key = next(
        line
        for line in (held.folder / "keys" / "log.pub").read_text("utf-8").splitlines()
        if line.startswith("steward")
    )
    for file in certificates(held.folder):
        assert check_certificate(parse_certificate(file.read_bytes()), [parse_key(key)])
    receipts = sorted((held.folder / "receipts").glob("*.json"))
    assert receipts
    for file in receipts:
        done = verified("verify-receipt", file, key)
        assert done.returncode == 0, done.stdout + done.stderr


def verified(command: str, file: Path, key: str) -> subprocess.CompletedProcess[str]:
    """A file as somebody without the database checks it."""
    return steward(command, file, "--key", key, env={"PATH": ""})


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("held", WITH_ARCHIVE, indirect=True)
def test_an_old_archive_restores_into_either_database(
    held: Held, kind: str, databases: Databases, tmp_path: Path
) -> None:
    """Whole, audited, and its read models made by this version."""
    folder = tmp_path / "there"
    folder.mkdir()
    shutil.copytree(held.folder / "keys", folder / "keys")
    there = Held(databases.empty(kind, folder), folder)
    done = there.command("restore", str(held.folder / "archive.zip"))
    assert done.returncode == 0, done.stderr
    assert there.audit().found == []
    engine = open_migration_engine(there.url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM events").scalar()
    engine.dispose()
