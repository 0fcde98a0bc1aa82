"""Rebuilding the rows of a whole ledger: against reading and decoding its events, with one process and two,
and against the stock projection runner that does the same projections event by event.
"""

from __future__ import annotations

from bench import peers
from bench.generate import History
from bench.measure import Finding, finding, in_turns, rate
from bench.place import Place, fill, place
from domain.ledger.memory import StreamCache
from domain.ledger.reader import Reader
from domain.store.db.engine import reading
from projections.rebuild.rebuild import rebuild
from tests.postgres_server import PostgresServer

OF_AN_AGENCY = 500


def measure(server: PostgresServer, repetitions: int, events: int) -> list[Finding]:
    """The lines of the report."""
    with place(server, "rebuilding") as target:
        for number in range(events // OF_AN_AGENCY):
            fill(target.ledger, History(number).facts(OF_AN_AGENCY))
        ways = {
            "one": lambda: rate(lambda: _rebuild(target, 1), events),
            "two": lambda: rate(lambda: _rebuild(target, 2), events),
            "floor": lambda: rate(lambda: _read(target), events),
        }
        if "eventsourcing" in peers.APPENDING:
            ways["stock"] = lambda: peers.projected(target, server, min(events, 3_000))
        found = in_turns(ways, repetitions)
    lines = [
        finding(
            "rebuild with 2 processes, to reading and decoding the same events",
            "events/s",
            found["two"],
            found["floor"],
            note="projected, compared with what is kept, put aside",
        ),
        finding("rebuild with 2 processes, to 1", "events/s", found["two"], found["one"], least=1.5),
    ]
    if "stock" in found:
        lines.append(
            finding(
                "rebuild with 2 processes, to the stock projection runner",
                "events/s",
                found["two"],
                found["stock"],
                least=20,
                note="the same projections, its tracking and rows in one transaction",
            )
        )
    return lines


def _rebuild(target: Place, jobs: int) -> None:
    outcome = rebuild(target.url, jobs=jobs, progress=lambda *_: None, report=lambda _: None, afresh=True)
    if outcome.differences:
        raise RuntimeError(f"{outcome.differences} rows differ from what was recorded")


def _read(target: Place) -> None:
    target.ledger.memory.streams = StreamCache(1)
    with reading(target.engine) as connection:
        for _ in Reader(target.ledger.memory, connection).agencies():
            pass
