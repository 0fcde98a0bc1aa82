"""Receipts: what somebody who recorded a fact, or whom it concerns, can show without the ledger, and how to check it.

A receipt is one JSON file: a note in which the log's key says which event it took when and where, the checkpoint that
covers it, the proof from one to the other, and the stored text of the event unless that was withheld.

Making what `check.py` checks: keys, signed notes, checkpoints.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.proof.check import (
    Checkpoint,
    ProofError,
    VerifierKey,
    leaf_hash,
    verify_checkpoint,
    verify_inclusion,
    verify_note,
)

FORMAT = "steward-receipt/1"
_NAMES = ("event", "leaf", "index", "recorded_at", "size")
"""How the lines of a signed receipt begin."""


class Said(NamedTuple):
    """What the log signs of an event. The log index counts from 1; `size` is that of the checkpoint."""

    event: str
    leaf: bytes
    log_index: int
    recorded_at: str
    size: int


def receipt_text(origin: str, said: Said) -> str:
    """The lines that are signed. The first is not the log's name alone: no receipt can be taken for a checkpoint."""
    values = (said.event, base64.b64encode(said.leaf).decode(), said.log_index, said.recorded_at, said.size)
    lines = [f"{name} {value}\n" for name, value in zip(_NAMES, values, strict=True)]
    return f"{origin}/receipt\n{''.join(lines)}"


def receipt(
    said: Said, note: str, checkpoint: str, proof: list[bytes], state: str | None, software: str
) -> dict[str, object]:
    """The file's content. `note` signs `receipt_text`; `state` is the event's stored text, None where withheld.

    `software` says which version wrote the file; nothing that is proved depends on it, and it is not signed.
    """
    return {
        "format": FORMAT,
        "event_id": said.event,
        "log_index": said.log_index,
        "leaf_hash": said.leaf.hex(),
        "recorded_at": said.recorded_at,
        "size": said.size,
        "proof": [one.hex() for one in proof],
        "receipt": note,
        "checkpoint": checkpoint,
        "state": state,
        "software": software,
    }


def check_receipt(content: bytes, *trusted: VerifierKey) -> list[str]:
    """What a receipt proves to who trusts these keys, line by line, in both languages. Raises: ProofError."""
    given = _read(content)
    said = _said(given["receipt"].encode(), trusted)
    shown = Said(
        given["event_id"], bytes.fromhex(given["leaf_hash"]), given["log_index"], given["recorded_at"], given["size"]
    )
    if shown != said:
        raise ProofError("receipt", "回执的内容与签名的内容不同", "the receipt shows something else than was signed")
    checkpoint = verify_checkpoint(given["checkpoint"].encode(), trusted)
    if checkpoint.size != said.size:
        raise ProofError("receipt", "检查点的大小不符", "the checkpoint is of another size")
    proof = [bytes.fromhex(one) for one in given["proof"]]
    verify_inclusion(said.leaf, said.log_index - 1, checkpoint.size, proof, checkpoint.root)
    lines = [
        f"日志 log: {checkpoint.origin}",
        f"事件 event: {said.event}",
        f"记录时刻 recorded at: {said.recorded_at}",
        f"日志序号 log index: {said.log_index} / {checkpoint.size}",
        f"叶散列 leaf hash: {said.leaf.hex()}",
        f"根散列 root hash: {checkpoint.root.hex()}",
        f"签名公钥 signed by: {', '.join(map(str, trusted))}",
    ]
    if isinstance(given.get("software"), str):
        lines.append(f"软件版本（未签名） software (not signed): {given['software']}")
    return [*lines, _of_state(said, given["state"])]


def _of_state(said: Said, state: str | None) -> str:
    """Whether the stored text is the one that was signed."""
    if state is None:
        return "事件内容未附，仅有其散列 / the event's text is withheld: only its hash is shown"
    if leaf_hash(state.encode()) != said.leaf:
        raise ProofError("receipt", "事件内容与叶散列不符", "the event's text is not what was signed")
    stored = json.loads(state)  # what it is was signed: an event of this ledger
    if (stored["id"], stored["recorded_at"]) != (said.event, said.recorded_at):
        raise ProofError("receipt", "事件编号或时刻不符", "the event's text has another id or instant")
    return f"事件内容与签名一致 the event's text is what was signed: {stored['type']}"


def _said(note: bytes, trusted: tuple[VerifierKey, ...]) -> Said:
    """What a receipt's note says, once it is known who has signed it."""
    signed, keys = verify_note(note, trusted)
    first, *lines = signed.text.removesuffix("\n").split("\n")
    pairs = [line.partition(" ") for line in lines]
    if first != f"{keys[0].name}/receipt" or tuple(name for name, _, _ in pairs) != _NAMES:
        raise ProofError("receipt", "签名的内容不是回执", "what was signed is no receipt of this log")
    event, leaf, index, recorded_at, size = (value for _, _, value in pairs)
    try:
        return Said(event, base64.b64decode(leaf, validate=True), int(index), recorded_at, int(size))
    except ValueError:
        raise ProofError("receipt", "签名的内容格式不对", "what was signed is malformed") from None


def _read(content: bytes) -> dict[str, Any]:
    """The file's members, of the right kinds."""
    kinds: dict[str, tuple[type, ...]] = {
        "event_id": (str,),
        "log_index": (int,),
        "leaf_hash": (str,),
        "recorded_at": (str,),
        "size": (int,),
        "proof": (list,),
        "receipt": (str,),
        "checkpoint": (str,),
        "state": (str, type(None)),
    }
    try:
        given = json.loads(content)
        if given["format"] != FORMAT or any(type(given[name]) not in kinds[name] for name in kinds):
            raise ValueError
        for one in (given["leaf_hash"], *given["proof"]):
            bytes.fromhex(one)
    except (ValueError, KeyError, TypeError):
        raise ProofError("receipt", "回执文件的格式不对", "the file is no receipt of this format") from None
    return dict(given)


SEED_BYTES = 32


def new_seed() -> bytes:
    """A new private key, as it is kept in a file."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


@dataclass(frozen=True)
class SigningKey:
    """A private key and the name under which it signs. Never shown: not by `repr` either."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> VerifierKey:
        """The public half. Raises: ValueError for a seed that is none."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return VerifierKey(self.name, public.public_bytes_raw())

    def line(self, text: str) -> str:
        """The signature line for a note's text."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"— {self.name} {base64.b64encode(self.verifier.hash + signature).decode()}\n"


def signed_note(text: str, keys: Sequence[SigningKey]) -> str:
    """The note with a signature of each key. Raises: ValueError for a text that a note cannot hold."""
    if not text.endswith("\n") or not keys or any(ord(one) < 0x20 and one != "\n" for one in text):
        raise ValueError("the text of a note consists of whole lines without control characters, signed at least once")
    return f"{text}\n{''.join(key.line(text) for key in keys)}"


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """The lines of a checkpoint that are signed."""
    root = base64.b64encode(checkpoint.root).decode()
    return "\n".join((checkpoint.origin, str(checkpoint.size), root, *checkpoint.extensions)) + "\n"


def access_line(number: int, seal: bytes) -> str:
    """The line of a checkpoint that commits to the last change of access there was, so to all before it."""
    return f"access {number} {base64.b64encode(seal).decode()}"


def heads_line(count: int, root: bytes) -> str:
    """The line of a checkpoint that commits to the heads of all streams."""
    return f"heads {count} {base64.b64encode(root).decode()}"
