"""A notice acknowledged by its one-time link (R41): what it is about, its letter, the act, its receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from api.application.action_context import ActionContext, CommandRequest
from api.application.answers.public import NoticeLinkShown
from api.application.assessing.survey_answers import LINK_PERSON
from api.application.background.readiness import Service
from api.application.idempotency import Answered
from api.application.privacy.authorisation import Caller, Reach
from api.application.questions.inquiry import FileAnswer, Inquiry, Snapshot, now
from api.application.questions.papers.issuing import LetterFormat
from api.application.questions.papers.notice_papers import notice_letter_of
from api.application.record import NOTICE_LINK, record
from domain.commands.delivering import AcknowledgeByLink
from domain.errors import NotFound
from domain.events import NoticeAcknowledged, NoticeLinkGiven, NoticeSent
from domain.ledger.reader import Reader
from domain.measures.around.notice_links import notice_behind
from domain.measures.text.implements import implements
from domain.store.access.notice_secrets import link_with_secret
from domain.store.access.tokens import SYSTEM_PERSON, ensure_person, token_hash
from domain.store.db.engine import Engine, writing
from domain.trail.trail import Trail
from domain.values import Role, shanghai_date
from projections.replay.queries import ReplayQueries
from projections.replay.standing import agency_name

LINK_SIGNER = "notice-link"
"""The actor of what comes in through a link: which person of the agency it was is what they typed."""
PERSONS = {
    SYSTEM_PERSON: "系统 System",
    LINK_PERSON: "满意度调查的一次性链接 Survey link",
    LINK_SIGNER: "签收通知的一次性链接 Notice link",
}
"""What the actors are called that are no people."""


def ensure_persons(engine: Engine) -> None:
    """The actors that are no people stand among the persons, once."""
    with writing(engine) as connection:
        for person_id, name in PERSONS.items():
            ensure_person(connection, person_id, name)


class NoticeShown(NamedTuple):
    """What a link is about: the notice, its agency, until when it can be used."""

    uscc: str
    agency: str | None
    sent: NoticeSent
    link: NoticeLinkGiven


class NoticeSigned(NamedTuple):
    """What came in by a link: the acknowledgement, and the name that was typed; None where it was erased."""

    about: NoticeShown
    event: NoticeAcknowledged
    signer: str | None


def about_notice(service: Service, secret: str) -> NoticeShown:
    """What the page shows before it is acknowledged. Raises: NotFound; Contradiction for what can no longer be used."""
    with service.ledger.reading() as reader:
        found, trail = _shown(reader, secret)
    notice_behind(trail, found.link, shanghai_date(now()))
    return found


def notice_link_told(service: Service, secret: str) -> NoticeLinkShown:
    """What a link is about, for programs. Raises: as `about_notice`."""
    found = about_notice(service, secret)
    return NoticeLinkShown(
        agency=found.agency,
        uscc=found.uscc,
        sent=found.sent.id,
        kind=found.sent.kind,
        channel=found.sent.channel,
        sent_on=found.sent.occurred_on,
        expires_on=found.link.expires_on,
        letter=letter_path(secret),
    )


def letter_path(secret: str) -> str:
    """Where the letter of a link's notice is."""
    return f"{NOTICE_LINK.format(secret=secret)}/letter"


@implements("art.17", "R18", "R39", "R41")
def letter_by_link(service: Service, secret: str, wanted: LetterFormat) -> FileAnswer:
    """The letter of the notice as the agency may read it, made from the log as it was when it was sent: nobody signs
    for what they cannot read. As long as the link can be used.

    Raises: as `about_notice`; Busy as long as the log is not signed so far.
    """
    found = about_notice(service, secret)
    with service.ledger.reading() as reader:
        place = reader.log_index_of(found.sent.stream, found.sent.version)
    inquiry = Inquiry(Snapshot(service, _caller(found, secret, "api")), Reach.OWN)
    then = None if place is None else f"log:{place}"
    letter: FileAnswer = notice_letter_of(inquiry, found.uscc, found.sent.notice_id, then, wanted)
    return letter


def signed_by_link(service: Service, secret: str) -> NoticeSigned | None:
    """What came in by this very link, for its receipt; None while nothing has, and once the link was taken back: who
    has it may be nobody who may read the name (R39). Raises: NotFound.
    """
    with service.ledger.reading() as reader:
        found, trail = _shown(reader, secret)
        for one in trail.of(NoticeAcknowledged) if trail.counts(found.link) else ():
            if one.link_id == found.link.id:
                name = reader.vault.open_many([one.signer])[0] if one.signer else None
                return NoticeSigned(found, one, name)
    return None


@implements("art.17", "art.20", "R41")
def acknowledge_by_link(
    service: Service, secret: str, signer: str, action: Callable[[Caller], ActionContext], via: Literal["api", "page"]
) -> Answered:
    """Record that the agency has acknowledged the notice, once. Raises: NotFound, Contradiction; Invalid for a name."""
    with service.ledger.reading() as reader:
        found, _ = _shown(reader, secret)
    signed = AcknowledgeByLink(acknowledged_on=shanghai_date(now()), signer=signer)
    answered = record(action(_caller(found, secret, via)), CommandRequest(signed, found.uscc, found.link.id))
    service.housekeeper.recorded()
    return answered


def _caller(found: NoticeShown, secret: str, via: Literal["api", "page"]) -> Caller:
    return Caller(LINK_SIGNER, Role.AGENCY, found.uscc, token_hash(secret), via)


def _shown(reader: Reader, secret: str) -> tuple[NoticeShown, Trail]:
    """Raises: NotFound, which does not say whether it came close."""
    link_id = link_with_secret(reader.connection, secret)
    link = None if link_id is None else reader.named([link_id]).get(link_id)
    if not isinstance(link, NoticeLinkGiven):
        raise NotFound(
            "没有这个签收链接",
            "there is no such link",
            remedy="请完整复制收到的链接，或请协会另发一个",
            remedy_en="Copy the whole link as you got it, or ask the association for another.",
        )
    uscc = link.stream.removeprefix("agency/")
    basis = ReplayQueries(reader, now()).basis(uscc)
    sent = next(one for one in basis.trail.every(NoticeSent) if one.id == link.sent_id)
    return NoticeShown(uscc, agency_name(basis).name, sent, link), basis.trail
