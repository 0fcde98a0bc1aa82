"""Two transactions that wait for each other: the one that the database takes back is begun anew (R43)."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from domain.ledger.unit_of_work import UnitOfWork
from domain.store.log.stream_heads import StreamHead
from domain.values import agency_stream
from tests.http.test_successions import agree, standing, succeed
from tests.http.world import World, body_of


@pytest.mark.shows("art.12", "R43")
def test_writers_at_an_agency_and_the_part_that_it_took_back(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has locked its own agency before it records at the other: on PostgreSQL they meet, on SQLite they cannot."""
    world = own_world
    both = whole, part = world.filed(), world.filed()
    world.must(succeed(world, whole, whole, part, kind="division", effective_on="2026-04-01"))
    world.must(succeed(world, part, whole, effective_on="2026-06-01"))
    real, meeting, streams = UnitOfWork.lock, threading.Barrier(2), set(map(agency_stream, both))

    def lock(unit: UnitOfWork, stream: str) -> StreamHead:
        found = real(unit, stream)
        if stream in streams and not meeting.broken:
            with suppress(threading.BrokenBarrierError):
                meeting.wait(2)
            meeting.abort()
        return found

    monkeypatch.setattr(UnitOfWork, "lock", lock)
    answers: list[int] = []

    def record(uscc: str) -> None:
        body = {**body_of("EnterBadRecord"), "entered_on": "2026-03-01"}
        answers.append(world.association.post(f"/v1/agencies/{uscc}/bad-records", body).status_code)

    threads = [threading.Thread(target=record, args=(one,)) for one in both]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == [201, 201]
    assert standing(world, whole)["bad_records"]["total"] == 2
    agree(world)
