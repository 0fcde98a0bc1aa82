"""Accounts and tokens compared with the record of who changed them (`access_audit.py`), for `steward audit`.

Every checkpoint names the last change that there was: the end of the record cannot be taken away either, but for what
was changed after the last checkpoint (docs/proof.md).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from domain.proof.check import Checkpoint, ProofError
from domain.store.access.access_audit import AccessAction
from domain.store.access.tokens import token_id
from domain.store.db.schema import access_changes, accounts, tokens
from domain.store.proof.audit_beside import Finding
from domain.values import Instant

_MADE = {AccessAction.ACCOUNT_CREATED: "accounts", AccessAction.TOKEN_CREATED: "tokens"}
_CLOSED = {AccessAction.ACCOUNT_DISABLED: True, AccessAction.ACCOUNT_ENABLED: False, AccessAction.TOKEN_REVOKED: True}


class _Held(NamedTuple):
    """An account or token as it is in the database."""

    table: str
    subject: str
    created_at: Instant
    closed: bool


class AccessSigned(NamedTuple):
    """What a checkpoint says of the record: number and seal of its last row."""

    number: int
    seal: bytes


def access_signed(checkpoint: Checkpoint) -> AccessSigned | None:
    """The line `access NUMBER SEAL` of a checkpoint; None in those of before there was one. Raises: ProofError."""
    for line in checkpoint.extensions:
        name, _, rest = line.partition(" ")
        if name == "access":
            number, _, seal = rest.partition(" ")
            try:
                return AccessSigned(int(number), base64.b64decode(seal, validate=True))
            except (ValueError, binascii.Error):
                raise ProofError("checkpoint", "access 一行的格式不对", "the line of access is malformed") from None
    return None


def compared(connection: Connection, signed: Mapping[AccessSigned, str]) -> Iterator[Finding]:
    """Gaps in the record; what was made, ended or is there otherwise than it says. Raises: what `readable` names.

    `signed`: what checkpoints say of it, and where each one is.
    """
    rows = connection.execute(select(access_changes).order_by(access_changes.c.number)).all()
    yield from _gaps(rows)
    seals = {row.number: bytes(row.seal) for row in rows}
    for said, where in signed.items():
        if seals.get(said.number) != said.seal:
            yield Finding(
                "access_changes",
                f"number {said.number}",
                f"签署检查点（{where}）时的这一行不见了",
                f"this row was there when a checkpoint was signed ({where})",
            )
    there = {(one.table, one.subject): one for one in _held(connection)}
    made = {(_MADE[AccessAction(row.act)], row.subject): row.number for row in rows if row.act in _MADE}
    closed = {row.subject: _CLOSED[AccessAction(row.act)] for row in rows if row.act in _CLOSED}
    for key, number in made.items():
        if key not in there:
            yield Finding(
                "access_changes",
                f"number {number}",
                f"所记的 {key[0]} {key[1]} 不见了",
                f"{key[1]} of {key[0]} is gone",
            )
    for key, one in there.items():
        if key not in made and rows and one.created_at > rows[0].at:  # what is older was made before there was a record
            yield Finding(
                one.table, one.subject, "权限变更记录中没有它的新建", "access_changes does not know who made it"
            )
        if closed.get(one.subject, one.closed) != one.closed:
            yield Finding(
                one.table,
                one.subject,
                "是否停用或撤销与权限变更记录不符",
                "whether it is closed is not what access_changes says",
            )


def _gaps(rows: Sequence[Row[Any]]) -> Iterator[Finding]:
    for expected, row in enumerate(rows, start=1):
        if row.number != expected:
            yield Finding("access_changes", f"number {expected}", "编号不连续：这一行不见了", "a gap: this row is gone")
            return


def _held(connection: Connection) -> Iterator[_Held]:
    for row in connection.execute(select(accounts.c.id, accounts.c.created_at, accounts.c.disabled_at)):
        yield _Held("accounts", row.id, row.created_at, row.disabled_at is not None)
    for row in connection.execute(select(tokens.c.token_sha256, tokens.c.created_at, tokens.c.revoked_at)):
        yield _Held("tokens", token_id(row.token_sha256), row.created_at, row.revoked_at is not None)
