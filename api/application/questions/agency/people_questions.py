"""Where somebody is named: by the whole name or certificate number, for who supervises; every search is on record.

Parts of a name find nobody: what is searched is a keyed hash of the whole (`domain/store/log/person_index.py`).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import NamedTuple

from api.application.privacy.personal_data import ERASED
from api.application.privacy.reading_log import NotedReading
from api.application.questions.inquiry import Answer, Inquiry, question
from domain.events import Event, ProjectStarted
from domain.folding import compared
from domain.ledger.reader import Reader
from domain.measures.chapter2_filing import profile_on
from domain.measures.chapter3_business import ended_on
from domain.measures.text.implements import implements
from domain.store.keys.vault import Vault
from domain.store.log.event_index_sql import StoredEntries
from domain.store.log.person_index import events_naming, person_mac, where_named
from domain.trail.indexed_trail import IndexedTrail
from domain.trail.people import ON_FILE, PLACES, NamedPerson, PersonPlace, people_of, people_on_file
from domain.trail.trail import Facts
from domain.values import Instant, agency_stream
from projections.answers.people_search import PeopleFound, PersonFound
from projections.rows.read.published import LATEST, names_on

ROUTE = "/v1/people"
MOST_RECORDS, MOST = 300, 50
"""Records that are looked into, the latest; rows that are told."""
SOUGHT = 32
"""Digits of the hash under which a search is on record."""
_PARTICULARS = ("legal_representative", "technical_lead", "personnel")


class _Named(NamedTuple):
    """A place of a fact that names whom is looked for."""

    agency: str
    subject: str
    event: Event
    person: NamedPerson
    name: str


@question(ROUTE)
@implements("R37", "R39")
def people_named(inquiry: Inquiry, q: str) -> Answer:
    """Where somebody is named, as far as it counts now. Who looked for whom is on record before it is answered.

    Raises: Busy where that cannot be written.
    """
    with inquiry.looking_up() as (look_ups, reader):
        known_at = look_ups.district(None, None).known_at
        mac = person_mac(reader.vault, q)
        places = [] if mac is None else where_named(reader.connection, mac, MOST_RECORDS + 1)
        found = reader.named(one.event_id for one in places[:MOST_RECORDS])
        named = list(_said(reader, found.values(), {one.subject for one in places}, compared(q)))
        items = list(_items(reader, named, look_ups.today, known_at))
        sought = sought_hash(reader.vault, q)
    if mac is not None:
        _on_record(inquiry, sought, {(one.agency, one.subject) for one in named})
    more = len(places) > MOST_RECORDS or len(items) > MOST
    return Answer(PeopleFound(known_at=known_at, items=tuple(items[:MOST]), more=more))


def sought_hash(vault: Vault, words: str) -> str:
    """What stands on record of a search in place of the words: whoever types them again finds it, nobody reads them."""
    return vault.keyed_hash(f"sought:{compared(words)}")[:SOUGHT]


def whom(reader: Reader, subjects: Collection[str]) -> dict[str, str | dict[str, bool]]:
    """The names of subjects who were found by a search, for who reads the record of it; who is erased is marked so."""
    named = reader.named(events_naming(reader.connection, subjects).values())
    sealed = {one.name.subject: one.name for event in named.values() for one in people_of(event)}
    known = [sealed[one] for one in subjects if one in sealed]
    texts = dict(zip((one.subject for one in known), reader.vault.open_many(known), strict=True))
    return {one: texts.get(one) or dict(ERASED) for one in subjects}


def _said(reader: Reader, events: Iterable[Event], subjects: set[str], folded: str) -> Iterator[_Named]:
    """The places of these events whose name or certificate is the one looked for, as it opens now."""
    places = [(event, one) for event in events for one in people_of(event) if one.name.subject in subjects]
    names = reader.vault.open_many([one.name for _, one in places])
    numbers = reader.vault.open_many([one.certificate_no or one.name for _, one in places])
    for (event, one), name, number in zip(places, names, numbers, strict=True):
        if name is not None and folded in (compared(name), compared(number or "")):
            yield _Named(event.stream.removeprefix("agency/"), one.name.subject, event, one, name)


def _items(reader: Reader, named: list[_Named], today: date, known_at: Instant) -> Iterator[PersonFound]:
    """One row for each agency and place, in the order of places, of the latest record that says so; what was annulled
    says nothing."""
    codes = {one.agency for one in named}
    names = names_on(reader.connection, codes, LATEST, known_at) if codes else {}
    for agency in sorted(codes):
        stream = agency_stream(agency)
        trail = IndexedTrail(StoredEntries(reader.connection, stream, reader.memory.mapper))
        on_file = people_on_file(profile_on(trail.about(_PARTICULARS), today))
        standing = {(one.place, one.name.subject) for one in on_file}
        by_place: dict[PersonPlace, list[_Named]] = {}
        for one in named:
            if one.agency == agency and trail.counts(one.event):
                by_place.setdefault(one.person.place, []).append(one)
        for place, said in sorted(by_place.items(), key=lambda one: PLACES.index(one[0])):
            latest = max(said, key=lambda one: (one.event.occurred_on, one.event.version))
            yield PersonFound(
                agency=agency,
                agency_name=names.get(agency),
                place=place,
                name=latest.name,
                qualification=latest.person.qualification,
                event=latest.event.id,
                occurred_on=latest.event.occurred_on,
                records=len({one.event.id for one in said}),
                current=_is_current(place, said, standing, Facts(trail, today)),
            )


def _is_current(
    place: PersonPlace, said: list[_Named], standing: set[tuple[PersonPlace, str]], facts: Facts
) -> bool | None:
    if place in ON_FILE:
        return any((place, one.subject) in standing for one in said)
    projects = [one.event for one in said if isinstance(one.event, ProjectStarted)]
    return any(ended_on(facts, one) is None for one in projects) if projects else None


def _on_record(inquiry: Inquiry, sought: str, found: set[tuple[str, str]]) -> None:
    """One row of the search, and one at each agency for each subject that it found: never the words themselves."""
    at, readings = time.time(), inquiry.service.readings
    rows: list[tuple[str, dict[str, str]]] = [("", {"found": str(len(found)), "sought": sought})]
    rows += [(agency, {"subject": subject}) for agency, subject in sorted(found)]
    for agency, said in rows:
        readings.note(NotedReading(at, inquiry.caller, agency, f"GET {ROUTE}", b"", said))
    readings.flush()
