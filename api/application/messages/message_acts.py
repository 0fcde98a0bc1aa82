"""Somebody has read what they were told (R41): their own messages alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.application.answers.messages import MessagesRead
from api.application.background.readiness import Service
from api.application.messages.readership import scopes_for
from api.application.privacy.authorisation import Caller
from domain.commands.fields import Body, Id
from domain.store.db.dialect import database_clock
from domain.store.db.engine import writing
from domain.store.messages.message_rows import mark_read, unread_of
from domain.values import instant

MOST = 500
"""Named in one request."""


class ReadMessages(Body):
    """Which messages were read: those named, or all of them."""

    ids: Annotated[tuple[Id, ...], Field(max_length=MOST)] | None = None


def read_messages(service: Service, caller: Caller, body: ReadMessages) -> MessagesRead:
    """Mark the caller's messages as read; those of others are not there. Without ids: all."""
    with writing(service.ledger.engine, beside=True) as connection:
        scopes = scopes_for(connection, caller)
        marked = mark_read(connection, caller.person_id, scopes, body.ids, instant(database_clock(connection)))
        return MessagesRead(marked=marked, unread=unread_of(connection, caller.person_id, scopes))
