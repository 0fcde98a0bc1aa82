"""The floor of appending: hand-written SQL over psycopg2 that writes the very rows that the ledger has written.

The rows of each fact are read back from a ledger that has recorded it, and written again into an empty database of the
same schema: the head is locked, then one statement a table, then the commit. Nothing is decided and nothing projected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg2
from psycopg2.extras import execute_values
from sqlalchemy import make_url

from domain.values import FOREVER, agency_stream, stream_id
from projections.rows.write.tables import COLUMNS, SHAPES

_EVENT = "originator_id, originator_version, topic, state, stream, event_id, occurred_on, recorded_at, actor, leaf_hash"
_KEY = "INSERT INTO idempotency (token_sha256, key, body_sha256, created_at, status, answer) VALUES %s"


class Written(NamedTuple):
    """What one fact has written."""

    event: tuple[Any, ...]
    inserts: list[tuple[str, list[tuple[Any, ...]]]]
    """SQL with one %s for all rows, and the rows."""
    closings: list[tuple[str, tuple[Any, ...]]]


def connect(url: str) -> Any:
    """A connection of psycopg2, with nothing around it."""
    parts = make_url(url)
    return psycopg2.connect(
        host=parts.host, port=parts.port, user=parts.username, password=parts.password, dbname=parts.database
    )


def written(connection: Any, uscc: str) -> list[Written]:
    """What every fact of an agency has written, in order."""
    originator = str(stream_id(agency_stream(uscc)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_EVENT} FROM events WHERE originator_id = %s ORDER BY originator_version", (originator,)
        )
        events = cursor.fetchall()
        facts = {event[1]: Written(event, [], []) for event in events}
        at = {event[7]: event[1] for event in events}
        for table, (names, _) in COLUMNS.items():
            listed = ", ".join(names)
            cursor.execute(f"SELECT {listed} FROM {table} WHERE originator_id = %s", (originator,))
            insert = f"INSERT INTO {table} ({listed}) VALUES %s"
            rows: dict[int, list[tuple[Any, ...]]] = {}
            for row in cursor.fetchall():
                if table not in SHAPES:
                    rows.setdefault(row[-1], []).append(row)
                    continue
                known_from, known_to = names.index("known_from"), names.index("known_to")
                rows.setdefault(at[row[known_from]], []).append((*row[:known_to], FOREVER, *row[known_to + 1 :]))
                if row[known_to] in at:
                    keys = [names.index(name) for name in ("originator_id", *SHAPES[table].keys, "valid_from")]
                    where = " AND ".join(f"{names[key]} = %s" for key in keys)
                    close = f"UPDATE {table} SET known_to = %s WHERE {where} AND known_from = %s AND known_to = %s"
                    values = (row[known_to], *(row[key] for key in keys), row[known_from], FOREVER)
                    facts[at[row[known_to]]].closings.append((close, values))
            for version, made in rows.items():
                facts[version].inserts.append((insert, made))
    connection.rollback()
    return [facts[version] for version in sorted(facts)]


def write(cursor: Any, fact: Written, key: bytes | None) -> None:
    """Write one fact's rows, and the row of its key, in the caller's transaction."""
    originator, version, *_, stream, _, _, at, _, digest = fact.event
    cursor.execute("SELECT version FROM stream_heads WHERE originator_id = %s FOR UPDATE", (originator,))
    if cursor.fetchone() is None:
        cursor.execute(
            "INSERT INTO stream_heads (originator_id, stream, version, count, last_recorded_at, hash) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            (originator, stream, version, version, at, digest),
        )
    else:
        cursor.execute(
            "UPDATE stream_heads SET version = %s, count = %s, last_recorded_at = %s, hash = %s "
            "WHERE originator_id = %s",
            (version, version, at, digest, originator),
        )
    execute_values(cursor, f"INSERT INTO events ({_EVENT}) VALUES %s", [fact.event])
    for statement, values in fact.closings:
        cursor.execute(statement, values)
    for statement, rows in fact.inserts:
        execute_values(cursor, statement, rows)
    if key is not None:
        execute_values(cursor, _KEY, [(key, f"{originator} {version}", key, at, 201, b"{}")])


def write_many(cursor: Any, facts: list[Written]) -> None:
    """Write the rows of many facts, one statement a table, in the caller's transaction."""
    heads = {fact.event[0]: fact.event for fact in facts}
    for originator, version, *_, stream, _, _, at, _, digest in heads.values():
        cursor.execute("SELECT version FROM stream_heads WHERE originator_id = %s FOR UPDATE", (originator,))
        cursor.execute(
            "INSERT INTO stream_heads (originator_id, stream, version, count, last_recorded_at, hash) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (originator_id) DO UPDATE SET version = excluded.version, "
            "count = excluded.count, last_recorded_at = excluded.last_recorded_at, hash = excluded.hash",
            (originator, stream, version, version, at, digest),
        )
    execute_values(cursor, f"INSERT INTO events ({_EVENT}) VALUES %s", [fact.event for fact in facts], page_size=1000)
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for fact in facts:
        for statement, made in fact.inserts:
            rows.setdefault(statement, []).extend(made)
    for statement, made in rows.items():
        execute_values(cursor, statement, made, page_size=1000)
    for fact in facts:
        for statement, values in fact.closings:
            cursor.execute(statement, values)


def pieces(facts: list[Written], size: int) -> Iterator[list[Written]]:
    """So many at a time."""
    for start in range(0, len(facts), size):
        yield facts[start : start + size]
