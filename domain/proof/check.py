"""Checking what the log signs, with nothing but Python and `cryptography`: read this file, trust no other.

- A leaf is the stored text of one event; the tree over all of them is that of RFC 6962, 2.1, with SHA-256.
- An inclusion proof shows that an event is in the tree under a root; a consistency proof, that one tree is the
  beginning of another: nothing was changed or taken out (RFC 9162, 2.1.3.2 and 2.1.4.2).
- A checkpoint is a signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint): origin, size, root, and in a line
  `heads COUNT ROOT` the root of the tree over the head of every stream (an agency is a stream), sorted by name.
- A head says how many events a stream has and chains their leaf hashes: who holds so many events with this hash has
  all of them.

Every function that finds something wrong raises ProofError, and nothing else. Sizes and indexes count events.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HASH_BYTES = 32
ED25519 = b"\x01"
"""The kind of a key in a signed note."""
MOST_NOTE_BYTES = 1_000_000
MOST_SIGNATURES = 100
NO_EVENTS = bytes(HASH_BYTES)
"""The hash of a stream's head before its first event."""
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


class ProofError(Exception):
    """What was to be shown is not shown. `what`: tree, note, key, checkpoint, head or receipt."""

    def __init__(self, what: str, text: str, text_en: str) -> None:
        super().__init__(f"{what}: {text} / {text_en}")
        self.what, self.text, self.text_en = what, text, text_en


# ---- the tree ----


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || content)."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a proof leads to from the leaf hash at a place, counted from 0. Raises: ProofError."""
    if not 0 <= index < size:
        raise ProofError("tree", f"序号 {index} 不在 {size} 条之内", f"index {index} is not within {size} entries")
    _require_hashes(leaf, *proof)
    place, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("tree", "包含证明过长", "the inclusion proof is too long")
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("tree", "包含证明过短", "the inclusion proof is too short")
    return root


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """The leaf hash stands at this place, from 0, of the tree with this root. Raises: ProofError."""
    if not hmac.compare_digest(root_from_inclusion(leaf, index, size, proof), root):
        raise ProofError("tree", "包含证明推不出该根", "the inclusion proof does not lead to the root")


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    """The tree of the first size is the beginning of the tree of the second. Raises: ProofError."""
    if not 0 <= first <= second:
        raise ProofError("tree", f"大小 {first} 与 {second} 次序不对", f"sizes {first} and {second} are out of order")
    _require_hashes(first_root, second_root, *proof)
    if first in (0, second):
        same = first_root == (EMPTY_ROOT if first == 0 else second_root)
        if proof or not same:
            raise ProofError("tree", "同样大小（或空树）的根不同", "trees of one size, or of none, differ")
        return
    path = list(proof) if first & (first - 1) else [first_root, *proof]  # a complete subtree is its own first node
    if not path:
        raise ProofError("tree", "一致性证明为空", "the consistency proof is empty")
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            raise ProofError("tree", "一致性证明过长", "the consistency proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, node)
        place, last = place >> 1, last >> 1
    if last or not hmac.compare_digest(old, first_root) or not hmac.compare_digest(new, second_root):
        raise ProofError(
            "tree", f"第 {first} 条以前的记录与后来的不一致", f"the first {first} entries are not what they were"
        )


def _require_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofError("tree", "散列值须为 32 字节", "a hash has to have 32 bytes")


# ---- heads: all of a stream ----


def chained(previous: bytes, leaf_hashes: Iterable[bytes]) -> bytes:
    """A head's hash after further events: SHA-256(previous || leaf hash), one after the other, from NO_EVENTS."""
    for leaf in leaf_hashes:
        previous = hashlib.sha256(previous + leaf).digest()
    return previous


def head_leaf(stream: str, count: int, hash_: bytes) -> bytes:
    """The leaf hash of a head: its JSON has sorted keys, no spaces, the hash in hexadecimal."""
    head = {"count": count, "hash": hash_.hex(), "stream": stream}
    return leaf_hash(json.dumps(head, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())


# ---- signed notes ----


@dataclass(frozen=True)
class VerifierKey:
    """A public key that signs notes under a name; as text `name+hash+base64`."""

    name: str
    public: bytes

    @property
    def hash(self) -> bytes:
        """Four bytes by which a signature names its key: SHA-256(name || 0x0A || 0x01 || key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


@dataclass(frozen=True)
class Signature:
    """A line `— name base64(key hash || signature)`."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A text with signatures. `text` ends with a newline, and is what is signed."""

    text: str
    signatures: tuple[Signature, ...]


def parse_key(text: str) -> VerifierKey:
    """A verifier key from its text. Raises: ProofError."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not _is_name(parts[0]):
        raise ProofError("key", "公钥须写作 名称+散列+base64", "a verifier key is name+hash+base64")
    content = _decoded(parts[2], "key")
    if content[:1] != ED25519 or len(content) != 1 + HASH_BYTES:
        raise ProofError("key", "不是 Ed25519 公钥", "this is no Ed25519 key")
    key = VerifierKey(parts[0], content[1:])
    if key.hash.hex() != parts[1]:
        raise ProofError("key", "公钥的散列不符", "the hash in the verifier key is not that of its key")
    return key


def parse_note(content: bytes) -> Note:
    """A note as it was signed, its signatures not yet verified. Raises: ProofError."""
    if len(content) > MOST_NOTE_BYTES:
        raise ProofError("note", "签名文本过长", "the note is too long")
    try:
        whole = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ProofError("note", "签名文本不是 UTF-8", "the note is not UTF-8") from None
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or any(ord(one) < 0x20 and one != "\n" for one in whole):
        raise ProofError("note", "签名文本的格式不对", "the note is malformed")
    signatures = tuple(_signature(line) for line in lines.removesuffix("\n").split("\n"))
    if len(signatures) > MOST_SIGNATURES:
        raise ProofError("note", "签名过多", "the note has too many signatures")
    return Note(text + "\n", signatures)


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, gap, encoded = rest.partition(" ")
    content = _decoded(encoded, "note") if dash == "—" and gap and _is_name(name) else b""
    if len(content) < 5:
        raise ProofError("note", "签名行的格式不对", "a signature line is malformed")
    return Signature(name, content[:4], content[4:])


def verify_note(content: bytes, keys: Iterable[VerifierKey]) -> tuple[Note, tuple[VerifierKey, ...]]:
    """The note, and which of the keys have signed it: at least one. Signatures of other keys are left aside.

    Raises: ProofError; also when one of the keys is named by a signature that is not its own.
    """
    note = parse_note(content)
    known = {(key.name, key.hash): key for key in keys}
    signed: list[VerifierKey] = []
    for one in note.signatures:
        key = known.get((one.name, one.key_hash))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(one.signature, note.text.encode())
        except (InvalidSignature, ValueError):
            raise ProofError("note", f"{one.name} 的签名不对", f"the signature of {one.name} is wrong") from None
        if key not in signed:
            signed.append(key)
    if not signed:
        raise ProofError("note", "没有可信公钥的签名", "no trusted key has signed this note")
    return note, tuple(signed)


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(one.isspace() for one in name)


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProofError(what, "base64 的格式不对", "this is not base64") from None


# ---- checkpoints ----


@dataclass(frozen=True)
class Checkpoint:
    """What the log says of itself at a size."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def heads(self) -> tuple[int, bytes]:
        """How many streams there are, and the root of the tree over their heads. Raises: ProofError."""
        found = [line.split(" ") for line in self.extensions if line.startswith("heads ")]
        if len(found) != 1 or len(found[0]) != 3:
            raise ProofError("checkpoint", "检查点没有 heads 一行", "the checkpoint has no line of heads")
        return _number(found[0][1]), _root(found[0][2])


def parse_checkpoint(text: str, origin: str | None = None) -> Checkpoint:
    """A checkpoint from a note's text; of this log, if its origin is given. Raises: ProofError."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines) or not text.endswith("\n"):
        raise ProofError("checkpoint", "检查点的格式不对", "the checkpoint is malformed")
    if origin is not None and lines[0] != origin:
        raise ProofError("checkpoint", f"检查点属于 {lines[0]}", f"the checkpoint is of {lines[0]}, not of {origin}")
    return Checkpoint(lines[0], _number(lines[1]), _root(lines[2]), tuple(lines[3:]))


def verify_checkpoint(content: bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
    """The checkpoint in a note that one of the keys has signed under the log's own name. Raises: ProofError."""
    note, signed = verify_note(content, keys)
    return parse_checkpoint(note.text, signed[0].name)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or (len(text) > 1 and text[0] == "0"):
        raise ProofError("checkpoint", "数目须为十进制数", "a number has to be decimal")
    return int(text)


def _root(text: str) -> bytes:
    content = _decoded(text, "checkpoint")
    if len(content) != HASH_BYTES:
        raise ProofError("checkpoint", "根须为 32 字节", "a root has to have 32 bytes")
    return content
