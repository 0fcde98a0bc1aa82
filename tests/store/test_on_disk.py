"""Keys, checkpoints and what stands beside them are on disk before they count: the file first, then its name.

`tests/haste.py` lets nothing wait for the disk; here each wait is written down instead, in order, with what was made,
renamed and linked, from the first start of a ledger to a rotation of its keys.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.application.background.checkpoint_signer import proven_up
from api.settings import Settings
from api.starting import start, stop
from domain.store.db.copies import back_up, put_back
from domain.store.db.engine import reading
from domain.store.files.copied_files import copy_files
from domain.store.keys.secret_files import append
from domain.store.keys.wrapping import rotate
from domain.store.proof.outside_notes import OutsideNotes, TimestampedNote
from domain.store.proof.proof_reader import latest_checkpoint

Inode = tuple[int, int]
Step = tuple[str, Inode, Inode]
"""What was done, to what, in which folder; of a wait for the disk the folder is the file itself."""


def inode(at: Any) -> Inode:
    """What a path or descriptor is of."""
    found = os.fstat(at) if isinstance(at, int) else Path(at).lstat()
    return found.st_dev, found.st_ino


class DiskDiary:
    """What was asked of the disk below a folder, in order."""

    def __init__(self, below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.below, self.steps = below, list[Step]()
        monkeypatch.setattr(os, "fsync", self._synced)
        for name in ("replace", "rename", "link"):
            monkeypatch.setattr(os, name, self._named(getattr(os, name)))
        monkeypatch.setattr(os, "mkdir", self._made(os.mkdir))

    def _synced(self, descriptor: int) -> None:
        self.steps.append(("sync", inode(descriptor), inode(descriptor)))

    def _named(self, real: Callable[..., None]) -> Callable[..., None]:
        def named(source: Any, target: Any, **more: Any) -> None:
            of = inode(source)
            real(source, target, **more)
            if self.below in Path(target).parents:
                self.steps.append(("named", of, inode(Path(target).parent)))

        return named

    def _made(self, real: Callable[..., None]) -> Callable[..., None]:
        def made(path: Any, *arguments: Any, **more: Any) -> None:
            real(path, *arguments, **more)
            if self.below in Path(path).parents:
                self.steps.append(("made", inode(path), inode(Path(path).parent)))

        return made

    def undone(self) -> list[Step]:
        """Names that were given to what was not on disk, or that are not on disk themselves; folders likewise."""
        found = []
        for at, (what, of, folder) in enumerate(self.steps):
            if what == "sync":
                continue
            before = what == "made" or ("sync", of, of) in self.steps[:at]
            if not before or ("sync", folder, folder) not in self.steps[at:]:
                found.append((what, of, folder))
        return found

    def never_synced(self, folder: Path) -> set[str]:
        """Files below a folder that the disk was never made to hold, or whose folder was not after them."""
        found = set()
        for path in folder.rglob("*"):
            if not stat.S_ISREG(path.stat().st_mode) or path.suffix == ".lock":
                continue
            of, there = ("sync", inode(path), inode(path)), ("sync", inode(path.parent), inode(path.parent))
            if of not in self.steps or there not in self.steps[self.steps.index(of) :]:
                found.add(path.name)
        return found


def test_what_keys_and_checkpoints_write_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file of both folders, and every folder that was made on the way."""
    diary = DiskDiary(tmp_path, monkeypatch)
    folder = tmp_path / "deep" / "data"
    settings = Settings(data_dir=folder, key_dir=folder / "keys")  # a rotation is of this ledger alone
    service = start(settings)
    try:
        signed = proven_up(service.ledger, service.notary)
        assert signed is not None
        notes = OutsideNotes(settings.checkpoints, service.notary.origin)
        with notes.alone():
            notes.keep_cosigned(signed.note)
            notes.keep_stamped(TimestampedNote(signed.note, "", "2026-11-30T00:00:00.000000Z"))
        with reading(service.ledger.engine) as connection:
            service.notary.keys.rotate(latest_checkpoint(connection))
        rotate(service.ledger.engine)
        service.notary.keys.rotate(None)
    finally:
        stop(service)
    kept = {one.name for folder in (settings.keys, settings.checkpoints) for one in folder.iterdir()}
    assert {"log.key", "log.pub", "rows.key", "master.key"} <= kept
    assert [one for one in kept if one.endswith(".outside.log")]
    assert diary.undone() == []
    assert diary.never_synced(settings.keys) | diary.never_synced(settings.checkpoints) == set()


def test_copies_are_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup, what is put back, copied files of evidence."""
    settings = Settings(data_dir=tmp_path / "data")
    stop(start(settings))
    ledger, copy = tmp_path / "data" / "steward.db", tmp_path / "copies" / "copy.db"
    source, files = tmp_path / "evidence", tmp_path / "copied"
    for folder in (copy.parent, source / "ab", files):
        folder.mkdir(parents=True)
    (source / "ab" / "abcd").write_bytes(b"content")
    diary = DiskDiary(tmp_path, monkeypatch)
    back_up(ledger, copy)
    put_back(copy, tmp_path / "new" / "place" / "steward.db")
    assert copy_files(source, files) == 1
    assert len([one for one in diary.steps if one[0] == "named"]) >= 3
    assert diary.undone() == []


def test_a_line_is_on_disk_once_it_is_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file each time; its name when it is new."""
    diary, file = DiskDiary(tmp_path, monkeypatch), tmp_path / "some.log"
    append(file, b"one\n")
    of, folder = inode(file), inode(tmp_path)
    assert diary.steps == [("sync", of, of), ("sync", folder, folder)]
    append(file, b"two\n")
    assert diary.steps[2:] == [("sync", of, of)]
    assert file.read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
