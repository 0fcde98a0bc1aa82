"""Personal data: sealed under one key per subject, so that destroying the key forgets the subject and nothing else.

The log keeps subject ids and ciphertext only. AES-256-GCM with a random 96-bit nonce in front (NIST SP 800-38D); the
subject's id is authenticated with it, so that a ciphertext cannot be passed off as another subject's. The keys
themselves are wrapped by the master key, which is not in the database (`master_key.py`).

A master key that is lost for good: what it wrapped can never be opened again, and the ledger has to go on.

Scores, ranks and proofs need no personal data. So another master key takes its place, the database's own secrets are
made anew, and every subject whose key is beyond reach counts as erased, each by an event (`erasing_subjects.py`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine, delete, insert, select, update

from domain.errors import Unreadable
from domain.events import Sealed
from domain.store.db.dialect import insert_new
from domain.store.db.engine import reading, writing
from domain.store.db.schema import master_keys, person_index, vault, vault_secrets
from domain.store.db.statements import Insert
from domain.store.keys.master_key import (
    KEY_BYTES,
    NONCE_BYTES,
    Master,
    keys_of,
    known_masters,
    new_content,
    note_master,
)
from domain.store.keys.secret_files import read_or_make
from domain.values import Instant, instant, new_id, normal_text

PAGE = 500
GONE = b""
"""What stands in place of a key that was destroyed."""


class SubjectState(NamedTuple):
    """What the vault knows of a subject: since when, and since when it is erased, if it is."""

    created_at: Instant
    erased_at: Instant | None


def subject_name(subject: str) -> str:
    """The name that binds a subject's wrapped key to its row (associated data): in another row it does not open."""
    return f"vault/{subject}"


def secret_name(name: str) -> str:
    """The name that binds a wrapped secret of the database to its row (associated data)."""
    return f"vault_secrets/{name}"


class Vault:
    """The vault within one transaction; make a new one for each. Keys it makes are committed or rolled back with it.

    `later`: new keys that no hint finds are left to who writes the transaction (`unwritten`).
    """

    def __init__(self, connection: Connection, *, later: bool = False) -> None:
        self._connection, self._later = connection, later
        self._masters = keys_of(connection)
        self._master: Master | None = None
        self._unwritten: list[tuple[Any, ...]] = []
        self._new_keys: dict[str, bytes] = {}
        self._sealed_here: dict[Sealed, str] = {}
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
        made = Sealed(subject=subject, sealed=base64.b64encode(sealed).decode("ascii"))
        if self._later:
            self._sealed_here[made] = text
        return made

    def open(self, sealed: Sealed) -> str | None:
        """The text, or None when the subject's key has been destroyed. Raises: Unreadable when it was tampered with."""
        return self.open_many([sealed])[0]

    def open_many(self, sealed: Sequence[Sealed]) -> list[str | None]:
        """As `open`, for many at once, in their order; keys are fetched by the hundred."""
        keys = self._keys({one.subject for one in sealed})
        return [None if (key := keys.get(one.subject)) is None else _opened(one, key) for one in sealed]

    def texts_of(self, sealed: Sequence[Sealed]) -> list[str | None]:
        """As `open_many`; what this transaction has sealed itself costs no query."""
        others = [one for one in sealed if one not in self._sealed_here]
        opened = dict(zip(others, self.open_many(others), strict=True))
        return [self._sealed_here.get(one, opened.get(one)) for one in sealed]

    def keyed_hash(self, text: str) -> str:
        """HMAC-SHA256 of the normal form of `text`, hex: equal texts can be found without keeping them (R37)."""
        return self.mac("keyed_hash", text).hex()

    def mac(self, name: str, text: str) -> bytes:
        """HMAC-SHA256 of the normal form of `text` under the named secret of this database, made when first needed."""
        return hmac.new(self._secret(name), normal_text(text).encode(), hashlib.sha256).digest()

    def has_secret(self, name: str) -> bool:
        """Whether the named secret is there: asking for what follows from one that is not would make another."""
        query = select(vault_secrets.c.name).where(vault_secrets.c.name == name)
        return name in self._secrets or self._connection.scalar(query) is not None

    def unwritten(self) -> Insert:
        """The keys that are still to be written."""
        rows, self._unwritten = self._unwritten, []
        columns, types = ("subject_id", "key", "created_at", "master"), ("text", "bytea", "timestamptz", "text")
        return Insert("vault", columns, types, rows)

    def standing(self, subjects: Iterable[str]) -> dict[str, SubjectState]:
        """What is known of these subjects, erased ones too; who never was a subject is not there."""
        found: dict[str, SubjectState] = {}
        for page in _pages(subjects):
            query = select(vault.c.subject_id, vault.c.created_at, vault.c.erased_at)
            for row in self._connection.execute(query.where(vault.c.subject_id.in_(page))):
                found[row.subject_id] = SubjectState(row.created_at, row.erased_at)
        return found

    def erase(self, subject: str, at: Instant) -> bool:
        """Destroy the key of a subject, and all by which it was found; False when there is none, or none any more.

        The row stays: the subject was there, and nothing is ever sealed for it again. The same hint makes a new one.
        """
        this = (vault.c.subject_id == subject) & vault.c.erased_at.is_(None)
        gone = update(vault).where(this).values(key=GONE, master=None, hint=None, erased_at=at)
        self._connection.execute(delete(person_index).where(person_index.c.subject_id == subject))
        return self._connection.execute(gone).rowcount == 1

    def _wrapped(self, name: str, key: bytes) -> tuple[bytes, str]:
        """The key as it is stored, and by which master key; one of them for the whole transaction."""
        if self._master is None:
            self._master = self._masters.current(self._connection)
        return self._master.wrap(name, key), self._master.id

    def _unwrapped(self, name: str, stored: bytes, master: str | None) -> bytes | None:
        """The key again; None for one that was destroyed. One without a master key is from before there was one."""
        if master is None:
            return bytes(stored) or None
        return self._masters.named(master).unwrap(name, bytes(stored))

    def _subject(self, hint: str | None) -> tuple[str, bytes]:
        subject, key = new_id(), os.urandom(KEY_BYTES)
        if hint is None and self._later:
            wrapped, master = self._wrapped(subject_name(subject), key)
            self._unwritten.append((subject, wrapped, instant(datetime.now(UTC)), master))
            self._new_keys[subject] = key
            return subject, key
        hashed = None if hint is None else self.mac("hint", hint)
        wrapped, master = self._wrapped(subject_name(subject), key)
        row = {"subject_id": subject, "key": wrapped, "created_at": instant(datetime.now(UTC)), "hint": hashed}
        row["master"] = master
        if hashed is None:
            self._connection.execute(insert(vault).values(row))
        elif found := self._by_hint(hashed):
            return found
        elif not insert_new(self._connection, vault, row, ["hint"]):
            found = self._by_hint(hashed)  # another transaction was first: the insert waited for it
            if found is None:
                raise LookupError("the subject that this hint identifies was erased at this very moment")
            return found
        self._new_keys[subject] = key
        return subject, key

    def _by_hint(self, hashed: bytes) -> tuple[str, bytes] | None:
        query = select(vault.c.subject_id, vault.c.key, vault.c.master).where(vault.c.hint == hashed)
        row = self._connection.execute(query).first()
        key = None if row is None else self._unwrapped(subject_name(row.subject_id), row.key, row.master)
        return None if row is None or key is None else (row.subject_id, key)

    def _key_of(self, subject: str) -> bytes:
        key = self._keys({subject}).get(subject)
        if key is None:
            raise LookupError(f"subject {subject} has no key: it never had one, or was erased")
        return key

    def _keys(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """Only new keys come from memory: an old one may have been destroyed a moment ago."""
        keys = {one: self._new_keys[one] for one in subjects if one in self._new_keys}
        for page in _pages(set(subjects) - set(keys)):
            query = select(vault.c.subject_id, vault.c.key, vault.c.master).where(vault.c.subject_id.in_(page))
            for row in self._connection.execute(query):
                key = self._unwrapped(subject_name(row.subject_id), row.key, row.master)
                if key is not None:
                    keys[row.subject_id] = key
        return keys

    def _secret(self, name: str) -> bytes:
        """A secret of this database, made when first needed; whoever inserts it first wins for all."""
        if name not in self._secrets:
            query = select(vault_secrets.c.key, vault_secrets.c.master).where(vault_secrets.c.name == name)
            found = self._connection.execute(query).one_or_none()
            if found is None:
                wrapped, master = self._wrapped(secret_name(name), os.urandom(KEY_BYTES))
                row = {"name": name, "key": wrapped, "master": master}
                insert_new(self._connection, vault_secrets, row)
                found = self._connection.execute(query).one()
            secret = self._unwrapped(secret_name(name), found.key, found.master)
            if secret is None:
                raise Unreadable(f"the secret {name} of this database is empty")
            self._secrets[name] = secret
        return self._secrets[name]


def _pages(subjects: Iterable[str]) -> Iterable[list[str]]:
    wanted = sorted(set(subjects))
    return (wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE))


def _opened(sealed: Sealed, key: bytes) -> str:
    try:
        raw = base64.b64decode(sealed.sealed, validate=True)
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], sealed.subject.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise Unreadable(f"sealed text of subject {sealed.subject} is not what was sealed") from error


def lost_masters(engine: Engine) -> list[str]:
    """The ids of master keys that the database needs and the key folder does not hold."""
    with reading(engine) as connection:
        keys = keys_of(connection)
        return sorted(one for one in known_masters(connection) if not keys.has(one))


def begin_anew(engine: Engine, lost: Sequence[str]) -> str:
    """Have a master key at hand, and other secrets in the place of those that the lost ones wrapped; its id.

    Hashes made with a lost secret match no new ones: a certificate recorded before is not recognised any more (R37).
    """
    with reading(engine) as connection:
        keys = keys_of(connection)
    read_or_make(keys.file, new_content)
    with writing(engine) as connection:
        current = keys.current(connection)
        note_master(connection, current.id, instant(datetime.now(UTC)), scrubbed=True)
        for name in connection.scalars(select(vault_secrets.c.name).where(vault_secrets.c.master.in_(lost))).all():
            wrapped = current.wrap(secret_name(name), os.urandom(KEY_BYTES))
            this = vault_secrets.c.name == name
            connection.execute(update(vault_secrets).where(this).values(key=wrapped, master=current.id))
    return current.id


def out_of_reach(connection: Connection, lost: Sequence[str], most: int) -> list[str]:
    """So many subjects whose keys the lost master keys wrap."""
    query = select(vault.c.subject_id).where(vault.c.master.in_(lost)).order_by(vault.c.subject_id).limit(most)
    return list(connection.scalars(query))


def retire(connection: Connection, ids: Sequence[str]) -> None:
    """Nothing is wrapped by these master keys any more: the database does without them from now on."""
    gone = update(master_keys).where(master_keys.c.id.in_(ids)).values(retired_at=instant(datetime.now(UTC)))
    connection.execute(gone)
