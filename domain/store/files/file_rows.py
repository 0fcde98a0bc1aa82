"""Whose a file is, and which fact it proves: the rows, and the file's key in them, never in clear.

A file belongs to the account that uploaded it for a day (`claim`: its key, wrapped under a key that follows from a
secret of the vault). Recorded with a fact it belongs to that fact: its key is sealed once more, under a subject of the
fact (`papers.py`). So one file may prove facts of several agencies or people, and erasing one of these leaves the
others what they have. The same content uploaded by two accounts is two files: nobody learns that the other one has it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from domain.events import Sealed
from domain.store.db.schema import evidence_files, evidence_uses, vault
from domain.store.keys.vault import Vault
from domain.values import Instant, instant

CLAIMS = "evidence_claim"
"""The secret of the vault from which the keys follow that wrap claims."""
CLAIM_HOURS = 24
"""How long an uploaded file waits for being recorded."""
_NONCE_BYTES = 12
_F, _U = evidence_files.c, evidence_uses.c


class StoredFile(NamedTuple):
    """A file of the store, and its key."""

    id: str
    address: str
    sha256: str
    size: int
    media_type: str
    thumbnail: int
    """Bytes of the picture in small; 0: there is none."""
    key: bytes


class Use(NamedTuple):
    """A fact that a file proves."""

    event_id: str
    stream: str
    file_id: str


def keep_claim(connection: Connection, file: StoredFile, owner: str, now: Instant) -> None:
    """Keep that an account has uploaded a file."""
    row = {name: value for name, value in file._asdict().items() if name != "key"}
    claim = _wrapped(Vault(connection), file)
    connection.execute(insert(evidence_files).values(**row, owner=owner, stored_at=now, claim=claim))


def claimed(connection: Connection, vault_: Vault, owner: str, sha256: str) -> StoredFile | None:
    """The file of this hash that an account has uploaded within the day, if it has not been taken away."""
    since = instant(datetime.now(UTC) - timedelta(hours=CLAIM_HOURS))
    query = select(evidence_files).where(
        _F.sha256 == sha256, _F.owner == owner, _F.claim.is_not(None), _F.gone_at.is_(None), _F.stored_at > since
    )
    for row in connection.execute(query.order_by(_F.stored_at.desc())):
        key = _unwrapped(vault_, row)
        if key is not None:
            return _file(row, key)
    return None


def used(connection: Connection, vault_: Vault, event_id: str, sha256: str) -> StoredFile | None:
    """The file of this hash that proves a fact; None where its subject was erased, or there is none."""
    query = select(evidence_files, _U.subject_id, _U.sealed).join_from(
        evidence_uses, evidence_files, _U.file_id == _F.id
    )
    row = connection.execute(query.where(_U.event_id == event_id, _U.sha256 == sha256)).first()
    if row is None or row.gone_at is not None:
        return None
    key = vault_.open(Sealed(subject=row.subject_id, sealed=row.sealed))
    return None if key is None else _file(row, bytes.fromhex(key))


def uses_of(connection: Connection, sha256: str) -> list[Use]:
    """The facts that a file of this hash proves, the latest first."""
    query = select(_U.event_id, _U.stream, _U.file_id).where(_U.sha256 == sha256).order_by(_U.event_id.desc())
    return [Use(*row) for row in connection.execute(query)]


def sealed_under(connection: Connection, stream: str) -> dict[tuple[str, str], str]:
    """The subject under which each file of a stream's facts is sealed, by event and SHA-256."""
    rows = connection.execute(select(_U.event_id, _U.sha256, _U.subject_id).where(_U.stream == stream))
    return {(row.event_id, row.sha256): row.subject_id for row in rows}


def has_claims(connection: Connection) -> bool:
    """Whether any upload waits for being recorded."""
    return connection.scalar(select(_F.id).where(_F.claim.is_not(None)).limit(1)) is not None


# ---- taking away ----


def forget_claims(connection: Connection, subject: str) -> None:
    """A subject is erased: who uploaded its files cannot open them any longer either."""
    mine = select(_U.file_id).where(_U.subject_id == subject)
    connection.execute(update(evidence_files).where(_F.id.in_(mine)).values(claim=None))


def end_claims(connection: Connection, before: Instant) -> None:
    """Uploads of before an instant belong to nobody any longer but the facts that they prove."""
    late = _F.claim.is_not(None) & (_F.stored_at <= before)
    connection.execute(update(evidence_files).where(late).values(claim=None))


def take_away(connection: Connection, now: Instant, most: int) -> list[str]:
    """Of files that nobody can open any more so many addresses; their rows say so, or go where no fact names them."""
    alive = exists().where(_U.file_id == _F.id, _U.subject_id == vault.c.subject_id, vault.c.erased_at.is_(None))
    dead = select(_F.id, _F.address).where(_F.claim.is_(None), _F.gone_at.is_(None), ~alive).limit(most)
    rows = connection.execute(dead.with_for_update()).all()
    ids = [row.id for row in rows]
    named = exists().where(_U.file_id == _F.id)
    connection.execute(update(evidence_files).where(_F.id.in_(ids), named).values(gone_at=now))
    connection.execute(delete(evidence_files).where(_F.id.in_(ids), ~named))
    return [row.address for row in rows]


def unknown(connection: Connection, addresses: Sequence[str]) -> set[str]:
    """Of these addresses those that no file has which somebody can open."""
    live = select(_F.address).where(_F.address.in_(addresses), _F.gone_at.is_(None))
    return set(addresses) - set(connection.scalars(live))


class Figures(NamedTuple):
    """How much is stored."""

    files: int
    bytes: int
    unrecorded: int
    """Files that no fact names yet."""


def figures(connection: Connection) -> Figures:
    """What the store holds, by its rows."""
    there = _F.gone_at.is_(None)
    query = select(func.count(), func.coalesce(func.sum(_F.size + _F.thumbnail), 0)).where(there)
    files, size = connection.execute(query).one()
    loose = select(func.count()).where(there, ~exists().where(_U.file_id == _F.id))
    return Figures(int(files), int(size), int(connection.scalar(loose) or 0))


class Unrecorded(NamedTuple):
    """What an account has uploaded and not recorded."""

    files: int
    bytes: int


def unrecorded_of(connection: Connection, owner: str) -> Unrecorded:
    """How much of an account's uploads no fact names yet."""
    loose = (_F.owner == owner, _F.claim.is_not(None), ~exists().where(_U.file_id == _F.id))
    query = select(func.count(), func.coalesce(func.sum(_F.size), 0)).where(*loose)
    files, size = connection.execute(query).one()
    return Unrecorded(int(files), int(size))


def all_files(connection: Connection, after: str, most: int) -> list[Row[tuple[str, ...]]]:
    """So many rows of files, in the order of their ids, for who reads every one again."""
    return list(connection.execute(select(evidence_files).where(_F.id > after).order_by(_F.id).limit(most)))


def key_of(connection: Connection, vault_: Vault, row: Row[tuple[str, ...]]) -> bytes | None:
    """The key of a file by whoever can still open it; None when nobody can. Raises: Unreadable."""
    if row.claim is not None and (key := _unwrapped(vault_, row)) is not None:
        return key
    for use in connection.execute(select(_U.subject_id, _U.sealed).where(_U.file_id == row.id)):
        if (opened := vault_.open(Sealed(subject=use.subject_id, sealed=use.sealed))) is not None:
            return bytes.fromhex(opened)
    return None


def _file(row: Row[tuple[str, ...]], key: bytes) -> StoredFile:
    return StoredFile(row.id, row.address, row.sha256, row.size, row.media_type, row.thumbnail, key)


def _cipher(vault_: Vault, file_id: str) -> AESGCM:
    return AESGCM(hashlib.sha256(vault_.mac(CLAIMS, file_id)).digest())


def _wrapped(vault_: Vault, file: StoredFile) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(vault_, file.id).encrypt(nonce, file.key, file.sha256.encode())


def _unwrapped(vault_: Vault, row: Row[tuple[str, ...]]) -> bytes | None:
    """The key of a claim; None where the vault's secret is another one since (a master key was lost)."""
    claim = bytes(row.claim)
    if not vault_.has_secret(CLAIMS):
        return None
    try:
        return _cipher(vault_, row.id).decrypt(claim[:_NONCE_BYTES], claim[_NONCE_BYTES:], row.sha256.encode())
    except (InvalidTag, ValueError):
        return None
