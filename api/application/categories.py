"""What is said of a category when it is recorded: whether it is new, and which are in use (R47)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET

from domain.events import Event, FilingSubmitted, InformationChanged
from domain.ledger.ledger import Ledger, UnitOfWork
from domain.measures.rulebook.kinds import group_of
from domain.measures.rulebook.rulebook import Rulebooks
from domain.store.db.engine import Connection
from domain.values import FOREVER, agency_stream, instant, shanghai_date, stream_id
from projections.rows.read.register import categories_in_use

_NOBODY = UUID(int=0).hex
"""The stream of no agency: all categories are in use by others."""
Said = dict[str, Any]
"""Members of an answer about a category; none where nothing is to be said."""


def said_of_category(unit: UnitOfWork, events: Sequence[Event]) -> Said:
    """Members of the answer to a command that names a category; nothing for others."""
    of_them = (of_profile(unit.connection, unit.law().rulebooks, event) for event in events)
    return next((said for said in of_them if said), {})


def categories_to_choose(ledger: Ledger) -> list[str]:
    """The categories that a form offers: those that the rulebook in force lists, else those in use (R47)."""
    with ledger.reading() as reader:
        law = reader.law(FOREVER)
        if law is None:
            return []
        listed = law.rulebooks.on(shanghai_date(instant(datetime.now(UTC)))).categories.known
        return sorted(listed or categories_in_use(reader.connection, _NOBODY).values())


def of_words(ledger: Ledger, uscc: str, words: str, day: date) -> Said:
    """What `of_profile` says, of a category that stands in a record, as it is now: for receipts."""
    with ledger.reading() as reader:
        law = reader.law(FOREVER)
        return {} if law is None else _said(reader.connection, law.rulebooks, agency_stream(uscc), words, day)


def of_profile(connection: Connection, rulebooks: Rulebooks, event: Event) -> Said:
    """Of the category in one fact, recorded or to be: whether no other agency is of it, and which categories there are.

    What a rulebook lists is never new.
    """
    if isinstance(event, FilingSubmitted):
        words = event.profile.category
    elif isinstance(event, InformationChanged):
        words = event.fields.category
    else:
        return {}
    if words is UNSET:
        return {}
    return _said(connection, rulebooks, event.stream, words, event.occurred_on)


def _said(connection: Connection, rulebooks: Rulebooks, stream: str, words: str | None, day: date) -> Said:
    known = rulebooks.on(day).categories.known
    in_use = {} if known else categories_in_use(connection, stream_id(stream).hex)
    if known or group_of(words, known) in in_use:
        return {"category_new": False}
    return {"category_new": True, "categories_in_use": sorted(in_use.values())}
