"""`master-key give-up`: said in so many words, refused while the key is there, and the ledger is whole afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_a_lost_master_key_is_given_up(run: Run, new_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --sure a wrong usage; with the key there a refusal; without it, it is done, signed, and audits clean."""
    monkeypatch.setenv("STEWARD_KEY_DIR", str(tmp_path / "keys"))
    at = ("--database", new_url)
    assert run("demo", *at, "--agencies", "2", "--facts", "100").exit_code == 0
    assert run("master-key", "give-up", *at, "--as", "王主任").exit_code == 2
    assert run("master-key", "give-up", *at, "--as", "王主任", "--sure").exit_code == 5
    (tmp_path / "keys" / "master.key").unlink()
    missing = run("token", "create", *at, "--role", "auditor", "--person", "赵")
    assert missing.exit_code == 3
    assert "steward master-key give-up" in missing.stderr
    done = run("master-key", "give-up", *at, "--as", "王主任", "--sure")
    assert done.exit_code == 0, done.stderr
    assert "subjects erased" in done.output
    assert run("master-key", "check", *at).exit_code == 0
    assert run("audit", *at).exit_code == 0
    assert run("token", "create", *at, "--role", "auditor", "--person", "赵").exit_code == 0
