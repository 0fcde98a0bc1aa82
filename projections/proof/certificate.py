"""A certificate: an answer with everything it follows from, in one file, and checking it without database or network.

What the file holds is proved bottom up: the log's signature on a checkpoint; the heads of the agency's and the
ledger's own stream in it; every event of both, none left out (the chain of the head) and each at its place of the log
(RFC 6962). Then the answer is made anew from those events by the same pure functions that made it (design.md, 3),
under the rulebook that the ledger's own events hold, and compared by its values. The part about proofs is
`domain/proof/check.py`; what another version of the software answers otherwise is judged in `certificate_verdict.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Union

import msgspec

from domain.errors import Refusal
from domain.events import EVENT_TYPES, CalendarAdopted, Event, RulebookAdopted
from domain.law import Law
from domain.measures.calendar import Calendar
from domain.measures.rulebook.rulebook import Rulebook
from domain.proof.check import (
    NO_EVENTS,
    Checkpoint,
    ProofError,
    VerifierKey,
    chained,
    head_leaf,
    parse_key,
    verify_checkpoint,
    verify_inclusion,
)
from domain.trail.trail import Trail
from domain.values import LEDGER_STREAM, agency_stream, moment
from projections.answers.scalars import plain
from projections.answers.sheets import ScoreSheet
from projections.answers.standings import Standing
from projections.proof.certificate_file import Certificate, StreamPart, hash_of, path_of
from projections.proof.certificate_outside import outside_shown
from projections.proof.certificate_verdict import Unlike, VerdictNote, issue_shown, judged, unlike
from projections.replay.known_at import Basis
from projections.replay.standing import sheet_answer, standing

_decoder = msgspec.json.Decoder(Union[tuple(EVENT_TYPES.values())])  # noqa: UP007  # made at run time
"""An event says itself, in `type`, which kind it is."""


def check_certificate(
    certificate: Certificate, trusted: Sequence[VerifierKey] = (), stamp_roots: bytes | None = None
) -> list[VerdictNote]:
    """Show everything that a certificate claims; what was shown, in order.

    Raises: ProofError for the first that fails; ReadOtherwise where all is proven but the answer, which a changed
    reading explains.

    `trusted`: the log's public keys, got some other way. Without any, the ones in the file are used, and the result
    says that this still has to be compared. `stamp_roots`: roots (PEM) of authorities that stamp time; without any, a
    time stamp is shown as not verified.
    """
    shown: list[VerdictNote] = []
    keys = trusted or [parse_key(one) for one in certificate.keys]
    checkpoint = verify_checkpoint(certificate.checkpoint.encode(), keys)
    shown.append(
        VerdictNote(
            f"检查点：日志 {checkpoint.origin} 的前 {checkpoint.size} 条，签名有效",
            f"checkpoint: the first {checkpoint.size} entries of {checkpoint.origin}, signature valid",
        )
    )
    shown.append(issue_shown(certificate, checkpoint.origin, keys))
    agency = _all_of(certificate.agency, agency_stream(certificate.uscc), checkpoint, shown)
    ledger = _all_of(certificate.ledger, LEDGER_STREAM, checkpoint, shown)
    basis = basis_of(certificate, agency, ledger)
    shown.append(_law_shown(ledger, basis))
    withheld = sum(one.state is None for one in certificate.agency.entries)
    if withheld:
        shown.append(
            VerdictNote(
                f"其中 {withheld} 条的原文不提供给本证书的持有人（投诉、举报、调查表及写明它们的记录，R39）",
                f"{withheld} of them are withheld from the holder (complaints, reports, survey forms, R39)",
            )
        )
    shown += [outside_shown(one, checkpoint, keys, stamp_roots) for one in certificate.outside]
    _compare(certificate, basis, shown, withheld > 0)
    if certificate.attested:
        shown.append(_attested(certificate, withheld))
    if not trusted:
        shown.append(_own_keys(certificate))
    return shown


def _compare(certificate: Certificate, basis: Basis, shown: list[VerdictNote], withheld: bool) -> None:
    """Make standing and sheet anew and judge where they are not as certified. Raises: ProofError, ReadOtherwise."""
    found = _unlike("standing", answer_of(standing, basis), certificate.standing, withheld)
    if certificate.sheet is not None:
        anew = answer_of(lambda one: sheet_answer(one, certificate.year), basis)
        found += _unlike("sheet", anew, certificate.sheet, withheld)
    remarks = judged(certificate, [one for one in found if one.place not in certificate.attested], shown)
    shown.append(VerdictNote("状态：由记录重新推算，与证书一致", "standing: made anew from the events, as certified"))
    if certificate.sheet is not None:
        total = certificate.sheet.get("total")
        shown.append(
            VerdictNote(
                f"{certificate.year} 年度考评打分表：重新推算，与证书一致（总分 {total}）",
                f"score sheet of {certificate.year}: made anew, as certified (total {total})",
            )
        )
    shown += remarks


def _attested(certificate: Certificate, withheld: int) -> VerdictNote:
    """What the signature stands for instead of the events. Raises: ProofError where it does not or none is withheld."""
    if certificate.is_first_format or not withheld:
        raise ProofError(
            "attested", "没有不提供的记录，却有未推算的部分", "parts are attested, but nothing is withheld"
        )
    places = ", ".join(certificate.attested)
    return VerdictNote(
        f"以下各处未由记录重新推算，由日志签名担保（R39）：{places}",
        f"not made anew from the events but attested by the log's signature (R39): {places}",
    )


def not_recomputed(
    certificate: Certificate, agency: Sequence[tuple[int, Event]], ledger: Sequence[tuple[int, Event]]
) -> tuple[str, ...]:
    """The places of a certificate's answers that do not follow from these events, those that its holder is shown."""
    basis = basis_of(certificate, agency, ledger)
    found = list(unlike(certificate.standing, answer_of(standing, basis), "standing"))
    if certificate.sheet is not None:
        anew = answer_of(lambda one: sheet_answer(one, certificate.year), basis)
        found += unlike(certificate.sheet, anew, "sheet")
    return tuple(one.place for one in found)


def _own_keys(certificate: Certificate) -> VerdictNote:
    keys = "  ".join(certificate.keys)
    return VerdictNote(
        f"注意：公钥取自证书本身。请与协会公布的公钥核对，或用 --key 指明：{keys}",
        f"NOTE: the keys were taken from the file itself. Compare them with those that the association has made "
        f"known, or name one with --key: {keys}",
        problem=True,
    )


# ---- the events ----


def _all_of(part: StreamPart, stream: str, checkpoint: Checkpoint, shown: list[VerdictNote]) -> list[tuple[int, Event]]:
    """Places and events of a stream, shown to be all of it and each in the log. Raises: ProofError."""
    if part.stream != stream:
        raise ProofError("certificate", f"记录属于 {part.stream}", f"the events are of {part.stream}, not of {stream}")
    streams, root = checkpoint.heads
    head, hash_ = part.head, hash_of(part.head.hash)
    verify_inclusion(head_leaf(stream, head.count, hash_), head.index, streams, path_of(head.proof), root)
    leaves = [one.leaf_hash for one in part.entries]
    if len(leaves) != head.count or chained(NO_EVENTS, leaves) != hash_:
        raise ProofError(
            "head",
            f"{stream} 应有 {head.count} 条记录，证书里的不是全部或不是原样",
            f"{stream} has {head.count} events: those in the file are not all of them, or not as they were",
        )
    events = []
    for version, (entry, leaf) in enumerate(zip(part.entries, leaves, strict=True), 1):
        verify_inclusion(leaf, entry.index, checkpoint.size, path_of(entry.proof), checkpoint.root)
        if entry.state is not None:
            events.append((entry.index, event_of(entry.state, stream, version)))
    shown.append(
        VerdictNote(
            f"{stream}：共 {head.count} 条记录，一条不缺，每条都在日志中",
            f"{stream}: {head.count} events, none left out, each of them in the log",
        )
    )
    return events


def event_of(state: str, stream: str, version: int) -> Event:
    """The event in its stored text, which has to be this one of this stream. Raises: ProofError."""
    try:
        event: Event = _decoder.decode(state)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProofError(
            "event", f"{stream} 第 {version} 条无法读取", f"event {version} of {stream} cannot be read: {error}"
        ) from None
    if (event.stream, event.version) != (stream, version):
        raise ProofError(
            "event",
            f"{stream} 第 {version} 条自称是 {event.stream} 第 {event.version} 条",
            f"event {version} of {stream} says that it is event {event.version} of {event.stream}",
        )
    return event


# ---- the answer ----


def basis_of(
    certificate: Certificate, agency: Sequence[tuple[int, Event]], ledger: Sequence[tuple[int, Event]]
) -> Basis:
    """The basis of the certified answer, from places and events of both streams. Raises: ProofError.

    `known_at` is what was asked: an instant, or `version:N`, which is the instant of that event, or `log:N`, where the
    instant is the one that the answer echoes, as the entry N may be of an agency that is not in the file. The same
    where the event N is withheld: then it has to lie between those before and after.
    """
    kind, gap, number = certificate.known_at.partition(":")
    echoed = certificate.standing.get("known_at")
    if gap and kind in ("log", "version") and not (number.isascii() and number.isdigit() and len(number) < 19):
        raise ProofError("answer", "known_at 的位置有误", "the place in known_at is malformed")
    if not isinstance(echoed, str):
        raise ProofError("answer", "证书没有写明何时所知", "the certificate does not say known_at")
    if kind == "log":
        trail = [event for place, event in agency if place < int(number)]
        law = Law.of(event for place, event in ledger if place < int(number))
        at = echoed
    elif kind == "version":
        trail = [event for _, event in agency if event.version <= int(number)]
        at = trail[-1].recorded_at if trail else ""
        if trail and trail[-1].version < int(number) <= certificate.agency.head.count:
            after = min((event.recorded_at for _, event in agency if event.version > int(number)), default=echoed)
            if not at <= echoed <= after:
                raise ProofError("answer", "known_at 不在前后两条记录之间", "known_at is not between its neighbours")
            at = echoed
        law = Law.of((event for _, event in ledger), at)
    else:
        at = certificate.known_at
        trail = [event for _, event in agency if event.recorded_at <= at]
        law = Law.of((event for _, event in ledger), at)
    if not trail or law is None:
        raise ProofError("answer", "此时还没有该机构的记录", "at that basis nothing of the agency was known")
    try:
        moment(at)
    except ValueError:
        raise ProofError("answer", "known_at 不是一个时刻", "known_at is no instant") from None
    return Basis(Trail(trail), law, certificate.as_of, at)


def answer_of(ask: Callable[[Basis], Standing | ScoreSheet], basis: Basis) -> dict[str, Any]:
    """An answer as JSON knows it. Raises: ProofError when the question cannot be answered at this basis."""
    try:
        found: dict[str, object] = plain(ask(basis))
    except Refusal as refusal:
        raise ProofError("answer", refusal.text, refusal.text_en) from None
    return found


def _law_shown(ledger: Iterable[tuple[int, Event]], basis: Basis) -> VerdictNote:
    """Every rulebook and calendar in the ledger's events has the hash that it says. Raises: ProofError."""
    for _, event in ledger:
        found = None
        if isinstance(event, RulebookAdopted):
            found = Rulebook.from_content(event.content).sha256
        elif isinstance(event, CalendarAdopted):
            found = Calendar.from_content(event.content).sha256
        if isinstance(event, (RulebookAdopted, CalendarAdopted)) and found != event.sha256:
            raise ProofError(
                "law", f"{event.id} 的内容与散列不符", f"the content of {event.id} is not what its hash says"
            )
    book = basis.rulebook
    return VerdictNote(f"规则 {book.id}，SHA-256 {book.sha256}", f"rulebook {book.id}, SHA-256 {book.sha256}")


def _unlike(what: str, anew: dict[str, object], said: dict[str, object], withheld: bool) -> list[Unlike]:
    """Where a certified answer is not what follows from the events."""
    if withheld:  # the agency's last event may be one of those
        anew, said = {**anew, "version": None}, {**said, "version": None}
    return list(unlike(said, anew, what))
