"""A file as it lies in the store: pieces of 64 KiB, each encrypted and bound to its place and to the end of the file.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance, 2015) over AES-256-GCM: the nonce of a piece is its number, and whether it is the last. The key is
the file's own and is used for one stream only, so no nonce comes twice. A piece that is altered, moved, left out or put
in, and a file cut short, do not open. A piece is known by its number, so any part of a file is read by itself.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import Unreadable

PIECE_BYTES = 64 * 1024
TAG_BYTES = 16
KEY_BYTES = 32
AHEAD = 8
"""So many pieces are fetched at once."""

Part = Literal["content", "thumbnail"]
"""Two streams lie in one object, each under a key of its own that follows from the file's."""
Fetch = Callable[[int, int], bytes]
"""Gives so many bytes from a place of the object (start, length). Raises: Unreadable where they are not there."""


def new_file_key() -> bytes:
    """A random key for one file."""
    return os.urandom(KEY_BYTES)


def sealed_bytes(size: int) -> int:
    """How long a stream of so many bytes is when encrypted; an empty one has one empty piece."""
    return size + TAG_BYTES * max(1, -(-size // PIECE_BYTES))


def _cipher(file_key: bytes, part: Part) -> AESGCM:
    info = f"steward evidence {part} 1".encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(file_key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class SealedWriter:
    """Takes a stream in any portions and writes it encrypted; holds one piece at a time."""

    def __init__(self, into: Callable[[bytes], object], file_key: bytes, part: Part) -> None:
        self._into, self._cipher, self._number = into, _cipher(file_key, part), 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        """More of the stream. The last piece waits for `finish`, which alone knows that it is the last."""
        self._waiting += data
        while len(self._waiting) > PIECE_BYTES:
            self._seal(bytes(self._waiting[:PIECE_BYTES]), last=False)
            del self._waiting[:PIECE_BYTES]

    def finish(self) -> None:
        """The stream is over."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._into(self._cipher.encrypt(_nonce(self._number, last=last), piece, None))
        self._number += 1


class OpenedFile(io.RawIOBase):
    """An encrypted stream as a file to read and to seek in; never more than some pieces of it are in memory.

    `size`: of what was encrypted. `start`: where the stream begins in the object. Reading raises Unreadable where the
    bytes are not those that were written.
    """

    def __init__(self, fetch: Fetch, file_key: bytes, part: Part, size: int, start: int) -> None:
        super().__init__()
        self._fetch, self._cipher, self.size, self._start = fetch, _cipher(file_key, part), size, start
        self._pieces = max(1, -(-size // PIECE_BYTES))
        self._at, self._held_from, self._held = 0, -1, b""

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where reading goes on."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go on reading elsewhere."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; all that is left without a number."""
        wanted = self.size - self._at if size < 0 else size
        found = bytearray()
        while len(found) < wanted and self._at < self.size:
            found += self._some(wanted - len(found))
        return bytes(found)

    def readinto(self, buffer: Any) -> int:
        """As `io` wants it."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _some(self, most: int) -> bytes:
        """What is held from the place on, fetched and opened if need be."""
        first = self._at // PIECE_BYTES
        if not self._held_from <= self._at < self._held_from + len(self._held):
            self._hold(first)
        inside = self._at - self._held_from
        part = self._held[inside : inside + most]
        self._at += len(part)
        return part

    def _hold(self, first: int) -> None:
        last = min(first + AHEAD, self._pieces)
        whole = self._pieces == last
        start = first * (PIECE_BYTES + TAG_BYTES)
        end = sealed_bytes(self.size) if whole else last * (PIECE_BYTES + TAG_BYTES)
        sealed = self._fetch(self._start + start, end - start)
        opened = []
        for number in range(first, last):
            at = (number - first) * (PIECE_BYTES + TAG_BYTES)
            piece = sealed[at : at + PIECE_BYTES + TAG_BYTES]
            try:
                opened.append(self._cipher.decrypt(_nonce(number, last=number == self._pieces - 1), piece, None))
            except (InvalidTag, ValueError) as error:
                raise Unreadable(f"piece {number} of the file is not what was stored") from error
        self._held_from, self._held = first * PIECE_BYTES, b"".join(opened)
        if len(self._held) != min(last * PIECE_BYTES, self.size) - self._held_from:
            raise Unreadable("the file is not as long as it is said to be")
