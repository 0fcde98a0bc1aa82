"""Cosignatures: that somebody else has seen the log grow, and nothing in it change (c2sp.org/tlog-cosignature).

A witness keeps the latest checkpoint of a log that it has seen, asks for a proof that the next one goes on from it
(c2sp.org/tlog-witness), and signs that one with the time. Who trusts a witness need not trust the log's own keys alone:
two histories under one name would have to be shown to the witness too. Like `check.py`, with nothing but Python.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain.proof.check import HASH_BYTES, Note, ProofError, Signature, parse_note

COSIGNATURE = b"\x04"
"""The kind of a key that cosigns, in a signed note."""
_TIME_BYTES = 8


@dataclass(frozen=True)
class WitnessKey:
    """The public key of a witness; as text `name+hash+base64`."""

    name: str
    public: bytes

    @property
    def hash(self) -> bytes:
        """Four bytes by which a cosignature names its key: SHA-256(name || 0x0A || 0x04 || key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + COSIGNATURE + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(COSIGNATURE + self.public).decode()}"


class CosignedBy(NamedTuple):
    """Whose cosignature is right, and when it was made, in seconds of POSIX."""

    key: WitnessKey
    seconds: int


class WitnessSaid(NamedTuple):
    """Whether a witness has cosigned a note: when, in seconds of POSIX; None where it has not, or `is_wrong`."""

    key: WitnessKey
    seconds: int | None
    is_wrong: bool = False


def parse_witness_key(text: str) -> WitnessKey:
    """A witness's key from its text. Raises: ProofError."""
    name, _, rest = text.strip().partition("+")
    hash_, _, encoded = rest.partition("+")
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        content = b""
    if not name or content[:1] != COSIGNATURE or len(content) != 1 + HASH_BYTES:
        raise ProofError(
            "key",
            "见证人的公钥须写作 名称+散列+base64（Ed25519 联署）",
            "a witness's key is name+hash+base64, to cosign",
        )
    key = WitnessKey(name, content[1:])
    if key.hash.hex() != hash_:
        raise ProofError("key", "公钥的散列不符", "the hash in the key is not that of its key")
    return key


def cosigned_message(text: str, seconds: int) -> bytes:
    """What a witness signs: when, and the whole text of the note."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def cosigners(note: bytes, keys: Iterable[WitnessKey]) -> list[CosignedBy]:
    """Which of these witnesses have cosigned a note, each once; signatures of others are left aside.

    Raises: ProofError when a line names one of the keys and is not its signature.
    """
    signed = parse_note(note)
    known = {(key.name, key.hash): key for key in keys}
    found: dict[WitnessKey, CosignedBy] = {}
    for one in signed.signatures:
        key = known.get((one.name, one.key_hash))
        if key is not None:
            found.setdefault(key, _verified(signed, one, key))
    return list(found.values())


def said_of(note: bytes, keys: Iterable[WitnessKey]) -> list[WitnessSaid]:
    """What each of these witnesses says of a note, whatever the others say: for who shows it."""
    found = []
    for key in keys:
        try:
            signed = cosigners(note, [key])
        except ProofError:
            found.append(WitnessSaid(key, None, is_wrong=True))
        else:
            found.append(WitnessSaid(key, signed[0].seconds if signed else None))
    return found


def _verified(note: Note, line: Signature, key: WitnessKey) -> CosignedBy:
    seconds = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    try:
        if seconds >= 1 << 63:
            raise ValueError
        message = cosigned_message(note.text, seconds)
        Ed25519PublicKey.from_public_bytes(key.public).verify(line.signature[_TIME_BYTES:], message)
    except (InvalidSignature, ValueError):
        raise ProofError("note", f"{key.name} 的联署不对", f"the cosignature of {key.name} is wrong") from None
    return CosignedBy(key, seconds)


# ---- who is asked ----


class WitnessAt(NamedTuple):
    """A witness: where it takes checkpoints, without a slash at the end, and its key."""

    url: str
    key: WitnessKey


def read_witnesses(text: str) -> tuple[WitnessAt, ...]:
    """Witnesses as they are written, `URL KEY` each, with semicolons between. Raises: ValueError."""
    found = []
    for one in (part.split() for part in text.split(";") if part.strip()):
        if len(one) != 2 or urlsplit(one[0]).scheme not in ("http", "https"):
            raise ValueError("须为 URL 公钥[; URL 公钥 …] / has to be URL KEY[; URL KEY ...]")
        try:
            found.append(WitnessAt(one[0].rstrip("/"), parse_witness_key(one[1])))
        except ProofError as error:
            raise ValueError(str(error)) from None
    if len({one.key.name for one in found}) < len(found):
        raise ValueError("见证人重名 / two witnesses have one name")
    return tuple(found)


def normal_witnesses(text: str) -> str:
    """Witnesses as they were written, once they can be read. Raises: ValueError."""
    read_witnesses(text)
    return text
