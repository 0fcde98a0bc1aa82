"""The master key: it lies outside the database and wraps every key in it, so that a dump alone opens nothing.

A key of the vault is stored as AES-256-GCM ciphertext (random 96-bit nonce in front, NIST SP 800-38D) with the name of
what it belongs to as associated data: it cannot be moved to another row. Beside it stands which master key did it.
One master key is current (`master.key`); while a rotation is under way the one before it (`master-ID.key`) still opens
(`wrapping.py`). Copies of an erased key in old backups are wrapped too: they end with the master key of their time.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine, select

from domain.errors import Unreadable
from domain.store.db.db_errors import DatabaseRefused
from domain.store.db.dialect import insert_new
from domain.store.db.engine import KEYS_OPTION, key_folder
from domain.store.db.schema import master_keys
from domain.store.keys.secret_files import read_or_make, read_secret
from domain.values import Instant

CURRENT = "master.key"
NONCE_BYTES = 12
KEY_BYTES = 32
_CONTENT = re.compile(rb"[0-9a-f]{64}\n?")


class MasterKeyMissing(DatabaseRefused):
    """Keys in the database are wrapped by a master key that is not among the key files."""


class MasterKeyBroken(DatabaseRefused):
    """A key file is not what it was: it does not hold one key of 256 bits in hex."""


class Master:
    """One master key. `id` is 16 hex digits of its hash, which tell nothing of it."""

    def __init__(self, key: bytes) -> None:
        self.id = hashlib.sha256(b"steward master key" + key).hexdigest()[:16]
        self._cipher = AESGCM(key)

    def wrap(self, name: str, key: bytes) -> bytes:
        """The key as it is stored under `name`: 60 bytes for 32."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """The key again. Raises: Unreadable when the bytes, or the name, are not those of the wrapping."""
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"the key of {name} is not what was wrapped by master key {self.id}") from error


class MasterKeys:
    """The master keys in one folder, read when first needed and again whenever the current one's file is another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()
        self._seen: tuple[int, int] | None = None
        self._current: Master | None = None
        self._known: dict[str, Master] = {}

    @property
    def file(self) -> Path:
        """Where the current one lies."""
        return self.folder / CURRENT

    def current(self, connection: Connection) -> Master:
        """The one that wraps. It is made where neither a file nor the database knows any; a look at the file's date
        tells whether a rotation has put another in its place.

        Raises: MasterKeyMissing, MasterKeyBroken, UnsafeKeyFile.
        """
        found = self._at_hand()
        if found is None:
            if known := sorted(known_masters(connection)):
                raise missing(self.folder, known)
            read_or_make(self.file, lambda: new_content())
            found = self._at_hand()
        if found is None:
            raise missing(self.folder, [])
        return found

    def named(self, master_id: str) -> Master:
        """The one with this id. Raises: MasterKeyMissing, MasterKeyBroken, UnsafeKeyFile."""
        if master_id not in self._known:
            self._read()
        found = self._known.get(master_id)
        if found is None:
            raise missing(self.folder, [master_id])
        return found

    def has(self, master_id: str) -> bool:
        """Whether the key with this id is among the files."""
        if master_id not in self._known:
            self._read()
        return master_id in self._known

    def _at_hand(self) -> Master | None:
        try:
            status = self.file.stat()
        except FileNotFoundError:
            return None
        if (status.st_mtime_ns, status.st_ino) != self._seen:
            self._read()
        return self._current

    def _read(self) -> None:
        """All key files of the folder; those that were there before and are gone are forgotten."""
        with self._lock:
            seen: tuple[int, int] | None = None
            current, known = None, {}
            for file in sorted(self.folder.glob("master*.key")):
                status = file.stat()
                master = read_master(file)
                known[master.id] = master
                if file.name == CURRENT:
                    current, seen = master, (status.st_mtime_ns, status.st_ino)
            self._current, self._known, self._seen = current, known, seen


def keys_of(connection: Connection) -> MasterKeys:
    """The master keys of the database behind a connection, one object per engine (`use_keys`)."""
    found: MasterKeys | None = connection.get_execution_options().get(KEYS_OPTION)
    if found is None:
        found = use_keys(connection.engine)
    return found


def use_keys(engine: Engine, folder: Path | None = None) -> MasterKeys:
    """Say in which folder the keys of a database lie; by default where `key_folder` says. Kept with the engine."""
    keys = MasterKeys(folder or key_folder(engine.url))
    engine.update_execution_options(**{KEYS_OPTION: keys})
    return keys


def new_content() -> bytes:
    """The content of a new key file: 256 random bits in hex, so that it can be printed and typed in again."""
    return secrets.token_hex(KEY_BYTES).encode() + b"\n"


def read_master(file: Path) -> Master:
    """The key in a file. Raises: MasterKeyBroken, UnsafeKeyFile, OSError."""
    content = read_secret(file)
    if not _CONTENT.fullmatch(content):
        raise MasterKeyBroken(
            f"密钥文件 {file.name} 的内容不是 64 位十六进制",
            f"the key file {file.name} does not hold 64 hex digits",
            remedy="请从备份恢复该文件，不要另行生成",
            remedy_en="Restore the file from its copy; do not make a new one.",
        )
    return Master(bytes.fromhex(content.decode("ascii").strip()))


def known_masters(connection: Connection) -> set[str]:
    """The ids of the master keys that may still have wrapped something in this database."""
    return set(connection.scalars(select(master_keys.c.id).where(master_keys.c.retired_at.is_(None))))


def note_master(connection: Connection, master_id: str, at: Instant, *, scrubbed: bool) -> bool:
    """Note that a master key wraps from now on; whether it was not known before."""
    row = {"id": master_id, "created_at": at, "scrubbed_at": at if scrubbed else None}
    return insert_new(connection, master_keys, row)


def missing(folder: Path, ids: list[str]) -> MasterKeyMissing:
    """The refusal for a database whose keys cannot be opened here."""
    named = ", ".join(ids) or "—"
    return MasterKeyMissing(
        f"数据库的密钥由主密钥 {named} 加密，密钥目录 {folder.name} 中没有该主密钥",
        f"the keys in the database are wrapped by master key {named}, which is not in the key folder {folder.name}",
        remedy=f"请把主密钥的副本放回密钥目录的 {CURRENT}（STEWARD_KEY_DIR），权限 600，不要另行生成；"
        "确已遗失、没有任何副本，才可运行 steward master-key give-up",
        remedy_en=f"put the copy of the master key back as {CURRENT} in the key folder (STEWARD_KEY_DIR), mode 600; "
        "do not make a new one. Only when there is no copy anywhere: steward master-key give-up",
    )
