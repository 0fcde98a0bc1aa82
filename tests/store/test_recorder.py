"""The library's recorder on our tables, and the heads of streams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import InfrastructureFactoryError, IntegrityError, ProgrammingError
from sqlalchemy import Engine

from domain.agency import project_agency
from domain.errors import Unreadable
from domain.proof.check import NO_EVENTS, chained
from domain.store.db.engine import reading, writing
from domain.store.log import recorder
from domain.store.log import stream_heads as heads
from domain.store.log.factory import LedgerEventStore, LedgerFactory
from domain.store.log.mapper import EventMapper, LedgerStoredEvent
from domain.store.log.recorder import LedgerRecorder, events_of, find_event
from domain.store.log.stream_heads import advanced, head_of, lock_head, lock_heads, streams
from domain.values import stream_id
from tests.store.makers import MAPPER, STREAM, append, append_within, lapse, undone


@pytest.fixture
def recording(engine: Engine) -> LedgerRecorder:
    """A recorder on a new database."""
    return LedgerRecorder(engine)


def test_a_stream_is_selected_by_version(engine: Engine, recording: LedgerRecorder) -> None:
    """gt, lte, desc and limit mean what the library says, and streams do not mix."""
    append(engine, count=5)
    append(engine, "agency/other", 2)
    ours = stream_id(STREAM)

    def versions(**arguments: int | bool) -> list[int]:
        return [one.originator_version for one in recording.select_events(ours, **arguments)]  # type: ignore[arg-type]

    assert versions() == [1, 2, 3, 4, 5]
    assert versions(gt=2, lte=4) == [3, 4]
    assert versions(desc=True, limit=2) == [5, 4]
    assert list(recording.select_events(stream_id("agency/none"))) == []


def test_a_long_stream_is_read_in_pages(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages neither overlap nor leave gaps, whether or not the last one is full."""
    monkeypatch.setattr(recorder, "PAGE", 4)
    append(engine, count=12)
    with reading(engine) as connection:
        assert [one.originator_version for one in events_of(connection, STREAM)] == list(range(1, 13))
        assert [one.originator_version for one in events_of(connection, STREAM, gt=3, lte=9)] == list(range(4, 10))


def test_what_the_library_asks_happens_in_our_transaction(engine: Engine, recording: LedgerRecorder) -> None:
    """Within the block the recorder sees what the transaction has written; outside it sees what is committed."""
    with writing(engine) as connection:
        append_within(connection)
        with recording.within(connection):
            assert len(recording.select_events(stream_id(STREAM))) == 1
        assert len(recording.select_events(stream_id(STREAM))) == 0
    assert len(recording.select_events(stream_id(STREAM))) == 1


def test_events_are_inserted_within_a_transaction_only(engine: Engine, recording: LedgerRecorder) -> None:
    """Without a transaction nothing is inserted; with one, positions are not handed out as notification ids."""
    with writing(engine) as connection:
        stored = [MAPPER.to_stored_event(lapse(lock_head(connection, STREAM)))]
        with recording.within(connection):
            recording.insert_events(stored)
    with pytest.raises(ProgrammingError, match="within"):
        recording.insert_events(stored)


def test_a_version_is_taken_once(engine: Engine, recording: LedgerRecorder) -> None:
    """The same version of a stream, or the same event id, a second time is the library's IntegrityError."""
    fact = append(engine)[0]
    with pytest.raises(IntegrityError), writing(engine) as connection:
        recording.insert_events([MAPPER.to_stored_event(fact)], connection=connection)
    with undone(engine) as connection:
        other = MAPPER.to_stored_event(lapse(lock_head(connection, STREAM)))
    with pytest.raises(IntegrityError), writing(engine) as connection:
        recording.insert_events([LedgerStoredEvent(**{**vars(other), "event_id": fact.id})], connection=connection)
    assert len(recording.select_events(stream_id(STREAM))) == 1


def test_an_event_is_found_by_its_id(engine: Engine) -> None:
    """`find_event` gives stream and version, or None."""
    fact = append(engine, count=3)[2]
    with reading(engine) as connection:
        assert find_event(connection, fact.id) == (STREAM, 3)
        assert find_event(connection, "nothing") is None


def test_a_head_counts_and_chains(engine: Engine) -> None:
    """Version, count, last instant and hash of the head are those of the events; anybody can chain the hash again."""
    with reading(engine) as connection:
        assert head_of(connection, STREAM) is None
    facts = append(engine, count=2) + append(engine)
    with reading(engine) as connection:
        head = head_of(connection, STREAM)
        leaves = [one.leaf_hash for one in events_of(connection, STREAM)]
    assert head is not None
    assert (head.stream, head.version, head.count) == (STREAM, 3, 3)
    assert head.last_recorded_at == facts[-1].recorded_at
    assert head.hash == chained(NO_EVENTS, leaves) != chained(NO_EVENTS, reversed(leaves))
    assert head.originator_id == stream_id(STREAM)
    assert head.db_now.tzinfo is not None


def test_a_head_that_moved_is_a_conflict(engine: Engine, recording: LedgerRecorder) -> None:
    """Advancing from a version that is no longer there is the library's IntegrityError, and changes nothing."""
    append(engine)
    with writing(engine) as connection:
        old = lock_head(connection, STREAM)
    append(engine)
    moved = advanced(old, [MAPPER.to_stored_event(lapse(old))])
    with (
        pytest.raises(IntegrityError, match=r"moved meanwhile: 'agency/\w+' at version 1"),
        writing(engine) as connection,
    ):
        recording.insert_events([], connection=connection, heads=[(old, moved)])
    with reading(engine) as connection:
        assert (found := head_of(connection, STREAM)) is not None
        assert found.version == 2


def test_a_head_takes_only_what_follows(engine: Engine) -> None:
    """A gap in the versions, another stream's event, or an instant that is not later is a mistake of the caller."""
    append(engine)
    with writing(engine) as connection:
        head = lock_head(connection, STREAM)
        fits = MAPPER.to_stored_event(lapse(head))
        last = head.last_recorded_at
        for wrong in ({"originator_version": 3}, {"stream": "agency/other"}, {"recorded_at": last}):
            with pytest.raises(ValueError, match=r"follow|not after"):
                advanced(head, [LedgerStoredEvent(**{**vars(fits), **wrong})])


def test_streams_are_listed_by_name(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only streams with the prefix, in order, whatever the size of a page; empty heads are no streams."""
    monkeypatch.setattr(heads, "PAGE", 2)
    for stream in ("agency/3", "agency/1", "ledger", "agency/2", "agencies", "agency/中"):
        append(engine, stream)
    with writing(engine) as connection:
        lock_heads(connection, ["agency/0"])
    with reading(engine) as connection:
        assert list(streams(connection, "agency/")) == ["agency/1", "agency/2", "agency/3", "agency/中"]
        assert list(streams(connection)) == ["agencies", "agency/1", "agency/2", "agency/3", "agency/中", "ledger"]


class _Application(Application[UUID]):
    """The library's application on our factory, as the ledger is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        super().__init__({"CREATE_TABLE": "no"})

    def construct_factory(self, env: Any) -> LedgerFactory:
        return LedgerFactory(env, self._engine)


def test_the_library_builds_our_parts(engine: Engine) -> None:
    """The application of the library runs on our mapper, recorder and event store, by its own extension point."""
    with _Application(engine) as application:
        assert isinstance(application.mapper, EventMapper)
        assert isinstance(application.recorder, LedgerRecorder)
        assert isinstance(application.events, LedgerEventStore)
        facts = append(engine, count=3)
        assert list(application.events.get(stream_id(STREAM))) == facts
        with writing(engine) as connection:
            head = lock_head(connection, STREAM)
            assert application.events.put([lapse(head)], connection=connection, tracking=None) == []
        assert len(list(application.events.get(stream_id(STREAM)))) == 4


def test_the_librarys_repository_loads_an_agency_in_a_snapshot(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over several pages, up to a version too; the last or the first few are read by the library's own way."""
    monkeypatch.setattr(recorder, "PAGE", 3)
    facts = append(engine, count=7)
    with _Application(engine) as application:
        by_id = stream_id(STREAM)
        assert application.repository.get(by_id, projector_func=project_agency).trail.events == facts
        assert application.repository.get(by_id, version=5, projector_func=project_agency).version == 5
        assert list(application.events.get(by_id, gt=2, lte=4)) == facts[2:4]
        assert list(application.events.get(by_id, desc=True, limit=2)) == [facts[6], facts[5]]
        with pytest.raises(AggregateNotFoundError):
            application.repository.get(stream_id("agency/none"), projector_func=project_agency)


def test_a_stream_with_a_gap_is_not_loaded(engine: Engine) -> None:
    """What is missing is never passed over: the stream's events are counted as they come."""
    append(engine, count=2)
    with writing(engine) as connection:
        head = lock_head(connection, STREAM)
        beyond = MAPPER.to_stored_event(msgspec.structs.replace(lapse(head), version=4))
        LedgerRecorder(engine).insert_events([beyond], connection=connection)
    with _Application(engine) as application, pytest.raises(Unreadable, match="version 4 follows 2"):
        application.repository.get(stream_id(STREAM), projector_func=project_agency)


def test_the_library_makes_no_tables(engine: Engine) -> None:
    """Alembic owns the tables: asking the library for them is refused."""
    with pytest.raises(InfrastructureFactoryError, match="CREATE_TABLE"):
        LedgerFactory({"CREATE_TABLE": "yes"}, engine)
    factory = LedgerFactory({}, engine)
    with pytest.raises(NotImplementedError):
        factory.aggregate_recorder("snapshots")
