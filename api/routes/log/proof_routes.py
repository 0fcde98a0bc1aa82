"""Proofs about the log: signed checkpoints, RFC 6962 proofs, the head of an agency, receipts (api.md, Questions)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.application.background.checkpoint_signer import CheckpointSigner, proven_up, shown
from api.application.privacy.callers import Caller
from api.application.privacy.veiled import bytes_withheld, veil_of
from api.http.atom import JSON
from api.http.content_negotiation import prefers
from api.http.documentation.openapi import checkpoint_docs, question_docs
from api.http.guard import GuardedRoute, path_uscc
from api.http.query_params import EventId, FirstSize, LastSize, Size
from api.http.reading_notes import about
from api.http.responses import ASK_AGAIN, PageBytes, answer
from domain.agency import unknown_agency
from domain.disclosure.who_reads import SURVEYS
from domain.errors import Busy, Invalid, NotFound
from domain.proof.receipts import Said, receipt, receipt_text
from domain.store.log.restored import acceptances
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

router = APIRouter(route_class=GuardedRoute)
LOG, TEXT = "日志与证明", "text/plain"


def _always(_: Connection, __: Signed) -> bool:
    return True


@contextmanager
def proven(
    request: Request, covers: Callable[[Connection, Signed], bool] = _always
) -> Iterator[tuple[Connection, Signed]]:
    """One snapshot with its latest checkpoint. If that does not cover what is asked about, the log is signed first.

    Raises: Busy; what keeps the log from being signed.
    """
    service = request.app.state.service
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


def _covers(request: Request, caller: Caller, event_id: str) -> Callable[[Connection, Signed], bool]:
    def covers(connection: Connection, signed: Signed) -> bool:
        return _event(request, connection, caller, event_id).log_index in range(1, signed.size + 1)

    return covers


def _event(request: Request, connection: Connection, caller: Caller, event_id: str) -> PlacedEvent:
    """An event that the caller may know of: readers all, an agency its own, everybody what they recorded themselves."""
    event = placed(connection, event_id)
    if (
        event is None
        or _is_hidden(request, caller, event)
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


def _is_hidden(request: Request, caller: Caller, event: PlacedEvent) -> bool:
    """Whether it is a survey form of which the rated agency is told the month alone: its place would tell the day."""
    if caller.role is not Role.AGENCY or event.topic.removeprefix("steward.") not in SURVEYS:
        return False
    with request.app.state.service.ledger.reading() as reader:
        veil = veil_of(reader, caller)
    return veil is not None and event.id in veil.by_id


def _note_agency(request: Request, event: PlacedEvent) -> None:
    """Whose event it is, so that it is kept who asked about it; an event of the law is about nobody."""
    kind, _, uscc = event.stream.partition("/")
    if kind == "agency":
        about(request, uscc)


def _up_to(signed: Signed, size: int | None, name: str) -> int:
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


@router.get("/v1/log/checkpoint", tags=[LOG], **checkpoint_docs())
def checkpoint(request: Request, size: Size = None) -> Response:
    """签名的检查点：日志有多少条、根散列为何 / The signed checkpoint; Accept: text/plain gives the note alone."""
    notary: CheckpointSigner = request.app.state.service.notary
    with proven(request) as (connection, latest):
        signed = latest if size is None else checkpoint_at(connection, _up_to(latest, size, "size"))
        restores = acceptances(connection)
    if signed is None:
        raise Invalid(
            f"没有恰好 {size} 条时的检查点",
            f"no checkpoint was made at exactly {size} entries",
            cites=("api.md",),
            remedy="请用 /v1/log/consistency 与最新的检查点比较，它对任何条数都可用",
            remedy_en="Compare with the latest by /v1/log/consistency, which takes any size.",
            pointer="?size",
        )
    if prefers(request, TEXT, JSON):
        headers = {"Cache-Control": ASK_AGAIN, "Vary": "Accept, Authorization"}
        return PageBytes(signed.note.encode(), headers, f"{TEXT}; charset=utf-8").response(request)
    keys = [str(key) for key in notary.keys.known()]
    lost = {"restores": restores} if restores else {}
    return answer(request, {"origin": notary.origin, **shown(signed), "keys": keys, **lost})


@router.get("/v1/log/consistency", tags=[LOG], **question_docs("log_consistency"))
def consistency(request: Request, first: FirstSize, last: LastSize = None) -> Response:
    """一致性证明：较早的日志是较晚日志的开头 / That the log of one size is the beginning of the log of another."""
    with proven(request) as (connection, signed):
        to = _up_to(signed, last, "to")
        first = _up_to(signed, first, "from")
        if first > to:
            raise Invalid(
                "from 不能大于 to",
                "from must not be greater than to",
                cites=("api.md",),
                pointer="?from",
                remedy="请把两个数对调",
                remedy_en="Exchange the two.",
            )
        content = {
            "from": first,
            "to": to,
            "from_root": root_at(connection, first).hex(),
            "to_root": root_at(connection, to).hex(),
            "proof": [one.hex() for one in consistency_proof(connection, first, to)],
        }
    return answer(request, content, for_ever=last is not None)


@router.get("/v1/log/inclusion", tags=[LOG], **question_docs("log_inclusion", not_found=True))
def inclusion(request: Request, event_id: EventId, size: Size = None) -> Response:
    """包含证明：一条事件在日志之中 / That an event is in the log."""
    caller: Caller = request.state.caller
    with proven(request, _covers(request, caller, event_id)) as (connection, signed):
        event = _event(request, connection, caller, event_id)
        _note_agency(request, event)
        place, up_to = event.log_index or 0, _up_to(signed, size, "size")
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
        content = {
            "event_id": event.id,
            "log_index": place,
            "leaf_index": place - 1,
            "leaf_hash": event.leaf_hash.hex(),
            "size": up_to,
            "root": root_at(connection, up_to).hex(),
            "proof": [one.hex() for one in inclusion_proof(connection, place, up_to)],
            "checkpoint": None if at is None else at.note,
        }
    return answer(request, content, for_ever=size is not None)


@router.get("/v1/log/receipt", tags=[LOG], **question_docs("log_receipt", not_found=True))
def log_receipt(request: Request, event_id: EventId) -> Response:
    """回执：可脱离本系统核验的一个文件 / A receipt: one file, checked without this service (steward verify-receipt)."""
    caller: Caller = request.state.caller
    notary: CheckpointSigner = request.app.state.service.notary
    with proven(request, _covers(request, caller, event_id)) as (connection, signed):
        event = _event(request, connection, caller, event_id)
        _note_agency(request, event)
        said = Said(event.id, event.leaf_hash, event.log_index or 0, event.recorded_at, signed.size)
        proof = inclusion_proof(connection, said.log_index, signed.size)
    note = notary.keys.sign_like(signed.note, receipt_text(notary.origin, said))
    with request.app.state.service.ledger.reading() as reader:
        veil = veil_of(reader, caller)
    withheld = bytes_withheld(caller, event.topic, event.state, veil)
    state = None if withheld else event.state.decode()
    given = answer(request, receipt(said, note, signed.note, proof, state, software()))
    given.headers["Content-Disposition"] = f'attachment; filename="receipt-{event.id}.json"'
    return given


@router.get("/v1/agencies/{uscc}/head", tags=[LOG], **question_docs("agency_head", one_agency=True))
def agency_head(request: Request, uscc: str) -> Response:
    """一家机构全部事件的条数与链散列，及其证明 / How many events an agency has, their chain, and the proof of it."""
    stream = agency_stream(path_uscc(uscc))

    def covers(connection: Connection, _: Signed) -> bool:
        if head_of(connection, stream) is None:
            raise unknown_agency(uscc)
        return head_signed(connection, stream).count > 0

    with proven(request, covers) as (connection, signed):
        head = head_signed(connection, stream)
        heads: HeadsKept = request.app.state.service.heads
        index, proof = heads.at(connection, signed.size).proof(stream)
    content = {
        "agency": path_uscc(uscc),
        "stream": stream,
        "count": head.count,
        "hash": head.hash.hex(),
        "index": index,
        "proof": [one.hex() for one in proof],
        "checkpoint": shown(signed),
    }
    return answer(request, content)
