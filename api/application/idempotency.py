"""Retries: an Idempotency-Key makes a repeated command return its first answer (api.md, Writing).

The row lies in the transaction of the event: either both are there or neither. Refusals are not stored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from eventsourcing.persistence import IntegrityError

from api.application.problem_types import KeyReused, Malformed
from domain.errors import Collided, Invalid, Refusal
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.store.db.engine import Connection
from domain.store.db.statements import Insert, run
from domain.values import instant

HEADER = "Idempotency-Key"
CREATED = 201
COLLISIONS = 3
"""So often what collided with another transaction is begun anew, before somebody is asked to try again."""
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_canonical = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True)
class Attempt:
    """One try of a request under a key; `scope` is the hash of the token that it came with."""

    scope: bytes
    key: str
    digest: bytes


class Answered(NamedTuple):
    """The answer to what was recorded, and whether an earlier attempt was given it."""

    content: dict[str, Any]
    replayed: bool

    def also(self, members: dict[str, object]) -> Answered:
        """This answer with more members."""
        return self._replace(content=self.content | members)


def attempt(scope: bytes, key: str | None, path: str, body: Any) -> Attempt | None:
    """The attempt that the header describes, None without one. Raises: Malformed; Invalid for an empty key.

    Two bodies are the same when they are the same JSON, however their keys are ordered or their spaces set.
    """
    if key is None:
        return None
    if not key.strip():
        raise Invalid(
            "Idempotency-Key 是空的：这样的重试会重复记录",
            "the Idempotency-Key is empty: a retry with it would record twice",
            cites=("api.md",),
            remedy="请填写一个随机的 UUID；不需要重试保护时不要发送这个请求头",
            remedy_en="Give a random UUID, or leave the header out where no retry is to be safe.",
        )
    if not _KEY.fullmatch(key):
        raise Malformed(
            "Idempotency-Key 须为 1 到 255 个可见 ASCII 字符",
            "Idempotency-Key has to be 1 to 255 visible ASCII characters",
            remedy="请用一个随机的 UUID",
            remedy_en="Use a random UUID.",
        )
    digest = hashlib.sha256(f"POST {path}\n".encode() + _canonical.encode(body)).digest()
    return Attempt(scope, key, digest)


def once(ledger: Ledger, this: Attempt | None, do: Callable[[], Answered]) -> Answered:
    """Do it, or answer as another attempt that was faster: it holds the key by now, or is why this one is refused.

    What the database took back, as another transaction waited for it, is done anew: agencies that divided and merged
    again record at each other (R43), so writers at both may meet.
    """
    for _ in range(COLLISIONS):
        with suppress(Collided):
            return _once(ledger, this, do)
    return _once(ledger, this, do)


def _once(ledger: Ledger, this: Attempt | None, do: Callable[[], Answered]) -> Answered:
    try:
        return do()
    except IntegrityError:  # its answer is there now
        return do()
    except Refusal:
        found = given_before(ledger, this)
        if found is None:
            raise
        return Answered(found, replayed=True)


def given_before(ledger: Ledger, this: Attempt | None) -> dict[str, object] | None:
    """What an earlier attempt with this key was answered. Raises: KeyReused."""
    if this is None:
        return None
    with ledger.reading() as reader:
        found = first_answer(reader.connection, this)
    return None if found is None else decoded(found)


def keyed(unit: UnitOfWork, this: Attempt | None, record: Callable[[], Any]) -> Answered:
    """What `record` answers, kept under the key; or what it answered the first time. Raises: KeyReused.

    The library's IntegrityError at the end of the transaction when another one has taken the key meanwhile.
    """
    if this is None:
        return Answered(msgspec.to_builtins(record()), replayed=False)
    replay = first_answer(unit.connection, this)
    if replay is not None:
        return Answered(decoded(replay), replayed=True)
    content = msgspec.to_builtins(record())
    unit.beside.append(kept(this, CREATED, msgspec.json.encode(content)))
    return Answered(content, replayed=False)


def first_answer(connection: Connection, this: Attempt) -> bytes | None:
    """The answer that an earlier attempt was given; None when this is the first. Raises: KeyReused."""
    row = next(iter(run(connection, _FIRST, (this.scope, this.key))), None)
    if row is None:
        return None
    if bytes(row.body_sha256) != this.digest:
        raise KeyReused(
            "这个 Idempotency-Key 已用于另一个请求",
            "this Idempotency-Key stands for another request",
            remedy="新的请求请用新的键；重试请原样重发",
            remedy_en="Use a new key for a new request; repeat a request unchanged to retry it.",
        )
    return bytes(row.answer)


def decoded(answer: bytes) -> dict[str, object]:
    """An answer that was kept, to be given again."""
    found: dict[str, object] = msgspec.json.decode(answer)
    return found


def kept(this: Attempt, status: int, answer: bytes) -> Insert:
    """The row of the answer, to be written with what it answers. In PostgreSQL writing it waits for another
    transaction with the same key, and fails when that one commits.
    """
    return Insert(
        "idempotency",
        ("token_sha256", "key", "body_sha256", "created_at", "status", "answer"),
        ("bytea", "text", "bytea", "timestamptz", "int", "bytea"),
        [(this.scope, this.key, this.digest, instant(datetime.now(UTC)), status, answer)],
    )


_FIRST = "SELECT body_sha256, answer FROM idempotency WHERE token_sha256 = $1 AND key = $2"
