"""Telling people (R41): what the log holds since the last time, and what comes due, to each of them once.

Any number of processes may do it at once: who holds the row of the place tells, and what is told is committed with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from api.application.messages.outgoing import as_recipients, hooked, is_target, mailed, targets_told
from api.application.messages.readership import told_for
from api.application.messages.reminders import ARISEN, arisen_by, reminders_on, undone_by
from api.application.messages.told import CLIENT_OF_COMPLAINT, Telling, tellings_of
from domain.events import ComplaintDismissed, ComplaintMerged, ComplaintReceived, ComplaintUpheld, Event, EventAnnulled
from domain.ledger.ledger import Ledger
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.store.db.dialect import database_clock
from domain.store.db.engine import writing
from domain.store.messages.delivery_rows import forget_deliveries, keep_deliveries, withdraw
from domain.store.messages.message_rows import (
    Message,
    Recipient,
    ToldUpTo,
    forget_messages,
    held_place,
    is_behind,
    keep_messages,
    recipients,
    told_by,
    told_up_to,
)
from domain.values import Instant, Role, instant, moment, shanghai_date

AT_ONCE = 400
"""Events of which people are told in one transaction."""
OLD = timedelta(days=31)
"""What was recorded longer ago is nobody's news: a restored copy, or a service that was away, wakes nobody up."""
KEPT = timedelta(days=3 * 366)
"""How long messages are kept: as long as it is kept who read what."""
SENT_KEPT = timedelta(days=366)
"""How long it is kept what was sent."""
_DUE = ("deadline", "due_on", "expires_on")


@implements("R41")
def tell(ledger: Ledger, *, mails: bool = False, hooks: bool = True, quiet: bool = False) -> bool:
    """Tell people of the next events and of what comes due today; whether nothing is left.

    `mails`: e-mail is sent from here, so what is to be mailed is written with what is told; `hooks`: so to targets.
    Of a demonstration neither. `quiet`: nobody is told of what happens meanwhile, then or later.

    Raises: Busy, WritesStopped.
    """
    with ledger.reading() as reader:
        now = instant(database_clock(reader.connection))  # what is put off is looked at by that clock
        today = shanghai_date(now)
        if not is_behind(reader.connection, today):
            return True
    with writing(ledger.engine, beside=True) as connection:
        reader = Reader(ledger.memory, connection)
        reader.may_cache = False
        place = held_place(connection)
        entries = ledger.log_entries(reader, place.log_index, place.log_index + AT_ONCE, AT_ONCE)
        found = [ledger.memory.mapper.decode(one.topic, one.state, one.event_id) for one in entries]
        news = [one for one in found if _is_news(one, now) and not quiet]
        told = list(_told(reader, news, now))
        for one in found:
            if isinstance(one, EventAnnulled):
                withdraw(connection, undone_by(reader, one), now)
        told_to = entries[-1].id if entries else place.log_index
        done = len(entries) < AT_ONCE
        reminded_on = place.reminded_on
        if done and reminded_on != today:
            told += [] if quiet else _reminders(reader, today, reminded_on, now)
            forget_messages(connection, instant(moment(now) - KEPT))
            forget_deliveries(connection, instant(moment(now) - SENT_KEPT))
            reminded_on = today
        if done and not quiet and (news or place.reminded_on != today):
            told += _arisen(reader, today, now)
        to_people = [one for one in told if not is_target(one.person_id)]
        keep_messages(connection, to_people)
        keep_deliveries(connection, mailed(connection, to_people) if mails else ())
        keep_deliveries(connection, hooked(connection, told) if hooks else ())
        told_up_to(connection, ToldUpTo(told_to, reminded_on))
    return done


@dataclass
class _Audience:
    """Who can be told, asked for once: those in offices, of clients all, of agencies those concerned."""

    reader: Reader
    everybody: list[Recipient]

    @classmethod
    def of(cls, reader: Reader, codes: set[str]) -> _Audience:
        connection = reader.connection
        return cls(reader, [*recipients(connection, [*Role], codes), *as_recipients(connection)])

    def of_agency(self, uscc: str | None) -> list[Recipient]:
        return [one for one in self.everybody if one.role is Role.AGENCY and one.uscc == uscc]

    def of_client(self, uscc: str | None, keyed: str | None = None) -> list[Recipient]:
        """The enterprise with this code, or with this keyed hash of one."""
        hashed = self.reader.vault.keyed_hash
        return [
            one
            for one in self.everybody
            if one.role is Role.CLIENT and one.uscc and (one.uscc == uscc or (keyed and hashed(one.uscc) == keyed))
        ]

    def to(self, telling: Telling, event: Event, uscc: str | None) -> Iterator[Recipient]:
        """Whom a telling means."""
        for whom in telling.to:
            if whom == CLIENT_OF_COMPLAINT:
                yield from self.of_client(None, self._complainant(event))
            elif whom is Role.CLIENT:
                client = getattr(event, "client", None)
                yield from self.of_client(client and client.uscc)
            elif whom is Role.AGENCY:
                yield from self.of_agency(uscc)
            else:
                yield from (one for one in self.everybody if one.role == whom)

    def _complainant(self, event: Event) -> str | None:
        if not isinstance(event, (ComplaintUpheld, ComplaintDismissed, ComplaintMerged)):
            return None
        received = self.reader.named([event.complaint_id]).get(event.complaint_id)
        return received.client_hash if isinstance(received, ComplaintReceived) else None


def _told(reader: Reader, news: Iterable[Event], at: Instant) -> Iterator[Message]:
    """The messages of events; of an annulment those who were told of what it annuls, in this round or before."""
    news = list(news)
    people = _Audience.of(reader, {code for one in news if (code := _agency(one)) is not None})
    made: dict[str, dict[str, str | None]] = {}
    for event in news:
        uscc, year = _agency(event), getattr(event, "year", None)
        due: Any = next((day for name in _DUE if (day := getattr(event, name, None)) is not None), None)
        if isinstance(event, EventAnnulled):
            causes = undone_by(reader, event)
            before = _told_before(reader, causes)
            for one in causes:
                before |= made.get(one, {})
            for person, enterprise in before.items():
                yield Message(person, "corrected", event.id, uscc, None, None, at, enterprise)
        for telling in tellings_of(event):
            for who in people.to(telling, event, uscc):
                if who.since > event.recorded_at:
                    continue
                made.setdefault(event.id, {})[who.person_id] = told_for(who)
                yield Message(who.person_id, telling.kind, event.id, uscc, year, due, at, told_for(who))


def _told_before(reader: Reader, causes: Collection[str]) -> dict[str, str | None]:
    targets: dict[str, str | None] = dict.fromkeys(targets_told(reader.connection, causes))
    return told_by(reader.connection, causes) | targets


def _is_news(event: Event, now: Instant) -> bool:
    return event.via != "import" and moment(now) - moment(event.recorded_at) < OLD


def _agency(event: Event) -> str | None:
    kind, _, code = event.stream.partition("/")
    return code if kind == "agency" else None


def _arisen(reader: Reader, today: date, at: Instant) -> Iterator[Message]:
    people: _Audience | None = None
    for row in arisen_by(reader, today):
        people = people or _Audience.of(reader, set())
        kind, to = ARISEN[row.kind]
        for one in people.everybody:
            if one.role in to:
                yield Message(one.person_id, kind, row.key, row.uscc, row.year, row.due_on, at)


def _reminders(reader: Reader, today: date, since: date | None, at: Instant) -> Iterator[Message]:
    due = list(reminders_on(reader, today, since))
    people = _Audience.of(reader, {one.uscc for one in due if one.uscc is not None})
    for row in due:
        clients = row.told.to is Role.CLIENT
        for one in people.of_client(row.about, row.about) if clients else people.of_agency(row.uscc):
            yield Message(one.person_id, row.told.kind, row.cause, row.uscc, row.year, row.due_on, at, told_for(one))
