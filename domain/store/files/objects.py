"""Where the files lie: a folder, or a bucket of an S3-compatible service, by one client (obstore).

An object is named by the SHA-256 of its bytes, which are encrypted: whoever holds the store can check every object
without any key (`sha256sum`), and nobody can ask whether a certain file is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from domain.errors import Refusal, Unreadable
from domain.store.db.copies import make_folder, sync_folder

MAGIC = b"steward evidence 1\n"
"""What every object begins with."""
UPLOAD_BYTES = 5 * 1024 * 1024
"""An S3 service takes what is longer in parts of this size."""
_FULL = ("no space left", "disk quota", "insufficientstorage", "quotaexceeded", "entitytoolarge", "xminiostoragefull")


class StoreUnavailable(Refusal):
    """The store of files does not answer, or refuses (503)."""


class StoreFull(Refusal):
    """There is no room for a file (507)."""


class StoredObject(NamedTuple):
    """An object of the store."""

    address: str
    bytes: int
    at: datetime


class Objects:
    """The store. `place`: a folder, or `s3://bucket/prefix` with its options.

    `options`: of an S3 service, as obstore has them (`endpoint`, `access_key_id`, `secret_access_key`, `region`).
    """

    def __init__(self, place: str | Path, options: dict[str, str] | None = None) -> None:
        self.place = str(place)
        self.folder = None if self.place.startswith("s3://") else Path(place)
        self._store: LocalStore | S3Store
        if self.folder is not None:
            _make(self.folder)
            self._store = LocalStore(self.folder)
        else:
            parts = urlsplit(self.place)
            config: Any = dict(options or {})
            self._store = S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                config=config,
                client_options={"allow_http": True, "connect_timeout": "10s", "timeout": "120s"},
                retry_config={"max_retries": 2},
            )

    def put(self, address: str, file: BinaryIO) -> None:
        """Store what a file holds, from its beginning, a part at a time. Raises: StoreFull, StoreUnavailable."""
        file.seek(0)
        with _named():
            obstore.put(self._store, _path(address), file, chunk_size=UPLOAD_BYTES, max_concurrency=1)
            if self.folder is not None:
                _keep(self.folder / _path(address))

    def fetch(self, address: str, start: int, length: int) -> bytes:
        """Some bytes of an object. Raises: Unreadable where they are not there; StoreUnavailable."""
        try:
            with _named():
                return bytes(obstore.get_range(self._store, _path(address), start=start, length=length))
        except FileNotFoundError as error:
            raise Unreadable(f"the object {address} is not in the store") from error

    def read(self, address: str) -> Iterator[bytes]:
        """All bytes of an object, a portion at a time. Raises: Unreadable when it is not there; StoreUnavailable."""
        try:
            with _named():
                for portion in obstore.get(self._store, _path(address)).stream(min_chunk_size=1024 * 1024):
                    yield bytes(portion)
        except FileNotFoundError as error:
            raise Unreadable(f"the object {address} is not in the store") from error

    def delete(self, address: str) -> None:
        """Take an object away, if it is there. Raises: StoreUnavailable."""
        try:
            with _named():
                obstore.delete(self._store, _path(address))
        except FileNotFoundError:
            return

    def all(self) -> Iterator[StoredObject]:
        """Every object, a page at a time. Raises: StoreUnavailable."""
        with _named():
            for page in obstore.list(self._store, chunk_size=500):
                for one in page:
                    yield StoredObject(str(one["path"]).rpartition("/")[2], one["size"], one["last_modified"])

    def clear_staged(self, before: datetime) -> None:
        """Take away what a killed process had begun to put into the folder."""
        if self.folder is not None:
            for path in self.folder.glob("*/*#*"):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)


def _path(address: str) -> str:
    return f"{address[:2]}/{address}"


def _make(folder: Path) -> None:
    try:
        make_folder(folder)
    except OSError as error:
        raise _unavailable(error) from error


def _keep(path: Path) -> None:
    """Have the disk hold it before anybody is told that it is there; for the owner only."""
    path.chmod(0o600)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(path.parent)
    sync_folder(path.parent.parent)


@contextmanager
def _named() -> Iterator[None]:
    """A failure of the store as a refusal that names it; what is not there is left to who asks for it."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise (no_room() if _is_full(error) else _unavailable(error)) from error


def _is_full(error: BaseException) -> bool:
    return getattr(error, "errno", None) in (28, 122) or any(one in str(error).lower() for one in _FULL)


def no_room() -> StoreFull:
    """The refusal of a file for which there is no room."""
    return StoreFull(
        "存放证据文件的磁盘已满：文件没有保存，没有留下任何部分",
        "the disk for evidence files is full: the file was not stored, and nothing of it was left",
        remedy="请管理员清出空间后重新上传",
        remedy_en="Have the administrator make room, then upload it again.",
    )


def _unavailable(error: BaseException) -> StoreUnavailable:
    return StoreUnavailable(
        "证据文件库无法使用",
        f"the store of evidence files cannot be used ({type(error).__name__})",
        remedy="请稍后重试；如持续出现，请管理员检查 STEWARD_EVIDENCE_STORE 所指的位置",
        remedy_en="Try again in a moment; if it stays so, the administrator checks STEWARD_EVIDENCE_STORE.",
    )
