"""Appending facts: through the ledger, by the hand-written floor, and by the stock recorders; 1 and 8 writers.

Every writer is a process with agencies of its own, as officers have; each fact is a transaction with its key.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from api.application import idempotency
from api.application.idempotency import keyed
from bench import floor, peers
from bench.generate import Fact, History, command_of, record
from bench.measure import Finding, finding, in_turns, median
from bench.place import Place, fill, opened, place
from tests.postgres_server import PostgresServer

WARM = 40
"""Facts of each agency that are there before."""
WRITERS = 8


class Job(NamedTuple):
    """What the writers do: each agency's first facts are there, the rest is written singly."""

    kind: str
    url: str
    source: str
    agencies: int
    """Of each writer."""
    facts: int
    """Of each agency, timed."""


def measure(server: PostgresServer, repetitions: int, facts: int) -> list[Finding]:
    """The lines of the report: each repetition writes into databases of its own, one way after the other."""
    kinds = ["ledger", "floor", *peers.APPENDING]
    ways: dict[str, Callable[[], float]] = {}
    for writers in (1, WRITERS):
        for kind in kinds:
            ways[f"{kind} {writers}"] = way(server, kind, writers, facts)
    found = in_turns(ways, repetitions)
    one, many = found["ledger 1"], found[f"ledger {WRITERS}"]
    lines = [
        finding("append, 1 writer", "facts/s", one, found["floor 1"], least=0.5, note="floor: hand-written psycopg2"),
        finding(f"append, {WRITERS} writers", "facts/s", many, found[f"floor {WRITERS}"], least=0.4, note="same floor"),
        finding(
            f"append, {WRITERS} writers to 1",
            "facts/s",
            many,
            one,
            least=1.8,
            note=f"the floor itself: {median(found[f'floor {WRITERS}']) / median(found['floor 1']):.2f}",
        ),
    ]
    for kind in peers.APPENDING:
        for writers in (1, WRITERS):
            lines.append(
                finding(
                    f"peer: {kind}, {writers} writer(s)",
                    "events/s",
                    found[f"{kind} {writers}"],
                    found[f"floor {writers}"],
                    note="event alone: no decision, no rows, no key",
                )
            )
    return lines


_count = iter(range(10**9))


def _nothing(_: Place) -> AbstractContextManager[None]:
    return nullcontext()


def way(
    server: PostgresServer,
    kind: str,
    writers: int,
    facts: int,
    beside: Callable[[Place], AbstractContextManager[None]] = _nothing,
) -> Callable[[], float]:
    """One repetition: a new database, the warm facts, then all writers at once. Facts a second.

    `beside`: what goes on meanwhile on the same database.
    """
    agencies = 4 if writers == 1 else 1
    each = facts // (agencies * writers)

    def once() -> float:
        with place(server, f"source_{next(_count)}") as source:
            if kind == "floor":
                for number in range(agencies * writers):
                    fill(source.ledger, History(number).facts(WARM + each))
            with place(server, f"append_{next(_count)}") as target:
                if kind in peers.APPENDING:
                    peers.stock_application(target.url, kind).close()  # its tables, before eight writers want them
                with beside(target):
                    return _race(Job(kind, target.url, source.url, agencies, each), writers)

    return once


def _race(job: Job, writers: int) -> float:
    """All writers start together; how many facts a second they wrote, by the slowest."""
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Barrier(writers), spawn.SimpleQueue()
    processes = [spawn.Process(target=_write, args=(job, number, start, results)) for number in range(writers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(600)
        if process.exitcode != 0:
            start.abort()
            raise RuntimeError(f"a writer ended with {process.exitcode}")
    spans: list[tuple[float, float]] = [results.get() for _ in processes]
    return writers * job.agencies * job.facts / (max(end for _, end in spans) - min(begin for begin, _ in spans))


def _write(job: Job, writer: int, start: Any, results: Any) -> None:
    numbers = range(writer * job.agencies, (writer + 1) * job.agencies)
    ways: dict[str, Callable[[Job, range], Iterator[Any]]] = {"ledger": _by_ledger, "floor": _by_floor}
    steps = (ways.get(job.kind) or peers.APPENDING[job.kind])(job, numbers)
    next(steps)  # the warm facts
    start.wait(120)
    began = time.monotonic()
    for _ in steps:
        pass
    results.put((began, time.monotonic()))


def _by_ledger(job: Job, numbers: range) -> Iterator[None]:
    waiting = {number: list(History(number).facts(WARM + job.facts)) for number in numbers}
    with opened(job.url) as target:
        for number in numbers:
            fill(target.ledger, waiting[number][:WARM])
        yield
        for number in numbers:
            for fact in waiting[number][WARM:]:
                append_one(target, fact)
                yield


def append_one(target: Place, fact: Fact) -> None:
    """A fact as HTTP records it: parsed, key, lock, decision, rows, one transaction."""
    agency, command = command_of(fact)
    this = idempotency.attempt(hashlib.sha256(b"bench").digest(), fact.id, fact.post, fact.body)

    with target.ledger.writing() as unit:
        keyed(unit, this, lambda: _recorded(unit, fact, agency, command))


def append_all(target: Place, facts: Iterable[Fact]) -> None:
    """Facts one after the other."""
    for fact in facts:
        append_one(target, fact)


def _recorded(unit: Any, fact: Fact, agency: str, command: Any) -> dict[str, Any]:
    record(unit, fact, agency, command)
    return {"id": fact.id}


def _by_floor(job: Job, numbers: range) -> Iterator[None]:
    with floor.connect(job.source) as source:
        facts = {number: floor.written(source, History(number).uscc) for number in numbers}
    connection = floor.connect(job.url)
    cursor = connection.cursor()
    key = hashlib.sha256(b"bench").digest()
    for number in numbers:
        for fact in facts[number][:WARM]:
            floor.write(cursor, fact, None)
    connection.commit()
    yield
    for number in numbers:
        for fact in facts[number][WARM:]:
            floor.write(cursor, fact, key)
            connection.commit()
            yield
    connection.close()
