"""Reminders of a last day (R40, R41): from the rows of what waits, once each, however often they are looked for.

A week to appeal is no matter: nobody has to. But it is over for good, so the agency is reminded of its end (art.20).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Literal, NamedTuple, cast

from api.application.messages.told import MessageKind
from api.application.questions.year.district_matters import district_matters
from domain.errors import Unreadable
from domain.events import AppealFiled, EventAnnulled
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.store.messages.message_rows import causes_told
from domain.values import FOREVER, Role
from projections.answers.matters import MatterKind
from projections.rows.read.due_notices import RunningWeek, matters_gone_at, running_weeks
from projections.rows.read.open_matters import MatterFilter, MatterRow, open_matters
from projections.rows.read.published import WorklistFilter, matters


class Reminded(NamedTuple):
    """Who is reminded of a kind of matter, and how many days before its last day (-1: the day after)."""

    kind: MessageKind
    to: Role
    days: tuple[int, ...]


APPEAL_WEEK: Literal["appeal_week"] = "appeal_week"
REMINDED: dict[MatterKind | Literal["appeal_week"], Reminded] = {
    APPEAL_WEEK: Reminded("appeal_due", Role.AGENCY, (3, 1)),
    "submission": Reminded("material_due", Role.AGENCY, (7, 1, -1)),
    "project": Reminded("project_due", Role.AGENCY, (30, 7, 1)),
    "qualification": Reminded("qualification_due", Role.AGENCY, (60, 7)),
    "certificate": Reminded("certificate_due", Role.AGENCY, (60, 7)),
    "invitation": Reminded("invitation_due", Role.CLIENT, (7, 1)),
}


class Arisen(NamedTuple):
    """Who is told, once, that a matter waits which no single fact tells of."""

    kind: MessageKind
    to: tuple[Role, ...]


ARISEN: dict[MatterKind, Arisen] = {
    "notice": Arisen("notice_due", (Role.ASSOCIATION,)),
    "correction": Arisen("correction_due", (Role.ASSOCIATION,)),
    "impact": Arisen("impact_opened", (Role.COMMITTEE, Role.ASSOCIATION)),
    "year_close": Arisen("year_to_close", (Role.COMMITTEE,)),
}
NEW = timedelta(days=31)
"""A matter that has waited longer is nobody's news: it waits among the matters. The day of a correction says nothing of
that: it is the day of the notice which is corrected (R18)."""


class Reminder(NamedTuple):
    """A matter of which somebody is reminded, so many days before its last day."""

    told: Reminded
    key: str
    """Of the matter."""
    uscc: str | None
    about: str | None
    year: int | None
    due_on: date
    days: int

    @property
    def cause(self) -> str:
        """What tells this reminder from others: the matter, its last day, and how long before it."""
        return reminder_cause(self.key, self.due_on, self.days)


def reminder_cause(key: str, due_on: date, days: int) -> str:
    """The cause of what is told of a matter so many days before its last day."""
    return f"{key}@{due_on.isoformat()}{-days:+d}"


@implements("art.17", "art.18", "art.19", "art.20", "R18", "R36", "R40", "R41")
def arisen_by(reader: Reader, day: date) -> Iterator[MatterRow]:
    """The matters that began to wait not long ago and that nobody was told of yet."""
    kinds = tuple(one for one in ARISEN if one != "year_close")
    rows = [*open_matters(reader.connection, MatterFilter(day, kinds, state="open"))]
    rows += [one for one in district_matters(reader, reader.law(FOREVER), day) if one.kind == "year_close"]
    new = [one for one in rows if one.kind == "correction" or day - one.since <= NEW]
    told = causes_told(reader.connection, [one.key for one in new])
    yield from (one for one in new if one.key not in told)


@implements("art.12", "art.15", "art.20", "art.21", "art.23", "R40", "R41")
def reminders_on(reader: Reader, day: date, since: date | None) -> Iterator[Reminder]:
    """What is due in so many days on one of the days after `since` up to `day`; a day that nobody ran is made up for,
    as long as what it tells has not passed.

    A matter that is done or annulled by now reminds nobody.
    """
    missed = 0 if since is None else max((day - since).days - 1, 0)
    for kind, one in _with_a_day(reader, day):
        for days in REMINDED[kind].days:
            left = (one.due_on - day).days
            if 0 <= days - left <= missed and (left >= 0 or days < 0):
                yield one._replace(days=days)
                break


def _with_a_day(reader: Reader, day: date) -> Iterator[tuple[MatterKind | Literal["appeal_week"], Reminder]]:
    """All that may remind somebody, whenever that is."""
    connection = reader.connection
    kinds = tuple(one for one in REMINDED if one != APPEAL_WEEK)
    for row in open_matters(connection, MatterFilter(day, kinds)):
        if row.due_on is not None:
            yield row.kind, Reminder(REMINDED[row.kind], row.key, row.uscc, row.about, row.year, row.due_on, 0)
    told = REMINDED[APPEAL_WEEK]
    for week in running_weeks(connection, day, day + timedelta(days=max(told.days))):
        if not _has_appealed(reader, week):
            key = f"{APPEAL_WEEK}:{week.result_id}"
            yield APPEAL_WEEK, Reminder(told, key, week.uscc, None, week.year, week.last_day, 0)


def _has_appealed(reader: Reader, week: RunningWeek) -> bool:
    """Whether the agency itself has: that one of its staff did takes nothing from it (art.20, R33).

    One that cannot be read may be the agency's: it is not told that there is none, and all others are told.
    """
    try:
        filed = reader.named(week.appeals).values() if week.appeals else ()
    except Unreadable:
        return True
    return any(isinstance(one, AppealFiled) and one.appellant_kind == "agency" for one in filed)


_OF_MATTERS = {one.kind for one in REMINDED.values()} | {one.kind for one in ARISEN.values()} - {"year_to_close"}


def still_waits(reader: Reader, kind: str, cause: str, uscc: str | None, day: date) -> bool:
    """Whether what a message is of has not passed, been done or gone since; true of what is of no agency's matter."""
    if kind not in _OF_MATTERS or uscc is None:
        return True
    key, _, rest = cause.partition("@")
    due_on = date.fromisoformat(rest[:_DAY_DIGITS]) if rest else None
    if due_on is not None and due_on < day and int(rest[_DAY_DIGITS:]) < 0:
        return False
    of, _, id_ = key.partition(":")
    if of == APPEAL_WEEK:
        weeks = running_weeks(reader.connection, day, due_on or day, uscc)
        return any(one.result_id == id_ and not _has_appealed(reader, one) for one in weeks)
    arisen = tuple(matter for matter, told in ARISEN.items() if told.kind == kind)
    if arisen:
        open_now = MatterFilter(day, arisen, uscc, state="open")
        return any(one.key == key for one in open_matters(reader.connection, open_now))
    wanted = WorklistFilter(of, uscc=uscc, id=id_)
    found = [one.matter.due_on for one in matters(reader.connection, wanted, as_of=day)]
    return bool(found) and (due_on is None or due_on in found)


_DAY_DIGITS = len("2027-02-10")


@implements("R38", "R41")
def undone_by(reader: Reader, annulment: EventAnnulled) -> set[str]:
    """The causes of what was told and does not hold any more by an annulment: the events that stopped counting with
    it, the matters that went with them, and the reminders of a last day that is another one now.

    Of an agency with an event that cannot be read, what rested on the annulled record is known from its matters alone:
    people of all others are told nevertheless.
    """
    found = {annulment.event_id}
    with suppress(Unreadable):
        trail = reader.trail_of(reader.events(annulment.stream))
        found |= {one.id for one in trail.gone_with(annulment)}
    kind, _, uscc = annulment.stream.partition("/")
    for one in matters_gone_at(reader.connection, uscc, annulment.recorded_at) if kind == "agency" else ():
        found |= {one.key} if one.is_gone else set()
        told = REMINDED.get(cast("MatterKind", one.key.partition(":")[0]))
        if told is not None and one.due_on is not None:
            found |= {reminder_cause(one.key, one.due_on, days) for days in told.days}
    return found
