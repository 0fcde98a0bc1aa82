"""`backup` and `restore FILE` with the evidence files of a ledger."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.cli.conftest import Run
from tests.http.files import paper, pdf, photo, uploaded
from tests.http.world import World
from tests.processes import STEWARD


def test_a_copy_has_the_evidence_files_and_gives_them_back(run: Run, new_url: str, tmp_path: Path) -> None:
    """Beside the copy, as they lie; a second copy beside the first brings the new ones; the audit is clean after."""
    settings = Settings(database_url=new_url, data_dir=tmp_path)
    with TestClient(create_app(settings)) as client:
        world = World(client)
        uscc = world.filed()
        for content in (photo(), pdf()):
            world.id_of("RecordLapse", uscc, item=5, evidence=[paper(uploaded(world.association, content))])
        folder = world.service.files.folder
    assert folder is not None
    lying = sorted(path.name for path in folder.glob("*/*"))
    assert len(lying) == 2
    copy = tmp_path / "copy.db"
    done = run("backup", copy, "--database", new_url)
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    beside = tmp_path / "copy.db.evidence"
    assert sorted(path.name for path in beside.glob("*/*")) == lying
    for path in folder.glob("*/*"):
        path.unlink()
    assert run("audit", "--database", new_url).exit_code == 10
    back = run("restore", copy, "--database", new_url)
    assert back.exit_code == 0, back.output
    assert sorted(path.name for path in folder.glob("*/*")) == lying
    audit = run("audit", "--database", new_url)
    assert audit.exit_code == 0, audit.output
    assert "2 files of evidence" in audit.output


BOUND = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []
"""Permissions bind root too, as media that take no writes do."""


@pytest.mark.skipif(bool(BOUND) and shutil.which("setpriv") is None, reason="root without setpriv writes everywhere")
def test_an_auditors_copy_on_media_that_take_no_writes(run: Run, new_url: str, tmp_path: Path) -> None:
    """Asked, verified and audited as it lies, evidence included; nothing is put beside it, and writing is refused by
    name.
    """
    settings = Settings(database_url=new_url, data_dir=tmp_path, key_dir=tmp_path / "keys")
    with TestClient(create_app(settings)) as client:
        world = World(client)
        uscc = world.filed()
        world.id_of("RecordLapse", uscc, item=5, evidence=[paper(uploaded(world.association, photo()))])
        certificate = tmp_path / "certificate.json"
        certificate.write_bytes(world.association.get(f"/v1/agencies/{uscc}/certificate").content)
    media, at = tmp_path / "media", ("--database", f"sqlite:///{tmp_path / 'media' / 'steward.db'}")
    environment = {"PATH": os.environ["PATH"], "STEWARD_KEY_DIR": str(media / "keys"), "STEWARD_DATA_DIR": str(media)}
    shutil.copytree(tmp_path / "keys", media / "keys")
    shutil.copytree(tmp_path / "checkpoints", media / "checkpoints")

    def steward(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [*BOUND, sys.executable, "-c", STEWARD, *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert run("backup", tmp_path / "copy.db", "--database", new_url).exit_code == 0
    assert steward("restore", tmp_path / "copy.db", *at).returncode == 0
    lying = [media, *media.rglob("*")]
    for path in lying:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        asked = steward("standing", uscc, *at)
        assert (asked.returncode, uscc in asked.stdout) == (0, True), asked.stderr
        audit = steward("audit", *at)
        assert (audit.returncode, "1 files of evidence, 0 differences" in audit.stderr) == (0, True), audit.stderr
        assert steward("check", *at).returncode == 0
        key = steward("keys", "show", *at).stdout.strip()
        verified = steward("verify", certificate, "--key", key)
        assert verified.returncode == 0, verified.stderr
        refused = steward("token", "create", "--role", "auditor", *at)
        assert (refused.returncode, "is read-only" in refused.stderr) == (6, True), refused.stderr
        assert sorted(media.rglob("*")) == sorted(lying[1:])
    finally:
        for path in lying:
            path.chmod(0o700)
