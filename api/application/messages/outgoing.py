"""What of the messages leaves the service: by e-mail at once, gathered in one a day, or not, as each person wants it.

Nothing leaves that its reader may not read: the e-mail carries the kind of message, days, and a link, and the agency's
name where that is public or the reader's own (`mail_letters.py`). The message centre always has all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from api.application.messages.reminders import ARISEN
from api.application.messages.told import TOLD, MessageKind
from domain.store.db.dialect import database_clock
from domain.store.db.engine import Connection
from domain.store.messages.contact_rows import HowMailed, preferences_of, with_address
from domain.store.messages.delivery_rows import Delivery
from domain.store.messages.message_rows import Message, Recipient, recipients
from domain.store.messages.target_rows import Target, all_targets, targets_told_by
from domain.values import Role, instant, midnight, moment, shanghai_date

DIGEST = "digest"
"""The kind of an e-mail that gathers a day's messages; its cause is the day (Shanghai)."""
ADDRESS_CHECK = "address_check"
"""The kind of an e-mail with the code that verifies an address."""
CORRECTED: MessageKind = "corrected"
"""Told to whoever was told of what was annulled."""
DIGEST_HOUR = timedelta(hours=8)
"""At this hour of the next day (Shanghai) a day's messages are sent together."""


def usual(kind: str) -> HowMailed:
    """How everybody gets a kind who has not chosen: what only offices are told comes together, once a day."""
    return "daily" if kind in _FOR_OFFICES else "at_once"


def mailed(connection: Connection, told: Sequence[Message]) -> Iterator[Delivery]:
    """The e-mails that follow from messages told just now."""
    people = with_address(connection, {one.person_id for one in told})
    chosen = preferences_of(connection, people)
    for one in told:
        if one.person_id not in people:
            continue
        how = chosen.get((one.person_id, one.kind), usual(one.kind))
        if how == "at_once":
            yield Delivery(
                "email", one.person_id, one.kind, one.cause, one.uscc, one.year, one.due_on, one.at, next_at=one.at
            )
        elif how == "daily":
            day = shanghai_date(one.at)
            opens = instant(moment(midnight(day + timedelta(days=1))) + DIGEST_HOUR)
            yield Delivery("email", one.person_id, DIGEST, day.isoformat(), None, None, None, one.at, next_at=opens)


_TARGET = "target:"


def as_recipients(connection: Connection) -> Iterator[Recipient]:
    """The administrator's targets that are switched on, as somebody in their role: told of what that one is told."""
    for one in all_targets(connection, enabled=True):
        yield Recipient(f"{_TARGET}{one.id}", one.role, one.uscc, one.created_at)


def is_target(recipient: str) -> bool:
    """Whether a recipient is a target, not a person: it has no messages, only deliveries."""
    return recipient.startswith(_TARGET)


def targets_told(connection: Connection, causes: Collection[str]) -> list[str]:
    """The targets that were told of one of these causes, as recipients."""
    return [f"{_TARGET}{one}" for one in targets_told_by(connection, causes)]


def hooked(connection: Connection, told: Sequence[Message]) -> Iterator[Delivery]:
    """What goes to targets of messages told just now."""
    targets = {one.id: one for one in all_targets(connection, enabled=True)}
    for one in told:
        target = targets.get(one.person_id.removeprefix(_TARGET)) if is_target(one.person_id) else None
        if target is None or not _is_wanted(target, one.kind):
            continue
        yield Delivery(
            target.channel, target.id, one.kind, one.cause, one.uscc, one.year, one.due_on, one.at, next_at=one.at
        )


def _is_wanted(target: Target, kind: str) -> bool:
    """Whether a target chose to be told of a kind; that something it was told of does not count any more, always."""
    return target.kinds is None or kind in (*target.kinds, CORRECTED)


def switched_off(connection: Connection, target_id: str) -> Iterator[Message]:
    """What administrators are told when a target was switched off for its failures."""
    now = instant(database_clock(connection))
    for one in recipients(connection, [Role.ADMIN], ()):
        yield Message(one.person_id, "target_disabled", f"{target_id}@{now}", None, None, None, now)


def _for_offices() -> Iterator[MessageKind]:
    told_to: dict[MessageKind, set[Role | str]] = {}
    for tellings in TOLD.values():
        for telling in tellings:
            told_to.setdefault(telling.kind, set()).update(telling.to)
    for arisen in ARISEN.values():
        told_to.setdefault(arisen.kind, set()).update(arisen.to)
    offices = set(Role) - {Role.AGENCY, Role.CLIENT}
    yield from (kind for kind, to in told_to.items() if to <= offices)


_FOR_OFFICES = frozenset(_for_offices())
