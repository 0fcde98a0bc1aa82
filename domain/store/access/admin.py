"""What an administrator sees and changes: accounts with their sessions, tokens by their ids, never a secret."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select, union

from domain.errors import Contradiction, NotFound
from domain.store.access.access_audit import AccessAction, By, note
from domain.store.access.accounts import IDLE, end_session
from domain.store.access.row_macs import change, is_sealed
from domain.store.access.tokens import token_hash, token_id
from domain.store.db.column_types import as_instant
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
    handed_out_at: Instant | None = None
    invitation: str | None = None
    invited_until: Instant | None = None
    second_factor_at: Instant | None = None
    subject: str | None = None
    """By which subject of which provider it is signed in to: `linked_as`."""


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


class AccountFilter(NamedTuple):
    """Which accounts are asked for. `text`: in login or name; `state`: of `_STATES`; `sort`: of `_COLUMNS`."""

    text: str | None = None
    role: Role | None = None
    uscc: str | None = None
    state: str | None = None
    sort: str | None = None
    descending: bool = False


ALL_ACCOUNTS = AccountFilter()
_STATES: dict[str, ColumnElement[bool]] = {
    "enabled": accounts.c.disabled_at.is_(None),
    "disabled": accounts.c.disabled_at.is_not(None),
    "handed_out": accounts.c.handed_out_at.is_not(None),
    "invited": accounts.c.invitation == "open",
    "without_second_factor": accounts.c.factor_at.is_(None) & accounts.c.disabled_at.is_(None),
}
_COLUMNS = {"login": accounts.c.login, "name": persons.c.name, "role": accounts.c.role, "made": accounts.c.created_at}


def account_rows(
    connection: Connection, offset: int = 0, limit: int | None = None, sought: AccountFilter = ALL_ACCOUNTS
) -> list[AccountRow]:
    """The accounts that are asked for, disabled ones too, by login or another column."""
    column = _COLUMNS[sought.sort or "login"]
    in_order = _account_rows().order_by(column.desc() if sought.descending else column.asc(), accounts.c.login)
    query = in_order.offset(offset).limit(limit)
    return [_account(row) for row in connection.execute(query.where(*_conditions(sought)))]


def account_row(connection: Connection, account_id: str) -> AccountRow:
    """The account with this id, which is there."""
    return _account(connection.execute(_account_rows().where(accounts.c.id == account_id)).one())


def account_found(connection: Connection, account_id: str) -> AccountRow:
    """The account with this id. Raises: NotFound."""
    row = connection.execute(_account_rows().where(accounts.c.id == account_id)).one_or_none()
    if row is None:
        way, way_en = "请从账户列表选择", "Choose one from the list of accounts."
        raise NotFound("没有这个账户", "there is no such account", remedy=way, remedy_en=way_en)
    return _account(row)


def account_counts(connection: Connection) -> dict[str, int]:
    """How many accounts there are: `all`, of each role that are enabled, and signed-in browsers."""
    counts = {str(role): count for role, count in accounts_by_role(connection).items()}
    counts["all"] = connection.scalar(select(func.count()).select_from(accounts)) or 0
    counts["signed_in"] = connection.scalar(select(func.count()).select_from(sessions).where(_usable())) or 0
    counts["tokens"] = connection.scalar(select(func.count()).where(tokens.c.revoked_at.is_(None))) or 0
    return counts


def accounts_by_role(connection: Connection) -> dict[Role, int]:
    """How many accounts of each role are enabled. One query; roles without any are left out."""
    enabled = select(accounts.c.role, func.count()).where(accounts.c.disabled_at.is_(None)).group_by(accounts.c.role)
    return {Role(role): int(count) for role, count in connection.execute(enabled)}


def known_people(connection: Connection, most: int) -> list[tuple[str, str]]:
    """Id and name of everybody who has an account or a token, by name; none where they are too many."""
    having = union(select(accounts.c.person_id), select(tokens.c.person_id))
    query = select(persons.c.id, persons.c.name).where(persons.c.id.in_(having)).limit(most + 1)
    found = sorted(((row.id, row.name) for row in connection.execute(query)), key=lambda one: (one[1], one[0]))
    return found if len(found) <= most else []


def _account_rows() -> Select[Any]:
    """Sessions are looked up for the rows of a page only, by the account's index."""
    own = sessions.c.account_id == accounts.c.id
    used = select(func.max(sessions.c.last_used_at)).where(own).scalar_subquery()
    open_ = select(func.count()).select_from(sessions).where(own, _usable()).scalar_subquery()
    query = select(accounts, persons.c.name, used.label("used"), open_.label("signed_in"))
    return query.join(persons, persons.c.id == accounts.c.person_id)


def _conditions(sought: AccountFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        accounts.c.login.contains(word.casefold(), autoescape=True) | persons.c.name.contains(word, autoescape=True)
        for word in (sought.text or "").split()
    ]
    conditions += [] if sought.role is None else [accounts.c.role == sought.role]
    conditions += [] if sought.uscc is None else [accounts.c.uscc == sought.uscc]
    return conditions + ([] if sought.state is None else [_STATES[sought.state]])


def _account(row: Row[Any]) -> AccountRow:
    return AccountRow(
        row.id,
        row.login,
        row.name,
        row.person_id,
        Role(row.role),
        row.uscc,
        row.created_at,
        row.disabled_at,
        as_instant(row.used),
        row.signed_in,
        row.handed_out_at,
        row.invitation,
        row.invited_until,
        row.factor_at,
        row.subject,
    )


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
