"""The second factor of an account: a code of thirty seconds (TOTP, RFC 6238), and recovery codes for a lost telephone.

The secret is encrypted (AES-256-GCM) under a key that follows from a secret of the vault, so it follows the master key
and is nowhere in clear. A code is taken once: the last step that was used is kept. Of recovery codes, 60 random bits
each, the hash is kept until the code is used.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from datetime import UTC, datetime
from typing import Any

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, select

from domain.errors import Contradiction, Invalid, NotFound
from domain.store.access.access_audit import AccessAction, By, note
from domain.store.access.accounts import Account, account_by_id, end_sessions
from domain.store.access.row_macs import change, is_sealed, key_of
from domain.store.db.schema import accounts
from domain.store.keys.vault import Vault
from domain.values import Instant, instant

ISSUER = "安全管家台账"
STEP_SECONDS, SKEW_STEPS = 30, 1
"""How long a code holds, and how many steps a telephone's clock may be off, either way."""
EVERYWHERE = "second-factor"
"""The source by which wrong codes of an account are counted, wherever they come from: who tries has the password."""
TICKET_SECONDS = 600
"""How long after the password the code can be given."""
CODES, DIGEST_BYTES = 10, 32
_NONCE_BYTES = 12
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_WRONG = ("验证码不对，或已经用过", "this code is wrong, or was used before")


def begin_factor(connection: Connection, account_id: str) -> str:
    """A new secret, which counts once a code of it was given (`confirm_factor`). Raises: Contradiction if one is on."""
    row = _locked(connection, account_id)
    if row.factor_at is not None:
        raise Contradiction(
            "两步验证早已启用",
            "the second factor is on already",
            remedy="要换手机，请先停用再启用",
            remedy_en="To use another telephone, switch it off first.",
        )
    secret = pyotp.random_base32()
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + _cipher(connection, account_id).encrypt(nonce, secret.encode(), account_id.encode())
    change(connection, "accounts", accounts.c.id == account_id, factor=sealed, factor_step=None)
    return secret


def pending_secret(connection: Connection, account_id: str) -> str | None:
    """The secret of a second factor that is not on yet, for its owner to scan; None when there is none."""
    row = connection.execute(select(accounts).where(accounts.c.id == account_id)).one()
    return None if row.factor is None or row.factor_at is not None else _secret(connection, row)


def address_of_secret(secret: str, login: str) -> str:
    """What a QR code tells an authenticator: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def confirm_factor(connection: Connection, account_id: str, code: str, *, by: By) -> list[str]:
    """Switch the second factor on; its recovery codes, shown this once. Raises: Invalid for a wrong code."""
    row = _locked(connection, account_id)
    if row.factor is None or row.factor_at is not None or not (step := _step_of(connection, row, code)):
        raise _wrong()
    codes, digests = _recovery(account_id)
    values = {"factor_at": _now(), "factor_step": step, "recovery": digests}
    change(connection, "accounts", accounts.c.id == account_id, **values)
    _note(connection, row, by, AccessAction.FACTOR_ON)
    return codes


def take_code(connection: Connection, account_id: str, code: str, *, by: By) -> bool:
    """Whether this is a code of the account; it is used up with it, as is a recovery code, which is noted."""
    row = _locked(connection, account_id)
    if row.factor_at is None or row.factor is None:
        return False
    if step := _step_of(connection, row, code):
        change(connection, "accounts", accounts.c.id == account_id, factor_step=step)
        return True
    digest, kept = _digest(account_id, code), bytes(row.recovery or b"")
    left = [kept[at : at + DIGEST_BYTES] for at in range(0, len(kept), DIGEST_BYTES)]
    if not any(hmac.compare_digest(digest, one) for one in left):
        return False
    change(connection, "accounts", accounts.c.id == account_id, recovery=b"".join(o for o in left if o != digest))
    _note(connection, row, by, AccessAction.RECOVERY_USED)
    return True


def recovery_left(connection: Connection, account_id: str) -> int:
    """How many recovery codes are not used yet."""
    kept = connection.scalar(select(accounts.c.recovery).where(accounts.c.id == account_id))
    return len(kept or b"") // DIGEST_BYTES


def new_recovery_codes(connection: Connection, account_id: str, code: str, *, by: By) -> list[str]:
    """Others in place of all recovery codes. Raises: Invalid for a wrong code."""
    if not take_code(connection, account_id, code, by=by):
        raise _wrong()
    row = _locked(connection, account_id)
    codes, digests = _recovery(account_id)
    change(connection, "accounts", accounts.c.id == account_id, recovery=digests)
    _note(connection, row, by, AccessAction.RECOVERY_CODES)
    return codes


def switch_off(connection: Connection, account_id: str, code: str, *, by: By) -> None:
    """Sign in by the password alone from now on. Raises: Invalid for a wrong code."""
    if not take_code(connection, account_id, code, by=by):
        raise _wrong()
    _note(connection, _locked(connection, account_id), by, AccessAction.FACTOR_OFF)
    _take_off(connection, account_id)


def reset_factor(connection: Connection, account_id: str, reason: str, *, by: By) -> None:
    """Somebody else takes it off, and says why, as when telephone and codes are lost; all sessions end.

    Raises: NotFound; Contradiction where there is none, or the row is not as the software wrote it.
    """
    row = _locked(connection, account_id)
    if row.factor_at is None:
        raise Contradiction("这个账户没有启用两步验证", "this account has no second factor")
    _take_off(connection, account_id)
    end_sessions(connection, account_id)
    _note(connection, row, by, AccessAction.FACTOR_RESET, reason)


def _take_off(connection: Connection, account_id: str) -> None:
    gone = {"factor": None, "factor_at": None, "factor_step": None, "recovery": None}
    change(connection, "accounts", accounts.c.id == account_id, **gone)


def _locked(connection: Connection, account_id: str) -> Row[Any]:
    row = connection.execute(select(accounts).where(accounts.c.id == account_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("没有这个账户", "there is no such account")
    if not is_sealed(connection, "accounts", row._mapping):
        raise Contradiction("账户在数据库中被改动过，不能使用", "this account was changed in the database")
    return row


def _step_of(connection: Connection, row: Row[Any], code: str) -> int | None:
    """The step whose code this is, none that was used before."""
    digits = "".join(code.split())
    if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
        return None
    totp, now = pyotp.TOTP(_secret(connection, row)), int(datetime.now(UTC).timestamp()) // STEP_SECONDS
    fits = [
        step
        for step in range(now - SKEW_STEPS, now + SKEW_STEPS + 1)
        if hmac.compare_digest(totp.at(step * STEP_SECONDS), digits)
    ]
    return next((step for step in fits if row.factor_step is None or step > row.factor_step), None)


def _secret(connection: Connection, row: Row[Any]) -> str:
    raw = bytes(row.factor)
    try:
        return _cipher(connection, row.id).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], row.id.encode()).decode()
    except InvalidTag as error:
        raise Contradiction(
            "这个账户的两步验证已不能读出（主密钥曾遗失）",
            "the second factor of this account cannot be read any more (a master key was lost)",
            remedy="请管理员重设两步验证",
            remedy_en="Let an administrator reset it.",
        ) from error


def _cipher(connection: Connection, account_id: str) -> AESGCM:
    return AESGCM(Vault(connection).mac("second_factor", account_id))


def _recovery(account_id: str) -> tuple[list[str], bytes]:
    codes = ["-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3)) for _ in range(CODES)]
    return codes, b"".join(_digest(account_id, one) for one in codes)


def _digest(account_id: str, code: str) -> bytes:
    plain = "".join(one for one in code.casefold() if one.isalnum())
    return hashlib.sha256(f"{account_id}|{plain}".encode()).digest()


def _note(connection: Connection, row: Row[Any], by: By, act: AccessAction, reason: str | None = None) -> None:
    note(connection, by, act, row.id, person_id=row.person_id, role=row.role, uscc=row.uscc, reason=reason)


def _wrong() -> Invalid:
    remedy = (
        "请输入手机上现在显示的六位数字，或一个没有用过的备用码",
        "Give the six digits shown now, or a recovery code.",
    )
    return Invalid(*_WRONG, pointer="/code", remedy=remedy[0], remedy_en=remedy[1])


def _now() -> Instant:
    return instant(datetime.now(UTC))


def ticket_for(connection: Connection, account_id: str, password_hash: str) -> str:
    """What the form for the code carries: this account's password was given just now. It opens nothing by itself."""
    until = int(datetime.now(UTC).timestamp()) + TICKET_SECONDS
    return f"{account_id}.{until}.{_ticket_mark(connection, account_id, until, password_hash)}"


def account_of_ticket(connection: Connection, ticket: str) -> Account | None:
    """Whose ticket it is; None when it is none, too old, or when the password is another one or the account closed."""
    account_id, _, rest = ticket.partition(".")
    until, _, mark = rest.partition(".")
    if not (ticket.isascii() and until.isdecimal()) or int(until[:12]) < datetime.now(UTC).timestamp():
        return None
    row = connection.execute(select(accounts).where(accounts.c.id == account_id)).one_or_none()
    if row is None or row.disabled_at is not None or not is_sealed(connection, "accounts", row._mapping):
        return None
    right = _ticket_mark(connection, account_id, int(until[:12]), row.password_hash)
    return account_by_id(connection, account_id) if hmac.compare_digest(mark, right) else None


def _ticket_mark(connection: Connection, account_id: str, until: int, password_hash: str) -> str:
    """Under the key of the rows, which is outside the database."""
    said = f"second factor|{account_id}|{until}|{password_hash}".encode()
    return hmac.digest(key_of(connection), said, hashlib.sha256).hex()
