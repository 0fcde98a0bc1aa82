"""Reminders of a last day (R40, R41): from the rows of what waits, once each, however often they are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from api.application.messages.told import MessageKind
from api.application.questions.year.district_matters import district_matters
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.store.db.engine import Connection
from domain.store.messages.message_rows import causes_told
from domain.values import FOREVER, Role
from projections.answers.matters import MatterKind
from projections.rows.read.open_matters import MatterFilter, MatterRow, open_matters


class Reminded(NamedTuple):
    """Who is reminded of a kind of matter, and how many days before its last day (-1: the day after)."""

    kind: MessageKind
    to: Role
    days: tuple[int, ...]


REMINDED: dict[MatterKind, Reminded] = {
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
    "impact": Arisen("impact_opened", (Role.COMMITTEE, Role.ASSOCIATION)),
    "year_close": Arisen("year_to_close", (Role.COMMITTEE,)),
}
NEW = timedelta(days=31)
"""A matter that has waited longer is nobody's news: it waits among the matters."""


class Reminder(NamedTuple):
    """A matter of which somebody is reminded, so many days before its last day."""

    told: Reminded
    matter: MatterRow
    due_on: date
    days: int

    @property
    def cause(self) -> str:
        """What tells this reminder from others: the matter, its last day, and how long before it."""
        return f"{self.matter.key}@{self.due_on.isoformat()}{-self.days:+d}"


@implements("art.17", "art.18", "art.19", "art.20", "R36", "R40", "R41")
def arisen_by(reader: Reader, day: date) -> Iterator[MatterRow]:
    """The matters that began to wait not long ago and that nobody was told of yet."""
    kinds = tuple(one for one in ARISEN if one != "year_close")
    rows = [*open_matters(reader.connection, MatterFilter(day, kinds, state="open"))]
    rows += [one for one in district_matters(reader, reader.law(FOREVER), day) if one.kind == "year_close"]
    new = [one for one in rows if day - one.since <= NEW]
    told = causes_told(reader.connection, [one.key for one in new])
    yield from (one for one in new if one.key not in told)


@implements("art.12", "art.15", "art.21", "art.23", "R40", "R41")
def reminders_on(connection: Connection, day: date, since: date | None) -> Iterator[Reminder]:
    """What is due in so many days on one of the days after `since` up to `day`; a day that nobody ran is made up for.

    A matter that is done or annulled by now reminds nobody.
    """
    missed = 0 if since is None else max((day - since).days - 1, 0)
    for row in open_matters(connection, MatterFilter(day, tuple(REMINDED))):
        for days in REMINDED[row.kind].days:
            if row.due_on is not None and 0 <= days - (row.due_on - day).days <= missed:
                yield Reminder(REMINDED[row.kind], row, row.due_on, days)
                break
