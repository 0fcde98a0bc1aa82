"""Personal data: sealed under one key per subject, so that destroying the key forgets the subject and nothing else.

The log keeps subject ids and ciphertext only. AES-256-GCM with a random 96-bit nonce in front (NIST SP 800-38D); the
subject's id is authenticated with it, so that a ciphertext cannot be passed off as another subject's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import Unreadable
from domain.events import Sealed
from domain.store.schema import vault, vault_secrets
from domain.store.statements import Insert
from domain.values import instant, new_id, normal_text

NONCE_BYTES = 12
KEY_BYTES = 32
PAGE = 500


class Vault:
    """The vault within one transaction; make a new one for each. Keys it makes are committed or rolled back with it.

    `later`: new keys that no hint finds are left to who writes the transaction (`unwritten`).
    """

    def __init__(self, connection: Connection, *, later: bool = False) -> None:
        self._connection, self._later = connection, later
        self._unwritten: list[tuple[Any, ...]] = []
        self._insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        self._new_keys: dict[str, bytes] = {}
        self._secrets: dict[str, bytes] = {}

    def seal(self, text: str, *, subject: str | None = None, hint: str | None = None) -> Sealed:
        """Encrypt `text` under the key of a subject: the given one, the one that `hint` identifies, or a new one.

        `hint` is what identifies a person (a certificate number); the same one, however it is written, finds the same
        subject again. Raises: LookupError when the given subject has no key, or no longer has one.
        """
        if subject is not None and hint is not None:
            raise ValueError("either the subject is known or a hint finds it, not both")
        subject, key = (subject, self._key_of(subject)) if subject is not None else self._subject(hint)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), subject.encode())
        return Sealed(subject=subject, sealed=base64.b64encode(sealed).decode("ascii"))

    def open(self, sealed: Sealed) -> str | None:
        """The text, or None when the subject's key has been destroyed. Raises: Unreadable when it was tampered with."""
        return self.open_many([sealed])[0]

    def open_many(self, sealed: Sequence[Sealed]) -> list[str | None]:
        """As `open`, for many at once, in their order; keys are fetched by the hundred."""
        keys = self._keys({one.subject for one in sealed})
        return [None if (key := keys.get(one.subject)) is None else _opened(one, key) for one in sealed]

    def keyed_hash(self, text: str) -> str:
        """HMAC-SHA256 of the normal form of `text`, hex: equal texts can be found without keeping them (R37)."""
        return self.mac("keyed_hash", text).hex()

    def mac(self, name: str, text: str) -> bytes:
        """HMAC-SHA256 of the normal form of `text` under the named secret of this database, made when first needed."""
        return hmac.new(self._secret(name), normal_text(text).encode(), hashlib.sha256).digest()

    def unwritten(self) -> Insert:
        """The keys that are still to be written."""
        rows, self._unwritten = self._unwritten, []
        return Insert("vault", ("subject_id", "key", "created_at"), ("text", "bytea", "timestamptz"), rows)

    def _subject(self, hint: str | None) -> tuple[str, bytes]:
        subject, key = new_id(), os.urandom(KEY_BYTES)
        if hint is None and self._later:
            self._unwritten.append((subject, key, instant(datetime.now(UTC))))
            self._new_keys[subject] = key
            return subject, key
        hashed = None if hint is None else self.mac("hint", hint)
        row = {"subject_id": subject, "key": key, "created_at": instant(datetime.now(UTC)), "hint": hashed}
        insert = self._insert(vault).values(row)
        if hashed is not None:
            found = self._by_hint(hashed)
            if found is not None:
                return found
            insert = insert.on_conflict_do_nothing(index_elements=["hint"])
        if self._connection.execute(insert).rowcount == 1:
            self._new_keys[subject] = key
            return subject, key
        found = self._by_hint(hashed or b"")  # another transaction was first: the insert waited for it
        if found is None:
            raise LookupError("the subject that this hint identifies was erased at this very moment")
        return found

    def _by_hint(self, hashed: bytes) -> tuple[str, bytes] | None:
        row = self._connection.execute(select(vault.c.subject_id, vault.c.key).where(vault.c.hint == hashed)).first()
        return None if row is None else (row.subject_id, bytes(row.key))

    def _key_of(self, subject: str) -> bytes:
        key = self._keys({subject}).get(subject)
        if key is None:
            raise LookupError(f"subject {subject} has no key: it never had one, or was erased")
        return key

    def _keys(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """Only new keys come from memory: an old one may have been destroyed a moment ago."""
        keys = {one: self._new_keys[one] for one in subjects if one in self._new_keys}
        wanted = sorted(set(subjects) - set(keys))
        for start in range(0, len(wanted), PAGE):
            query = select(vault.c.subject_id, vault.c.key).where(vault.c.subject_id.in_(wanted[start : start + PAGE]))
            keys.update((row.subject_id, bytes(row.key)) for row in self._connection.execute(query))
        return keys

    def _secret(self, name: str) -> bytes:
        """A secret of this database, made when first needed; whoever inserts it first wins for all."""
        if name not in self._secrets:
            query = select(vault_secrets.c.key).where(vault_secrets.c.name == name)
            key = self._connection.scalar(query)
            if key is None:
                row = {"name": name, "key": os.urandom(KEY_BYTES)}
                self._connection.execute(self._insert(vault_secrets).values(row).on_conflict_do_nothing())
                key = self._connection.scalars(query).one()
            self._secrets[name] = bytes(key)
        return self._secrets[name]


def _opened(sealed: Sealed, key: bytes) -> str:
    try:
        raw = base64.b64decode(sealed.sealed, validate=True)
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], sealed.subject.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise Unreadable(f"sealed text of subject {sealed.subject} is not what was sealed") from error
