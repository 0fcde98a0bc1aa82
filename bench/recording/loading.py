"""Loading an aggregate: from its stream to an agency that could decide, against SELECT, decode and a plain fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from bench import floor, peers
from bench.generate import History
from bench.measure import Finding, finding, in_turns, rate
from bench.place import Place, fill, place
from domain.values import agency_stream, stream_id
from tests.postgres_server import PostgresServer

OF = (1_000, 10_000)


def measure(server: PostgresServer, repetitions: int) -> list[Finding]:
    """The lines of the report."""
    lines = []
    with place(server, "loading") as target:
        for number, count in enumerate(OF):
            fill(target.ledger, History(number).facts(count))
            uscc = History(number).uscc
            ways: dict[str, Callable[[], float]] = {
                "ledger": lambda uscc=uscc, count=count: rate(lambda: load(target, uscc), count),  # type: ignore[misc]
                "floor": lambda uscc=uscc, count=count: rate(lambda: _floor(target, uscc), count),  # type: ignore[misc]
            }
            for kind in peers.APPENDING:
                ways[kind] = peers.loading(target.url, kind, count)
            found = in_turns(ways, repetitions)
            lines.append(
                finding(
                    f"loading an aggregate of {count:,} events",
                    "events/s",
                    found["ledger"],
                    found["floor"],
                    least=0.5,
                    note="floor: psycopg2 SELECT, JSON decoded, counted by type",
                )
            )
            lines += [
                finding(f"peer: {kind}, repository.get of {count:,} events", "events/s", found[kind], found["floor"])
                for kind in peers.APPENDING
            ]
    return lines


def load(target: Place, uscc: str) -> Any:
    """The agency with its whole trail, nothing of it in memory before."""
    with target.ledger.reading() as reader:
        return target.ledger.agency(reader, uscc)


def _floor(target: Place, uscc: str) -> Counter[str]:
    connection = floor.connect(target.url)
    counted: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT topic, state FROM events WHERE originator_id = %s ORDER BY originator_version",
            (str(stream_id(agency_stream(uscc))),),
        )
        for topic, state in cursor.fetchall():
            msgspec.json.decode(state)
            counted[topic] += 1
    connection.close()
    return counted
