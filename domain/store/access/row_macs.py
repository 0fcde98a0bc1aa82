"""Rows that say who may do what, and who changed that, carry a seal of a key outside the database: nobody can make
himself a token in it.

HMAC-SHA256 (RFC 2104) over the row's values under `rows.key`. A token, account or session whose seal is not its own
counts as unknown; `steward audit` names it, and persons whose name was changed. What a seal cannot notice is a whole
row put back as it once was (docs/proof.md).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, select, update

from domain.store.db.db_errors import DatabaseRefused
from domain.store.db.engine import reading, writing
from domain.store.db.schema import access_changes, accounts, persons, sessions, tokens
from domain.store.keys.master_key import keys_of
from domain.store.keys.secret_files import read_or_make, write_once

FILE = "rows.key"
KEY_BYTES = 32
SEALED: dict[str, tuple[str, ...]] = {
    "persons": ("id", "name", "created_at"),
    "tokens": ("token_sha256", "person_id", "role", "uscc", "created_at", "expires_at", "revoked_at"),
    "accounts": ("id", "login", "person_id", "role", "uscc", "password_hash", "created_at", "disabled_at"),
    "sessions": ("session_sha256", "account_id", "created_at", "expires_at", "ended_at"),
    "access_changes": ("number", "at", "by_person", "via", "act", "person_id", "role", "uscc", "subject"),
}
"""Which columns of a table a seal covers. When something was last used is left out: it changes all the time."""
LATER: dict[str, tuple[str, ...]] = {
    "accounts": (
        "handed_out_at", "invitation_sha256", "invited_until", "invitation", "language",
        "factor", "factor_at", "factor_step", "recovery", "subject",
    ),
    "access_changes": ("reason",),
}  # fmt: skip
"""Columns that came later: covered, with their names, where they have a value, so that seals of before still fit."""
TABLES: dict[str, Table] = {table.name: table for table in (persons, tokens, accounts, sessions, access_changes)}
_keys: dict[Path, bytes] = {}


class RowsUnsealed(DatabaseRefused):
    """Rows that say who may do what have no seal, and nothing outside the database says that they may have none."""


class RowKeyMissing(DatabaseRefused):
    """Rows were sealed by a key that is no longer among the key files."""


def seal_of(connection: Connection, table: str, row: Mapping[Any, Any]) -> bytes:
    """The seal of a row, from its values by column; columns that are not given are empty. Raises: UnsafeKeyFile."""
    return sealed_with(key_of(connection), table, row)


def with_seal(connection: Connection, table: str, row: Mapping[Any, Any]) -> dict[str, object]:
    """A row to be inserted, with its seal."""
    return {**row, "seal": seal_of(connection, table, row)}


def sealed_with(key: bytes, table: str, row: Mapping[Any, Any]) -> bytes:
    """The seal (HMAC) of a row under a key that was read already; columns that are not given are empty."""
    values = [_plain(row.get(name)) for name in SEALED[table]]
    values += [[name, _plain(row[name])] for name in LATER.get(table, ()) if row.get(name) is not None]
    return hmac.digest(key, json.dumps([table, *values], ensure_ascii=False).encode(), hashlib.sha256)


def is_sealed(connection: Connection, table: str, row: Mapping[Any, Any]) -> bool:
    """Whether a row, with its `seal`, is as it was written."""
    return holds(key_of(connection), table, row)


def holds(key: bytes, table: str, row: Mapping[Any, Any]) -> bool:
    """Whether a row, with its `seal`, is as it was written, by a key that was read already."""
    seal = row.get("seal")
    return seal is not None and hmac.compare_digest(bytes(seal), sealed_with(key, table, row))


def key_of(connection: Connection) -> bytes:
    """The key of the rows in the database behind a connection, made when first needed.

    Raises: UnsafeKeyFile; RowKeyMissing where it was there before, as another one would make every token unknown.
    """
    folder = keys_of(connection).folder
    if folder not in _keys:
        if not (folder / FILE).exists() and any(folder.glob("rows-*.sealed")):
            raise RowKeyMissing(
                f"密钥目录 {folder.name} 中的 {FILE} 不见了：令牌、账户和会话由它加封",
                f"{FILE} is gone from the key folder {folder.name}: tokens, accounts and sessions are sealed by it",
                remedy=f"请从副本恢复 {FILE}，权限 600；确已遗失则移走 rows-*.sealed，再为每个人新建令牌和账户",
                remedy_en=f"Restore {FILE} from its copy, mode 600; when lost for good, move rows-*.sealed away and "
                "make everybody's tokens and accounts anew.",
            )
        _keys[folder] = read_or_make(folder / FILE, lambda: os.urandom(KEY_BYTES))
    return _keys[folder]


def change(connection: Connection, table: str, condition: Any, **values: Any) -> int:
    """Change rows and seal them anew; how many there were.

    A row whose seal is not its own is changed too, but not sealed: else a role that somebody wrote into the database
    would be vouched for at the next change. Accounts are refused before it comes to that (`accounts.py`).
    """
    of = TABLES[table]
    key = of.primary_key.columns.values()[0]
    found = connection.execute(select(of).where(condition).with_for_update()).all()
    for row in found:
        seal = row.seal
        if is_sealed(connection, table, row._mapping):
            seal = seal_of(connection, table, {**row._mapping, **values})
        connection.execute(update(of).where(key == row._mapping[key.name]).values(**values, seal=seal))
    return len(found)


def ensure_seals(engine: Engine, ledger_id: str) -> None:
    """Seal what was written before there were seals: once for a ledger, which a file beside the key remembers.

    Were it remembered in the database, whoever can write there could have rows of their own sealed. The ledger's id
    comes from there too: so where the folder knows another ledger, nothing is sealed by itself. Raises: RowsUnsealed.
    """
    with reading(engine) as connection:
        folder = keys_of(connection).folder
        key_of(connection)
    marker = folder / f"rows-{ledger_id}.sealed"
    if marker.exists():
        return
    with writing(engine) as connection:
        for table in SEALED:
            _seal_first(connection, table, folder)
    write_once(marker, b"")


def _seal_first(connection: Connection, table: str, folder: Path) -> None:
    """Seal the rows of a table that have no seal; only where there are any is the folder looked through."""
    of = TABLES[table]
    key = of.primary_key.columns.values()[0]
    unsealed = connection.execute(select(of).where(of.c.seal.is_(None))).all()
    if unsealed and (others := sorted(one.name for one in folder.glob("rows-*.sealed"))):
        raise _unsealed(table, others[0])
    for row in unsealed:
        seal = seal_of(connection, table, row._mapping)
        connection.execute(update(of).where(key == row._mapping[key.name]).values(seal=seal))


def _unsealed(table: str, known: str) -> RowsUnsealed:
    return RowsUnsealed(
        f"表 {table} 中有未封签的行，而密钥目录属于另一本台账（{known}）",
        f"there are rows without a seal in {table}, and the key folder belongs to another ledger ({known})",
        remedy="请核对数据库是否被改动（steward audit）；确为旧版数据库，请把密钥目录复制一份、"
        "删去其中的 rows-*.sealed，用 STEWARD_KEY_DIR 指明",
        remedy_en="Look whether the database was changed (steward audit). If it is one of an earlier version, give it "
        "a copy of the key folder without rows-*.sealed, and name that in STEWARD_KEY_DIR.",
    )


def _plain(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value if value is None else str(value)
