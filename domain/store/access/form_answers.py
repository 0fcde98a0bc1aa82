"""Where a form of the pages led, so that one that is sent twice does nothing twice; and what is shown once behind it.

A form that did nothing yet (a preview, a question, a refusal) is kept as the page that answered it.

A row is written in the transaction of what the form did. It is found by a hash over the session's secret and the form's
name; a password, a token or a link is encrypted (AES-256-GCM) under a key that follows from the session's secret, of
which the database has the hash only. So what is shown once can be read by the browser that asked for it and by nobody
else, whichever process answers; it is taken away when it is shown, and every row ends with the longest session.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from domain.store.access.accounts import LONGEST
from domain.store.db.schema import form_answers
from domain.values import instant

_NONCE_BYTES = 12


class AnsweredBefore(Exception):
    """Another try of the same form was faster: whatever this one did has to be rolled back with its transaction."""


@dataclass(frozen=True)
class FormName:
    """One form of one session: the name of its row, and the key under which what it shows once is encrypted."""

    sha256: bytes
    key: bytes


def form_named(session_secret: str, name: str) -> FormName:
    """The form of this name, of the session with this secret (the cookie's)."""
    secret = session_secret.encode("utf-8", "surrogatepass")
    named = hmac.digest(secret, b"steward form answer\0" + name.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return FormName(hashlib.sha256(named).digest(), hmac.digest(secret, b"steward shown once", hashlib.sha256))


def where_it_led(connection: Connection, form: FormName) -> str | None:
    """The address to which the same form led before; None for one that was not taken yet."""
    return connection.scalar(select(form_answers.c.location).where(form_answers.c.form_sha256 == form.sha256))


def keep_answer(connection: Connection, form: FormName, location: str, shown: bytes | None) -> None:
    """Keep where a form led, and what is to be shown there once. Raises: AnsweredBefore.

    In PostgreSQL this waits for another transaction that takes the same form, and fails when that one commits.
    """
    now = datetime.now(UTC)
    connection.execute(delete(form_answers).where(form_answers.c.created_at <= instant(now - LONGEST)))
    nonce = os.urandom(_NONCE_BYTES)
    sealed = None if shown is None else nonce + AESGCM(form.key).encrypt(nonce, shown, form.sha256)
    row = {"form_sha256": form.sha256, "location": location, "sealed": sealed, "created_at": instant(now)}
    try:
        connection.execute(insert(form_answers).values(row))
    except IntegrityError:
        raise AnsweredBefore from None


def read_shown(connection: Connection, form: FormName) -> bytes | None:
    """What is kept there, as often as it is asked for; None when it is too old or another session's."""
    row = connection.execute(
        select(form_answers.c.sealed, form_answers.c.created_at).where(form_answers.c.form_sha256 == form.sha256)
    ).first()
    if row is None or row.sealed is None or row.created_at <= instant(datetime.now(UTC) - LONGEST):
        return None
    return AESGCM(form.key).decrypt(row.sealed[:_NONCE_BYTES], row.sealed[_NONCE_BYTES:], form.sha256)


def take_shown(connection: Connection, form: FormName) -> bytes | None:
    """What is shown once, taken away with it; None when it was shown before, is too old or another session's."""
    own = form_answers.c.form_sha256 == form.sha256
    sealed = connection.scalar(select(form_answers.c.sealed).where(own).with_for_update())
    if sealed is None:
        return None
    connection.execute(update(form_answers).where(own).values(sealed=None))
    return AESGCM(form.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], form.sha256)
