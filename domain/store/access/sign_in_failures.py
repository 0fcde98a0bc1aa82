"""Who guesses passwords waits: longer with each failure, and nobody else with them.

Counted is one login from one source: an address, or a browser in which this account has signed in before (a known
browser: OWASP's device cookie). So nobody is locked out for what others behind the same address type, for their own
account or for any other; and while somebody else's guesses at one's own account make the address wait, the browser that
one always uses does not. An address with very many failures has fewer tries at each further login.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from domain.store.access.row_macs import key_of
from domain.store.db.schema import sign_in_failures
from domain.values import instant, moment, normal_text

FREE_TRIES, FEWER_TRIES = 10, 3
"""Failures with one login from one source after which it waits; the fewer where the source has failed very often."""
VERY_OFTEN = 60
WINDOW = timedelta(minutes=15)
"""After which a failure is forgotten."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 15, 300
_NONCE_CHARACTERS = 22


def seconds_to_wait(connection: Connection, login: str, source: str) -> int:
    """How long this source has to wait before it may try this login again; 0: not at all."""
    now = datetime.now(UTC)
    failures = sign_in_failures
    mine = (failures.c.source == source) & (failures.c.failed_at > instant(now - WINDOW))
    this = failures.c.login_sha256 == hashed(login)
    query = select(func.count(), func.count().filter(this), func.max(failures.c.failed_at).filter(this)).select_from(
        failures
    )
    all_, of_login, last = connection.execute(query.where(mine)).one()
    over = of_login - (FEWER_TRIES if all_ >= VERY_OFTEN else FREE_TRIES)
    if over < 0 or last is None:
        return 0
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(over, 10))
    return int(max(0, math.ceil(wait - (now - moment(last)).total_seconds())))


def note_failure(connection: Connection, login: str, source: str) -> None:
    """A failed sign-in; what is older than WINDOW is forgotten."""
    before = sign_in_failures.c.failed_at <= instant(datetime.now(UTC) - WINDOW)
    connection.execute(delete(sign_in_failures).where(before))
    row = {"login_sha256": hashed(login), "source": source, "failed_at": instant(datetime.now(UTC))}
    connection.execute(insert(sign_in_failures).values(row))


def forget_failures(connection: Connection, login: str, source: str) -> None:
    """The right password was given."""
    mine = (sign_in_failures.c.source == source) & (sign_in_failures.c.login_sha256 == hashed(login))
    connection.execute(delete(sign_in_failures).where(mine))


def normal_login(text: str) -> str:
    """A login as it is kept: without blanks around, width and case do not matter."""
    return normal_text(text).casefold()


def hashed(login: str) -> bytes:
    """Failures are kept by hash: people type their password into the wrong field."""
    return hashlib.sha256(normal_login(login).encode()).digest()


def known_browser(connection: Connection, account_id: str) -> str:
    """What a browser keeps in which an account has signed in. It opens nothing: it only has its own tries."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_mark(connection, account_id, nonce)}"


def source_of_browser(connection: Connection, account_id: str, kept: str) -> str | None:
    """The source that a known browser of this account is; None for what is none."""
    nonce, _, mark = kept.partition(".")
    if len(nonce) != _NONCE_CHARACTERS or not kept.isascii():
        return None
    if not hmac.compare_digest(mark, _mark(connection, account_id, nonce)):
        return None
    return f"browser:{hashlib.sha256(nonce.encode()).hexdigest()[:32]}"


def _mark(connection: Connection, account_id: str, nonce: str) -> str:
    """Under the key of the rows, which is outside the database: nobody makes one by writing there."""
    return hmac.digest(key_of(connection), f"known browser|{account_id}|{nonce}".encode(), hashlib.sha256).hex()
