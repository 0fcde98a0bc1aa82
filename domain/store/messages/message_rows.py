"""Who was told what, by which cause: one row a person, cause and kind, however many processes tell it (R41).

The log itself is the outbox: an event is in it with its transaction, and `message_place` says up to which log index
people have been told. Whoever tells holds that row, so what is told and how far it was told are committed together: a
process that dies in between tells nothing, and the next one tells it again. The words are made when a message is read,
in the reader's language; the row holds codes and days, and nobody's name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, delete, false, func, or_, select, true, update

from domain.store.db.dialect import insert_missing
from domain.store.db.schema import accounts, log_index
from domain.store.db.tables.message_tables import message_place, messages
from domain.values import Instant, Role


def message_id(person_id: str, kind: str, cause: str) -> str:
    """What tells a message from others."""
    return hashlib.sha256(f"{person_id}\0{kind}\0{cause}".encode()).hexdigest()


class Message(NamedTuple):
    """Something one person is told of."""

    person_id: str
    kind: str
    cause: str
    """The event's id; of a reminder the matter and its last day."""
    uscc: str | None
    """The agency concerned; None: the whole district."""
    year: int | None
    due_on: date | None
    at: Instant
    enterprise: str | None = None
    """For which enterprise a client is told: who leaves it reads no more of it. Of all others None."""

    @property
    def id(self) -> str:
        """What tells this message from others: person, kind and cause. Telling twice is telling once."""
        return message_id(self.person_id, self.kind, self.cause)


class StoredMessage(NamedTuple):
    """A message as it was kept; `read_at` None while nobody has opened it."""

    id: str
    kind: str
    cause: str
    uscc: str | None
    year: int | None
    due_on: date | None
    at: Instant
    read_at: Instant | None
    enterprise: str | None


class ToldUpTo(NamedTuple):
    """How far people were told: up to this log index, and of what is due up to this day (Shanghai)."""

    log_index: int
    reminded_on: date | None


class MessageScope(NamedTuple):
    """What of somebody's messages may be read: these kinds; `uscc`: of this agency alone, or of none.

    `enterprise`: what was told for this client alone; None: what was told for none.
    """

    kinds: tuple[str, ...]
    uscc: str | None
    enterprise: str | None


class Recipient(NamedTuple):
    """Somebody who is told: a person who can sign in, or what stands for a target of the administrator's."""

    person_id: str
    role: Role
    uscc: str | None
    since: Instant
    """When the account was made: what was recorded before is no news to its owner."""


def held_place(connection: Connection) -> ToldUpTo:
    """How far people were told; nobody else tells until this transaction ends."""
    row = connection.execute(select(message_place.c.log_index, message_place.c.reminded_on).with_for_update()).one()
    return ToldUpTo(row.log_index, row.reminded_on)


def is_behind(connection: Connection, day: date) -> bool:
    """Whether there is anything sealed, or due on a new day, that nobody was told of yet."""
    told = select(message_place.c.log_index, message_place.c.reminded_on)
    row = connection.execute(told).one()
    last = connection.scalar(select(func.max(log_index.c.log_index)))
    return row.reminded_on != day or (last is not None and last > row.log_index)


def told_up_to(connection: Connection, place: ToldUpTo) -> None:
    """People were told up to here."""
    connection.execute(update(message_place).values(log_index=place.log_index, reminded_on=place.reminded_on))


def recipients(connection: Connection, roles: Collection[Role], codes: Collection[str]) -> Iterator[Recipient]:
    """Who can sign in, in one of these roles; of agencies only those with one of these codes."""
    query = select(accounts.c.person_id, accounts.c.role, accounts.c.uscc, accounts.c.created_at).where(
        accounts.c.disabled_at.is_(None),
        accounts.c.role.in_([str(one) for one in roles]),
        (accounts.c.role != str(Role.AGENCY)) | accounts.c.uscc.in_(codes),
    )
    for row in connection.execute(query.distinct()):
        yield Recipient(row.person_id, Role(row.role), row.uscc, row.created_at)


def accounts_of(connection: Connection, person_id: str) -> list[Recipient]:
    """The accounts with which somebody can sign in."""
    query = select(accounts.c.person_id, accounts.c.role, accounts.c.uscc, accounts.c.created_at).where(
        accounts.c.disabled_at.is_(None), accounts.c.person_id == person_id
    )
    return [Recipient(row.person_id, Role(row.role), row.uscc, row.created_at) for row in connection.execute(query)]


def told_between(connection: Connection, person_id: str, first: Instant, until: Instant) -> list[StoredMessage]:
    """What somebody was told from an instant on until before another, in order."""
    query = _stored().where(messages.c.person_id == person_id, messages.c.at >= first, messages.c.at < until)
    return [StoredMessage(*row) for row in connection.execute(query.order_by(messages.c.at, messages.c.id))]


def keep_messages(connection: Connection, told: Iterable[Message]) -> None:
    """Keep what is told; who was told of it before is not told again."""
    insert_missing(connection, messages, [{"id": one.id, **one._asdict(), "read_at": None} for one in told])


def told_by(connection: Connection, causes: Collection[str]) -> dict[str, str | None]:
    """The persons who were told of one of these causes, with the enterprise for which, of clients."""
    query = select(messages.c.person_id, messages.c.enterprise).where(messages.c.cause.in_(list(causes)))
    return {row.person_id: row.enterprise for row in connection.execute(query.distinct())}


def enterprise_of(connection: Connection, id_: str) -> str | None:
    """For which enterprise a client was told a message; None of others."""
    return connection.scalar(select(messages.c.enterprise).where(messages.c.id == id_))


def causes_told(connection: Connection, causes: Collection[str]) -> set[str]:
    """Which of these causes somebody was told of."""
    return set(connection.scalars(select(messages.c.cause).where(messages.c.cause.in_(list(causes))).distinct()))


def messages_of(
    connection: Connection,
    person_id: str,
    scopes: Collection[MessageScope],
    *,
    id_: str | None = None,
    unread: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> list[StoredMessage]:
    """What somebody was told, as far as one of the scopes has it, the latest first; `id_`: only this message."""
    query = _stored().where(messages.c.person_id == person_id, _within(scopes))
    if id_ is not None:
        query = query.where(messages.c.id == id_)
    if unread:
        query = query.where(messages.c.read_at.is_(None))
    query = query.order_by(messages.c.at.desc(), messages.c.id).offset(offset).limit(limit)
    return [StoredMessage(*row) for row in connection.execute(query)]


def unread_of(connection: Connection, person_id: str, scopes: Collection[MessageScope]) -> int:
    """How many messages within the scopes somebody has not opened."""
    unread = (messages.c.person_id == person_id) & messages.c.read_at.is_(None)
    query = select(func.count()).where(unread, _within(scopes))
    return connection.scalar(query.select_from(messages)) or 0


def mark_read(
    connection: Connection, person_id: str, scopes: Collection[MessageScope], ids: Collection[str] | None, at: Instant
) -> int:
    """These of somebody's messages within the scopes are read, or all (None); how many were not before."""
    unread = (messages.c.person_id == person_id) & messages.c.read_at.is_(None)
    query = update(messages).where(unread, _within(scopes))
    if ids is not None:
        query = query.where(messages.c.id.in_(ids))
    return connection.execute(query.values(read_at=at)).rowcount


def forget_messages(connection: Connection, before: Instant) -> int:
    """Take away what was told before an instant; how many."""
    return connection.execute(delete(messages).where(messages.c.at < before)).rowcount


def _within(scopes: Collection[MessageScope]) -> ColumnElement[bool]:
    """What one may read of what one was told; without a scope nothing."""
    parts = [
        messages.c.kind.in_(one.kinds)
        & _of(one.enterprise)
        & (or_(messages.c.uscc.is_(None), messages.c.uscc == one.uscc) if one.uscc is not None else true())
        for one in scopes
    ]
    return or_(false(), *parts)


def _of(enterprise: str | None) -> ColumnElement[bool]:
    return messages.c.enterprise.is_(None) if enterprise is None else messages.c.enterprise == enterprise


def _stored() -> Select[Any]:
    return select(*(messages.c[name] for name in StoredMessage._fields))
