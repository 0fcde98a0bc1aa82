"""The sealed log: every committed event once, dense, in an order that nothing committed later gets into."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from eventsourcing.persistence import Notification
from sqlalchemy import Engine, select, text

from domain.store.db.engine import reading, writing
from domain.store.db.schema import events, log_index
from domain.store.db.write_guard import OtherCluster
from domain.store.log import sequencer as sealer
from domain.store.log.recorder import LedgerRecorder
from domain.store.log.sequencer import seal, sealed_until, sealed_versions
from domain.values import agency_stream, instant
from tests.store.makers import append, append_within, undone


def seal_all(engine: Engine, expected: int) -> None:
    """Seal until so many more events are sealed: the server's own housekeeping may hold the horizon for a moment."""
    until, sealed = time.monotonic() + 20, 0
    while sealed < expected and time.monotonic() < until:
        sealed += seal(engine)
    assert sealed == expected


def _log(engine: Engine) -> list[tuple[int, str]]:
    with reading(engine) as connection:
        query = select(log_index.c.log_index, events.c.event_id).join(events, events.c.position == log_index.c.position)
        return [(row.log_index, row.event_id) for row in connection.execute(query.order_by(log_index.c.log_index))]


def test_events_are_numbered_from_one_without_gaps(engine: Engine) -> None:
    """Each run goes on where the last one ended; a rolled-back event takes no number; sealing twice adds nothing."""
    ids = [fact.id for fact in append(engine, "agency/a", 2)]
    seal_all(engine, 2)
    with undone(engine) as connection:
        append_within(connection, "agency/a")
    ids += [fact.id for fact in append(engine, "agency/b", 3)]
    seal_all(engine, 3)
    assert seal(engine) == 0
    assert _log(engine) == list(enumerate(ids, start=1))
    with reading(engine) as connection:
        assert sealed_until(connection)[0] == 5
        assert sealed_versions(connection, "agency/b", 4) == {1, 2}


def test_notifications_are_the_sealed_log(engine: Engine) -> None:
    """The library's readers get log indexes as ids, and nothing that is not sealed."""
    recorder = LedgerRecorder(engine)
    assert recorder.max_notification_id() is None
    append(engine, "agency/a", 3)
    assert list(recorder.select_notifications(1, 10)) == []
    seal_all(engine, 3)
    append(engine, "agency/a", 1)
    assert recorder.max_notification_id() == 3
    assert [one.id for one in recorder.select_notifications(1, 10)] == [1, 2, 3]
    assert [one.id for one in recorder.select_notifications(1, 10, inclusive_of_start=False, stop=2)] == [2]
    assert list(recorder.select_notifications(None, 10, topics=["steward.PledgeSigned"])) == []
    assert [one.originator_version for one in recorder.select_notifications(None, 1)] == [1]
    with pytest.raises(NotImplementedError, match="sealed"):
        recorder.subscribe()


@pytest.mark.postgres
def test_a_slow_transaction_is_not_overtaken(postgres_engine: Engine) -> None:
    """The case of events.md: the first transaction gets the later position and commits last, and is not lost.

    Until it ends nothing after it is sealed; then it comes first.
    """
    with writing(postgres_engine) as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))
        fast = append(postgres_engine, "agency/fast")[0]
        assert seal(postgres_engine) == 0
        late = append_within(slow, "agency/slow")[0]
        assert seal(postgres_engine) == 0
    seal_all(postgres_engine, 2)
    assert _log(postgres_engine) == [(1, late.id), (2, fast.id)]
    with reading(postgres_engine) as connection:
        by_position = connection.scalars(select(events.c.event_id).order_by(events.c.position)).all()
    assert by_position == [fast.id, late.id]


@pytest.mark.postgres
def test_an_aborted_transaction_holds_nothing_up(postgres_engine: Engine) -> None:
    """What was rolled back is not in the log, leaves no gap in it, and what waited for its end is sealed."""
    with undone(postgres_engine) as aborted:
        append_within(aborted, "agency/aborted", 5)
        kept = append(postgres_engine, "agency/kept")[0]
        assert seal(postgres_engine) == 0
    seal_all(postgres_engine, 1)
    assert _log(postgres_engine) == [(1, kept.id)]


@pytest.mark.postgres
def test_a_sealer_that_dies_leaves_nothing(postgres_engine: Engine) -> None:
    """Indexes and horizon are written together: a run cut off before its commit is as if it had not been."""
    facts = append(postgres_engine, count=4)
    with undone(postgres_engine) as connection:
        until = time.monotonic() + 20
        while sealer._seal_postgresql(connection) != 4:
            assert time.monotonic() < until
    assert _log(postgres_engine) == []
    seal_all(postgres_engine, 4)
    assert [event_id for _, event_id in _log(postgres_engine)] == [fact.id for fact in facts]


@pytest.mark.postgres
def test_only_one_seals_at_a_time(postgres_engine: Engine) -> None:
    """While one run is under way another one does nothing, and does not wait."""
    append(postgres_engine)
    with writing(postgres_engine) as connection:
        sealer._seal_postgresql(connection)
        started = time.monotonic()
        assert seal(postgres_engine) == 0
        assert time.monotonic() - started < 5


@pytest.mark.postgres
def test_sealed_at_never_runs_ahead_of_an_open_transaction(
    postgres_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers are cached for ever up to `sealed_at`: an event that is still to be committed is always after it."""
    monkeypatch.setattr(sealer, "IDLE", timedelta(0))
    append(postgres_engine, "agency/a")
    with writing(postgres_engine) as slow:
        recorded_at = append_within(slow, "agency/slow")[0].recorded_at
        append(postgres_engine, "agency/a")
        for _ in range(5):
            seal(postgres_engine)
            with reading(postgres_engine) as connection:
                sealed_at = sealed_until(connection)[1]
            assert sealed_at is None or sealed_at < recorded_at
    until, sealed_at = time.monotonic() + 20, None
    while (sealed_at is None or sealed_at <= recorded_at) and time.monotonic() < until:
        seal(postgres_engine)
        with reading(postgres_engine) as connection:
            sealed_at = sealed_until(connection)[1]
    assert sealed_at is not None
    assert sealed_at > recorded_at


def test_sealed_at_goes_on_while_nothing_happens(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet ledger can be cached too: the promise moves on with time, and stays behind the clock."""
    monkeypatch.setattr(sealer, "IDLE", timedelta(0))
    found: list[str] = []
    until = time.monotonic() + 20
    while len(found) < 2 and time.monotonic() < until:
        assert seal(engine) == 0
        with reading(engine) as connection:
            sealed_at = sealed_until(connection)[1]
        assert sealed_at is None or sealed_at <= instant(datetime.now(UTC))
        if sealed_at is not None and sealed_at not in found:
            found.append(sealed_at)
    assert len(found) == 2
    assert found == sorted(found)


@pytest.mark.postgres
def test_rows_of_another_cluster_stop_the_sealer(postgres_engine: Engine) -> None:
    """Transaction ids that this server has not given out cannot be ordered: stop by name, seal nothing."""
    append(postgres_engine)
    with writing(postgres_engine) as connection:
        connection.execute(text("UPDATE sealer SET horizon = '9999999999'"))
    with pytest.raises(OtherCluster, match="cluster"):
        seal(postgres_engine)
    assert _log(postgres_engine) == []
    with pytest.raises(OtherCluster, match="cluster"):
        append(postgres_engine)


def test_a_reader_of_the_log_misses_nothing(engine: Engine) -> None:
    """Four writers, some slow, some aborting, two sealers, one reader by `after=N`: each event seen once, in order."""
    done, seen = threading.Event(), list[Notification]()
    with ThreadPoolExecutor(7) as pool:
        others = [pool.submit(_keep_sealing, engine, done), pool.submit(_keep_sealing, engine, done)]
        others.append(pool.submit(_keep_reading, engine, done, seen))
        try:
            writing_ = [pool.submit(_keep_writing, engine, seed) for seed in range(4)]
            expected = {event_id for one in writing_ for event_id in one.result(60)}
            until = time.monotonic() + 60
            while len(seen) < len(expected) and time.monotonic() < until and not any(one.done() for one in others):
                time.sleep(0.01)
        finally:
            done.set()
        for one in others:
            one.result(60)
    assert [one.id for one in seen] == list(range(1, len(expected) + 1))
    assert {event_id for _, event_id in _log(engine)} == expected
    versions: dict[object, int] = {}
    for event in seen:
        assert event.originator_version == versions.get(event.originator_id, 0) + 1
        versions[event.originator_id] = event.originator_version


def _keep_writing(engine: Engine, seed: int) -> set[str]:
    """25 transactions on streams of its own, some of them slow, some undone; ids of what was committed."""
    dice, committed = random.Random(seed), set[str]()
    for _ in range(25):
        undo = dice.random() < 0.2
        with undone(engine) if undo else writing(engine) as connection:
            facts = append_within(connection, agency_stream(f"{seed}-{dice.randrange(3)}"), dice.randrange(1, 4))
            if dice.random() < 0.3:
                time.sleep(dice.random() / 50)
        committed |= set() if undo else {fact.id for fact in facts}
    return committed


def _keep_sealing(engine: Engine, done: threading.Event) -> None:
    while not done.is_set():
        seal(engine)
        time.sleep(0.002)


def _keep_reading(engine: Engine, done: threading.Event, seen: list[Notification]) -> None:
    """As a downstream reader: whatever comes after the last index it has."""
    recorder = LedgerRecorder(engine)
    while not done.is_set():
        seen += recorder.select_notifications(seen[-1].id if seen else 0, 7, inclusive_of_start=False)
        time.sleep(0.001)
