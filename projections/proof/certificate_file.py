"""The file of a certificate: an answer, the events that it follows from, their proofs; read strictly, not believed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from domain.proof.check import HASH_BYTES, ProofError, leaf_hash

FORMAT = "steward-certificate/2"
FIRST_FORMAT = "steward-certificate/1"
"""Without a version and the log's signature on the answer: of before these were there."""
MOST_BYTES = 256 * 1024 * 1024


class CertifiedEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One event of a stream: its place in the log from 0, the way from there to the root, its stored text.

    `leaf` in place of `state`: the text is withheld from the holder, as it names who complained or reported.
    """

    index: int
    proof: str
    state: str | None = None
    leaf: str | None = None

    @property
    def leaf_hash(self) -> bytes:
        """The hash that stands in the tree for it. Raises: ProofError."""
        if (self.state is None) == (self.leaf is None):
            raise ProofError("certificate", "一条记录须有原文或散列之一", "an entry has its text or its hash")
        return leaf_hash(self.state.encode()) if self.state is not None else hash_of(self.leaf or "")


class HeadPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stream's head: how many events it has, their chained hash, and the way to the root over all heads."""

    count: int
    hash: str
    index: int
    proof: str


class StreamPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of a stream, in its order."""

    stream: str
    head: HeadPart
    entries: tuple[CertifiedEvent, ...]


class OutsideNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An earlier checkpoint that others have vouched for, and the proof that the certificate's goes on from it.

    `keys`: of the witnesses that have cosigned it; `token` and `at`: its time stamp (RFC 3161, DER in base64).
    """

    note: str
    proof: str
    keys: tuple[str, ...] = ()
    token: str = ""
    at: str = ""


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole file. `known_at`: what was asked, an instant or `version:N` or `log:N`; `year` is the sheet's.

    `software` and `readings`: which version of the code made the answer, under which edition of the readings.
    `issued`: the note in which the log signs that it gave this answer; `answered_text` is what it says.
    `attested`: places of the answers that do not follow from the events shown, as some are withheld from the holder:
    the log's signature stands for them (R39). `outside`: what witnesses and time stamping authorities have vouched for.
    """

    format: str
    uscc: str
    as_of: date
    known_at: str
    year: int
    standing: dict[str, Any]
    sheet: dict[str, Any] | None
    checkpoint: str
    keys: tuple[str, ...]
    agency: StreamPart
    ledger: StreamPart
    software: str = ""
    readings: int = 1
    issued: str = ""
    attested: tuple[str, ...] = ()
    outside: tuple[OutsideNote, ...] = ()

    def with_answers(self, year: int, standing_: dict[str, object], sheet: dict[str, object]) -> Certificate:
        """A certificate's evidence, with the answers that follow from it."""
        return msgspec.structs.replace(self, year=year, standing=standing_, sheet=sheet)

    @property
    def is_first_format(self) -> bool:
        """Whether nobody has signed the answer itself."""
        return self.format == FIRST_FORMAT

    def answered_text(self, origin: str) -> str:
        """The lines that the log signs: which code answered, and the hash of what was asked and answered.

        The first line is neither that of a checkpoint nor of a receipt, so that none can pass for another.
        """
        answer = [self.uscc, self.as_of.isoformat(), self.known_at, self.year, self.standing, self.sheet]
        answer += [list(self.attested)] if self.attested else []
        content = json.dumps(answer, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        hash_ = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return f"{origin}/certificate\nsoftware {self.software}\nreadings {self.readings}\nanswer {hash_}\n"


def encoded(certificate: Certificate) -> bytes:
    """The file: sorted keys, so that the same certificate is the same bytes."""
    return msgspec.json.format(msgspec.json.encode(certificate, order="sorted"), indent=1) + b"\n"


def parse_certificate(content: bytes) -> Certificate:
    """The certificate in a file; nothing in it is believed yet. Raises: ProofError."""
    if len(content) > MOST_BYTES:
        raise ProofError("certificate", "文件过大", "the file is too large")
    try:
        found = msgspec.json.decode(content, type=Certificate)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProofError("certificate", "文件不是证书，或已损坏", f"this is no certificate: {error}") from None
    if found.format not in (FORMAT, FIRST_FORMAT):
        raise ProofError("certificate", f"不认识的格式 {found.format!r}", f"unknown format {found.format!r}")
    if found.is_first_format and (found.software or found.issued or found.readings != 1):
        raise ProofError("certificate", "这一格式没有软件版本和签发", "this format has no version and no signature")
    return found


# ---- hashes as text ----


def packed(hashes: Iterable[bytes]) -> str:
    """A proof as one text: its hashes one after the other, base64."""
    return base64.b64encode(b"".join(hashes)).decode("ascii")


def path_of(text: str) -> list[bytes]:
    """The hashes of a proof. Raises: ProofError."""
    try:
        whole = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        whole = b"?"
    if len(whole) % HASH_BYTES:
        raise ProofError("certificate", "证明的格式不对", "a proof is malformed")
    return [whole[start : start + HASH_BYTES] for start in range(0, len(whole), HASH_BYTES)]


def hash_of(text: str) -> bytes:
    """A hash from its hexadecimal text. Raises: ProofError."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != HASH_BYTES:
        raise ProofError("certificate", "散列值须为 64 个十六进制字符", "a hash has 64 hexadecimal characters")
    return found
