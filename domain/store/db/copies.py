"""Copies of a SQLite ledger: made while it is served, and put in the place of one, whole or not at all.

A copy is one file, without a log of changes beside it, that only its owner can read. What lay in the place before is
kept beside it under another name, its log of changes with it: left there, it would be played into the copy.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from domain.errors import Busy, Contradiction
from domain.store.db.db_errors import damaged, foreign, named_trouble

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file while it is open."""
_LOCKS, _LOCKED = 0x40000002, 510
"""Where SQLite locks a file that anybody has open (SQLite, `os_unix.c`: the shared range)."""


def back_up(source: Path, target: Path) -> None:
    """Copy a ledger, which may be in use, as it is at this moment. Raises: Contradiction, Busy, DatabaseRefused."""
    if target.exists():
        raise Contradiction(
            f"{target.name} 已经存在，不覆盖",
            f"{target.name} is there already and is not overwritten",
            remedy="请另取文件名",
            remedy_en="Name another file.",
        )
    made = _copy(source, target.parent)
    try:
        os.link(made, target)  # never over a file that came meanwhile
    finally:
        made.unlink()
    sync_folder(target.parent)


def put_back(copy: Path, target: Path) -> Path | None:
    """Put a copy in the place of a ledger that nobody has open; where what lay there is kept, if anything did.

    The copy is looked at thoroughly first. Raises: Busy while the ledger is in use; DatabaseRefused.
    """
    make_folder(target.parent)
    made = _copy(copy, target.parent)
    try:
        kept = _out_of_the_way(target)
        made.replace(target)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    return kept


def _copy(source: Path, folder: Path) -> Path:
    """A sound copy under a name of its own in a folder, durable, mode 0600."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".copy-")
    os.close(handle)
    made = Path(name)
    try:
        with named_trouble():
            address = f"{source.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(address, uri=True)) as read, closing(sqlite3.connect(made)) as written:
                read.backup(written)  # in one step, of one moment: those who write are not held up
                written.execute("PRAGMA journal_mode = DELETE")  # one file; opened by the service it is WAL again
                _require_ledger(written)
        with made.open("rb+") as file:
            os.fsync(file.fileno())
    except BaseException:
        for each in (made, *(Path(f"{made}{end}") for end in BESIDE)):
            each.unlink(missing_ok=True)
        raise
    return made


def _require_ledger(connection: sqlite3.Connection) -> None:
    said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise damaged(str(said).partition("\n")[0])
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone() is None:
        raise foreign()


def _out_of_the_way(target: Path) -> Path | None:
    """Move what lies in the place aside, its log of changes with it. Raises: Busy when somebody has it open."""
    there = [Path(f"{target}{end}") for end in ("", *BESIDE)]
    if not any(one.exists() for one in there):
        return None
    if target.exists():
        _require_unused(target)
    kept = target.with_name(f"{target.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    for one in reversed(there):
        with suppress(FileNotFoundError):
            one.rename(f"{kept}{str(one).removeprefix(str(target))}")
    sync_folder(target.parent)
    return kept


def _require_unused(target: Path) -> None:
    """Whoever has a ledger open holds a lock in the shared range; a damaged file cannot be asked any other way."""
    with target.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKED, _LOCKS)
        except OSError as error:
            raise Busy(
                f"数据库文件 {target.name} 正在使用",
                f"the database file {target.name} is in use",
                remedy="请先停止服务和其他命令，再恢复",
                remedy_en="Stop the service and other commands first.",
            ) from error


def make_folder(path: Path) -> None:
    """Make a folder for the owner only, with those around it that are missing, and have the disk hold each."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        sync_folder(one.parent)


def sync_folder(path: Path) -> None:
    """Have the disk hold what stands in a folder: files put there, replaced or taken away."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
