"""What a certificate, a receipt or a paper proves, in words: checked against the keys of this ledger, nothing kept.

Nothing is looked up and nothing is told but what the file or the code itself says and its signature covers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import structlog

from api.application.background.readiness import Service
from domain.proof.check import ProofError, VerifierKey, parse_checkpoint, parse_note
from domain.proof.cosignatures import WitnessKey, WitnessSaid, said_of
from domain.proof.paper_codes import PaperStatement, check_code, check_sealed, is_sealed
from domain.proof.receipts import FORMAT as RECEIPT
from domain.proof.receipts import check_receipt
from domain.store.db.engine import reading
from domain.store.proof.outside_notes import OutsideNotes
from domain.store.proof.proof_reader import Signed, latest_checkpoint, origin_of
from domain.values import Bilingual, instant
from projections.paper.letters.letter import beijing
from projections.proof.certificate import check_certificate
from projections.proof.certificate_file import FIRST_FORMAT, FORMAT, OutsideNote, parse_certificate
from projections.proof.certificate_outside import stamp_shown
from projections.proof.certificate_verdict import ReadOtherwise, VerdictNote

log = structlog.get_logger("steward")
_NAMES: dict[str, Bilingual] = {
    "kind": ("文书", "Paper"),
    "title": ("标题", "Title"),
    "about": ("关于", "About"),
    "says": ("所载结果", "What it says"),
    "as_of": ("截至", "As of"),
    "known_at": ("按何时所知", "As known at"),
    "log_index": ("日志序号", "Log index"),
    "rulebook": ("规则库", "Rulebook"),
    "checkpoint": ("检查点（条数）", "Checkpoint (entries)"),
    "reader": ("版本", "Copy"),
}
_KEYWORDS = b"/Keywords ("


class Verdict(NamedTuple):
    """What was found. `is_proven`: True, False, or None where a reading has changed since (a certificate)."""

    is_proven: bool | None
    what: Bilingual
    """What was checked: a paper's code, a file."""
    said: Bilingual
    """The verdict in one sentence."""
    values: tuple[tuple[Bilingual, str], ...] = ()
    """Of a paper: what is to be compared with it."""
    notes: tuple[VerdictNote, ...] = ()
    """Of a certificate or receipt: what was shown, in order."""


class LogShown(NamedTuple):
    """The log as its latest checkpoint has it, and what each that is asked to vouch for it says."""

    signed: Signed
    vouched: tuple[VerdictNote, ...]


def log_shown(service: Service) -> LogShown | None:
    """The latest checkpoint, for everybody; None before there is one."""
    with reading(service.ledger.engine) as connection:
        signed, origin = latest_checkpoint(connection), origin_of(connection) or ""
    if signed is None:
        return None
    notes, settings = OutsideNotes(service.settings.checkpoints, origin), service.settings
    note, keys = notes.cosigned(), [one.key for one in settings.witnesses_asked()]
    vouched = [
        _witness_shown(one, note or "") for one in (said_of(note.encode(), keys) if note else map(_silent, keys))
    ]
    stamp = notes.stamped() if settings.timestamp_url else None
    if stamp is not None:
        vouched.append(_stamp_shown(OutsideNote(stamp.note, "", token=stamp.token, at=stamp.at), _stamp_roots(service)))
    return LogShown(signed, tuple(vouched))


def _stamp_shown(stamp: OutsideNote, roots: bytes | None) -> VerdictNote:
    try:
        return stamp_shown(stamp, _size_of(stamp.note), roots)
    except ProofError as error:
        return VerdictNote(f"时间戳：{error.text}", f"Time stamp: {error.text_en}", problem=True)


def _size_of(note: str) -> int:
    return parse_checkpoint(parse_note(note.encode()).text).size


def _stamp_roots(service: Service) -> bytes | None:
    """The roots that stamps are checked against; None too where their file is not there: a stamp is then said to be not
    verified, and all else is judged as ever.
    """
    roots = service.settings.timestamp_roots
    try:
        return None if roots is None else roots.read_bytes()
    except OSError as error:
        log.error("timestamp_roots_unreadable", why=f"{type(error).__name__}: {error}"[:300])
        return None


def _silent(key: WitnessKey) -> WitnessSaid:
    return WitnessSaid(key, None)


def _witness_shown(said: WitnessSaid, note: str) -> VerdictNote:
    name = said.key.name
    if said.is_wrong:
        return VerdictNote(
            f"见证人 {name}：联署核验不通过，不能算作见证",
            f"Witness {name}: its cosignature does NOT verify and stands for nothing",
            problem=True,
        )
    if said.seconds is None:
        return VerdictNote(f"见证人 {name}：尚未联署", f"Witness {name}: has not cosigned yet", problem=True)
    size, at = _size_of(note), instant(datetime.fromtimestamp(said.seconds, UTC))
    return VerdictNote(
        f"见证人 {name}：{at} 联署了前 {size} 条，签名已核验；公钥 {said.key}",
        f"Witness {name}: cosigned the first {size} entries at {at}, signature verified; key {said.key}",
    )


_CODE: Bilingual = ("纸件的核验码", "the code of a paper")
_PDF: Bilingual = ("PDF 文件", "a PDF file")
_CERTIFICATE: Bilingual = ("证书", "a certificate")
_RECEIPT: Bilingual = ("回执", "a receipt")
_UNKNOWN: Bilingual = ("文件", "a file")


def verified_code(service: Service, code: str) -> Verdict:
    """What the code of a paper proves; also a whole address that holds one."""
    text = code.strip().rpartition("code=")[2]
    try:
        said, key = check_code(text, _keys(service))
    except ProofError as error:
        return _failed(_CODE, error)
    return Verdict(
        True,
        _CODE,
        (
            "核验码由本台账签署。请逐项与纸件对照：有任何一项不同，纸件就不是所签署的那一份。",
            "This ledger has signed the code. Compare each line with the paper; where one differs, it is another.",
        ),
        (*_values(said), (("签署者", "Signed by"), key.name)),
    )


def verified_file(service: Service, content: bytes) -> Verdict:
    """What a file proves: a PDF of ours, a certificate, a receipt, or a text with a paper's code."""
    keys = _keys(service)
    if content.startswith(b"%PDF"):
        return _of_pdf(service, content, keys)
    kind = _format_of(content)
    try:
        if kind in (FORMAT, FIRST_FORMAT):
            shown = check_certificate(parse_certificate(content), keys, _stamp_roots(service))
            return Verdict(True, _CERTIFICATE, _PROVEN, notes=tuple(shown))
        if kind == RECEIPT:
            lines = check_receipt(content, *_signers(content, keys))
            return Verdict(True, _RECEIPT, _PROVEN, notes=tuple(VerdictNote(one, one) for one in lines))
    except ReadOtherwise as other:
        return Verdict(None, _CERTIFICATE, (other.text, other.text_en), notes=(*other.shown, *other.remarks))
    except ProofError as error:
        return _failed(_RECEIPT if kind == RECEIPT else _CERTIFICATE, error)
    if len(content) < 8_000 and content.isascii():
        return verified_code(service, content.decode())
    return _failed(
        _UNKNOWN,
        ProofError(
            "file",
            "这不是本台账的文书（PDF）、证书或回执",
            "this is neither a paper (PDF) nor a certificate or receipt of this ledger",
        ),
    )


_PROVEN: Bilingual = ("成立：以下各项均已核对。", "Proven: each of the following was checked.")


def _of_pdf(service: Service, content: bytes, keys: list[VerifierKey]) -> Verdict:
    try:
        if not is_sealed(content):
            raise ProofError(
                "paper",
                "这份 PDF 没有本台账的封签：不是由“文书”出具的，或另存时改动过",
                "this PDF bears no seal: it was not issued as a paper, or was changed when it was saved anew",
            )
        key = _seal_of(content, keys)
    except ProofError as error:
        return _failed(_PDF, error)
    start = content.rfind(_KEYWORDS)
    code = content[start + len(_KEYWORDS) :].partition(b")")[0].decode("ascii", "replace") if start >= 0 else ""
    of_code = verified_code(service, code) if code else None
    return Verdict(
        True,
        _PDF,
        (
            "这份 PDF 由本台账出具，自出具以来一个字节也没有改动。",
            "This PDF was issued by this ledger, and not a byte of it was changed since.",
        ),
        (of_code.values if of_code is not None and of_code.is_proven else ((("签署者", "Signed by"), key.name),)),
    )


def _seal_of(content: bytes, keys: list[VerifierKey]) -> VerifierKey:
    """Raises: ProofError, which says that the file was changed where the key is ours and the signature does not fit."""
    try:
        return check_sealed(content, keys)
    except ProofError as error:
        if error.what != "note":
            raise
        raise ProofError(
            "paper",
            "封签是本台账的，但文件自出具以来被改动过（或只下载了一部分）",
            "the seal is of this ledger, but the file was changed since it was issued (or is only a part of it)",
        ) from None


def _values(said: PaperStatement) -> tuple[tuple[Bilingual, str], ...]:
    found = ((field, name, getattr(said, field)) for field, name in _NAMES.items())
    return tuple((name, _clock(value) if field == "known_at" else value) for field, name, value in found if value)


def _clock(value: str) -> str:
    """An instant as papers print it; what is none, as it stands."""
    try:
        return beijing(value)
    except ValueError:
        return value


def _keys(service: Service) -> list[VerifierKey]:
    return service.notary.keys.ever_known()


def _signers(content: bytes, keys: list[VerifierKey]) -> list[VerifierKey]:
    """The keys under the name of the log that a receipt is of."""
    note = str(_read(content).get("receipt"))
    return [key for key in keys if note.startswith(f"{key.name}/receipt\n")]


def _read(content: bytes) -> dict[str, object]:
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _format_of(content: bytes) -> str:
    return str(_read(content).get("format", ""))


def _failed(what: Bilingual, error: ProofError) -> Verdict:
    return Verdict(False, what, (f"不成立：{error.text}。", f"Not proven: {error.text_en}."))
