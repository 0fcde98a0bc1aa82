"""What a process remembers does not outlive the history that it is of: after a failover an event may be gone.

A replica, or a primary that was lost a moment later, has shown an event that the new primary never got; the same place
of the stream holds another one there. Two copies of one file are the two servers, asked with one memory.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.events import Event
from domain.ledger.memory import LedgerMemory
from domain.ledger.reader import Reader
from domain.store.db.engine import open_engine, reading
from domain.store.db.migrate import migrate
from domain.store.log.stream_heads import versions
from projections.public.remembered import Remembered
from tests.store.makers import STREAM, append


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    """Two with the same three events."""
    first = open_engine(f"sqlite:///{tmp_path / 'first.db'}")
    migrate(first)
    append(first, count=3)
    first.dispose()
    shutil.copy(tmp_path / "first.db", tmp_path / "second.db")
    second = open_engine(f"sqlite:///{tmp_path / 'second.db'}")
    yield first, second
    first.dispose()
    second.dispose()


def events_of(engine: Engine, memory: LedgerMemory) -> tuple[Event, ...]:
    """All events of the stream, as a question finds them."""
    with reading(engine) as connection:
        return Reader(memory, connection, is_snapshot=True).events(STREAM)


@pytest.mark.parametrize(("lost", "own"), [(1, 0), (1, 1), (1, 2), (2, 1), (3, 3), (2, 5)])
def test_an_event_that_was_lost_is_in_no_answer(servers: tuple[Engine, Engine], lost: int, own: int) -> None:
    """Whatever the new primary has in its place, nothing or others; nor are these in the old one's answers."""
    gone, there = servers
    append(gone, count=lost)
    if own:
        append(there, count=own)
    memory = LedgerMemory()
    seen = events_of(gone, memory)
    assert len(seen) == 3 + lost
    found = events_of(there, memory)
    assert found == events_of(there, LedgerMemory())
    assert {one.id for one in found} & {one.id for one in seen[3:]} == set()
    assert events_of(gone, memory) == seen


def test_what_is_remembered_is_read_once(servers: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same history that goes on: known events are not read again, an older snapshot finds its own."""
    engine, memory = servers[0], LedgerMemory()
    with reading(engine) as old:
        before = Reader(memory, old, is_snapshot=True)
        first = before.events(STREAM)
        append(engine, count=2)
        assert len(events_of(engine, memory)) == 5
        read: list[str] = []

        def states_of(_: object, stream: str, **__: int) -> Iterator[object]:
            read.append(stream)
            return iter(())

        monkeypatch.setattr("domain.ledger.reader.states_of", states_of)
        assert before.events(STREAM) == first
        assert len(events_of(engine, memory)) == 5
        assert not read


def test_as_many_events_are_not_the_same_events(servers: tuple[Engine, Engine]) -> None:
    """What is remembered of the whole district goes by what was recorded when, not by how much."""
    gone, there = servers
    for one in servers:
        append(one)
    remembered = Remembered()
    with reading(gone) as connection:
        remembered.note_hints(Reader(LedgerMemory(), connection, is_snapshot=True))
        remembered.leave_hints(Reader(LedgerMemory(), connection, is_snapshot=True).recorded())
        old = versions(connection, "agency/")
    with reading(there) as connection:
        reader = Reader(LedgerMemory(), connection, is_snapshot=True)
        assert not remembered.hints_follow(reader)
        assert not remembered.hints_are_left(reader)
        assert versions(connection, "agency/") != old
