"""What somebody was told (R41): their own messages, and how many they have not opened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from api.application.answers.messages import MessageShown
from api.application.answers.pages import Listing
from api.application.background.readiness import Service
from api.application.messages.readership import scopes_for
from api.application.messages.told import MessageKind, worded
from api.application.privacy.authorisation import Caller
from api.application.questions.inquiry import Answer, Inquiry, now, question
from api.application.questions.pagination import page
from domain.errors import NotFound
from domain.ledger.reader import Reader
from domain.measures.text.implements import implements
from domain.store.db.engine import reading
from domain.store.messages.message_rows import StoredMessage, messages_of, unread_of
from projections.answers.scalars import BilingualText
from projections.answers.standings import AgencyName
from projections.rows.read.published import ALL_KNOWN, LATEST, names_on


@question("/v1/messages")
@implements("R41")
def messages_told(inquiry: Inquiry, unread: bool = False, limit: int = 50, cursor: str | None = None) -> Answer:
    """The caller's own messages, the latest first; `unread`: only those not opened yet."""
    part = page(cursor, limit, question=("messages", unread))
    with inquiry.snapshot.open() as reader:
        who, scopes = inquiry.caller.person_id, scopes_for(reader.connection, inquiry.caller)
        rows = messages_of(reader.connection, who, scopes, unread=unread, offset=part.offset, limit=part.limit + 1)
        found, following = part.part(list(_told(reader, rows)), None, now())
    return Answer(Listing(items=tuple(found), next_cursor=following))


def message_of(service: Service, caller: Caller, id_: str) -> MessageShown:
    """One of the caller's messages. Raises: NotFound, also for another's."""
    with service.ledger.reading() as reader:
        scopes = scopes_for(reader.connection, caller)
        for one in _told(reader, messages_of(reader.connection, caller.person_id, scopes, id_=id_)):
            return one
    raise NotFound("没有这条消息", "there is no such message")


def unread_for(service: Service, caller: Caller) -> int:
    """How many messages the caller has not opened. Raises: Busy while the database is away."""
    with reading(service.ledger.engine) as connection:  # of no rows of an agency's
        return unread_of(connection, caller.person_id, scopes_for(connection, caller))


def _told(reader: Reader, rows: Iterable[StoredMessage]) -> Iterable[MessageShown]:
    rows = list(rows)
    codes = {one.uscc for one in rows if one.uscc is not None}
    names = names_on(reader.connection, codes, LATEST, ALL_KNOWN) if codes else {}
    for one in rows:
        said = worded(one.kind, one.uscc, one.year, one.due_on, one.cause)
        yield MessageShown(
            id=one.id,
            kind=cast("MessageKind", one.kind),
            title=BilingualText(said.text, said.text_en),
            article=said.article,
            agency=None if one.uscc is None else AgencyName(uscc=one.uscc, name=names.get(one.uscc)),
            year=one.year,
            due_on=one.due_on,
            path=said.path,
            at=one.at,
            read_at=one.read_at,
        )
