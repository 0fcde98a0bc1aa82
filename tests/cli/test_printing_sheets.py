"""`steward sheets`: all score sheets of a year in one file."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pytest

from tests.cli.conftest import Run


@pytest.mark.shows("art.19", "annex1.note2")
def test_the_sheets_of_a_year_are_one_file_and_the_same_bytes_again(
    run: Run, demonstration: str, tmp_path: Path
) -> None:
    """Every agency's sheet is in it, each with a bookmark; a year without anybody is refused; nothing is left half."""
    first, again = tmp_path / "打分表.pdf", tmp_path / "again.pdf"
    done = run("sheets", 2023, first, "--database", demonstration)
    assert done.exit_code == 0, done.stderr
    assert "已写入" in done.stderr
    place = done.stderr.rpartition("log:")[2].split("）")[0]
    with pikepdf.open(io.BytesIO(first.read_bytes())) as found, found.open_outline() as outline:
        assert len(outline.root) == 5
        assert len(found.pages) >= 5
    assert run("sheets", 2023, again, "--database", demonstration, "--known-at", f"log:{place}").exit_code == 0
    assert again.read_bytes() == first.read_bytes()
    assert not list(tmp_path.glob("*.part"))
    table = tmp_path / "打分表.csv"
    assert run("sheets", 2023, table, "--database", demonstration).exit_code == 0
    assert table.read_text("utf-8-sig").count(",总分,总分,") == 5
    refused = run("sheets", 2023, tmp_path / "missing" / "x.pdf", "--database", demonstration)
    assert refused.exit_code == 2
    assert "无法写入" in refused.stderr
