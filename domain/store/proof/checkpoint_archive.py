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
from domain.store.db.copies import make_folder
from domain.store.db.db_errors import WritesStopped
from domain.store.db.engine import reading
from domain.store.keys.secret_files import append, replace
from domain.store.proof.proof_reader import Signed, checkpoint_at, checkpoints_after, latest_checkpoint

PAGE = 500


class LogRewritten(WritesStopped):
    """The database does not hold what was signed before: it was put back, rewritten, or is another's.

    It takes no writes, and answers questions, until somebody has accepted by name that it goes on (`RestoreAccepted`).
    """


class NotKept(Refusal):
    """Checkpoints cannot be kept outside the database at the moment: the folder cannot be read or written."""


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
        note = self._last_note()
        if note is None:
            return None
        try:
            return parse_checkpoint(parse_note(note).text, self.origin)
        except ProofError as error:
            raise log_rewritten(
                f"数据库外保存的检查点 {self.latest.name} 无法读取（{error.text}）",
                f"the checkpoint kept outside the database in {self.latest.name} cannot be read ({error.text_en})",
            ) from error

    def _last_note(self) -> bytes | None:
        """`ID.txt`; where only the history is left, its last whole line."""
        if self.latest.exists():
            return self.latest.read_bytes()
        whole = self.history.read_bytes().rpartition(b"\n")[0] if self.history.exists() else b""
        return str(json.loads(whole.rpartition(b"\n")[2])["note"]).encode() if whole else None

    def require_same_past(self, engine: Engine) -> None:
        """The database holds the latest checkpoint of the files. Raises: LogRewritten, NotKept."""
        with self._named():
            last = self.last()  # before the database is looked at: another process may bring both further meanwhile
        if last is None:
            return
        with reading(engine) as connection:
            held = checkpoint_at(connection, last.size)
        if held is None or held.root != last.root:
            raise log_rewritten(
                f"数据库外保存的检查点 {self.latest.name} 记有 {last.size} 条，数据库中没有这个检查点",
                f"the checkpoint kept outside the database in {self.latest.name} has {last.size} entries, and the "
                "database does not hold it",
            )

    def follow(self, engine: Engine) -> None:
        """Write down every checkpoint of the database that the files do not have yet. Raises: LogRewritten, NotKept."""
        with self._named():
            self._follow(engine)

    def _follow(self, engine: Engine) -> None:
        self.require_same_past(engine)
        last = self.last()
        with reading(engine) as connection:
            newest = latest_checkpoint(connection)
            if newest is None or not newest.note.startswith(f"{self.origin}\n"):
                return  # nothing is signed under this name yet
            if last is not None and last.size >= newest.size:
                return
            make_folder(self.history.parent)
            with self._locked() as after:
                while found := checkpoints_after(connection, after, PAGE):
                    self._append([one for one in found if one.note.startswith(f"{self.origin}\n")])
                    after = found[-1].size
                last = self.last() if self.latest.exists() else None
                if last is None or last.size < newest.size:
                    replace(self.latest, newest.note.encode())

    @contextmanager
    def _named(self) -> Iterator[None]:
        """What the file system says, as a refusal that says what to do."""
        try:
            yield
        except OSError as error:
            raise NotKept(
                "检查点无法保存到数据库之外",
                "checkpoints cannot be kept outside the database",
                remedy="请检查检查点目录（STEWARD_CHECKPOINT_DIR）的权限与磁盘空间；记录照常，恢复后自动补存",
                remedy_en="Check rights and space of the folder of checkpoints (STEWARD_CHECKPOINT_DIR). Recording "
                "goes on, and what is missing is written when it can be.",
            ) from error

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
        lines = [{"size": one.size, "sealed_at": one.sealed_at, "note": one.note} for one in found]
        append(self.history, b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in lines))


def log_rewritten(text: str, text_en: str) -> LogRewritten:
    """The refusal for a database that does not hold what was signed, and what to do about it."""
    return LogRewritten(
        text,
        text_en,
        remedy="只能查询，不能写入。请核对备份并运行 steward audit；若确由旧备份恢复，请恢复最新的备份，"
        "或用 steward restore accept --as 经办人 --reason 事由 具名接受；不要移走检查点文件",
        remedy_en="Questions are answered, nothing is written. Compare backups and run steward audit. If an older "
        "backup was restored, restore the newest one, or accept the loss by name with steward restore accept --as "
        "PERSON --reason REASON. Do not move the files of checkpoints away.",
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
