"""What is said of a category when it is recorded: whether it is new, and which are in use (R47)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import UNSET
from sqlalchemy import Connection

from domain.events import Event, FilingSubmitted, InformationChanged
from domain.ledger import Unit
from domain.measures.categories import Known, group_of
from domain.values import stream_id
from projections.rows.register import categories_in_use


def said_of_category(unit: Unit, events: Sequence[Event]) -> dict[str, Any]:
    """Members of the answer to a command that names a category; nothing for others."""
    for event in events:
        profile = (
            event.profile if isinstance(event, FilingSubmitted)
            else event.fields if isinstance(event, InformationChanged) else None
        )  # fmt: skip
        if event is not None and profile is not None and profile.category is not UNSET:
            known = unit.law().rulebooks.on(event.occurred_on).categories.known
            return newness(unit.connection, profile.category, known, event.occurred_on, event.stream)
    return {}


def newness(connection: Connection, words: str, known: Known, day: date, stream: str) -> dict[str, Any]:
    """Whether no other agency is of this category, and which there are then. What a rulebook lists is never new."""
    if known:
        return {"category_new": False}
    in_use = categories_in_use(connection, stream_id(stream).hex)
    return (
        {"category_new": True, "categories_in_use": sorted(in_use.values())}
        if (group_of(words, known) not in in_use)
        else {"category_new": False}
    )
