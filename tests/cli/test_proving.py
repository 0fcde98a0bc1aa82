"""`checkpoint`, `keys`, `verify-receipt`: notes and keys alone on standard output, and an exit code for a script."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from domain.measures import rulebook
from domain.proof import check
from tests.cli.conftest import Run


def adopt(run: Run, url: str) -> Any:
    """Record something: a rulebook that is in force years from now."""
    shipped = files(rulebook).joinpath("dayawan-2021.toml").read_text("utf-8")
    changed = shipped.replace('id = "dayawan-2021"', 'id = "dayawan-2027"', 1)
    file = Path(url.removeprefix("sqlite:///")).with_name("rulebook.toml")
    file.write_text(changed.replace("effective_from = 2021-11-01", "effective_from = 2027-01-01", 1), "utf-8")
    done = run("rulebook", "adopt", file, "--database", url, "--as", "张三")
    assert done.exit_code == 0, done.stderr
    return done


@pytest.fixture
def made(run: Run, new_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ledger that was just opened, with keys of its own."""
    monkeypatch.setenv("STEWARD_KEY_DIR", str(tmp_path / "keys"))
    assert run("token", "create", "--database", new_url, "--role", "auditor").exit_code == 0
    return new_url


def test_the_checkpoint_alone_is_printed(run: Run, made: str, tmp_path: Path) -> None:
    """A note that the keys shown verify, the same as the file outside the database; as JSON what HTTP answers."""
    done = run("checkpoint", "--database", made)
    keys = [check.parse_key(line) for line in run("keys", "show", "--database", made).stdout.splitlines()]
    assert (done.exit_code, len(keys)) == (0, 1)
    checkpoint = check.verify_checkpoint(done.stdout.encode(), keys)
    assert checkpoint.size == 3  # the ledger opened, its rulebook and calendar adopted
    (kept,) = (tmp_path / "checkpoints").glob("*.txt")
    assert kept.read_text("utf-8") == done.stdout
    secret = run("token", "create", "--database", made, "--role", "auditor").stdout.strip()
    with TestClient(create_app(Settings(database_url=made))) as client:
        answer = client.get("/v1/log/checkpoint", headers={"Authorization": f"Bearer {secret}"}).json()
    assert json.loads(run("checkpoint", "--database", made, "--json").stdout) == answer


def test_a_new_key_is_printed_and_signs_with_the_old_one(run: Run, made: str) -> None:
    """The next checkpoint carries both signatures; both keys are shown."""
    old = check.parse_key(run("keys", "show", "--database", made).stdout)
    done = run("keys", "rotate", "--database", made)
    new = check.parse_key(done.stdout)
    assert done.exit_code == 0
    assert run("keys", "show", "--database", made).stdout.splitlines() == [str(old), str(new)]
    adopt(run, made)
    note = run("checkpoint", "--database", made).stdout.encode()
    assert check.verify_note(note, [old, new])[1] == (new, old)


def test_a_lost_key_is_refused_with_what_to_do(run: Run, made: str, tmp_path: Path) -> None:
    """Exit code 5 and the remedy; with --without-old a new one is made; what was recorded meanwhile stands."""
    for file in (tmp_path / "keys").glob("log*"):
        file.unlink()
    refused = run("keys", "rotate", "--database", made)
    assert refused.exit_code == 5
    assert "--without-old" in refused.stderr
    assert run("keys", "rotate", "--database", made, "--without-old").exit_code == 0


def test_recording_goes_on_where_nothing_can_be_signed(run: Run, made: str, tmp_path: Path) -> None:
    """A key that others can read: the rulebook is adopted, the trouble is told, the last checkpoint stands."""
    before = run("checkpoint", "--database", made).stdout
    (tmp_path / "keys" / "log.key").chmod(0o644)
    assert "UnsafeKeyFile" in adopt(run, made).stderr
    assert run("checkpoint", "--database", made).exit_code == 5
    (tmp_path / "keys" / "log.key").chmod(0o600)
    after = run("checkpoint", "--database", made).stdout
    sizes = [check.parse_checkpoint(check.parse_note(note.encode()).text).size for note in (before, after)]
    assert sizes == [3, 4]


def test_a_receipt_is_verified_offline(run: Run, made: str, tmp_path: Path) -> None:
    """Exit code 0 with what it proves, 9 for one that was changed, 2 for a key that is none; no database is named."""
    secret = run("token", "create", "--database", made, "--role", "auditor").stdout.strip()
    headers = {"Authorization": f"Bearer {secret}"}
    with TestClient(create_app(Settings(database_url=made))) as client:
        event = client.get("/v1/log", headers=headers).json()["items"][0]["id"]
        receipt = client.get("/v1/log/receipt", params={"event_id": event}, headers=headers).content
    key = run("keys", "show", "--database", made).stdout.strip()
    file = tmp_path / "receipt.json"
    file.write_bytes(receipt)
    done = run("verify-receipt", file, "--key", key)
    assert done.exit_code == 0, done.stderr
    assert event in done.stdout
    assert "LedgerOpened" in done.stdout
    file.write_bytes(receipt.replace(event.encode(), event[::-1].encode()))
    refused = run("verify-receipt", file, "--key", key)
    assert (refused.exit_code, refused.stdout) == (9, "")
    assert "not proven" in refused.stderr
    assert run("verify-receipt", file, "--key", "no key").exit_code == 2
    assert run("verify-receipt", file).exit_code == 2
