"""Events to bytes and back: nothing is lost, and nothing that cannot be read is skipped."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from eventsourcing.persistence import StoredEvent
from sqlalchemy import Engine, text

from domain.errors import Unreadable
from domain.events import EVENT_TYPES, Event, topic_of
from domain.proof.check import leaf_hash
from domain.store.db.engine import reading, writing
from domain.store.log.mapper import EventMapper, LedgerStoredEvent
from domain.store.log.recorder import LedgerRecorder, events_of
from tests.store.makers import MAPPER, STREAM, one_of_each

EVENTS = one_of_each()


def _stored(event: Event) -> LedgerStoredEvent:
    return replace(MAPPER.to_stored_event(event), position=7)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_type_comes_back_as_it_went(event: Event) -> None:
    """Event -> bytes -> event is the same event and the same bytes: UTF-8 JSON, sorted keys, no escapes."""
    stored = MAPPER.to_stored_event(event)
    assert stored.topic == f"steward.{type(event).__name__}"
    again = MAPPER.to_domain_event(stored)
    assert again == event
    assert type(again) is type(event)
    assert MAPPER.to_stored_event(again).state == stored.state
    plain = json.loads(stored.state)
    assert json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == stored.state
    assert (plain["type"], plain["stream"], plain["version"]) == (type(event).__name__, event.stream, event.version)


def test_every_type_is_sampled() -> None:
    """The samples above leave no stored fact out."""
    assert {topic_of(type(event)) for event in EVENTS} == set(EVENT_TYPES)


def test_the_database_gives_back_the_very_bytes(engine: Engine) -> None:
    """What is selected equals what was inserted, column by column and byte by byte, in both databases."""
    stored = [MAPPER.to_stored_event(event) for event in EVENTS]
    with writing(engine) as connection:
        LedgerRecorder(engine).insert_events(stored, connection=connection)
    with reading(engine) as connection:
        found = list(events_of(connection, STREAM))
        types = {type(one.state) for one in found} | {type(one.leaf_hash) for one in found}
    assert [replace(one, position=None) for one in found] == stored
    assert types == {bytes}
    assert [MAPPER.to_domain_event(one) for one in found] == EVENTS


def test_the_leaf_hash_is_that_of_rfc_6962() -> None:
    """SHA-256 over a zero byte and the stored bytes, so that anybody can check it."""
    stored = MAPPER.to_stored_event(EVENTS[0])
    assert stored.leaf_hash == hashlib.sha256(b"\x00" + stored.state).digest()
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_an_unknown_topic_stops() -> None:
    """An event of a type that this version does not know is named by position, stream, version and topic."""
    with pytest.raises(Unreadable) as stopped:
        MAPPER.to_domain_event(replace(_stored(EVENTS[0]), topic="steward.FromTheFuture"))
    for part in ("position 7", STREAM, "version 1", "steward.FromTheFuture"):
        assert part in str(stopped.value)


@pytest.mark.parametrize(
    "state",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"type":"PledgeSigned"}', b"null"],
    ids=["empty", "cut off", "no object", "no UTF-8", "another type", "null"],
)
def test_undecodable_bytes_stop(state: bytes) -> None:
    """Bytes that are not the JSON of that type are never read as something else."""
    with pytest.raises(Unreadable, match=r"position 7, stream 'agency/.*version 1, topic .*undecodable"):
        MAPPER.to_domain_event(replace(_stored(EVENTS[0]), state=state))


def test_a_field_too_many_or_too_few_stops() -> None:
    """A field that this version does not know would be lost by reading on; a missing one would be made up."""
    stored = _stored(EVENTS[0])
    plain = json.loads(stored.state)
    without = {name: value for name, value in plain.items() if name != "actor"}
    for changed in ({**plain, "extra": 1}, without):
        with pytest.raises(Unreadable, match="undecodable"):
            MAPPER.to_domain_event(replace(stored, state=json.dumps(changed).encode()))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("originator_version", 99),
        ("stream", "agency/other"),
        ("originator_id", MAPPER.to_stored_event(EVENTS[0]).originator_id.__class__(int=1)),
        ("event_id", "other"),
        ("actor", "other"),
        ("recorded_at", "2020-01-01T00:00:00.000000Z"),
    ],
)
def test_bytes_that_disagree_with_their_row_stop(column: str, value: object) -> None:
    """A row moved to another stream or version, or with another author, is not believed."""
    with pytest.raises(Unreadable, match="the stored bytes say"):
        MAPPER.to_domain_event(replace(_stored(EVENTS[0]), **{column: value}))  # type: ignore[arg-type]


def test_the_library_s_own_rows_are_checked_too() -> None:
    """A plain StoredEvent, as in a notification, is compared by originator and version."""
    stored = MAPPER.to_stored_event(EVENTS[0])
    plain = StoredEvent(stored.originator_id, stored.originator_version, stored.topic, stored.state)
    assert MAPPER.to_domain_event(plain) == EVENTS[0]
    with pytest.raises(Unreadable, match="version 1"):
        MAPPER.to_domain_event(replace(plain, originator_version=2))


def test_only_facts_are_stored() -> None:
    """What is not in domain/events.py has no topic for ever, so it is refused; so are compressed or encrypted bytes."""
    with pytest.raises(TypeError, match="not an event"):
        MAPPER.to_stored_event(object())
    with pytest.raises(ValueError, match="plain JSON"):
        EventMapper(compressor=object())  # type: ignore[arg-type]


def test_a_damaged_row_is_named(engine: Engine) -> None:
    """Bytes damaged in the database itself, with the triggers taken away, stop the reader at their position."""
    with writing(engine) as connection:
        LedgerRecorder(engine).insert_events([MAPPER.to_stored_event(EVENTS[0])], connection=connection)
    if engine.dialect.name == "sqlite":
        with writing(engine) as connection:
            connection.execute(text("DROP TRIGGER events_no_update"))
            connection.execute(text("UPDATE events SET state = CAST('{' AS BLOB)"))
    else:
        with writing(engine) as connection:
            connection.execute(text("RESET ROLE"))
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
            connection.execute(text("UPDATE events SET state = '{'"))
    with reading(engine) as connection, pytest.raises(Unreadable, match=r"position \d+.*undecodable"):
        [MAPPER.to_domain_event(one) for one in events_of(connection, STREAM)]
