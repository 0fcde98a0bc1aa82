"""Invitations: an account without a password, and a link by which its owner sets one, once, until a certain time.

Of the link only the SHA-256 is kept. It stands in the account's row, so its seal covers it, and an account is never
there twice. Who was invited can sign in by nothing else until then: an empty hash fits no password.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from domain.errors import Contradiction, NotFound
from domain.store.access.access_audit import AccessAction, By, note
from domain.store.access.accounts import Account, account_by_id, create_account
from domain.store.access.row_macs import change, is_sealed
from domain.store.access.tokens import token_hash
from domain.store.db.schema import accounts
from domain.values import Instant, Role, instant, moment

DAYS = 7
"""How long a link can be used."""
NO_PASSWORD = ""
"""In place of a password's hash: it fits none."""


class InvitationState(StrEnum):
    """What became of a link."""

    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"


class Invited(NamedTuple):
    """The account that a link belongs to, until when it can be used, and in which language its owner reads."""

    account: Account
    until: Instant
    language: str


def invite(
    connection: Connection, login: str, person_id: str, role: Role, uscc: str | None, language: str, *, by: By
) -> tuple[str, str]:
    """A new account that waits for its password: its id, and the secret of the link. Raises: as `create_account`."""
    id_ = create_account(connection, login, NO_PASSWORD, person_id, role, uscc, by=by, handed_out=False)
    return id_, invite_again(connection, id_, language, by=by)


def invite_again(connection: Connection, account_id: str, language: str | None = None, *, by: By) -> str:
    """Another link for who was invited and has set no password yet; the one before ends. Raises: Contradiction."""
    row = _locked(connection, accounts.c.id == account_id)
    if row.password_hash != NO_PASSWORD:
        raise Contradiction(
            "这个账户已经有密码，不能再邀请",
            "this account has a password already",
            remedy="忘记密码的，请重设密码",
            remedy_en="Reset the password where it was forgotten.",
        )
    if row.disabled_at is not None:
        raise Contradiction(
            "这个账户已停用", "this account is disabled", remedy="请先启用，再邀请", remedy_en="Enable it first."
        )
    secret = secrets.token_urlsafe(32)
    until = instant(datetime.now(UTC) + timedelta(days=DAYS))
    values = {"invitation_sha256": token_hash(secret), "invited_until": until, "invitation": InvitationState.OPEN}
    kept = language or row.language or "zh"
    change(connection, "accounts", accounts.c.id == row.id, **values, language=kept)
    _note(connection, row, by, AccessAction.INVITED)
    return secret


def revoke_invitation(connection: Connection, account_id: str, *, by: By) -> None:
    """The link cannot be used any more. Raises: NotFound; Contradiction when it was used or revoked before."""
    row = _locked(connection, accounts.c.id == account_id)
    if row.invitation != InvitationState.OPEN:
        raise Contradiction("没有可以撤销的邀请", "there is no invitation that could be revoked")
    change(connection, "accounts", accounts.c.id == row.id, invitation=InvitationState.REVOKED)
    _note(connection, row, by, AccessAction.INVITATION_REVOKED)


def invited_by(connection: Connection, secret: str) -> Invited:
    """Whom a link invites. Raises: NotFound for a link that is none; Contradiction for one used, revoked or late."""
    return _invited(connection, _usable(connection, secret))


def accept(connection: Connection, secret: str, password_hash: str) -> Account:
    """The invited set their password; the link is used with it. Raises: as `invited_by`, also for who came second."""
    row = _usable(connection, secret, lock=True)
    values = {"password_hash": password_hash, "invitation": InvitationState.USED, "handed_out_at": None}
    change(connection, "accounts", accounts.c.id == row.id, **values)
    _note(connection, row, By(row.person_id, "page"), AccessAction.INVITATION_USED)
    return _invited(connection, row).account


def _usable(connection: Connection, secret: str, *, lock: bool = False) -> Row[Any]:
    row = _locked(connection, accounts.c.invitation_sha256 == token_hash(secret), lock=lock)
    if row.invitation == InvitationState.USED:
        raise Contradiction(
            "这个邀请链接已经用过，密码已设好",
            "this invitation was used before: the password is set",
            remedy="请直接登录；若不是您本人设的，请立即告诉管理员",
            remedy_en="Sign in; if it was not you, tell the administrator at once.",
        )
    if row.invitation != InvitationState.OPEN or row.disabled_at is not None:
        raise Contradiction(
            "这个邀请已被撤销",
            "this invitation was revoked",
            remedy="请向邀请您的人询问",
            remedy_en="Ask who invited you.",
        )
    if moment(row.invited_until) <= datetime.now(UTC):
        raise Contradiction(
            "这个邀请链接已过期",
            "this invitation has expired",
            remedy="请邀请您的人再发一个链接",
            remedy_en="Ask who invited you for another link.",
        )
    return row


def _locked(connection: Connection, condition: Any, *, lock: bool = True) -> Row[Any]:
    query = select(accounts).where(condition)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None or not is_sealed(connection, "accounts", row._mapping):
        raise NotFound(
            "没有这个邀请",
            "there is no such invitation",
            remedy="请完整复制收到的链接；又发过链接的，旧的已作废",
            remedy_en="Copy the whole link; where another one was sent, the earlier one has ended.",
        )
    return row


def _invited(connection: Connection, row: Row[Any]) -> Invited:
    return Invited(account_by_id(connection, row.id), row.invited_until, row.language or "zh")


def _note(connection: Connection, row: Row[Any], by: By, act: AccessAction) -> None:
    note(connection, by, act, row.id, person_id=row.person_id, role=row.role, uscc=row.uscc)
