"""Retries: an Idempotency-Key makes a repeated command return its first answer (api.md, Writing).

The row lies in the transaction of the event: either both are there or neither. Refusals are not stored.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.problem_types import KeyReused, Malformed
from domain.errors import Busy
from domain.store.schema import idempotency
from domain.values import instant

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_canonical = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True)
class Attempt:
    """One try of a request under a key; `scope` is the hash of the token that it came with."""

    scope: bytes
    key: str
    digest: bytes


def attempt(scope: bytes, key: str | None, path: str, body: Any) -> Attempt | None:
    """The attempt that the header describes, None without one. Raises: Malformed.

    Two bodies are the same when they are the same JSON, however their keys are ordered or their spaces set.
    """
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Malformed(
            "Idempotency-Key 须为 1 到 255 个可见 ASCII 字符",
            "Idempotency-Key has to be 1 to 255 visible ASCII characters",
            remedy="请用一个随机的 UUID",
            remedy_en="Use a random UUID.",
        )
    digest = hashlib.sha256(f"POST {path}\n".encode() + _canonical.encode(body)).digest()
    return Attempt(scope, key, digest)


def first_answer(connection: Connection, this: Attempt) -> bytes | None:
    """The answer that an earlier attempt was given; None when this is the first. Raises: KeyReused."""
    row = connection.execute(select(idempotency.c.body_sha256, idempotency.c.answer).where(_is(this))).one_or_none()
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


def claim(connection: Connection, this: Attempt) -> bytes | None:
    """Take the key for this transaction; an answer instead when another one has just taken it.

    In PostgreSQL the insert waits for a transaction that holds the same key. Raises: KeyReused; Busy.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {
        "token_sha256": this.scope, "key": this.key, "body_sha256": this.digest,
        "created_at": instant(datetime.now(UTC)),
    }  # fmt: skip
    if connection.execute(insert(idempotency).values(row).on_conflict_do_nothing()).rowcount == 1:
        return None
    answer = first_answer(connection, this)
    if answer is None:
        raise Busy("同一个键的另一请求正在办理", "another request with this key is under way")
    return answer


def keep(connection: Connection, this: Attempt, status: int, answer: bytes) -> None:
    """Put the answer beside the key."""
    connection.execute(update(idempotency).where(_is(this)).values(status=status, answer=answer))


def _is(this: Attempt) -> Any:
    return (idempotency.c.token_sha256 == this.scope) & (idempotency.c.key == this.key)
