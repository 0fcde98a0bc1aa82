"""Looking up at any basis as histories grow: 10,000 agencies with more and more rows each.

A hundred agencies get real histories through the ledger; the others are copies of them under codes of their own.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from psycopg2.extras import execute_values

from bench import floor
from bench.generate import History, uscc
from bench.measure import Finding, finding, in_turns, median
from bench.place import Place, fill, place
from domain.store.db.fast_read import quick_reads
from domain.values import agency_stream, instant, stream_id
from projections.rows.read.row_queries import RowQueries
from projections.rows.read.row_sql import asked, look_up_query, parameters_of
from projections.rows.write.tables import COLUMNS, SHAPES
from tests.postgres_server import PostgresServer

AGENCIES = 10_000
TEMPLATES = 100
LOOK_UPS = 1_000
"""Of one agency, a repetition."""
DISTRICTS = 5
ROWS_OF_A_FACT = 1.75
"""About so many rows a fact leaves in the tables that a look-up searches; what there really is, is counted."""
SEARCHED = (*SHAPES, "events")


def measure(server: PostgresServer, repetitions: int, sizes: tuple[int, ...]) -> list[Finding]:
    """The lines of the report: the smallest size is what the others are measured against."""
    with ExitStack() as stack:
        places, rows = {}, {}
        for size in sizes:
            made = stack.enter_context(place(server, f"look_up_{size}"))
            places[f"{size:,}"], rows[f"{size:,}"] = made, grow(made, size)
        one = in_turns({name: lambda made=made: _one_agency(made) for name, made in places.items()}, repetitions)  # type: ignore[misc]
        all_ = in_turns({name: lambda made=made: _district(made) for name, made in places.items()}, repetitions)  # type: ignore[misc]
    smallest, largest = next(iter(places)), list(places)[-1]
    lines = []
    for name in list(places)[1:]:
        note = f"rows: {rows[smallest]:,} and {rows[name]:,}; p50 of {LOOK_UPS} random questions"
        goal = 1.4 if name == largest else None
        lines.append(
            finding(
                f"look-up of one agency, {name} rows to {smallest}", "s", one[name], one[smallest], most=goal, note=note
            )
        )
        lines.append(
            finding(
                f"district of {AGENCIES:,} agencies, {name} rows to {smallest}",
                "s",
                all_[name],
                all_[smallest],
                most=4 if goal else None,
                note="statistics at random bases",
            )
        )
    return lines


def grow(made: Place, size: int) -> int:
    """Fill a ledger up to about so many rows; how many there are."""
    each = max(3, round(size / AGENCIES / ROWS_OF_A_FACT))
    for number in range(TEMPLATES):
        fill(made.ledger, History(number).facts(each))
    copies = [
        (
            str(stream_id(agency_stream(uscc(number % TEMPLATES)))),
            str(stream_id(agency_stream(uscc(number)))),
            agency_stream(uscc(number)),
        )
        for number in range(TEMPLATES, AGENCIES)
    ]
    connection = floor.connect(made.url)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copies (source uuid, copy uuid, stream text)")
        waiting = iter(copies)
        while part := list(islice(waiting, 5000)):
            execute_values(cursor, "INSERT INTO copies VALUES %s", part)
        _copy(cursor, "stream_heads", ("version", "count", "last_recorded_at", "hash"), "stream", "c.stream")
        _copy(
            cursor,
            "events",
            ("originator_version", "topic", "occurred_on", "recorded_at", "actor", "leaf_hash"),
            "stream, event_id, state",
            "c.stream, gen_random_uuid()::text, ''",
        )
        for table in SHAPES:
            _copy(cursor, table, tuple(name for name in COLUMNS[table][0] if name != "originator_id"))
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in SEARCHED))
        count = sum(row[0] for row in cursor.fetchall())
    connection.commit()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    connection.close()
    return int(count)


def _copy(cursor: object, table: str, columns: tuple[str, ...], more: str = "", values: str = "") -> None:
    listed = ", ".join(columns)
    names, given = ", ".join(filter(None, (listed, more))), ", ".join(filter(None, (listed_of(columns), values)))
    cursor.execute(  # type: ignore[attr-defined]  # psycopg2 has no types
        f"INSERT INTO {table} (originator_id, {names}) SELECT c.copy, {given} "
        f"FROM {table} t JOIN copies c ON c.source = t.originator_id"
    )


def listed_of(columns: tuple[str, ...]) -> str:
    """The columns of the row that is copied."""
    return ", ".join(f"t.{name}" for name in columns)


def _random_day(chance: random.Random) -> date:
    return date(2017, 1, 1) + timedelta(days=chance.randrange(3_500))


def _one_agency(made: Place) -> float:
    """Median seconds of a look-up, one after the other."""
    return asyncio.run(_asked(made))


async def _asked(made: Place) -> float:
    chance = random.Random(5)
    now = instant(datetime.now(UTC))
    with made.ledger.reading() as reader:
        law = reader.law(now)
    if law is None:
        raise RuntimeError("no law was adopted")
    reads = await quick_reads(made.engine)
    took = []
    for _ in range(LOOK_UPS):
        basis = asked(law, _random_day(chance), now)
        query = look_up_query("postgresql", basis)
        values = parameters_of(basis) | {"stream": agency_stream(uscc(chance.randrange(AGENCIES)))}
        began = time.perf_counter()
        await reads.row(query, values)
        took.append(time.perf_counter() - began)
    await reads.close()
    return median(took)


def _district(made: Place) -> float:
    """Median seconds of the whole district in numbers."""
    chance, took = random.Random(6), []
    for _ in range(DISTRICTS):
        with made.ledger.reading() as reader:
            look_ups = RowQueries(reader, instant(datetime.now(UTC)))
            began = time.perf_counter()
            look_ups.statistics(look_ups.district(_random_day(chance)))
            took.append(time.perf_counter() - began)
    return median(took)
