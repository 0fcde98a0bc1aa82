"""Keys outside the database."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.store.keys.secret_files import UnsafeKeyFile, read_or_make


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """Eight at once get one and the same key; file and folder are closed to others, and nothing half is left."""
    path = tmp_path / "keys" / "one.key"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: read_or_make(path, lambda: os.urandom(32)), range(8)))
    assert len(found) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["one.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622, 0o666])
def test_a_key_open_to_others_is_refused_by_name(tmp_path: Path, mode: int) -> None:
    """Used silently, it would protect nothing."""
    path = tmp_path / "one.key"
    path.write_bytes(b"x" * 32)
    path.chmod(mode)
    with pytest.raises(UnsafeKeyFile, match=r"one\.key"):
        read_or_make(path, lambda: b"")
