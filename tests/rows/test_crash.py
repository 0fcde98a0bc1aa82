"""A process that is killed while it records: what it was told is there, with its rows, and nothing is half there."""

from __future__ import annotations

import random
import time
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import func, select

from bench.generate import History, send
from domain.store.db.engine import open_engine
from domain.store.db.schema import events
from domain.store.log.sequencer import seal
from domain.values import agency_stream
from projections.rebuild.inspect_rows import check
from projections.rows.write.projector import open_ledger
from tests.databases import Databases
from tests.processes import FORK, process
from tests.rows.ledgers import BOTH, new_ledger

KILLS = 4


def record_until_killed(url: str, number: int, told: Connection) -> None:
    """What the process does: one fact a transaction, telling each id when it is committed; sealing now and then."""
    ledger = open_ledger(open_engine(url))
    for place, fact in enumerate(History(number).facts(10_000)):
        with ledger.writing() as unit:
            send(unit, fact)
        told.send(fact.id)
        if place % 7 == 0:
            seal(ledger.engine)


@pytest.mark.slow
@pytest.mark.parametrize("kind", BOTH)
def test_a_killed_process_loses_nothing_that_it_was_told(kind: str, databases: Databases) -> None:
    """Killed at random moments: every acknowledged event is there, rows agree with the replay, the log is dense."""
    chance = random.Random(3)
    with new_ledger(kind, databases) as ledger:
        url = ledger.engine.url.render_as_string(hide_password=False)
        for number in range(KILLS):
            heard, told = FORK.Pipe(duplex=False)
            writer = process(record_until_killed, url, number, told)
            writer.start()
            told.close()
            ids = [heard.recv()]  # it has begun
            until = time.monotonic() + chance.uniform(0.2, 1.2)
            while time.monotonic() < until:
                ids += [heard.recv()] if heard.poll(0.01) else []
            writer.kill()
            writer.join()
            ids += rest(heard)
            with ledger.reading() as reader:
                stored = [event.id for event in reader.agency_events(History(number).uscc)]
            assert stored[: len(ids)] == ids
            assert len(stored) <= len(ids) + 1, "at most the one that was under way"
        while seal(ledger.engine):
            pass
        with ledger.reading() as reader:
            count = reader.connection.scalar(select(func.count()).select_from(events))
            assert reader.sealed()[0] == count
            assert reader.versions_in_log(agency_stream(History(0).uscc), count or 0)
        outcome = check(url, jobs=1, progress=lambda *_: None, report=lambda found: pytest.fail(str(found)), bases=20)
        assert (outcome.agencies, outcome.differences) == (KILLS, 0)


def rest(heard: Connection) -> list[str]:
    """What was told and not heard yet."""
    found = []
    try:
        while heard.poll(0):
            found.append(heard.recv())
    except EOFError:
        pass
    return found
