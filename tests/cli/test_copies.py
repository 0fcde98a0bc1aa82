"""`backup` and `restore FILE` with the evidence files of a ledger."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.cli.conftest import Run
from tests.http.files import paper, pdf, photo, uploaded
from tests.http.world import World


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
