"""Issuing a paper: the place of the log that it is made at, the checkpoint that covers it, the log's signature.

A paper made again from the same place of the log has the same bytes: place, checkpoint and keys do not change (R4).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from api.application.background.checkpoint_signer import proven_up, sealed_up
from api.application.background.readiness import Service
from api.application.background.which_database import by_primary
from api.application.questions.inquiry import FileAnswer, Inquiry
from domain.errors import Busy, Invalid
from domain.ledger.reader import Reader
from domain.proof.paper_codes import PaperStatement, code_of, seal_text, sealed, statement_text
from domain.store.access.association import association_then
from domain.store.proof.proof_reader import Signed, checkpoint_covering
from domain.values import Instant, Role
from projections.paper.cover import Heading
from projections.paper.letters.letter import Letter, PaperBasis, PaperProof

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
VERIFY = "/verify"
"""The page that verifies a code."""
LetterFormat = Literal["pdf", "docx"]
AGENCY_COPY = "机构本：依法不提供的文字和记录人从略（R39）"


class PlaceOfPaper(NamedTuple):
    """Where in the log a paper is made, and the checkpoint that covers it."""

    log_index: int
    signed: Signed

    @property
    def checkpoint(self) -> str:
        """Size and root, as papers print them."""
        return f"{self.signed.size}　{base64.b64encode(self.signed.root).decode()}"


def place_in_log(inquiry: Inquiry, known_at: str | None) -> int:
    """The place of the log that a paper is made at: the given one, or the last of now. Raises: Invalid, Busy."""
    if known_at is None:
        return sealed_up(inquiry.service.ledger)
    if not known_at.startswith("log:"):
        raise Invalid(
            "文书按日志位置制作，known_at 须写作 log:N",
            "a paper is made at a place of the log: give known_at=log:N",
            cites=("api.md",),
            remedy="请写 log:N，或不填（取最新的已封存位置）",
            remedy_en="Write log:N, or leave it out for the last sealed place.",
            pointer="?known_at",
        )
    return int(known_at.removeprefix("log:"))


def prepared(inquiry: Inquiry, known_at: str | None) -> PlaceOfPaper:
    """The place, once it is proven: before the ledger is read. Raises: Invalid, Busy, LogKeyMissing."""
    by_primary()
    place = place_in_log(inquiry, known_at)
    service = inquiry.service
    with service.ledger.reading() as reader:
        signed = checkpoint_covering(reader.connection, place)
    if signed is None:
        proven_up(service.ledger, service.notary)
        with service.ledger.reading() as reader:
            signed = checkpoint_covering(reader.connection, place)
    if signed is None:
        raise Busy(
            "日志尚未签署到这个位置",
            "the log is not signed up to this place",
            remedy="请稍后重试；或改用较早的 log:N",
            remedy_en="Try again in a moment, or give an earlier log:N.",
        )
    return PlaceOfPaper(place, signed)


def first_covering(reader: Reader, place: int) -> PlaceOfPaper | None:
    """A place of the log with the checkpoint that covers it; None where none does yet."""
    signed = checkpoint_covering(reader.connection, place)
    return None if signed is None else PlaceOfPaper(place, signed)


def sheet_proven(inquiry: Inquiry, at: PlaceOfPaper, sheet: Mapping[str, Any], heading: Heading) -> Heading:
    """What a sheet says at its head and end, with place, checkpoint and code. Raises: LogKeyMissing."""
    from projections.paper.sheet_pdf import result_said  # typefaces load slowly: only who prints waits

    agency = sheet["agency"]
    said = PaperStatement(
        kind="考评打分表",
        title=f"{sheet['year']} 年度考评打分表{'（' + heading['kind'] + '）' if 'kind' in heading else ''}",
        about=f"{agency['name']}（{agency['uscc']}）",
        as_of=str(sheet["as_of"]),
        known_at=sheet["known_at"],
        log_index=str(at.log_index),
        rulebook=f"{sheet['rulebook']['id']} {sheet['rulebook']['sha256'][:16]}",
        checkpoint=str(at.signed.size),
        says=result_said(sheet),
        reader=copy_for(inquiry),
    )
    proof = proof_of(inquiry.service, at, said)
    rows = [*heading.get("rows", ()), ("日志序号", str(at.log_index)), ("检查点", at.checkpoint)]
    return {**heading, "rows": rows, "code": proof.code, "address": proof.address}


def paper_basis(at: PlaceOfPaper, echo: Any) -> PaperBasis:
    """The basis of a paper, of an answer that echoes its own (as_of, known_at, rulebook)."""
    return PaperBasis(
        as_of=str(echo["as_of"]),
        known_at=echo["known_at"],
        log_index=at.log_index,
        rulebook=echo["rulebook"],
        checkpoint=at.checkpoint,
        demonstration=bool(echo.get("demonstration")),
    )


def issuer_of(reader: Reader, known_at: Instant) -> str | None:
    """The association, as it was called then."""
    return association_then(reader.connection, known_at)


def copy_for(inquiry: Inquiry) -> str:
    """What a paper says about its reader, where something is left out for them."""
    return AGENCY_COPY if inquiry.caller.role is Role.AGENCY else ""


def proof_of(service: Service, at: PlaceOfPaper, said: PaperStatement) -> PaperProof:
    """The code of a paper, signed by the keys that signed its checkpoint. Raises: LogKeyMissing."""
    keys = service.notary.keys
    code = code_of(said, keys.sign_like(at.signed.note, statement_text(keys.origin, said)))
    base = service.settings.public_url
    return PaperProof(code, f"{base}{VERIFY}?code={code}" if base else code)


def sealed_file(service: Service, at: PlaceOfPaper, content: bytes) -> bytes:
    """A PDF with the log's seal over all its bytes. Raises: LogKeyMissing."""
    keys = service.notary.keys
    return sealed(content, keys.sign_like(at.signed.note, seal_text(keys.origin, content)))


def issued(inquiry: Inquiry, at: PlaceOfPaper, letter: Letter, name: str, wanted: str) -> FileAnswer:
    """A letter as a file. `name`: of the file, without its ending. Raises: LogKeyMissing, FontMissing."""
    from projections.paper.letters.letter_docx import (
        letter_docx,
    )  # typefaces and XML load slowly: only who prints waits
    from projections.paper.letters.letter_pdf import letter_pdf

    basis = letter.basis
    said = PaperStatement(
        kind=letter.kind,
        title=letter.title,
        about=letter.about,
        as_of=basis.as_of,
        known_at=basis.known_at,
        log_index=str(at.log_index),
        rulebook=f"{basis.rulebook['id']} {basis.rulebook['sha256'][:16]}",
        checkpoint=str(at.signed.size),
        says=letter.says,
        reader=letter.reader,
    )
    proof = proof_of(inquiry.service, at, said)
    if wanted == "docx":
        return FileAnswer(letter_docx(letter, proof), f"{name}-log{at.log_index}.docx", DOCX)
    content = sealed_file(inquiry.service, at, letter_pdf(letter, proof))
    return FileAnswer(content, f"{name}-log{at.log_index}.pdf", PDF)
