"""Every file of evidence read again: that it is there, is the one that the fact names, and that nothing else is.

A file's object has to be the bytes that its name is the SHA-256 of; decrypted, it has to be as long as the fact says
and have the SHA-256 that stands in the event, for ever. What an erasure has taken the key of is read as it lies; what
it left nobody a key for is taken away, and no difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Row, select

from domain.errors import Unreadable
from domain.events import Event, Sealed
from domain.store.db.schema import evidence_files, evidence_uses
from domain.store.files.cipher import OpenedFile, sealed_bytes
from domain.store.files.file_rows import all_files, key_of
from domain.store.files.objects import MAGIC, Objects
from domain.store.files.papers import papers_of
from domain.store.keys.master_key import MasterKeyMissing
from domain.store.keys.vault import Vault
from domain.store.proof.audit_beside import Finding

PAGE = 200
_PORTION = 512 * 1024


class _Said(NamedTuple):
    """What an event says of a file."""

    stream: str
    size: int
    media_type: str


class FilesAudit:
    """Is shown every event of the log, and says at the end which files are not as these say."""

    def __init__(self, connection: Connection, objects: Objects) -> None:
        self._connection, self._vault, self._objects = connection, Vault(connection), objects
        self._said: dict[tuple[str, str], _Said] = {}
        self._addresses: set[str] = set()
        self.read = 0
        """How many files were read."""

    def see(self, event: Event) -> None:
        """One event."""
        if not event.evidence and not hasattr(event, "document"):
            return
        for one in papers_of(event):
            if isinstance(one.size, int) and one.sha256 is not None:
                self._said[event.id, one.sha256] = _Said(event.stream, one.size, str(one.media_type))

    def subjects(self) -> dict[str, str]:
        """The subjects under which files are sealed, each with an event of its."""
        known = {event_id for event_id, _ in self._said}
        rows = self._connection.execute(select(evidence_uses.c.subject_id, evidence_uses.c.event_id))
        return {row.subject_id: row.event_id for row in rows if row.event_id in known}

    def end(self) -> Iterator[Finding]:
        """What is left to say when every event was seen."""
        yield from self._uses()
        yield from self.files()

    def files(self) -> Iterator[Finding]:
        """Every object is read again."""
        after = ""
        while page := all_files(self._connection, after, PAGE):
            for row in page:
                yield from self._file(row)
            after = page[-1].id

    def _uses(self) -> Iterator[Finding]:
        query = select(evidence_uses, *(evidence_files.c[name] for name in ("size", "media_type"))).outerjoin_from(
            evidence_uses, evidence_files, evidence_uses.c.file_id == evidence_files.c.id
        )
        left = dict(self._said)
        for row in self._connection.execute(query.add_columns(evidence_files.c.sha256.label("of_file"))):
            said = left.pop((row.event_id, row.sha256), None)
            where = f"event {row.event_id}, file {row.sha256}"
            if said is None:
                yield Finding("evidence_uses", where, "记录里没有这个文件", "the event does not name this file")
            elif (row.stream, row.size, row.media_type, row.of_file) != (*said, row.sha256):
                yield Finding("evidence_uses", where, "与记录所写不符", "it is not what the event says")
            else:
                yield from self._opens(row, where)
        for (event_id, sha256), _ in sorted(left.items()):
            where = f"event {event_id}, file {sha256}"
            yield Finding("evidence_uses", where, "记录的文件再无从打开", "nothing opens the file that the event names")

    def _opens(self, row: Row[tuple[str, ...]], where: str) -> Iterator[Finding]:
        try:
            self._vault.open(Sealed(subject=row.subject_id, sealed=row.sealed))
        except (Unreadable, MasterKeyMissing) as error:
            yield Finding("evidence_uses", where, "文件的密钥打不开", f"the file's key cannot be opened: {error}")

    def _is_named(self, file_id: str) -> bool:
        """Whether a fact names a file: of others nothing is left when they are gone, no row either."""
        query = select(evidence_uses.c.file_id).where(evidence_uses.c.file_id == file_id).limit(1)
        return self._connection.scalar(query) is not None

    def _file(self, row: Row[tuple[str, ...]]) -> Iterator[Finding]:
        try:
            key = key_of(self._connection, self._vault, row)
            if row.gone_at is not None:
                wrong = "" if key is None and self._is_named(row.id) else "it is called gone and is not"
            else:
                self.read += 1
                wrong = _read_again(self._objects, row, key)
                wrong = wrong or ("another file has this object" if row.address in self._addresses else "")
                self._addresses.add(row.address)
        except (Unreadable, MasterKeyMissing) as error:
            wrong = str(error)
        if wrong:
            text = "证据文件不见了，或与保存时不符"
            yield Finding("evidence_files", f"file {row.sha256}, object {row.address}", text, wrong)


def _read_again(objects: Objects, row: Row[tuple[str, ...]], key: bytes | None) -> str:
    """What is wrong with a file; empty when nothing is. Raises: Unreadable."""
    whole = hashlib.sha256()
    if key is None:
        for portion in objects.read(row.address):
            whole.update(portion)
        return "" if whole.hexdigest() == row.address else "its bytes are not those that were stored"

    def fetch(start: int, length: int) -> bytes:
        portion = objects.fetch(row.address, start, length)
        whole.update(portion)
        return portion

    content = hashlib.sha256()
    if fetch(0, len(MAGIC)) != MAGIC:
        return "it does not begin as a file of evidence"
    opened = OpenedFile(fetch, key, "content", row.size, len(MAGIC))
    while portion := opened.read(_PORTION):
        content.update(portion)
    if row.thumbnail:
        OpenedFile(fetch, key, "thumbnail", row.thumbnail, len(MAGIC) + sealed_bytes(row.size)).read()
    if content.hexdigest() != row.sha256:
        return "its content is not that of its SHA-256"
    return "" if whole.hexdigest() == row.address else "its bytes are not those that were stored"
