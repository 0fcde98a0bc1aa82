"""The file of an archive: a ZIP of members that a signed manifest lists, written and read a portion at a time.

`MANIFEST.json` names every member with its length and SHA-256; `MANIFEST.note` is a signed note (c2sp.org/signed-note)
over the manifest's SHA-256, by the keys that sign the log. So nothing can be changed, added, left out or cut off
without being noticed before a single row is loaded.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from domain.errors import Invalid
from domain.proof.check import ProofError, VerifierKey, verify_note

FORMAT = "steward-archive/1"
MANIFEST, NOTE = "MANIFEST.json", "MANIFEST.note"
PORTION = 1 << 20
MOST_MANIFEST_BYTES = 256 << 20
LONGEST_LINE = 64 << 20
"""Bytes of one row; a body is refused long before."""


_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What the standard library raises for no ZIP or a damaged one: OSError for a place before its beginning, ValueError
for names that are no text."""


class ArchiveRefused(Invalid):
    """The file is no whole archive of a ledger, was changed, or is not the one that was expected."""


class Packed(msgspec.Struct, frozen=True):
    """A member: what its bytes are, and how many rows it has (0 for what has none)."""

    sha256: str
    bytes: int
    rows: int = 0


class ArchiveManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive is: of which ledger and log, from which place of the log to which, and its members.

    `since`: the place after which its events begin, 0 for a whole archive; `size`: the last place of the log.
    `evidence`: every object of evidence at that moment; an increment holds only those that came since.
    """

    format: str
    ledger: str
    origin: str
    made_at: str
    software: str
    revision: str
    since: int
    size: int
    checkpoint: str
    evidence: list[str]
    members: dict[str, Packed]


class ArchiveWriter:
    """Writes members one after the other; what each holds is hashed on its way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.members: dict[str, Packed] = {}

    def add(self, name: str, portions: Iterable[bytes], *, rows: bool = False) -> Packed:
        """Write a member. `rows`: each portion is one row; else the bytes are encrypted ones, which do not shrink."""
        digest, length, count = hashlib.sha256(), 0, 0
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if rows else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as member:
            for portion in portions:
                digest.update(portion)
                member.write(portion)
                length, count = length + len(portion), count + rows
        self.members[name] = Packed(digest.hexdigest(), length, count)
        return self.members[name]

    def close(self, manifest: ArchiveManifest, sign: Callable[[str], str]) -> None:
        """Write the manifest and its signature. `sign`: makes a signed note of a text."""
        content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        self._zip.writestr(MANIFEST, content)
        self._zip.writestr(NOTE, sign(signed_text(manifest.origin, content)))
        self._zip.close()


class ArchiveReader:
    """An archive that is there. Nothing in it is believed before `verify`."""

    def __init__(self, path: Path) -> None:
        """Raises: ArchiveRefused when it is no archive, or cut off."""
        self.path = path
        with self._named():
            self._zip = zipfile.ZipFile(path)
            content = self._small(MANIFEST)
        try:
            self.manifest = msgspec.json.decode(content, type=ArchiveManifest)
        except msgspec.DecodeError as error:
            raise self._refused("清单无法读取", f"its manifest cannot be read ({error})") from error
        if self.manifest.format != FORMAT:
            raise self._refused(
                f"格式为 {self.manifest.format}，本版本只认识 {FORMAT}",
                f"its format is {self.manifest.format}, and this version knows {FORMAT} alone",
            )

    def verify(self, keys: Iterable[VerifierKey]) -> None:
        """The manifest is signed by one of these keys, and every member is what it says. Raises: ArchiveRefused."""
        with self._named():
            content, note = self._small(MANIFEST), self._small(NOTE)
        try:
            signed, _ = verify_note(note, keys)
        except ProofError as error:
            raise self._refused(
                f"清单的签名：{error.text}", f"the signature of its manifest: {error.text_en}"
            ) from error
        if signed.text != signed_text(self.manifest.origin, content):
            raise self._refused("清单被改动过", "its manifest was changed")
        there = sorted(name for name in self._zip.namelist() if name not in (MANIFEST, NOTE))
        if there != sorted(self.manifest.members):
            odd = sorted(set(there) ^ set(self.manifest.members)) or ["?"]
            raise self._refused(f"内容与清单不符：{odd[0]}", f"what it holds is not what its manifest lists: {odd[0]}")
        for name in there:
            for _ in self.portions(name):
                pass

    def portions(self, name: str) -> Iterator[bytes]:
        """The bytes of a member. Raises: ArchiveRefused, at the end at the latest, where they are not those listed."""
        listed = self.manifest.members[name]
        digest, length = hashlib.sha256(), 0
        with self._named(), self._zip.open(name) as member:
            while portion := member.read(PORTION):
                digest.update(portion)
                length += len(portion)
                if length > listed.bytes:
                    break
                yield portion
        if (length, digest.hexdigest()) != (listed.bytes, listed.sha256):
            raise self._refused(f"{name} 被改动过", f"{name} was changed")

    def lines(self, name: str) -> Iterator[bytes]:
        """The rows of a member, one at a time. Raises: ArchiveRefused."""
        left = b""
        for portion in self.portions(name):
            *whole, left = (left + portion).split(b"\n")
            yield from whole
            if len(left) > LONGEST_LINE:
                raise self._refused(f"{name} 有一行过长", f"a row of {name} is too long")
        if left:
            raise self._refused(f"{name} 的最后一行不完整", f"the last row of {name} is cut off")

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()

    def _small(self, name: str) -> bytes:
        if self._zip.getinfo(name).file_size > MOST_MANIFEST_BYTES:
            raise self._refused("清单过大", "its manifest is too large")
        return self._zip.read(name)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except _UNREADABLE as error:
            raise self._refused("不是归档文件，或不完整", f"it is no archive, or is cut off ({error})") from error

    def _refused(self, text: str, text_en: str) -> ArchiveRefused:
        return ArchiveRefused(
            f"归档 {self.path.name}：{text}",
            f"the archive {self.path.name}: {text_en}",
            remedy="未载入任何内容。请换用另一份归档；公钥由 STEWARD_KEY_DIR 中的 log.pub 或 --key 给出",
            remedy_en="Nothing was loaded. Use another copy of it. Public keys come from log.pub in STEWARD_KEY_DIR, "
            "or from --key.",
        )


def signed_text(origin: str, manifest: bytes) -> str:
    """What is signed: it is no checkpoint, as its first line is no name of a log."""
    return f"{FORMAT}\n{origin}\n{hashlib.sha256(manifest).hexdigest()}\n"
