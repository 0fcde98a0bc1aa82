"""What is said of a category when it is recorded: whether it is new, and which are in use (R47)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from domain.events import Event, FilingSubmitted, InformationChanged
from domain.ledger.ledger import UnitOfWork
from domain.measures.rulebook.kinds import group_of
from domain.measures.rulebook.rulebook import Rulebooks
from domain.store.db.engine import Connection
from domain.values import stream_id
from projections.rows.read.register import categories_in_use


def said_of_category(unit: UnitOfWork, events: Sequence[Event]) -> dict[str, Any]:
    """Members of the answer to a command that names a category; nothing for others."""
    of_them = (of_profile(unit.connection, unit.law().rulebooks, event) for event in events)
    return next((said for said in of_them if said), {})


def of_profile(connection: Connection, rulebooks: Rulebooks, event: Event) -> dict[str, Any]:
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
    known = rulebooks.on(event.occurred_on).categories.known
    in_use = {} if known else categories_in_use(connection, stream_id(event.stream).hex)
    if known or group_of(words, known) in in_use:
        return {"category_new": False}
    return {"category_new": True, "categories_in_use": sorted(in_use.values())}
