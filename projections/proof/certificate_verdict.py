"""What it means that a certified answer is not the one that this version of the software makes from the same events.

Three cases, told apart: the words differ, which is a remark; a reading changed since, which is named, and neither a
proof nor a forgery; anything else, which is not proven. Who gave the answer is shown by the log's own signature on it;
certificates of the first format have none, so that there nobody can say whether it was the version or the file.

Two answers compared as a certificate needs it: by their values. Words are another matter, and a new member is none.

A later version may word a reason otherwise, and may say more than an earlier one did; neither makes what was certified
untrue. So the answer made anew is asked for what the certificate holds, value by value, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from domain.proof.check import ProofError, VerifierKey, verify_note
from domain.version import software
from projections.proof.certificate_file import FIRST_FORMAT, Certificate
from projections.proof.readings_changed import ChangedReading, explained

PROSE = frozenset(
    {"text", "text_en", "label", "label_en", "filing_label", "reason", "reason_en", "formula", "rounding", "remedy"}
)
"""Members that say in words, or spell out, what other members say as values."""
NOTHING: Any = object()
"""In place of a value that is not there."""


class Unlike(NamedTuple):
    """A place, as a JSON pointer, in which two answers differ; whether only in how it is said."""

    place: str
    said: Any
    anew: Any
    is_prose: bool

    def shown(self) -> str:
        """Place and both values, in one line."""
        said, anew = ("—" if one is NOTHING else f"{one!r}"[:120] for one in (self.said, self.anew))
        return f"{self.place}: {said} / {anew}"


def unlike(said: Any, anew: Any, place: str = "", *, is_prose: bool = False) -> Iterator[Unlike]:
    """Every place in which what was said is not what was made anew, in order of the names."""
    if isinstance(said, dict) and isinstance(anew, dict):
        for name in sorted(said):
            yield from unlike(
                said[name], anew.get(name, NOTHING), f"{place}/{name}", is_prose=is_prose or name in PROSE
            )
    elif isinstance(said, list) and isinstance(anew, list) and len(said) == len(anew):
        for index, pair in enumerate(zip(said, anew, strict=True)):
            yield from unlike(*pair, f"{place}/{index}", is_prose=is_prose)
    elif (type(said), said) != (type(anew), anew):
        yield Unlike(place or "/", said, anew, is_prose)


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
