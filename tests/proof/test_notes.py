"""Signed notes and checkpoints: a published example, what is made is taken, what was changed is refused by name."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.proof import check, receipts
from domain.proof.check import Checkpoint, ProofError, VerifierKey

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The key and note of the documentation of golang.org/x/mod/sumdb/note, which signed notes come from."""
KEY = receipts.SigningKey("steward-ledger/example", bytes(range(32)))
OTHER = receipts.SigningKey("steward-ledger/example", bytes(range(1, 33)))


def checkpoint_note(*keys: receipts.SigningKey) -> bytes:
    """A checkpoint of 3 entries and 2 streams."""
    checkpoint = Checkpoint(KEY.name, 3, b"\1" * 32, (receipts.heads_line(2, b"\2" * 32),))
    return receipts.signed_note(receipts.checkpoint_text(checkpoint), keys or (KEY,)).encode()


def refused(what: str, content: bytes, *keys: VerifierKey) -> str:
    """Why a checkpoint is not taken."""
    with pytest.raises(ProofError) as found:
        check.verify_checkpoint(content, keys or (KEY.verifier,))
    assert found.value.what == what
    assert found.value.text
    return found.value.text_en


def test_the_published_note_is_taken() -> None:
    """Key text, key hash and signature as others make them."""
    key = check.parse_key(PETER)
    note, signed = check.verify_note(NOTE.encode(), [key])
    assert (str(key), signed) == (PETER, (key,))
    assert note.text == NOTE.partition("\n\n")[0] + "\n"
    for at, kind in ((10, "note"), (-8, "note")):
        changed = bytearray(NOTE.encode())
        changed[at] ^= 1
        assert refused(kind, bytes(changed), key)


def test_a_checkpoint_says_what_was_signed() -> None:
    """Origin, size, root and the line of heads come back; a further signature by an unknown key does no harm."""
    for content in (checkpoint_note(), checkpoint_note(OTHER, KEY)):
        checkpoint = check.verify_checkpoint(content, [KEY.verifier])
        assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (KEY.name, 3, b"\1" * 32)
        assert checkpoint.heads == (2, b"\2" * 32)
    both = check.verify_note(checkpoint_note(OTHER, KEY), [KEY.verifier, OTHER.verifier])[1]
    assert both == (OTHER.verifier, KEY.verifier)
    assert check.parse_key(str(KEY.verifier)) == KEY.verifier
    assert repr(KEY) == "SigningKey(name='steward-ledger/example')"


@given(st.data())
def test_no_byte_of_a_note_can_be_changed(data: st.DataObject) -> None:
    """Any other byte anywhere: the note is refused, or its signature is by nobody who is trusted."""
    content = bytearray(checkpoint_note())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255).filter(lambda one: one != content[at]))
    with pytest.raises(ProofError):
        check.verify_checkpoint(bytes(content), [KEY.verifier])


def test_an_untrusted_key_proves_nothing() -> None:
    """Another key of the same name, and a key of another name."""
    assert "no trusted key" in refused("note", checkpoint_note(), OTHER.verifier)
    assert "no trusted key" in refused("note", checkpoint_note(), VerifierKey("else", KEY.verifier.public))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"text\n\nno dash\n",
        "text\n\n— name !!\n".encode(),
        "text\n\n— na+me AAAAAAAA\n".encode(),
        "text\n\n— name AAAA\n".encode(),
        "text\n\n—  AAAAAAAA\n".encode(),
        b"\xff\n\n",
        checkpoint_note()[:-1],
        checkpoint_note() + b"\n",
        b"\t" + checkpoint_note(),
        b"a" * 1_000_001,
        b"text\n\n" + "— name AAAAAAAA\n".encode() * 101,
    ],
)
def test_what_is_no_note_is_refused(content: bytes) -> None:
    """Every way of being malformed is named."""
    assert refused("note", content)


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "name+00000000",
        "na me+c74f20a3+ARpc",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER[:-4],
        PETER.replace("+AR", "+BR"),
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        PETER.replace("Wy", "*y"),
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    """Form, kind, length and hash of a verifier key."""
    with pytest.raises(ProofError) as found:
        check.parse_key(text)
    assert found.value.what == "key"


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY.name}\n3\n",
        f"{KEY.name}\n03\n{ROOT}\n",
        f"{KEY.name}\n-3\n{ROOT}\n",
        f"{KEY.name}\n٣\n{ROOT}\n",
        f"{KEY.name}\n3\nAAAA\n",
        f"{KEY.name}\n3\n*\n",
        f"another\n3\n{ROOT}\n",
        f"{KEY.name}\n\n3\n{ROOT}\n",
        f"{KEY.name}\n{'9' * 19}\n{ROOT}\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    """The signature is right, and yet it says nothing of this log."""
    assert refused("checkpoint", receipts.signed_note(text, [KEY]).encode())


def test_a_checkpoint_without_heads_says_so() -> None:
    """None, two, or a malformed line."""
    line = receipts.heads_line(1, bytes(32))
    for extensions in ((), (line, line), ("heads 1",), ("heads x " + ROOT,), ("heads 1 AAAA",)):
        with pytest.raises(ProofError):
            _ = Checkpoint("origin", 1, bytes(32), extensions).heads


@pytest.mark.parametrize("text", ["", "no end", "tab\tinside\n", "bell\a\n"])
def test_what_a_note_cannot_hold_is_not_signed(text: str) -> None:
    """An error of ours, found before it is signed."""
    with pytest.raises(ValueError, match="lines"):
        receipts.signed_note(text, [KEY])
