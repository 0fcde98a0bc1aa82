"""Checkpoints kept outside the database, so that a database that was put back or rewritten is found out.

Per ledger two files: `ID.txt`, the latest note, put in place whole; and `ID.log`, one JSON line per checkpoint ever
made. They follow the database; and before anything new is signed, the database has to hold what they hold.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from domain.errors import Refusal
from domain.proof.check import Checkpoint, ProofError, parse_checkpoint, parse_note
from domain.store.engine import reading
from domain.store.proofs import Signed, checkpoint_at, checkpoints_after, latest_checkpoint
from domain.store.secret_files import replace

PAGE = 500


class LogRewritten(Refusal):
    """The database does not hold a checkpoint that was signed before: it was put back, rewritten, or is another's."""


class Kept(NamedTuple):
    """A checkpoint that was kept outside the database: its size, its note, and where."""

    size: int
    note: str
    where: str


class Witness:
    """The files of one log in a folder. Several processes may write them."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.folder = folder
        name = origin.rpartition("/")[2]
        self.origin = origin
        self.latest = folder / f"{name}.txt"
        self.history = folder / f"{name}.log"

    def last(self) -> Checkpoint | None:
        """The latest checkpoint that the files hold. Raises: LogRewritten when it cannot be read."""
        if not self.latest.exists():
            return None
        try:
            return parse_checkpoint(parse_note(self.latest.read_bytes()).text, self.origin)
        except ProofError as error:
            raise self._refusal(f"无法读取（{error.text}）", f"cannot be read ({error.text_en})") from error

    def require_same_past(self, engine: Engine) -> None:
        """The database holds the latest checkpoint of the files. Raises: LogRewritten."""
        last = self.last()  # before the database is looked at: another process may bring both further meanwhile
        if last is None:
            return
        with reading(engine) as connection:
            held = checkpoint_at(connection, last.size)
        if held is None or held.root != last.root:
            raise self._refusal(
                f"记有 {last.size} 条时的检查点，数据库中没有",
                f"has a checkpoint of {last.size} entries that is not there",
            )

    def follow(self, engine: Engine) -> None:
        """Write down every checkpoint of the database that the files do not have yet. Raises: LogRewritten; OSError."""
        self.require_same_past(engine)
        last = self.last()
        with reading(engine) as connection:
            newest = latest_checkpoint(connection)
            if newest is None or (last is not None and last.size >= newest.size):
                return
            self.history.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._locked() as after:
                while found := checkpoints_after(connection, after, PAGE):
                    self._append(found)
                    after = found[-1].size
                last = self.last()
                if last is None or last.size < newest.size:
                    replace(self.latest, newest.note.encode())

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Have the history alone, whole lines only; the size of its last one."""
        with self.history.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - 65536)
            file.seek(start)
            tail = file.read()
            whole = tail.rfind(b"\n") + 1
            if whole < len(tail):  # a line that a crash cut off
                file.truncate(start + whole)
            lines = tail[:whole].splitlines()
            yield int(json.loads(lines[-1])["size"]) if lines else 0

    def _append(self, found: list[Signed]) -> None:
        with self.history.open("ab") as file:
            for one in found:
                line = {"size": one.size, "sealed_at": one.sealed_at, "note": one.note}
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _refusal(self, what: str, what_en: str) -> LogRewritten:
        return LogRewritten(
            f"数据库外保存的检查点 {self.latest.name} {what}",
            f"the checkpoint kept outside the database in {self.latest.name} {what_en}",
            remedy="日志可能被改写或由备份恢复：请核对备份并运行 steward audit；确认后移走该文件及同名 .log，再继续",
            remedy_en="The log may have been rewritten or restored from a backup: compare backups, run steward audit; "
            "once that is explained, move this file and its .log away to go on.",
        )


def kept_in(folder: Path, origin: str) -> Iterator[Kept]:
    """Every checkpoint that the files of a log hold, the latest note last; whether they are right is not asked here.

    A line that cannot be read is given with size 0: whoever compares finds that nothing was signed so.
    """
    witness = Witness(folder, origin)
    if witness.history.exists():
        whole = witness.history.read_bytes().rpartition(b"\n")[0]  # the last one may be half written, or cut by a crash
        for number, line in enumerate(whole.splitlines(), 1):
            where = f"{witness.history.name} line {number}"
            try:
                content = json.loads(line)
                yield Kept(int(content["size"]), str(content["note"]), where)
            except (ValueError, KeyError, TypeError):
                yield Kept(0, "", where)
    if witness.latest.exists():
        yield kept_note(witness.latest)


def kept_note(file: Path) -> Kept:
    """A checkpoint in a file of its own."""
    try:
        note = file.read_bytes()
        return Kept(parse_checkpoint(parse_note(note).text).size, note.decode(), file.name)
    except (ProofError, UnicodeDecodeError):
        return Kept(0, "", file.name)
