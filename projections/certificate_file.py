"""The file of a certificate: an answer, the events that it follows from, their proofs; read strictly, not believed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from domain.proof.check import HASH_BYTES, ProofError, leaf_hash

FORMAT = "steward-certificate/1"
MOST_BYTES = 256 * 1024 * 1024


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
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
    entries: tuple[Entry, ...]


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `known_at`: what was asked, an instant or `version:N` or `log:N`; `year` is the sheet's."""

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

    def with_answers(self, year: int, standing_: dict[str, Any], sheet: dict[str, Any]) -> Certificate:
        """The same evidence, with the answers that follow from it."""
        return msgspec.structs.replace(self, year=year, standing=standing_, sheet=sheet)


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
    if found.format != FORMAT:
        raise ProofError("certificate", f"不认识的格式 {found.format!r}", f"unknown format {found.format!r}")
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
