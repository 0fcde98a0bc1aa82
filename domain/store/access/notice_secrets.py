"""The secret of a link by which a notice is acknowledged (R41): made again when needed, stored nowhere.

It is the link's id with an HMAC-SHA256 (RFC 2104) over it under the key of the rows, which lies outside the database
(`row_macs.py`): who reads the log or the database cannot make one, and a retry of the command gives the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from sqlalchemy import Connection

from domain.store.access.row_macs import key_of

MOST_CHARACTERS = 200


def notice_secret(connection: Connection, link_id: str) -> str:
    """The secret of a link. Raises: UnsafeKeyFile, RowKeyMissing."""
    return f"{link_id}.{_mac(connection, link_id)}"


def link_with_secret(connection: Connection, secret: str) -> str | None:
    """The id of the link that a secret was made for; None for what this ledger never gave."""
    link_id, _, mac = secret.rpartition(".")
    if len(secret) > MOST_CHARACTERS or not secret.isascii():
        return None
    return link_id if hmac.compare_digest(mac, _mac(connection, link_id)) else None


def _mac(connection: Connection, link_id: str) -> str:
    said = hmac.digest(key_of(connection), b"notice link\0" + link_id.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode("ascii")
