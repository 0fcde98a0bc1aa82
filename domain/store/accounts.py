"""Accounts of the pages and their sessions.

A password is kept as argon2id (RFC 9106), a session's secret as SHA-256. Who guesses passwords is slowed down by
address: for one login after MOST_PER_LOGIN failures, for all logins after MOST_PER_SOURCE, within WINDOW. Nobody
else's sign-in is ever refused for that, so a lock-out cannot be used to lock others out.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from domain.errors import Contradiction, Invalid, NotFound
from domain.store.access_changes import Act, By, note
from domain.store.people import token_hash
from domain.store.row_seals import change, is_sealed, with_seal
from domain.store.schema import accounts, persons, sessions, sign_in_failures
from domain.values import Instant, Role, instant, moment, new_id, normal_text

FEWEST_CHARACTERS, MOST_CHARACTERS = 10, 200
"""Of a password (NIST SP 800-63B: length, and no rules of composition)."""
MOST_PER_LOGIN, MOST_PER_SOURCE = 10, 60
WINDOW = timedelta(minutes=15)
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


@dataclass(frozen=True)
class Session:
    """A signed-in browser."""

    session_sha256: bytes
    account: Account
    created_at: Instant
    last_used_at: Instant
    expires_at: Instant


_hasher = PasswordHash([Argon2Hasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)])


def hash_password(password: str) -> str:
    """What is kept of a password. Takes about 0.1 s and 64 MiB, on purpose. Raises: Invalid for a weak one."""
    require_good(password)
    return _hasher.hash(password)


def require_good(password: str) -> None:
    """Raises: Invalid for a password that is too short, too long, or one character over and over."""
    if not FEWEST_CHARACTERS <= len(password) <= MOST_CHARACTERS or len(set(password)) < 4:
        raise Invalid(
            f"密码须为 {FEWEST_CHARACTERS} 至 {MOST_CHARACTERS} 个字符，且至少有 4 个不同的字符",
            f"a password has {FEWEST_CHARACTERS} to {MOST_CHARACTERS} characters, at least 4 different ones",
            pointer="/password",
            remedy="可用几个不相关的词连成一句", remedy_en="Several unrelated words make a good one.",
        )  # fmt: skip


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def password_fits(account_hash: str | None, password: str) -> bool:
    """Whether the password is the account's; for no account it takes as long, and is False."""
    fits = _hasher.verify(password[: MOST_CHARACTERS + 1], account_hash or _nobodys_hash())
    return fits and account_hash is not None


def normal_login(text: str) -> str:
    """A login as it is kept: without blanks around, width and case do not matter."""
    return normal_text(text).casefold()


def create_account(
    connection: Connection,
    login: str,
    password_hash: str,
    person_id: str,
    role: Role,
    uscc: str | None = None,
    *,
    by: By,
) -> str:
    """A new account, made by `by`; its id. Raises: Invalid for a bad login, Contradiction for one that is taken."""
    name = normal_login(login)
    if not 2 <= len(name) <= 64 or any(character.isspace() for character in name):
        raise Invalid(
            "登录名须为 2 至 64 个字符，不含空格", "a login has 2 to 64 characters and no blanks", pointer="/login"
        )
    if connection.scalar(select(accounts.c.id).where(accounts.c.login == name)) is not None:
        raise Contradiction(
            f"登录名 {name} 已有人使用", f"the login {name} is taken", pointer="/login",
            remedy="请换一个登录名", remedy_en="Choose another one.",
        )  # fmt: skip
    account_id = new_id()
    row = {
        "id": account_id, "login": name, "person_id": person_id, "role": role, "uscc": uscc,
        "password_hash": password_hash, "created_at": _now(),
    }  # fmt: skip
    connection.execute(insert(accounts).values(with_seal(connection, "accounts", row)))
    note(connection, by, Act.ACCOUNT_CREATED, account_id, person_id=person_id, role=role, uscc=uscc)
    return account_id


def account_of(connection: Connection, login: str) -> tuple[Account, str] | None:
    """The account of a login and its password's hash; None when there is none or it is disabled."""
    query = _accounts().where(accounts.c.login == normal_login(login), accounts.c.disabled_at.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None or not is_sealed(connection, "accounts", row._mapping):
        return None
    return _account(row), row.password_hash


def all_accounts(connection: Connection) -> list[Account]:
    """Every account, disabled ones too, by login."""
    return [_account(row) for row in connection.execute(_accounts().order_by(accounts.c.login))]


def set_password(
    connection: Connection, account_id: str, password_hash: str, *, by: By, act: Act = Act.PASSWORD_RESET
) -> None:
    """Another password, and all sessions of the account end. Raises: NotFound; Contradiction as `sign_out`."""
    _change(connection, account_id, by, act, password_hash=password_hash)


def disable_account(connection: Connection, account_id: str, *, by: By, disabled: bool = True) -> None:
    """Close an account, its sessions with it, or open it again. Raises: NotFound; Contradiction as `sign_out`."""
    act = Act.ACCOUNT_DISABLED if disabled else Act.ACCOUNT_ENABLED
    _change(connection, account_id, by, act, disabled_at=_now() if disabled else None)


def sign_out(connection: Connection, account_id: str, *, by: By) -> None:
    """End all sessions of an account. Raises: NotFound.

    Contradiction for a row that this software did not write: it stays unusable whatever is done to it.
    """
    _change(connection, account_id, by, Act.SIGNED_OUT)


def _change(connection: Connection, account_id: str, by: By, act: Act, **values: Any) -> None:
    row = connection.execute(select(accounts).where(accounts.c.id == account_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(
            "没有这个账户", "there is no such account",
            remedy="请从账户列表选择", remedy_en="Choose one from the list of accounts.",
        )  # fmt: skip
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


def is_slowed_down(connection: Connection, login: str, source: str) -> bool:
    """Whether this address has to wait before it may try this login again."""
    since = instant(datetime.now(UTC) - WINDOW)
    mine = (sign_in_failures.c.source == source) & (sign_in_failures.c.failed_at > since)
    of_login = func.count().filter(sign_in_failures.c.login_sha256 == _hashed(login))
    all_, this = connection.execute(select(func.count(), of_login).select_from(sign_in_failures).where(mine)).one()
    return bool(all_ >= MOST_PER_SOURCE or this >= MOST_PER_LOGIN)


def note_failure(connection: Connection, login: str, source: str) -> None:
    """A failed sign-in; what is older than WINDOW is forgotten."""
    connection.execute(
        delete(sign_in_failures).where(sign_in_failures.c.failed_at <= instant(datetime.now(UTC) - WINDOW))
    )
    row = {"login_sha256": _hashed(login), "source": source, "failed_at": _now()}
    connection.execute(insert(sign_in_failures).values(row))


def begin_session(connection: Connection, account: Account, source: str) -> str:
    """Sign in: the secret of a new session. The address's failures with this login are forgotten."""
    mine = (sign_in_failures.c.source == source) & (sign_in_failures.c.login_sha256 == _hashed(account.login))
    connection.execute(delete(sign_in_failures).where(mine))
    now = _now()
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    secret = secrets.token_urlsafe(32)
    row = {
        "session_sha256": token_hash(secret), "account_id": account.id, "created_at": now, "last_used_at": now,
        "expires_at": instant(moment(now) + LONGEST),
    }  # fmt: skip
    connection.execute(insert(sessions).values(with_seal(connection, "sessions", row)))
    return secret


def find_session(connection: Connection, secret: str) -> Session | None:
    """The session of a secret; None when it is unknown, ended, idle too long, its account is disabled, or a row of
    the two is not as the software wrote it (`row_seals.py`)."""
    now = _now()
    query = select(sessions).where(
        sessions.c.session_sha256 == token_hash(secret), sessions.c.ended_at.is_(None),
        sessions.c.expires_at > now, sessions.c.last_used_at > instant(moment(now) - IDLE),
    )  # fmt: skip
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
    return Account(row.id, row.login, row.person_id, row.name, Role(row.role), row.uscc, row.disabled_at)


def _hashed(login: str) -> bytes:
    """Failures are kept by hash: people type their password into the wrong field."""
    return hashlib.sha256(normal_login(login).encode()).digest()


def _now() -> Instant:
    return instant(datetime.now(UTC))
