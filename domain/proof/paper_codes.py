"""What the log signs of a paper, so that who holds one can have it verified: a code to scan, and a seal of the file.

The code stands on the paper, as text and as a QR code: it says which paper it is, on which basis it was made and what
its result is, signed by the log's key. Whoever checks it needs nothing but the public key; nothing is looked up.
The seal closes a PDF file: a signature over every byte before it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, fields

from domain.proof.check import ProofError, VerifierKey, verify_note

MOST_CODE = 4_000
"""Characters that a code may have: what a QR code holds."""
_SEAL = b"%steward-seal "


@dataclass(frozen=True)
class PaperStatement:
    """What the log says of a paper. Every value is one line of text, empty where it does not apply."""

    kind: str
    """What kind of paper, in Chinese: 考评打分表."""
    title: str
    about: str
    """Name and code of the agency, or the year, that it is about."""
    as_of: str
    known_at: str
    log_index: str
    rulebook: str
    checkpoint: str
    """Size and root of the checkpoint that covers the basis."""
    says: str
    """The result in a few words, to be compared with the paper."""
    reader: str
    """For whom it was made, as far as that bears on what it leaves out (R39)."""


def statement_text(origin: str, said: PaperStatement) -> str:
    """The lines that are signed; the first is neither that of a checkpoint nor of a receipt or certificate."""
    lines = [f"{one.name} {_line(value)}\n" for one, value in zip(fields(said), astuple(said), strict=True)]
    return f"{origin}/paper\n{''.join(lines)}"


def seal_text(origin: str, content: bytes) -> str:
    """The lines that are signed of a file."""
    return f"{origin}/paper-file\nsha256 {base64.b64encode(hashlib.sha256(content).digest()).decode()}\n"


def code_of(said: PaperStatement, note: str) -> str:
    """The code of a statement whose signed note is given: values and first signature, in characters of an address."""
    values = "\n".join(_line(one) for one in astuple(said))
    return f"{_url(values.encode())}.{_url(_first_signature(note))}"


def check_code(code: str, keys: Iterable[VerifierKey]) -> tuple[PaperStatement, VerifierKey]:
    """What the log has said of a paper, and the key that signed it. Raises: ProofError."""
    values, gap, signature = "".join(code.split()).partition(".")
    if not gap or len(code) > MOST_CODE:
        raise ProofError(
            "paper", "这不是纸件上的核验码，或没有复制完整", "this is no code of a paper, or not all of it"
        )
    try:
        said = PaperStatement(*_unurl(values).decode().split("\n"))
    except (TypeError, UnicodeDecodeError):
        raise ProofError("paper", "核验码的格式不对", "the code is malformed") from None
    return said, _signer(lambda origin: statement_text(origin, said), _unurl(signature), keys)


def sealed(content: bytes, note: str) -> bytes:
    """A PDF with the seal after its end, where readers of PDF pass over it. `note` signs `seal_text`."""
    return content + _SEAL + _url(_first_signature(note)).encode() + b"\n"


def check_sealed(content: bytes, keys: Iterable[VerifierKey]) -> VerifierKey:
    """The key that sealed a PDF of which no byte was changed since. Raises: ProofError."""
    start = content.rfind(_SEAL)
    if start < 0:
        raise ProofError("paper", "这份 PDF 没有本台账的封签", "this PDF bears no seal of the ledger")
    return _signer(lambda origin: seal_text(origin, content[:start]), _unurl(content[start + len(_SEAL) :]), keys)


def is_sealed(content: bytes) -> bool:
    """Whether a file claims to bear a seal."""
    return _SEAL in content[-1_000:]


def _signer(text_of: Callable[[str], str], signature: bytes, keys: Iterable[VerifierKey]) -> VerifierKey:
    for key in keys:
        if key.hash == signature[:4]:
            line = f"— {key.name} {base64.b64encode(signature).decode()}\n"
            verify_note(f"{text_of(key.name)}\n{line}".encode(), [key])
            return key
    raise ProofError("paper", "不是由本台账的密钥签署的", "no key of this ledger has signed it")


def _first_signature(note: str) -> bytes:
    return base64.b64decode(note.rstrip("\n").rpartition("\n\n")[2].split("\n")[0].rpartition(" ")[2])


def _line(text: str) -> str:
    return " ".join(text.split())


def _url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _unurl(text: str | bytes) -> bytes:
    given = (text if isinstance(text, bytes) else text.encode("ascii", "replace")).strip()
    try:
        return base64.b64decode(given + b"=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ProofError("paper", "核验码的格式不对", "the code is malformed") from None
