"""A file comes in: encrypted while it arrives, never whole in memory, and kept only when all of it has arrived.

What arrives lies in a file without a name, encrypted under the file's own new key: a connection that drops, a refusal
and a killed process leave nothing of it. When it is over, the kind is told by its bytes, a scanner looks at it, the
picture is made small; then the object is put into the store, and last of all the account is told to have it. Sending
the same file again gives the same answer, so it is safe to retry.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import NamedTuple, Self

from api.application.answers.evidence import EvidenceKept
from api.application.background.readiness import Service
from api.application.evidence.file_kinds import kind_of_file
from api.application.evidence.scanning import must_be_clean
from api.application.evidence.thumbnails import thumbnail_of
from api.application.privacy.authorisation import Caller
from api.application.problem_types import TooLarge
from domain.errors import Invalid
from domain.store.db.engine import reading, writing
from domain.store.files.cipher import OpenedFile, SealedWriter, new_file_key
from domain.store.files.file_rows import StoredFile, claimed, keep_claim, unrecorded_of
from domain.store.files.objects import MAGIC, Objects, no_room
from domain.store.keys.vault import Vault
from domain.values import instant, new_id

_without_name = tempfile.TemporaryFile
MOST_BYTES = 50 * 1024 * 1024
"""Of one file."""
MOST_FILES, MOST_TOTAL_BYTES = 500, 5 * 1024 * 1024 * 1024
"""What one account may have uploaded and not recorded yet."""


class Received(NamedTuple):
    """A file that is kept, and whether the account had it already."""

    answer: EvidenceKept
    before: bool


class Incoming:
    """One file on its way in; used within `with`, by one thread at a time."""

    def __init__(self, objects: Objects, most_bytes: int = MOST_BYTES) -> None:
        self._objects, self._most = objects, most_bytes
        self._key, self._sha256, self._address = new_file_key(), hashlib.sha256(), hashlib.sha256()
        self.size, self._open = 0, ExitStack()
        try:
            self._file = self._open.enter_context(_without_name(dir=objects.folder))
            self._put(MAGIC)
        except OSError as error:
            raise no_room() from error
        self._writer = SealedWriter(self._put, self._key, "content")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is left of what was not kept."""
        self._open.close()

    def _put(self, sealed: bytes) -> None:
        self._address.update(sealed)
        try:
            self._file.write(sealed)
        except OSError as error:
            raise no_room() from error

    @property
    def sha256(self) -> str:
        """Of what has arrived so far."""
        return self._sha256.hexdigest()

    def write(self, data: bytes) -> None:
        """More of it. Raises: TooLarge beyond the most that a file may have; StoreFull."""
        self.size += len(data)
        if self.size > self._most:
            raise too_large(self._most)
        self._sha256.update(data)
        self._writer.write(data)

    def keep(
        self,
        service: Service,
        caller: Caller,
        look: Callable[[OpenedFile], object] = lambda content: None,
        kind: Callable[[OpenedFile], str] = kind_of_file,
    ) -> Received:
        """All has arrived: keep it for who sent it. `look`: reads it before, and may refuse it; `kind`: its media type.

        Raises: Invalid, StoreFull, StoreUnavailable, ScannerDown.
        """
        self._writer.finish()
        look(self._opened())
        sha256 = self.sha256
        engine = service.ledger.engine
        with reading(engine) as connection:
            had = claimed(connection, Vault(connection), caller.person_id, sha256)
            waiting = unrecorded_of(connection, caller.person_id)
        if had is not None:
            return Received(_answer(had), before=True)
        if waiting.files >= MOST_FILES or waiting.bytes + self.size > MOST_TOTAL_BYTES:
            raise _too_many()
        content = self._opened()
        media_type = kind(content)
        must_be_clean(content, service.settings.evidence_scanner)
        small = thumbnail_of(content, media_type) or b""
        if small:
            self._file.seek(0, os.SEEK_END)
            writer = SealedWriter(self._put, self._key, "thumbnail")
            writer.write(small)
            writer.finish()
        address = self._address.hexdigest()
        kept = StoredFile(new_id(), address, sha256, self.size, media_type, len(small), self._key)
        self._objects.put(address, self._file)
        with writing(engine, beside=True) as connection:
            keep_claim(connection, kept, caller.person_id, instant(datetime.now(UTC)))
        return Received(_answer(kept), before=False)

    def _opened(self) -> OpenedFile:
        def fetch(start: int, length: int) -> bytes:
            self._file.seek(start)
            return self._file.read(length)

        return OpenedFile(fetch, self._key, "content", self.size, len(MAGIC))


def _answer(file: StoredFile) -> EvidenceKept:
    return EvidenceKept(sha256=file.sha256, size=file.size, media_type=file.media_type, thumbnail=file.thumbnail > 0)


def too_large(most_bytes: int) -> TooLarge:
    """The refusal of a file that is too large."""
    most = most_bytes // (1024 * 1024)
    return TooLarge(
        f"文件超过 {most} MB，没有保存",
        f"the file is over {most} MB and was not kept",
        cites=("api.md",),
        remedy="请压缩图片或录像、把扫描件分成几份后再上传",
        remedy_en="Make pictures or recordings smaller, or split a scan into several files.",
    )


def _too_many() -> Invalid:
    return Invalid(
        f"您已上传而未登记的文件过多（最多 {MOST_FILES} 个、{MOST_TOTAL_BYTES // 1024**3} GB）",
        f"too many files of yours wait for being recorded (at most {MOST_FILES}, {MOST_TOTAL_BYTES // 1024**3} GB)",
        remedy="请先登记已上传的文件；未登记的 24 小时后自动清除",
        remedy_en="Record what you have uploaded; what is not recorded goes after 24 hours.",
        pointer="/file",
    )
