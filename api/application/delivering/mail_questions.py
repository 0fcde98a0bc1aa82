"""Where and of what somebody is written to; and, for an administrator, what left the service or could not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from api.application.answers.mail import DeliveryShown, MailChoice, MailSettings
from api.application.answers.pages import Listing
from api.application.background.opening import is_demonstration
from api.application.background.readiness import Service
from api.application.delivering.hooks import TEST
from api.application.messages.outgoing import ADDRESS_CHECK, DIGEST, usual
from api.application.messages.readership import kinds_of
from api.application.messages.told import WORDS, MessageKind, worded
from api.application.privacy.authorisation import Caller
from api.application.questions.inquiry import Answer, Inquiry, now, question
from api.application.questions.pagination import page
from domain.measures.text.implements import implements
from domain.store.access.tokens import person_names
from domain.store.db.engine import Connection
from domain.store.messages.contact_rows import address_of, preferences_of
from domain.store.messages.delivery_rows import DeliveryState, StoredDelivery, deliveries_in
from domain.store.messages.target_rows import all_targets
from projections.answers.scalars import BilingualText

_OTHER_KINDS = {
    TEST: BilingualText("试发", "a test"),
    DIGEST: BilingualText("一天的消息汇总", "the messages of a day"),
    ADDRESS_CHECK: BilingualText("验证邮箱地址", "verification of an e-mail address"),
}


def mail_settings_of(service: Service, caller: Caller) -> MailSettings:
    """The caller's own e-mail settings."""
    with service.ledger.reading() as reader:
        return _settings(service, reader.connection, caller)


@question("/v1/mail-settings")
@implements("R41")
def mail_settings_asked(inquiry: Inquiry) -> Answer:
    """The caller's own e-mail settings."""
    with inquiry.snapshot.open() as reader:
        return Answer(_settings(inquiry.service, reader.connection, inquiry.caller))


def _settings(service: Service, connection: Connection, caller: Caller) -> MailSettings:
    address = address_of(connection, caller.person_id)
    has_one = address is not None and address.email is not None
    chosen = preferences_of(connection, [caller.person_id])
    return MailSettings(
        offered=sends_mail(service),
        email=address.email if address is not None else None,
        verified_at=address.verified_at if address is not None and has_one else None,
        language=address.language if address is not None and has_one else None,
        kinds=tuple(
            MailChoice(
                kind=kind,
                title=title_of(kind),
                email=chosen.get((caller.person_id, kind), usual(kind)),
                usual=usual(kind),
            )
            for kind in kinds_of(caller.role)
        ),
    )


def sends_mail(service: Service) -> bool:
    """Whether e-mail leaves this service: it has a mail server, and nothing leaves a demonstration."""
    return bool(service.settings.smtp_host) and not is_demonstration(service.ledger)


def title_of(kind: MessageKind) -> BilingualText:
    """What messages of a kind say, without year and day."""
    return BilingualText(WORDS[kind].text.format_map(_Blank()), WORDS[kind].text_en.format_map(_Blank()))


class _Blank(dict[str, str]):
    """What stands where a message would name its year or day."""

    def __missing__(self, key: str) -> str:
        return "…"


@question("/v1/deliveries")
@implements("R41")
def deliveries_listed(
    inquiry: Inquiry, state: DeliveryState = "dead", limit: int = 50, cursor: str | None = None
) -> Answer:
    """What leaves the service, in one state, the latest made first. No texts of messages and no addresses."""
    part = page(cursor, limit, question=("deliveries", state))
    with inquiry.snapshot.open() as reader:
        rows = deliveries_in(reader.connection, [state], offset=part.offset, limit=part.limit + 1)
        found, following = part.part(list(_shown(reader.connection, rows)), None, now())
    return Answer(Listing(items=tuple(found), next_cursor=following))


def _shown(connection: Connection, rows: Iterable[StoredDelivery]) -> Iterator[DeliveryShown]:
    rows = list(rows)
    names = {one.id: one.name for one in all_targets(connection, deleted=True)}
    names |= person_names(connection, {one.recipient for one in rows})
    for one in rows:
        yield DeliveryShown(
            id=one.id,
            channel=one.channel,
            recipient=one.recipient,
            recipient_name=names.get(one.recipient),
            kind=one.kind,
            title=_title(one),
            made_at=one.made_at,
            state=one.state,
            attempts=one.attempts,
            next_at=one.next_at if one.state == "waiting" else None,
            failure=one.failure,
            done_at=one.done_at,
        )


def _title(one: StoredDelivery) -> BilingualText:
    if one.kind in _OTHER_KINDS:
        return _OTHER_KINDS[one.kind]
    said = worded(cast("MessageKind", one.kind), one.uscc, one.year, one.due_on, one.cause)
    return BilingualText(said.text, said.text_en)
