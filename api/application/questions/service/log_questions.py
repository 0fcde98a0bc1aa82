"""Proofs about the log as far as it is signed: RFC 6962 proofs, the head of an agency, receipts (api.md, Questions)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.application.answers.log import AgencyHead, LogConsistency, LogInclusion
from api.application.background.checkpoint_signer import CheckpointSigner, proven_up, shown
from api.application.background.readiness import Service
from api.application.background.which_database import by_primary
from api.application.privacy.veiled import bytes_withheld, veil_of
from api.application.questions.inquiry import Answer, Inquiry, path_uscc, question
from domain.agency import unknown_agency
from domain.disclosure.who_reads import SURVEYS
from domain.errors import Busy, Invalid, NotFound
from domain.proof.receipts import Said, receipt, receipt_text
from domain.store.db.engine import Connection
from domain.store.log.stream_heads import head_of
from domain.store.proof.proof_reader import (
    HeadsKept,
    PlacedEvent,
    Signed,
    checkpoint_at,
    consistency_proof,
    head_signed,
    inclusion_proof,
    latest_checkpoint,
    placed,
    root_at,
)
from domain.values import Role, agency_stream
from domain.version import software


def _always(_: Connection, __: Signed) -> bool:
    return True


@contextmanager
def proven(
    service: Service, covers: Callable[[Connection, Signed], bool] = _always
) -> Iterator[tuple[Connection, Signed]]:
    """One snapshot with its latest checkpoint. If that does not cover what is asked about, the log is signed first.

    Raises: Busy; what keeps the log from being signed.
    """
    by_primary()
    with service.ledger.reading() as reader:
        signed = latest_checkpoint(reader.connection)
        if signed is not None and covers(reader.connection, signed):
            yield reader.connection, signed
            return
    proven_up(service.ledger, service.notary)
    with service.ledger.reading() as reader:
        signed = latest_checkpoint(reader.connection)
        if signed is None:
            raise Busy(
                "日志尚未签署",
                "the log has not been signed yet",
                remedy="请稍后重试",
                remedy_en="Try again in a moment.",
            )
        yield reader.connection, signed


def _covers(inquiry: Inquiry, event_id: str) -> Callable[[Connection, Signed], bool]:
    def covers(connection: Connection, signed: Signed) -> bool:
        return _event(inquiry, connection, event_id).log_index in range(1, signed.size + 1)

    return covers


def _event(inquiry: Inquiry, connection: Connection, event_id: str) -> PlacedEvent:
    """An event that the caller may know of: readers all, an agency its own, everybody what they recorded themselves."""
    caller, event = inquiry.caller, placed(connection, event_id)
    if (
        event is None
        or _is_hidden(inquiry, event)
        or not (
            caller.role not in (Role.AGENCY, Role.CLIENT)
            or event.actor == caller.person_id
            or (caller.role is Role.AGENCY and event.stream == agency_stream(caller.uscc or ""))
        )
    ):
        raise NotFound(
            f"没有编号为 {event_id} 的事件",
            f"there is no event with the id {event_id}",
            remedy="请核对编号；编号见审计轨迹",
            remedy_en="Check the id: the audit trail has them.",
        )
    return event


def _is_hidden(inquiry: Inquiry, event: PlacedEvent) -> bool:
    """Whether it is a survey form of which the rated agency is told the month alone: its place would tell the day."""
    if inquiry.caller.role is not Role.AGENCY or event.topic.removeprefix("steward.") not in SURVEYS:
        return False
    with inquiry.service.ledger.reading() as reader:
        veil = veil_of(reader, inquiry.caller)
    return veil is not None and event.id in veil.by_id


def _note_agency(inquiry: Inquiry, event: PlacedEvent) -> None:
    """Whose event it is, so that it is kept who asked about it; an event of the law is about nobody."""
    kind, _, uscc = event.stream.partition("/")
    if kind == "agency":
        inquiry.about = uscc


def size_signed(signed: Signed, size: int | None, name: str) -> int:
    """A size that is proven. Raises: Invalid."""
    if size is not None and size > signed.size:
        raise Invalid(
            f"日志目前只签署到 {signed.size} 条",
            f"the log is signed up to {signed.size} entries only",
            cites=("api.md",),
            remedy=f"请填写不超过 {signed.size} 的数，或不填",
            remedy_en=f"Give at most {signed.size}, or leave it out.",
            pointer=f"?{name}",
        )
    return signed.size if size is None else size


@question("/v1/log/inclusion")
def inclusion_of(inquiry: Inquiry, event_id: str, size: int | None = None) -> Answer:
    """That an event is in the log."""
    with proven(inquiry.service, _covers(inquiry, event_id)) as (connection, signed):
        event = _event(inquiry, connection, event_id)
        _note_agency(inquiry, event)
        place, up_to = event.log_index or 0, size_signed(signed, size, "size")
        if place > up_to:
            raise Invalid(
                f"该事件的日志序号是 {place}",
                f"the event's log index is {place}",
                cites=("api.md",),
                remedy=f"请填写不小于 {place} 的数，或不填",
                remedy_en=f"Give at least {place}, or leave it out.",
                pointer="?size",
            )
        at = checkpoint_at(connection, up_to)
        content = LogInclusion(
            event_id=event.id,
            log_index=place,
            leaf_index=place - 1,
            leaf_hash=event.leaf_hash.hex(),
            size=up_to,
            root=root_at(connection, up_to).hex(),
            proof=tuple(one.hex() for one in inclusion_proof(connection, place, up_to)),
            checkpoint=None if at is None else at.note,
        )
    return Answer(content, for_ever=size is not None)


@question("/v1/log/consistency")
def consistency_of(inquiry: Inquiry, first: int, last: int | None = None) -> Answer:
    """That the log of one size is the beginning of the log of another."""
    with proven(inquiry.service) as (connection, signed):
        to = size_signed(signed, last, "to")
        first = size_signed(signed, first, "from")
        if first > to:
            raise Invalid(
                "from 不能大于 to",
                "from must not be greater than to",
                cites=("api.md",),
                pointer="?from",
                remedy="请把两个数对调",
                remedy_en="Exchange the two.",
            )
        content = LogConsistency(
            first=first,
            last=to,
            from_root=root_at(connection, first).hex(),
            to_root=root_at(connection, to).hex(),
            proof=tuple(one.hex() for one in consistency_proof(connection, first, to)),
        )
    return Answer(content, for_ever=last is not None)


@question("/v1/log/receipt")
def receipt_of(inquiry: Inquiry, event_id: str) -> Answer:
    """A receipt: one file, checked without this service (steward verify-receipt)."""
    notary: CheckpointSigner = inquiry.service.notary
    with proven(inquiry.service, _covers(inquiry, event_id)) as (connection, signed):
        event = _event(inquiry, connection, event_id)
        _note_agency(inquiry, event)
        said = Said(event.id, event.leaf_hash, event.log_index or 0, event.recorded_at, signed.size)
        proof = inclusion_proof(connection, said.log_index, signed.size)
    note = notary.keys.sign_like(signed.note, receipt_text(notary.origin, said))
    with inquiry.service.ledger.reading() as reader:
        veil = veil_of(reader, inquiry.caller)
    withheld = bytes_withheld(inquiry.caller, event.topic, event.state, veil)
    state = None if withheld else event.state.decode()
    return Answer(receipt(said, note, signed.note, proof, state, software()))


@question("/v1/agencies/{uscc}/head")
def head_of_agency(inquiry: Inquiry, uscc: str) -> Answer:
    """How many events an agency has, their chain, and the proof of it."""
    stream = agency_stream(path_uscc(uscc))

    def covers(connection: Connection, _: Signed) -> bool:
        if head_of(connection, stream) is None:
            raise unknown_agency(uscc)
        return head_signed(connection, stream).count > 0

    with proven(inquiry.service, covers) as (connection, signed):
        head = head_signed(connection, stream)
        heads: HeadsKept = inquiry.service.heads
        index, proof = heads.at(connection, signed.size, signed.heads_root).proof(stream)
    content = AgencyHead(
        agency=path_uscc(uscc),
        stream=stream,
        count=head.count,
        hash=head.hash.hex(),
        index=index,
        proof=tuple(one.hex() for one in proof),
        checkpoint=shown(signed),
    )
    return Answer(content)
