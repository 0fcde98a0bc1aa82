"""What an administrator sees and changes: accounts with their sessions, tokens by their ids, never a secret."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from domain.errors import Contradiction, NotFound
from domain.store.access.access_audit import AccessAction, By, note
from domain.store.access.accounts import IDLE, end_session
from domain.store.access.row_macs import change, is_sealed
from domain.store.access.tokens import token_hash, token_id
from domain.store.db.schema import accounts, persons, sessions, tokens
from domain.values import Instant, Role, instant, midnight, moment

BOUND = (Role.AGENCY, Role.CLIENT)
"""Roles whose people belong to one enterprise."""
FEWEST_DIGITS = 8


@dataclass(frozen=True)
class AccountRow:
    """An account in a list. `signed_in`: how many sessions it has that can still be used."""

    id: str
    login: str
    person: str
    person_id: str
    role: Role
    uscc: str | None
    created_at: Instant
    disabled_at: Instant | None
    last_used_at: Instant | None
    signed_in: int


@dataclass(frozen=True)
class TokenRow:
    """A token in a list. `id`: the beginning of its hash, which is no secret."""

    id: str
    person: str
    person_id: str
    role: str
    uscc: str | None
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None
    last_used_at: Instant | None


@dataclass(frozen=True)
class OwnSession:
    """One of somebody's own sessions. `id`: the beginning of its hash."""

    id: str
    created_at: Instant
    last_used_at: Instant
    expires_at: Instant


def account_rows(connection: Connection, offset: int = 0, limit: int | None = None) -> list[AccountRow]:
    """Accounts, disabled ones too, by login."""
    open_ = select(sessions.c.account_id).where(_usable()).subquery()
    last = select(sessions.c.account_id, func.max(sessions.c.last_used_at).label("used")).group_by(
        sessions.c.account_id
    )
    used = last.subquery()
    query = (
        select(accounts, persons.c.name, used.c.used, func.count(open_.c.account_id).label("signed_in"))
        .join(persons, persons.c.id == accounts.c.person_id)
        .outerjoin(used, used.c.account_id == accounts.c.id)
        .outerjoin(open_, open_.c.account_id == accounts.c.id)
        .group_by(*accounts.c, persons.c.name, used.c.used)
        .order_by(accounts.c.login)
        .offset(offset)
        .limit(limit)
    )
    return [
        AccountRow(
            row.id,
            row.login,
            row.name,
            row.person_id,
            Role(row.role),
            row.uscc,
            row.created_at,
            row.disabled_at,
            row.used,
            row.signed_in,
        )
        for row in connection.execute(query)
    ]


def account_row(connection: Connection, account_id: str) -> AccountRow:
    """The account with this id, which is there."""
    return next(one for one in account_rows(connection) if one.id == account_id)


def names_of(connection: Connection, account_id: str) -> tuple[str, ...]:
    """Login and name of an account's owner, of which no password is made; nothing for an account that is none."""
    query = select(accounts.c.login, persons.c.name).join(persons, persons.c.id == accounts.c.person_id)
    row = connection.execute(query.where(accounts.c.id == account_id)).one_or_none()
    return () if row is None else (row.login, row.name)


def require_another_admin(connection: Connection, account_id: str) -> None:
    """Whether somebody is left who can administer once this account is closed; holds the rows until it is. Raises:

    Contradiction for the last enabled administrator. Rows that the software did not write are no administrators.
    """
    open_admins = (accounts.c.role == Role.ADMIN) & accounts.c.disabled_at.is_(None)
    rows = connection.execute(select(accounts).where(open_admins).with_for_update()).all()
    left = [row.id for row in rows if is_sealed(connection, "accounts", row._mapping)]
    if left == [account_id]:
        raise Contradiction(
            "这是最后一个启用的管理员账户，不能停用",
            "this is the last enabled administrator and cannot be disabled",
            remedy="请先新建或启用另一个管理员账户",
            remedy_en="Make or enable another administrator first.",
        )


def made_password() -> str:
    """A random password of 80 bits that can be read out over a telephone."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


def own_sessions(connection: Connection, account_id: str) -> list[OwnSession]:
    """The sessions of an account that can still be used, the latest used first."""
    query = (
        select(sessions.c.session_sha256, sessions.c.created_at, sessions.c.last_used_at, sessions.c.expires_at)
        .where(sessions.c.account_id == account_id, _usable())
        .order_by(sessions.c.last_used_at.desc(), sessions.c.session_sha256)
    )
    return [
        OwnSession(token_id(row.session_sha256), row.created_at, row.last_used_at, row.expires_at)
        for row in connection.execute(query)
    ]


def end_own_sessions(connection: Connection, account_id: str, keep: bytes, only: str | None = None) -> int:
    """End an account's sessions but `keep`: all, or the one with the id `only`; how many that were."""
    found = connection.scalars(select(sessions.c.session_sha256).where(sessions.c.account_id == account_id, _usable()))
    these = [bytes(one) for one in found if bytes(one) != keep and only in (None, token_id(one))]
    for one in these:
        end_session(connection, one)
    return len(these)


def token_rows(connection: Connection, offset: int = 0, limit: int | None = None) -> list[TokenRow]:
    """All tokens, ended ones too, in the order in which they were made."""
    query = select(tokens, persons.c.name).join(persons, persons.c.id == tokens.c.person_id)
    query = query.order_by(tokens.c.created_at, tokens.c.token_sha256).offset(offset).limit(limit)
    return [_token(row) for row in connection.execute(query)]


def find_token_hash(connection: Connection, text: str) -> bytes:
    """The stored hash that a token or the beginning of its id (8 hex digits or more) stands for. Raises: NotFound."""
    known = [bytes(one) for one in connection.scalars(select(tokens.c.token_sha256))]
    by_id = [one for one in known if len(text) >= FEWEST_DIGITS and one.hex().startswith(text.lower())]
    found = [one for one in known if one == token_hash(text)] or by_id
    if len(found) != 1:
        raise NotFound(
            "没有这个令牌",
            "there is no such token",
            remedy="编号见令牌列表（steward token list）",
            remedy_en="See the list of tokens (steward token list).",
        )
    return found[0]


def revoke_by_id(connection: Connection, text: str, *, by: By) -> TokenRow:
    """End a token now, by its id or itself. Raises: NotFound, Contradiction when it was revoked before."""
    hashed = find_token_hash(connection, text)
    alive = (tokens.c.token_sha256 == hashed) & tokens.c.revoked_at.is_(None)
    if change(connection, "tokens", alive, revoked_at=_now()) == 0:
        raise Contradiction("该令牌早已撤销", "this token was revoked before")
    row = token_of(connection, hashed)
    note(connection, by, AccessAction.TOKEN_REVOKED, row.id, person_id=row.person_id, role=row.role, uscc=row.uscc)
    return row


def token_of(connection: Connection, token_sha256: bytes) -> TokenRow:
    """The token with this hash, which is there."""
    query = select(tokens, persons.c.name).join(persons, persons.c.id == tokens.c.person_id)
    return _token(connection.execute(query.where(tokens.c.token_sha256 == token_sha256)).one())


def end_of(day: date) -> Instant:
    """The instant at which a Shanghai day is over."""
    return midnight(day + timedelta(days=1))


def _usable() -> ColumnElement[bool]:
    """The SQL condition that a session is open: neither ended, nor expired, nor idle for too long."""
    now = _now()
    idle_since = instant(moment(now) - IDLE)
    return and_(sessions.c.ended_at.is_(None), sessions.c.expires_at > now, sessions.c.last_used_at > idle_since)


def _token(row: Row[tuple[object, ...]]) -> TokenRow:
    return TokenRow(
        token_id(row.token_sha256),
        row.name,
        row.person_id,
        row.role,
        row.uscc,
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
    )


def _now() -> Instant:
    return instant(datetime.now(UTC))
