"""Where somebody wants to be written to, and of what: their own address, verified by a code, and their preferences.

An address is personal data: encrypted in the vault under a key of its own, which is destroyed when the address is
taken away or replaced, or when its subject is erased; from then on nobody can read it, in a copy either. Until its
owner has typed the code that was sent to it, nothing else is sent there.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from domain.errors import Contradiction, Invalid
from domain.events import Sealed
from domain.store.db.dialect import database_clock, lock_number
from domain.store.db.tables.message_tables import contact_addresses, message_preferences
from domain.store.keys.vault import Vault
from domain.store.messages.delivery_rows import made_since
from domain.values import Instant, instant, moment

CODE_LIVES = timedelta(hours=1)
TRIES = 5
"""Wrong codes until another one has to be asked for: one in two hundred thousand guesses right."""
AGAIN_AFTER = timedelta(minutes=1)
"""How soon another code may be sent: nobody fills a stranger's mailbox from here."""
MOST_CODES = 10
"""How many codes somebody may have sent within 24 hours, to whatever addresses."""
CONTACT_LOCK = 0x57E7A2D_0031
"""Key of the advisory lock under which addresses change (PostgreSQL): one person's form sent twice, say."""
HowMailed = Literal["at_once", "daily", "off"]
Language = Literal["zh", "en"]


class ContactAddress(NamedTuple):
    """Somebody's address. `email` None: its key was destroyed, so it is none any more."""

    email: str | None
    language: Language
    given_at: Instant
    verified_at: Instant | None


def address_of(connection: Connection, person_id: str) -> ContactAddress | None:
    """The address that somebody gave, verified or not; None where they gave none."""
    row = connection.execute(select(contact_addresses).where(contact_addresses.c.person_id == person_id)).one_or_none()
    if row is None:
        return None
    email = Vault(connection).open(Sealed(subject=row.subject, sealed=row.sealed))
    return ContactAddress(email, row.language, row.given_at, row.verified_at)


def code_of(connection: Connection, person_id: str, at: Instant) -> str | None:
    """The code that is to be sent to somebody's address; None where none waits to be typed."""
    row = connection.execute(select(contact_addresses).where(contact_addresses.c.person_id == person_id)).one_or_none()
    if row is None or row.code_sealed is None or row.verified_at is not None or row.code_until <= at:
        return None
    return Vault(connection).open(Sealed(subject=row.subject, sealed=row.code_sealed))


def give_address(connection: Connection, person_id: str, email: str, language: Language, *, check: str) -> None:
    """Somebody wants to be written to here; a code waits to be sent there. The address before is forgotten.

    `check`: the kind of the deliveries that carry codes. What was sent stands there also when the address was taken
    away since. Raises: Contradiction when a code was asked for a moment ago, or too many within a day.
    """
    lock_number(connection, CONTACT_LOCK)
    now = database_clock(connection)
    sent = made_since(connection, person_id, check, instant(now - timedelta(days=1)))
    if sent and now - moment(sent[-1]) < AGAIN_AFTER:
        raise _too_soon(
            "刚刚已发出一个验证码", "a code was sent a moment ago", "请一分钟后再试", "Try again in a minute."
        )
    if len(sent) >= MOST_CODES:
        raise _too_soon(
            f"24 小时内已发出 {len(sent)} 个验证码",
            f"{len(sent)} codes were sent within 24 hours",
            "请明天再试；收不到时请核对地址和垃圾邮件",
            "Try again tomorrow. Where none arrives, check the address and the folder of junk mail.",
        )
    take_away_address(connection, person_id)
    vault = Vault(connection)
    sealed = vault.seal(email)
    code = vault.seal(f"{secrets.randbelow(10**6):06d}", subject=sealed.subject)
    row = {
        "person_id": person_id,
        "subject": sealed.subject,
        "sealed": sealed.sealed,
        "code_sealed": code.sealed,
        "code_until": instant(now + CODE_LIVES),
        "tries_left": TRIES,
        "language": language,
        "given_at": instant(now),
    }
    connection.execute(insert(contact_addresses).values(row))


def _too_soon(text: str, text_en: str, remedy: str, remedy_en: str) -> Contradiction:
    return Contradiction(text, text_en, pointer="/email", remedy=remedy, remedy_en=remedy_en)


def verify_address(connection: Connection, person_id: str, code: str) -> bool:
    """Whether this is the code that was sent; then the address is verified. A wrong one is counted.

    To be committed either way. Raises: Contradiction where no code waits, or too many wrong ones were typed.
    """
    lock_number(connection, CONTACT_LOCK)
    now = instant(database_clock(connection))
    expected = code_of(connection, person_id, now)
    this = contact_addresses.c.person_id == person_id
    left = connection.scalar(select(contact_addresses.c.tries_left).where(this))
    if expected is None or not left:
        raise Contradiction(
            "没有等待输入的验证码：已过一小时、输错过多，或地址已验证",
            "no code waits to be typed: an hour is over, there were too many wrong ones, or it was typed",
            pointer="/code",
            remedy="请重新填写邮箱地址，系统会再发一个",
            remedy_en="Give the address again, and another code is sent.",
        )
    if not hmac.compare_digest(code.encode(), expected.encode()):
        connection.execute(update(contact_addresses).where(this).values(tries_left=left - 1))
        return False
    connection.execute(update(contact_addresses).where(this).values(verified_at=now, code_sealed=None, code_until=None))
    return True


def wrong_code() -> Invalid:
    """The refusal of a code that was not the one sent."""
    return Invalid(
        "验证码不对",
        "this is not the code that was sent",
        pointer="/code",
        remedy=f"请核对邮件里的 6 位数字；错 {TRIES} 次后须重新发送",
        remedy_en=f"Look at the six digits in the e-mail; after {TRIES} wrong ones another has to be sent.",
    )


def take_away_address(connection: Connection, person_id: str) -> bool:
    """Forget somebody's address: its row goes and its key is destroyed; whether there was one."""
    this = contact_addresses.c.person_id == person_id
    subject = connection.scalar(select(contact_addresses.c.subject).where(this))
    if subject is None:
        return False
    connection.execute(delete(contact_addresses).where(this))
    Vault(connection).erase(subject, instant(database_clock(connection)))
    return True


def with_address(connection: Connection, people: Collection[str]) -> set[str]:
    """Who of these has an address that is verified."""
    query = select(contact_addresses.c.person_id).where(
        contact_addresses.c.verified_at.is_not(None), contact_addresses.c.person_id.in_(people)
    )
    return set(connection.scalars(query))


def preferences_of(connection: Connection, people: Collection[str]) -> dict[tuple[str, str], HowMailed]:
    """What these people have chosen, by person and kind; what they have not is not there."""
    query = select(message_preferences).where(message_preferences.c.person_id.in_(people))
    return {(row.person_id, row.kind): row.email for row in connection.execute(query)}


def prefer(connection: Connection, person_id: str, chosen: Mapping[str, HowMailed], shown: Iterable[str]) -> None:
    """Keep what somebody chooses of these kinds; a kind that is not chosen is as for everybody again."""
    lock_number(connection, CONTACT_LOCK)
    mine = (message_preferences.c.person_id == person_id) & message_preferences.c.kind.in_(list(shown))
    connection.execute(delete(message_preferences).where(mine))
    rows = [{"person_id": person_id, "kind": kind, "email": how} for kind, how in chosen.items()]
    if rows:
        connection.execute(insert(message_preferences), rows)
