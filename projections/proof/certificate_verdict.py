"""What it means that a certified answer is not the one that this version of the software makes from the same events.

Three cases, told apart: the words differ, which is a remark; a reading changed since, which is named, and neither a
proof nor a forgery; anything else, which is not proven. Who gave the answer is shown by the log's own signature on it;
certificates of the first format have none, so that there nobody can say whether it was the version or the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.proof.check import ProofError, VerifierKey, verify_note
from domain.version import software
from projections.proof.certificate_file import FIRST_FORMAT, Certificate
from projections.proof.compared_answers import Unlike
from projections.proof.readings_changed import ChangedReading, explained

LISTED = 10
"""How many places are named."""
BEFORE = FIRST_FORMAT
"""What a version is called that did not say its own."""


@dataclass(frozen=True)
class VerdictNote:
    """What was shown, in Chinese and English; `problem` where the reader has to do something themselves."""

    text: str
    text_en: str
    problem: bool = False


class ReadOtherwise(ProofError):
    """All proofs hold, but this version reads the Measures otherwise than the one that made the answer.

    `shown`: what was shown before; `remarks`: which reading, where, and who vouches for the answer as certified.
    """

    def __init__(self, text: str, text_en: str, shown: Sequence[VerdictNote], remarks: Sequence[VerdictNote]) -> None:
        super().__init__("reading", text, text_en)
        self.shown, self.remarks = shown, remarks


def issue_shown(certificate: Certificate, origin: str, keys: Sequence[VerifierKey]) -> VerdictNote:
    """Show that the log has signed the answer, or that in this format nobody has. Raises: ProofError."""
    if certificate.is_first_format:
        return VerdictNote(
            "早期格式：没有写明软件版本，结果本身未经签名，须由记录重新推算",
            "first format: it names no version of the software and the answer itself is not signed, only recomputed",
        )
    try:
        note, _ = verify_note(certificate.issued.encode(), keys)
    except ProofError as error:
        raise ProofError(
            "issued", f"对结果的签名：{error.text}", f"the signature on the answer: {error.text_en}"
        ) from None
    if note.text != certificate.answered_text(origin):
        raise ProofError("issued", "结果不是当时签发的", "the answer is not the one that was signed")
    return VerdictNote(
        f"结果由日志签发，软件版本 {certificate.software}",
        f"the answer was signed by the log, software {certificate.software}",
    )


def judged(certificate: Certificate, found: Sequence[Unlike], shown: Sequence[VerdictNote]) -> list[VerdictNote]:
    """Remarks on differences that prove nothing against the answer. Raises: ProofError, ReadOtherwise."""
    values = [one for one in found if not one.is_prose]
    if values:
        readings = explained((one.place for one in values), certificate.readings)
        if readings is None:
            raise _not_so(certificate, values[0])
        raise _read_otherwise(certificate, values, readings, shown)
    return [_worded_otherwise(certificate, found)] if found else []


def _made_by(certificate: Certificate) -> str:
    return certificate.software or BEFORE


def _not_so(certificate: Certificate, first: Unlike) -> ProofError:
    if certificate.is_first_format or certificate.software == software():
        return ProofError(
            "answer", f"{first.place} 与由记录推算的结果不同", f"{first.place} is not what follows from the events"
        )
    return ProofError(
        "answer",
        f"{first.place} 与由记录推算的结果不同：结果确由日志签发（软件 {certificate.software}），而本版本 {software()} "
        "没有已列明的理解变化可以说明；请用签发的版本核验，并报告此事",
        f"{first.place} is not what follows from the events: it was signed so by the log (software "
        f"{certificate.software}), and no reading listed as changed explains it in {software()}; verify it with the "
        "version that made it, and report this",
    )


def _read_otherwise(
    certificate: Certificate, values: Sequence[Unlike], readings: Sequence[ChangedReading], shown: Sequence[VerdictNote]
) -> ReadOtherwise:
    names = ", ".join(one.reading for one in readings)
    remarks = [
        VerdictNote(
            f"{one.reading}（{', '.join(one.articles)}）：{one.text}", f"{one.reading}: {one.text_en}", problem=True
        )
        for one in readings
    ]
    remarks += [
        VerdictNote(f"证书 / 本版本 {one.shown()}", f"certified / anew {one.shown()}") for one in values[:LISTED]
    ]
    if certificate.is_first_format:
        remarks.append(
            VerdictNote(
                "结果未经签名：仅凭本文件不能断定是理解变化还是文件被改动，请用当时的版本核验",
                "the answer is not signed: this file alone does not show whether the reading changed or the file; "
                "verify it with the version of its time",
                problem=True,
            )
        )
    return ReadOtherwise(
        f"由版本 {_made_by(certificate)} 签发；本版本 {software()} 对 {names} 的理解不同",
        f"made by version {_made_by(certificate)}; version {software()} reads {names} otherwise",
        shown,
        remarks,
    )


def _worded_otherwise(certificate: Certificate, words: Sequence[Unlike]) -> VerdictNote:
    places = ", ".join(one.place for one in words[:LISTED]) + (", …" if len(words) > LISTED else "")
    if certificate.is_first_format:
        return VerdictNote(
            f"注意：{len(words)} 处文字与本版本的措辞不同（{places}），数值均一致；文字未经签名，请以数值为准",
            f"NOTE: {len(words)} texts are not worded as by this version ({places}); all values are as certified. The "
            "words are not signed: go by the values",
            problem=True,
        )
    return VerdictNote(
        f"{len(words)} 处文字与本版本 {software()} 的措辞不同（{places}），数值均一致",
        f"{len(words)} texts are worded otherwise than by this version {software()} ({places}); all values are so",
    )
