"""`steward upload`: files of evidence from the disk, recorded by what is imported next."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from demo.invented_names import uscc
from tests.cli.conftest import Run
from tests.http.files import pdf, photo


def opened(run: Run, folder: Path, *at: str) -> None:
    """A ledger with one agency."""
    body = {"uscc": uscc(900_101), "name": "湾安安全", "category": "安全管家", "submitted_on": "2024-01-02"}
    filing = folder / "filing.jsonl"
    filing.write_text(json.dumps({"post": "/v1/agencies", "body": body}))
    assert run("import", filing, *at).exit_code == 0


@pytest.mark.shows("art.16")
def test_a_file_is_kept_and_recorded_by_an_import_of_the_same_person(run: Run, new_url: str, tmp_path: Path) -> None:
    """Once, however often it is run; another person's import does not find it; the audit reads it again."""
    at, code = ("--database", new_url, "--as", "张三"), uscc(900_101)
    scan, picture = tmp_path / "清单.pdf", tmp_path / "现场.jpg"
    scan.write_bytes(pdf())
    picture.write_bytes(photo())
    opened(run, tmp_path, *at)
    kept = run("upload", scan, picture, *at, "--json")
    assert kept.exit_code == 0, kept.stderr
    first, second = map(json.loads, kept.stdout.splitlines())
    assert (first["media_type"], second["media_type"]) == ("application/pdf", "image/jpeg")
    assert first["sha256"] == hashlib.sha256(scan.read_bytes()).hexdigest()
    again = run("upload", scan, *at)
    assert (again.exit_code, "已有" in again.stderr) == (0, True)
    paper = {"title": "扫描件", "sha256": first["sha256"], "size": first["size"], "media_type": first["media_type"]}
    body = {"item": 4, "occurred_on": "2024-03-04", "evidence": [paper]}
    lapse = tmp_path / "lapse.jsonl"
    lapse.write_text(json.dumps({"post": f"/v1/agencies/{code}/lapses", "body": body}))
    assert run("import", lapse, "--database", new_url, "--as", "李四").exit_code == 5
    done = run("import", lapse, *at)
    assert done.exit_code == 0, done.stderr
    audit = run("audit", "--database", new_url, "--json")
    assert audit.exit_code == 0, audit.stdout


def test_what_is_no_evidence_is_refused_by_name(run: Run, new_url: str, tmp_path: Path) -> None:
    """A page that a browser would run, an empty file, one that is not there: nothing is kept."""
    at = ("--database", new_url, "--as", "张三")
    opened(run, tmp_path, *at)
    for name, content in (("页面.html", b"<html><script>1</script></html>"), ("空.pdf", b"")):
        file = tmp_path / name
        file.write_bytes(content)
        done = run("upload", file, *at)
        assert done.exit_code == 5, (name, done.stdout, done.stderr)
    assert run("upload", tmp_path / "没有.pdf", *at).exit_code == 2
