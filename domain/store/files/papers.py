"""The files that a transaction attaches to its facts: found for who records, and sealed for the fact with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from domain.events import Event, Evidence, Person, Sealed
from domain.store.db.schema import events as recorded
from domain.store.db.statements import Insert
from domain.store.files.file_rows import StoredFile, claimed, used, uses_of
from domain.store.keys.vault import Vault

_COLUMNS = ("event_id", "sha256", "file_id", "stream", "subject_id", "sealed")
_INFORMANTS = ("complainant", "reporter", "appellant", "practitioner")
"""Whom a fact is about, or comes from: erased, they take the files of the fact with them."""


class _Wanted(NamedTuple):
    sha256: str
    actor: str
    supervises: bool


class StoredPapers:
    """Within one transaction; see the module."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection, self._vault = connection, vault
        self._found: dict[_Wanted, StoredFile | None] = {}
        self._attached: dict[str, StoredFile] = {}

    def found(self, sha256: str, actor: str, *, supervises: bool) -> tuple[int, str] | None:
        """Size and type of the file of a hash that somebody may attach; None when there is none for them.

        It is their upload, or proves a fact already that they recorded, or may read as who supervises.
        """
        wanted = _Wanted(sha256, actor, supervises)
        if wanted not in self._found:
            self._found[wanted] = self._look(wanted)
        file = self._found[wanted]
        if file is None:
            return None
        self._attached[sha256] = file
        return file.size, file.media_type

    def attached(self, events: Iterable[Event]) -> Insert:
        """The rows by which these facts keep their files, to be written with them."""
        return Insert("evidence_uses", _COLUMNS, ("text",) * len(_COLUMNS), list(self._rows(events)))

    def _rows(self, events: Iterable[Event]) -> Iterator[tuple[str, ...]]:
        for event in events:
            subject = _subject_of(event)
            for sha256 in dict.fromkeys(one.sha256 for one in papers_of(event) if one.is_file):
                file = self._attached[str(sha256)]
                sealed = self._vault.seal(file.key.hex(), subject=subject)
                subject = sealed.subject
                yield event.id, file.sha256, file.id, event.stream, sealed.subject, sealed.sealed

    def _look(self, wanted: _Wanted) -> StoredFile | None:
        file = claimed(self._connection, self._vault, wanted.actor, wanted.sha256)
        if file is not None:
            return file
        uses = uses_of(self._connection, wanted.sha256)
        if uses and not wanted.supervises:
            own = select(recorded.c.event_id).where(
                recorded.c.event_id.in_([one.event_id for one in uses]), recorded.c.actor == wanted.actor
            )
            mine = set(self._connection.scalars(own))
            uses = [one for one in uses if one.event_id in mine]
        files = (used(self._connection, self._vault, one.event_id, wanted.sha256) for one in uses)
        return next((one for one in files if one is not None), None)


def papers_of(event: Event) -> list[Evidence]:
    """All papers that an event names: its evidence, and the document of a decision on how the Measures are read."""
    document = getattr(event, "document", None)
    return [*event.evidence, *([document] if isinstance(document, Evidence) else [])]


def _subject_of(event: Event) -> str | None:
    """The person whose erasure takes the fact's files with it; None: a subject of their own."""
    for name in _INFORMANTS:
        said = getattr(event, name, None)
        if isinstance(said, Person):
            return said.name.subject
        if isinstance(said, Sealed):
            return said.subject
    return None
