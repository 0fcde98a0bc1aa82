"""The link by which a new ledger gets its first administrator, once.

A link is a random number and the instant up to which it can be used, with an HMAC (RFC 2104) over both under the key of
the rows (`row_macs.py`), which is not in the database: whoever can write there cannot make one, and nothing of it is
stored. All links are void as soon as an administrator was ever made, which the record of access keeps for ever.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, select

from domain.store.access.access_audit import AccessAction
from domain.store.access.row_macs import key_of
from domain.store.db.dialect import lock_number
from domain.store.db.schema import access_changes, accounts
from domain.values import Role

LINK_HOURS = 24
"""How long a link can be used."""
SETUP_LOCK = 0x57E7A2D_0007
"""Key of the advisory lock under which the first administrator is made (PostgreSQL)."""
_NONCE, _UNTIL, _MAC = 16, 8, 32
Judged = Literal["good", "late", "over", "unknown"]
"""What a link is worth: `over` when there is an administrator, `unknown` for what this ledger never gave."""


def new_setup_link(connection: Connection, now: datetime) -> str:
    """A secret that can be used for a day from now on. Raises: UnsafeKeyFile, RowKeyMissing."""
    until = int((now + timedelta(hours=LINK_HOURS)).timestamp())
    said = secrets.token_bytes(_NONCE) + until.to_bytes(_UNTIL, "big")
    return base64.urlsafe_b64encode(said + _mac(connection, said)).rstrip(b"=").decode()


def judged_link(connection: Connection, secret: str, now: datetime) -> Judged:
    """What a secret is worth at this moment."""
    try:
        raw = base64.b64decode(secret + "=" * (-len(secret) % 4), b"-_", validate=True)
    except ValueError:
        return "unknown"
    said, mac = raw[: _NONCE + _UNTIL], raw[_NONCE + _UNTIL :]
    if len(raw) != _NONCE + _UNTIL + _MAC or not hmac.compare_digest(mac, _mac(connection, said)):
        return "unknown"
    if had_administrator(connection):
        return "over"
    return "good" if now.timestamp() <= int.from_bytes(said[_NONCE:], "big") else "late"


def had_administrator(connection: Connection) -> bool:
    """Whether an administrator's account was ever made, whatever became of it since."""
    made = (access_changes.c.act == AccessAction.ACCOUNT_CREATED) & (access_changes.c.role == Role.ADMIN)
    ever = connection.scalar(select(access_changes.c.number).where(made).limit(1))
    there = connection.scalar(select(accounts.c.id).where(accounts.c.role == Role.ADMIN).limit(1))
    return ever is not None or there is not None


def lock_setup(connection: Connection) -> None:
    """Have the set-up alone until the end of the transaction: of two who use a link at once, one is first."""
    lock_number(connection, SETUP_LOCK)


def _mac(connection: Connection, said: bytes) -> bytes:
    return hmac.digest(key_of(connection), b"setup link\0" + said, hashlib.sha256)
