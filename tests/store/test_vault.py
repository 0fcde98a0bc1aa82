"""Personal data: sealed under a key per subject, forgotten with the key, and never mixed up."""

from __future__ import annotations

import base64
import hashlib
import threading

import pytest
from sqlalchemy import Connection, Engine, delete, func, select

from domain.errors import Unreadable
from domain.events import Sealed
from domain.store.db.engine import open_migration_engine, reading, writing
from domain.store.db.schema import vault, vault_secrets
from domain.store.keys.vault import Vault
from tests.store.makers import undone


def _count(connection: Connection) -> int:
    found = connection.scalar(select(func.count()).select_from(vault))
    assert found is not None
    return found


def test_what_is_sealed_can_be_opened(engine: Engine) -> None:
    """In the same transaction and in later ones; each call makes a subject of its own."""
    with writing(engine) as connection:
        first, second = Vault(connection).seal("张三"), Vault(connection).seal("张三")
        assert Vault(connection).open(first) == "张三"
        assert first.subject != second.subject
    with reading(engine) as connection:
        assert Vault(connection).open_many([second, first, second]) == ["张三"] * 3
        assert Vault(connection).open_many([]) == []


def test_equal_texts_do_not_look_equal(engine: Engine) -> None:
    """A fresh nonce each time: under one subject, too, nobody can see that two sealed texts are the same."""
    with writing(engine) as connection:
        unlocked = Vault(connection)
        first = unlocked.seal("粤A12345")
        second = unlocked.seal("粤A12345", subject=first.subject)
        assert _count(connection) == 1
    assert first.subject == second.subject
    assert first.sealed != second.sealed
    assert base64.b64decode(first.sealed)[:12] != base64.b64decode(second.sealed)[:12]
    assert "粤A12345".encode() not in base64.b64decode(first.sealed)


def test_a_hint_finds_its_subject_again(engine: Engine) -> None:
    """One person, one key, however the certificate number is written, now or in a later transaction."""
    with writing(engine) as connection:
        first = Vault(connection).seal("张三", hint="ab-123 ")
        assert Vault(connection).seal("张三", hint="AB-123").subject == first.subject
    with writing(engine) as connection:
        assert Vault(connection).seal("张 三", hint="ＡＢ-123").subject == first.subject
        assert Vault(connection).seal("李四", hint="AB-124").subject != first.subject
        hint = connection.scalar(select(vault.c.hint).where(vault.c.subject_id == first.subject))
        assert hint is not None
        assert len(hint) == 32
        with pytest.raises(ValueError, match="not both"):
            Vault(connection).seal("张三", subject=first.subject, hint="AB-123")


def test_two_at_once_agree_on_a_subject(engine: Engine) -> None:
    """The same new hint in several transactions at the same moment makes one subject, and the same secrets for all."""
    barrier, subjects, hashes = threading.Barrier(4), [], []

    def seal() -> None:
        barrier.wait(10)
        with writing(engine) as connection:
            subjects.append(Vault(connection).seal("张三", hint="AB-123").subject)
            hashes.append(Vault(connection).keyed_hash("AB-123"))

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(subjects) == 4
    assert len(set(subjects)) == len(set(hashes)) == 1
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(vault_secrets)) == 2


def test_a_subject_is_forgotten_with_its_key(engine: Engine, url: str) -> None:
    """With the key gone the text is None, others stay readable, and nothing new can be sealed for the subject."""
    with writing(engine) as connection:
        gone, kept = Vault(connection).seal("张三"), Vault(connection).seal("李四")
    with open_migration_engine(url).begin() as connection:
        connection.execute(delete(vault).where(vault.c.subject_id == gone.subject))
    with writing(engine) as connection:
        assert Vault(connection).open_many([gone, kept]) == [None, "李四"]
        with pytest.raises(LookupError, match="no key"):
            Vault(connection).seal("张三", subject=gone.subject)


def test_a_rolled_back_key_leaves_nothing(engine: Engine) -> None:
    """Key and event are committed together or not at all."""
    with undone(engine) as connection:
        Vault(connection).seal("张三")
    with reading(engine) as connection:
        assert _count(connection) == 0


def test_tampering_is_noticed(engine: Engine) -> None:
    """A changed bit, another subject's ciphertext, or no base64 at all is Unreadable, never another text."""
    with writing(engine) as connection:
        unlocked = Vault(connection)
        one, other = unlocked.seal("张三"), unlocked.seal("李四")
        raw = bytearray(base64.b64decode(one.sealed))
        raw[-1] ^= 1
        changed = base64.b64encode(bytes(raw)).decode()
        key = select(vault.c.key).where(vault.c.subject_id == one.subject).scalar_subquery()
        for sealed in (changed, other.sealed, "?", ""):
            with pytest.raises(Unreadable, match=one.subject):
                unlocked.open(Sealed(subject=one.subject, sealed=sealed))
    with open_migration_engine(engine.url).begin() as connection:  # the same key under another name opens nothing
        connection.execute(vault.update().where(vault.c.subject_id == other.subject).values(key=key))
        with pytest.raises(Unreadable, match=other.subject):
            Vault(connection).open(Sealed(subject=other.subject, sealed=one.sealed))


def test_keyed_hashes_compare_without_the_text(engine: Engine) -> None:
    """Equal for equal normal forms, 64 hex digits, lasting, and not the plain hash that anybody could look up."""
    with writing(engine) as connection:
        hashed = Vault(connection).keyed_hash(" ab－123")
    with reading(engine) as connection:
        assert Vault(connection).keyed_hash("AB-123") == hashed != Vault(connection).keyed_hash("AB-124")
    assert len(hashed) == 64
    assert hashed != hashlib.sha256(b"ab-123").hexdigest()
