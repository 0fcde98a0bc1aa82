"""A certificate: an answer with everything it follows from, in one file that proves itself."""

from __future__ import annotations

from datetime import date

import msgspec

from api.application.background.checkpoint_signer import CheckpointSigner, proven_up, vouched_for
from api.application.background.which_database import by_primary
from api.application.privacy.authorisation import Caller
from api.application.privacy.veiled import Veil, bytes_withheld
from api.application.questions.inquiry import FileAnswer, Inquiry, path_uscc, question
from domain.agency import unknown_agency
from domain.errors import Busy
from domain.events import Event
from domain.law import must_be_assessed
from domain.proof.check import leaf_hash
from domain.store.db.engine import Connection
from domain.store.log.sequencer import require_nothing_left_out
from domain.store.proof.log_keys import signed_by
from domain.store.proof.proof_reader import (
    HeadsKept,
    Signed,
    consistency_proof,
    head_signed,
    inclusion_proofs,
    latest_checkpoint,
    sealed_stream,
)
from domain.values import LEDGER_STREAM, agency_stream
from domain.version import software
from projections.proof.certificate import answer_of, basis_of, check_certificate, event_of, not_recomputed
from projections.proof.certificate_file import (
    FORMAT,
    Certificate,
    CertifiedEvent,
    HeadPart,
    OutsideNote,
    StreamPart,
    encoded,
    packed,
)
from projections.proof.readings_changed import EDITION
from projections.replay.known_at import EARLIEST, Basis
from projections.replay.standing import sheet_answer, standing

JSON = "application/json"
Events = list[tuple[int, Event]]


@question("/v1/agencies/{uscc}/certificate")
def certificate_of(
    inquiry: Inquiry, uscc: str, as_of: date | None = None, known_at: str | None = None, year: int | None = None
) -> FileAnswer:
    """Standing and score sheet with all they follow from, and the proofs."""
    by_primary()
    service = inquiry.service
    proven_up(service.ledger, service.notary)
    agency = path_uscc(uscc)
    with inquiry.replaying() as (questions, reader):
        questions.basis(agency, as_of, known_at)  # refuses what cannot be asked
        signed = latest_checkpoint(reader.connection)
        if signed is None:
            raise unknown_agency(uscc)
        for stream in (agency_stream(agency), LEDGER_STREAM):
            require_nothing_left_out(reader.connection, stream)
        maker = Maker(reader.connection, signed, service.notary.kept_heads, inquiry.caller, inquiry.veil)
        keys = tuple(str(key) for key in signed_by(signed.note, service.notary.keys.known()))
        known = known_at or f"log:{signed.size}"
        place = known.removeprefix("log:")
        echo = reader.recorded_in_log(int(place)) if place != known else None
        empty = maker.evidence(agency, as_of or questions.today, known, echo or EARLIEST, keys)
        veiled = questions.basis(agency, as_of, known) if questions.hidden else None
        made = maker.answered(empty, year, veiled)
        outside = _outside(reader.connection, signed, service.notary)
    issued = service.notary.keys.sign_like(signed.note, made.answered_text(service.notary.origin))
    made = msgspec.structs.replace(made, issued=issued, outside=outside)
    check_certificate(made)  # what leaves here can be verified
    name = f"certificate-{agency}-{made.as_of}-log{signed.size}.json"
    return FileAnswer(encoded(made), name, JSON)


def _outside(connection: Connection, signed: Signed, notary: CheckpointSigner) -> tuple[OutsideNote, ...]:
    """What others have vouched for, with the proof that the certificate's checkpoint goes on from it."""
    cosigned, stamped = vouched_for(notary)
    found = []
    if cosigned is not None and cosigned.size <= signed.size:
        proof = packed(consistency_proof(connection, cosigned.size, signed.size))
        found.append(OutsideNote(cosigned.note, proof, tuple(one.key for one in cosigned.cosignatures)))
    if stamped is not None and stamped.size <= signed.size:
        proof = packed(consistency_proof(connection, stamped.size, signed.size))
        found.append(OutsideNote(stamped.note, proof, token=stamped.token, at=stamped.at))
    return tuple(found)


class Maker:
    """Certificates from one snapshot, under its latest checkpoint, for a caller."""

    def __init__(
        self, connection: Connection, signed: Signed, heads: HeadsKept, caller: Caller, veil: Veil | None = None
    ) -> None:
        self._connection, self._signed, self._caller, self._veil = connection, signed, caller, veil
        self._heads = heads.at(connection, signed.size, signed.heads_root)
        self._agency: tuple[StreamPart, Events]
        self._ledger: tuple[StreamPart, Events]

    def evidence(self, uscc: str, as_of: date, known_at: str, echo: str, keys: tuple[str, ...]) -> Certificate:
        """A certificate without its answers yet: all events of the agency and of the ledger, and their proofs.

        `echo`: the instant of `known_at` where that is a place of the log. Raises: NotFound, Busy.
        """
        self._agency, self._ledger = self._part(agency_stream(uscc)), self._part(LEDGER_STREAM)
        return Certificate(
            FORMAT,
            uscc,
            as_of,
            known_at,
            0,
            {"known_at": echo},
            None,
            self._signed.note,
            keys,
            self._agency[0],
            self._ledger[0],
            software(),
            EDITION,
        )

    def answered(self, evidence: Certificate, year: int | None, veiled: Basis | None = None) -> Certificate:
        """The certificate with the answers that follow from all events, for some by month (R39), and what is attested.

        Raises: NotFound for a year without a sheet.
        """
        basis = veiled or basis_of(evidence, self._agency[1], self._ledger[1])
        answer = answer_of(standing, basis)
        sheet_year = year or answer["assessment"]["year"]
        must_be_assessed(basis.law, sheet_year)
        sheet = answer_of(lambda one: sheet_answer(one, sheet_year), basis)
        if self._veil is not None:
            answer, sheet = self._veil.redacted(answer), self._veil.redacted(sheet)
        made = evidence.with_answers(sheet_year, answer, sheet)
        told = [
            (one.index, event)
            for one, (_, event) in zip(made.agency.entries, self._agency[1], strict=True)
            if one.state is not None
        ]
        if len(told) == len(self._agency[1]):
            return made
        return msgspec.structs.replace(made, attested=not_recomputed(made, told, self._ledger[1]))

    def _part(self, stream: str) -> tuple[StreamPart, Events]:
        """All that is proven of a stream, and its events."""
        head = head_signed(self._connection, stream)
        if head.count == 0:
            raise unknown_agency(stream.removeprefix("agency/"))
        leaves = sealed_stream(self._connection, stream, head.count, self._signed.size)
        if len(leaves) != head.count:
            raise Busy(
                "日志正在封存", "the log is being sealed", remedy="请稍后重试", remedy_en="Try again in a moment."
            )
        proofs = inclusion_proofs(self._connection, [one.log_index for one in leaves], self._signed.size)
        entries = []
        for one, proof in zip(leaves, proofs, strict=True):
            place, path = one.log_index - 1, packed(proof)
            if bytes_withheld(self._caller, one.topic, one.state, self._veil):
                entries.append(CertifiedEvent(place, path, leaf=leaf_hash(one.state).hex()))
            else:
                entries.append(CertifiedEvent(place, path, state=one.state.decode()))
        index, proof = self._heads.proof(stream)
        part = StreamPart(stream, HeadPart(head.count, head.hash.hex(), index, packed(proof)), tuple(entries))
        events = [
            (one.log_index - 1, event_of(one.state.decode(), stream, version)) for version, one in enumerate(leaves, 1)
        ]
        return part, events
