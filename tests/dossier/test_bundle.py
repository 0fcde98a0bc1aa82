"""The archive and its cover: equal files give equal bytes, and MANIFEST.json proves each of them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest

from projections.paper.cover import CoverBasis, Described, bundle, cover
from tests.dossier.answers import sheet

FILES = {"b/时间线.json": b"{}", "a.txt": "甲".encode() * 1000}


def test_the_order_in_which_files_are_given_changes_nothing() -> None:
    """The archive goes by paths; another content, or another path, is another archive."""
    turned = dict(reversed(FILES.items()))
    assert list(turned) != list(FILES)
    assert bundle(turned) == bundle(FILES)
    assert bundle({**FILES, "a.txt": b"x"}) != bundle(FILES)


def test_the_archive_holds_the_files_and_a_manifest_with_their_hashes() -> None:
    """MANIFEST.json first, then the files; dates, rights and system are the same for all."""
    with zipfile.ZipFile(io.BytesIO(bundle(FILES))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["MANIFEST.json", "a.txt", "b/时间线.json"]
        manifest = json.loads(archive.read("MANIFEST.json"))
        for row in manifest["files"]:
            data = archive.read(row["path"])
            assert data == FILES[row["path"]]
            assert row["bytes"] == len(data)
            assert row["sha256"] == hashlib.sha256(data).hexdigest()
        assert len(manifest["files"]) == len(FILES)
        entries = archive.infolist()
    assert {(one.date_time, one.external_attr, one.create_system, one.compress_type) for one in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644 << 16, 3, zipfile.ZIP_STORED)
    }


@pytest.mark.parametrize("path", ["", "/etc/x", "../x", "a/../x", "a\\b", "a//b", "MANIFEST.json"])
def test_a_path_that_leaves_the_archive_is_refused(path: str) -> None:
    """Nothing that unpacks elsewhere, or hides the manifest, gets in."""
    with pytest.raises(ValueError, match="cannot be a path"):
        bundle({path: b""})


def test_the_cover_names_every_file_and_the_whole_basis_in_both_languages() -> None:
    """Chinese, then English: files, both clocks, log index, rulebook and calendar hashes, how to make it again."""
    answer = sheet()
    text = cover(
        "申诉卷宗",
        "Appeal dossier",
        [Described("sheet.pdf", "今日的打分表", "today's sheet")],
        [CoverBasis.of(answer, "今日", "today", log_index=4711)],
        ["steward sheet 91 2024 --pdf sheet.pdf"],
        software="0.1.0+3f9a1c2b7d40",
        demonstration=True,
    )
    chinese, _, english = text.partition("-" * 72)
    for half in (chinese, english):
        for part in (
            "sheet.pdf",
            "MANIFEST.json",
            answer["as_of"],
            answer["known_at"],
            "4711",
            answer["rulebook"]["sha256"],
            answer["calendar"]["sha256"],
            "steward sheet 91 2024 --pdf sheet.pdf",
        ):
            assert part in half, part
    assert [line for line in english.splitlines() if line[:3] in ("1. ", "2. ", "3. ")] == [
        "1. Files",
        "2. Basis",
        "3. How to make it again",
    ]
    assert "演示数据" in chinese
    assert "DEMONSTRATION" in english
    assert "今日的打分表" in chinese
    assert "today's sheet" in english
