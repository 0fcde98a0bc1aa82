"""Where somebody is named, found by the whole name or certificate number: a keyed hash of each, and no text.

A row is HMAC-SHA256 over the folded text, under a secret of this database that the master key wraps, with the subject
and the event. Whoever has the rows alone learns at most that two are alike. They are deleted with the subject's key, in
the same transaction, and written with the events; only who was recorded before there was an index is added at a start.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from domain.events import Event, Sealed, topic_of
from domain.folding import compared
from domain.store.db.dialect import insert_new
from domain.store.db.schema import events, person_index
from domain.store.db.statements import Insert
from domain.store.keys.vault import Vault
from domain.store.log.mapper import EventMapper
from domain.trail.people import NAMING_PEOPLE, people_of

PIECE = 500
"""Events that are indexed in one transaction."""
_COLUMNS, _TYPES = ("mac", "subject_id", "event_id"), ("bytea", "text", "text")
_DONE = ""
"""In place of a subject in the row that says that all is indexed, and under which secret."""


class IndexedPerson(NamedTuple):
    """Where somebody is named."""

    subject: str
    event_id: str


def person_mac(vault: Vault, text: str) -> bytes | None:
    """What a whole name or certificate number is found by; None for one of which folding leaves nothing."""
    folded = compared(text)
    return bytes.fromhex(vault.keyed_hash(f"person:{folded}")) if folded else None


def indexed(vault: Vault, recorded: Iterable[Event]) -> Insert:
    """The rows of facts that are recorded just now, to be written with them."""
    return Insert("person_index", _COLUMNS, _TYPES, _rows(vault, recorded))


def where_named(connection: Connection, mac: bytes, limit: int) -> list[IndexedPerson]:
    """The subjects and events under a hash, the latest event first."""
    c = person_index.c
    query = select(c.subject_id, c.event_id).where(c.mac == mac, c.subject_id != _DONE)
    return [IndexedPerson(*row) for row in connection.execute(query.order_by(c.event_id.desc()).limit(limit))]


def events_naming(connection: Connection, subjects: Iterable[str]) -> dict[str, str]:
    """An event that names each of these subjects; who is erased is not there."""
    c = person_index.c
    query = select(c.subject_id, c.event_id).where(c.subject_id.in_(set(subjects) - {_DONE})).order_by(c.event_id)
    return {row.subject_id: row.event_id for row in connection.execute(query)}


def is_complete(connection: Connection, vault: Vault) -> bool:
    """Whether everybody is indexed, under the secret of now: one that was lost finds nobody (`vault.begin_anew`)."""
    said = connection.scalar(select(person_index.c.mac).where(person_index.c.subject_id == _DONE))
    return said is not None and bytes(said) == _mark(vault)


def forget_lost(connection: Connection, vault: Vault) -> None:
    """Forget rows made with a secret that is lost: they are made anew. Those of a start that was killed stay."""
    said = connection.scalar(select(person_index.c.mac).where(person_index.c.subject_id == _DONE))
    if said is not None and bytes(said) != _mark(vault):
        connection.execute(delete(person_index))


def index_piece(connection: Connection, vault: Vault, mapper: EventMapper, after: int) -> int | None:
    """Index the next events after a position, those that are there already left alone; the last position, None: none.

    Whoever calls it has the ledger's own stream locked: nobody can be erased meanwhile.
    """
    c = events.c
    topics = [topic_of(kind) for kind in NAMING_PEOPLE]
    query = select(c.position, c.topic, c.state).where(c.position > after, c.topic.in_(topics))
    found = connection.execute(query.order_by(c.position).limit(PIECE)).all()
    recorded = [mapper.decode(row.topic, bytes(row.state)) for row in found]
    for row in _rows(vault, recorded):
        insert_new(connection, person_index, dict(zip(_COLUMNS, row, strict=True)))
    return found[-1].position if found else None


def mark_complete(connection: Connection, vault: Vault) -> None:
    """Say that everybody is indexed."""
    insert_new(connection, person_index, {"mac": _mark(vault), "subject_id": _DONE, "event_id": ""})


def _mark(vault: Vault) -> bytes:
    return bytes.fromhex(vault.keyed_hash("index of people"))


def _rows(vault: Vault, recorded: Iterable[Event]) -> Sequence[tuple[Any, ...]]:
    """Two rows at most for each place: by the name and by the certificate's number."""
    places: list[tuple[Sealed, str]] = []
    for event in recorded:
        for person in people_of(event):
            places += [(one, event.id) for one in (person.name, person.certificate_no) if one is not None]
    rows: dict[tuple[Any, ...], None] = {}
    for (sealed, event_id), text in zip(places, vault.texts_of([one for one, _ in places]), strict=True):
        mac = None if text is None else person_mac(vault, text)
        if mac is not None:
            rows[mac, sealed.subject, event_id] = None
    return list(rows)
