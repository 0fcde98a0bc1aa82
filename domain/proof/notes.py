"""Making what `check.py` checks: keys, signed notes, checkpoints."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.proof.check import Checkpoint, VerifierKey

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
