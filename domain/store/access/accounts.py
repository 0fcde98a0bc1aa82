"""Accounts of the pages and their sessions.

A password is kept as its hash (`passwords.py`), a session's secret as SHA-256. Who guesses is slowed down
(`sign_in_failures.py`). A password that somebody else has seen is marked as handed out, until its owner has changed it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from domain.errors import Contradiction, Invalid, NotFound
from domain.store.access.access_audit import AccessAction, By, note
from domain.store.access.row_macs import change, is_sealed, with_seal
from domain.store.access.sign_in_failures import forget_failures, normal_login
from domain.store.access.tokens import token_hash
from domain.store.db.schema import accounts, persons, sessions
from domain.values import Instant, Role, instant, moment, new_id

IDLE, LONGEST = timedelta(hours=4), timedelta(hours=12)
"""A session ends this long after its last use, and this long after sign-in."""
TOUCH_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Account:
    """Who signs in: a person in one role, bound to an enterprise where the role is."""

    id: str
    login: str
    person_id: str
    person_name: str
    role: Role
    uscc: str | None
    disabled_at: Instant | None = None
    handed_out_at: Instant | None = None
    """Since when somebody else knows the password: its owner has to change it before anything else."""
    factor_at: Instant | None = None
    """Since when signing in needs a second factor, too (`second_factor.py`)."""


@dataclass(frozen=True)
class Session:
    """A signed-in browser."""

    session_sha256: bytes
    account: Account
    created_at: Instant
    last_used_at: Instant
    expires_at: Instant


def create_account(
    connection: Connection,
    login: str,
    password_hash: str,
    person_id: str,
    role: Role,
    uscc: str | None = None,
    *,
    by: By,
    handed_out: bool = True,
) -> str:
    """A new account, made by `by`; its id. `handed_out`: its owner has to change the password first.

    Raises: Invalid for a bad login, Contradiction for one that is taken.
    """
    name = normal_login(login)
    if not 2 <= len(name) <= 64 or any(character.isspace() for character in name):
        raise Invalid(
            "登录名须为 2 至 64 个字符，不含空格", "a login has 2 to 64 characters and no blanks", pointer="/login"
        )
    if connection.scalar(select(accounts.c.id).where(accounts.c.login == name)) is not None:
        raise Contradiction(
            f"登录名 {name} 已有人使用",
            f"the login {name} is taken",
            pointer="/login",
            remedy="请换一个登录名",
            remedy_en="Choose another one.",
        )
    account_id = new_id()
    row = {
        "id": account_id,
        "login": name,
        "person_id": person_id,
        "role": role,
        "uscc": uscc,
        "password_hash": password_hash,
        "created_at": _now(),
        "handed_out_at": _now() if handed_out else None,
    }
    connection.execute(insert(accounts).values(with_seal(connection, "accounts", row)))
    note(connection, by, AccessAction.ACCOUNT_CREATED, account_id, person_id=person_id, role=role, uscc=uscc)
    return account_id


def account_of(connection: Connection, login: str) -> tuple[Account, str] | None:
    """The account of a login and its password's hash; None when there is none or it is disabled."""
    query = _accounts().where(accounts.c.login == normal_login(login), accounts.c.disabled_at.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None or not is_sealed(connection, "accounts", row._mapping):
        return None
    return _account(row), row.password_hash


def account_by_id(connection: Connection, account_id: str) -> Account:
    """The account with this id, which is there."""
    return _account(connection.execute(_accounts().where(accounts.c.id == account_id)).one())


def account_of_subject(connection: Connection, subject: str) -> Account | None:
    """The account that a provider's subject is linked to; None when there is none or it is disabled."""
    row = connection.execute(
        _accounts().where(accounts.c.subject == subject, accounts.c.disabled_at.is_(None))
    ).one_or_none()
    return _account(row) if row is not None and is_sealed(connection, "accounts", row._mapping) else None


def linked_as(issuer: str, subject: str) -> str:
    """What stands at an account: a subject means something with its issuer only."""
    return f"{issuer}|{subject}"


def link_subject(connection: Connection, account_id: str, subject: str | None, *, by: By) -> None:
    """Let a provider's subject sign in to an account, or nobody; its sessions end.

    Raises: NotFound; Contradiction for a subject that another account is linked to, and as `sign_out`.
    """
    taken = (accounts.c.subject == subject) & (accounts.c.id != account_id)
    if subject is not None and connection.scalar(select(accounts.c.id).where(taken)) is not None:
        raise Contradiction("另一个账户已与它关联", "another account is linked to it already", pointer="/subject")
    _change(connection, account_id, by, AccessAction.SUBJECT_LINKED, subject=subject)


def all_accounts(connection: Connection) -> list[Account]:
    """Every account, disabled ones too, by login."""
    return [_account(row) for row in connection.execute(_accounts().order_by(accounts.c.login))]


def set_password(
    connection: Connection,
    account_id: str,
    password_hash: str,
    *,
    by: By,
    act: AccessAction = AccessAction.PASSWORD_RESET,
    handed_out: bool = True,
) -> None:
    """Another password, and all sessions of the account end; one that is not the owner's own is handed out.

    Raises: NotFound; Contradiction as `sign_out`.
    """
    handed_out_at = None if act is AccessAction.OWN_PASSWORD or not handed_out else _now()
    values: dict[str, object] = {"password_hash": password_hash, "handed_out_at": handed_out_at}
    open_ = (accounts.c.id == account_id) & (accounts.c.invitation == "open")
    if connection.scalar(select(accounts.c.id).where(open_)) is not None:
        values["invitation"] = "revoked"  # else the link would still set another one
    _change(connection, account_id, by, act, **values)


def disable_account(connection: Connection, account_id: str, *, by: By, disabled: bool = True) -> None:
    """Close an account, its sessions with it, or open it again. Raises: NotFound; Contradiction as `sign_out`."""
    act = AccessAction.ACCOUNT_DISABLED if disabled else AccessAction.ACCOUNT_ENABLED
    _change(connection, account_id, by, act, disabled_at=_now() if disabled else None)


def sign_out(connection: Connection, account_id: str, *, by: By) -> None:
    """End all sessions of an account. Raises: NotFound.

    Contradiction for a row that this software did not write: it stays unusable whatever is done to it.
    """
    _change(connection, account_id, by, AccessAction.SIGNED_OUT)


def _change(connection: Connection, account_id: str, by: By, act: AccessAction, **values: Any) -> None:
    row = connection.execute(select(accounts).where(accounts.c.id == account_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(
            "没有这个账户",
            "there is no such account",
            remedy="请从账户列表选择",
            remedy_en="Choose one from the list of accounts.",
        )
    if not is_sealed(connection, "accounts", row._mapping):
        raise Contradiction(
            "账户只以本软件写入的内容为准：这个账户在数据库中被改动过（封签不符），不能使用，也不能更改",
            "an account counts only as this software wrote it: this one was changed in the database (its seal does "
            "not fit), so it can be neither used nor changed",
            remedy="请用 steward audit 查明，并为此人另建账户",
            remedy_en="Run steward audit, and make a new account for this person.",
        )
    change(connection, "accounts", accounts.c.id == account_id, **values)
    end_sessions(connection, account_id)
    note(connection, by, act, account_id, person_id=row.person_id, role=row.role, uscc=row.uscc)


def begin_session(connection: Connection, account: Account, source: str) -> str:
    """Sign in: the secret of a new session. The source's failures with this login are forgotten."""
    forget_failures(connection, account.login, source)
    now = _now()
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    secret = secrets.token_urlsafe(32)
    row = {
        "session_sha256": token_hash(secret),
        "account_id": account.id,
        "created_at": now,
        "last_used_at": now,
        "expires_at": instant(moment(now) + LONGEST),
    }
    connection.execute(insert(sessions).values(with_seal(connection, "sessions", row)))
    return secret


def find_session(connection: Connection, secret: str) -> Session | None:
    """The session of a secret; None when it is unknown, ended, idle too long, its account is disabled, or a row of
    the two is not as the software wrote it (`row_macs.py`)."""
    now = _now()
    query = select(sessions).where(
        sessions.c.session_sha256 == token_hash(secret),
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > now,
        sessions.c.last_used_at > instant(moment(now) - IDLE),
    )
    row = connection.execute(query).one_or_none()
    if row is None or not is_sealed(connection, "sessions", row._mapping):
        return None
    owner = connection.execute(
        _accounts().where(accounts.c.id == row.account_id, accounts.c.disabled_at.is_(None))
    ).one_or_none()
    if owner is None or not is_sealed(connection, "accounts", owner._mapping):
        return None
    return Session(bytes(row.session_sha256), _account(owner), row.created_at, row.last_used_at, row.expires_at)


def is_stale(session: Session) -> bool:
    """Whether the last use noted is older than a minute: ask first, so that most requests write nothing."""
    return datetime.now(UTC) - moment(session.last_used_at) > TOUCH_AFTER


def touch_session(connection: Connection, session: Session) -> None:
    """Note that a session was used."""
    this = sessions.c.session_sha256 == session.session_sha256
    connection.execute(update(sessions).where(this).values(last_used_at=_now()))


def end_session(connection: Connection, session_sha256: bytes) -> None:
    """Sign out."""
    this = sessions.c.session_sha256 == session_sha256
    change(connection, "sessions", this & sessions.c.ended_at.is_(None), ended_at=_now())


def end_sessions(connection: Connection, account_id: str) -> int:
    """Sign an account out everywhere; how many sessions that were."""
    these = (sessions.c.account_id == account_id) & sessions.c.ended_at.is_(None)
    return change(connection, "sessions", these, ended_at=_now())


def _accounts() -> Select[Any]:
    return select(accounts, persons.c.name).join(persons, persons.c.id == accounts.c.person_id)


def _account(row: Row[Any]) -> Account:
    return Account(
        row.id,
        row.login,
        row.person_id,
        row.name,
        Role(row.role),
        row.uscc,
        row.disabled_at,
        row.handed_out_at,
        row.factor_at,
    )


def _now() -> Instant:
    return instant(datetime.now(UTC))
