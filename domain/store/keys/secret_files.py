"""Keys that must not lie in the database: files that only their owner can read, made once."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from domain.errors import Refusal
from domain.store.db.copies import make_folder, sync_folder


class UnsafeKeyFile(Refusal):
    """A key file that others may read or write, or that is no file: what it protects may be known to them."""


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a key file; made with `make` where there is none, mode 0600 in a folder of mode 0700.

    Several processes may start at once: the first one's content stands for all. Raises: UnsafeKeyFile.
    """
    if not path.exists():
        make_folder(path.parent)
        write_once(path, make())
    return read_secret(path)


def write_once(path: Path, content: bytes) -> bool:
    """Put a file in its place whole and durable, unless one is there already; whether it was put there."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)  # fails where one exists, and never shows half a file
        except FileExistsError:
            return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
    sync_folder(path.parent)
    return True


def replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another, or where there is none yet, whole and durable; only its owner can read it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
    sync_folder(path.parent)


def append(path: Path, content: bytes) -> None:
    """Put whole lines at the end of a file, which is made where there is none, durable; only its owner can read it."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "ab") as file:
        begins = file.tell() == 0
        file.write(content)
        file.flush()
        os.fsync(handle)
    if begins:
        sync_folder(path.parent)


def read_secret(path: Path) -> bytes:
    """The content of a key file. Raises: UnsafeKeyFile for one that is open to others; OSError when it is not there."""
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UnsafeKeyFile(
                f"密钥文件 {path.name} 可被其他用户访问",
                f"the key file {path.name} is open to other users",
                remedy="请执行 chmod 600；若他人可能已读取，请先轮换密钥",
                remedy_en="Set its mode with chmod 600; if others may have read it, rotate the key first.",
            )
        return file.read()
