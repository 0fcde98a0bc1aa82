"""The read models in the database: rows in, rows out, many at a time, in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from itertools import repeat
from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.store.db.dialect import Dialect, dialect_of, each_of, many, mark, read_day
from domain.store.db.statements import Insert, RowUpdate, run
from domain.values import FOREVER, Instant, instant, stream_id
from projections.rows.score_values import SCORES, Score, ScoreConsequence
from projections.rows.write.conduct_rows import FILED, LAPSES, PROJECTS, RECORDS
from projections.rows.write.current_rows import CurrentRow, Period, RowKey
from projections.rows.write.result_rows import RESULTS, Result
from projections.rows.write.status_rows import SANCTIONS, STATUS, Sanction, Status
from projections.rows.write.worklist_rows import MATTERS, Matter


class Shape(NamedTuple):
    """How a table keeps its values: columns and their PostgreSQL types, from a place and value, and back."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    out: Callable[[RowKey, Any], tuple[Any, ...]]
    back: Callable[[Sequence[Any]], Any]
    keys: tuple[str, ...] = ()
    """Of `year` and `key` those that the table has."""


def _day(value: date | str | None) -> date | None:
    return None if value is None else read_day(value)


def _iso(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _instant(value: datetime | str) -> Instant:
    return value if isinstance(value, str) else instant(value)


def _score_out(_: RowKey, score: Score) -> tuple[Any, ...]:
    if score.shown is None:
        raise ValueError("a score is stored with what it shows")
    return (*score.counts, score.honours, score.override, *score.shown)


def _result_out(_: RowKey, one: Result) -> tuple[Any, ...]:
    return (*one[:7], int(one.assessed), _iso(one.deadline), int(one.revised), one.category_key)


def _result_back(row: Sequence[Any]) -> Result:
    return Result._make((*row[:7], bool(row[7]), _day(row[8]), bool(row[9]), row[10]))


def _matter_out(_: RowKey, one: Matter) -> tuple[Any, ...]:
    return (
        one.kind,
        one.status,
        one.begun_on.isoformat(),
        _iso(one.due_on),
        one.about,
        one.about_year,
        int(one.is_open),
    )


def _matter_back(row: Sequence[Any]) -> Matter:
    return Matter(row[0], row[1], _day(row[2]), _day(row[3]), row[4], row[5], bool(row[6]))  # type: ignore[arg-type]  # never null


SHAPES: dict[str, Shape] = {
    STATUS: Shape(
        ("name", "category", "category_key", "filing", "warning", "advice", "search", "service"), ("text",) * 8,
        lambda _, value: tuple(value),
        lambda row: Status(*row),
    ),
    FILED: Shape((), (), lambda _, value: (), lambda row: None),
    PROJECTS: Shape(("search",), ("text",), lambda _, value: (value,), lambda row: row[0], ("key",)),
    LAPSES: Shape(
        ("item",), ("int",), lambda place, _: (int(place.key.partition(":")[0]),), lambda row: None, ("year", "key")
    ),
    RECORDS: Shape(("records",), ("int",), lambda _, value: (value,), lambda row: row[0], ("year",)),
    SANCTIONS: Shape(
        ("tier", "verified", "since", "until", "events"), ("text", "int", "date", "date", "text"),
        lambda _, one: (str(one.tier), one.verified, _iso(one.since), _iso(one.until), json.dumps(one.events)),
        lambda row: Sanction(row[0], row[1], _day(row[2]), _day(row[3]), tuple(json.loads(row[4]))),
    ),
    SCORES: Shape(
        ("forms", "a", "b", "c", "scores", "hundredths", "honours", "override", "quality_shown", "effect_shown",
         "honours_shown", "rest"),
        ("int",) * 6 + ("text",) * 5 + ("int",),
        _score_out, lambda row: Score(tuple(row[:6]), row[6], row[7], ScoreConsequence(*row[8:])), ("year",),
    ),
    RESULTS: Shape(
        ("version", "name", "category", "grade", "total", "hundredths", "rank", "assessed", "deadline", "revised",
         "category_key"),
        ("int", "text", "text", "text", "text", "int", "int", "int", "date", "int", "text"), _result_out, _result_back,
        ("year", "key"),
    ),
    MATTERS: Shape(
        ("kind", "status", "begun_on", "due_on", "about", "about_year", "is_open"),
        ("text", "text", "date", "date", "text", "int", "int"), _matter_out, _matter_back, ("key",),
    ),
}  # fmt: skip
_KEY_TYPES = {"year": "int", "key": "text"}


Tuples = dict[str, list[tuple[Any, ...]]]
"""Rows by table, each in the order of the table's `COLUMNS`."""


def _columns(shape: Shape) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = ("originator_id", *shape.keys, "valid_from", "valid_to", "known_from", "known_to", *shape.columns)
    types = ("uuid", *(_KEY_TYPES[key] for key in shape.keys), "date", "date", "timestamptz", "timestamptz")
    return names, (*types, *shape.types)


COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "event_keys": (("originator_id", "key", "version"), ("uuid", "text", "int")),
    "annulled": (("originator_id", "version", "by_version"), ("uuid", "int", "int")),
    **{table: _columns(shape) for table, shape in SHAPES.items()},
}
"""Names and PostgreSQL types of the columns of everything that is kept beside the events."""


def tuples_of(rows: Iterable[tuple[str, CurrentRow]]) -> Tuples:
    """The rows of streams as the tables keep them."""
    found: Tuples = {}
    ids: dict[str, str] = {}
    for stream, row in rows:
        place, step = row.place, row.step
        shape = SHAPES[place.table]
        values = (
            ids.get(stream) or ids.setdefault(stream, _id(stream)),
            *[getattr(place, key) for key in shape.keys],
            step.valid_from.isoformat(),
            step.valid_to.isoformat(),
            row.known_from,
            row.known_to,
            *shape.out(place, step.value),
        )
        found.setdefault(place.table, []).append(values)
    return found


def inserts(tuples: Tuples) -> list[Insert]:
    """How what is kept beside the events is written."""
    return [Insert(table, *COLUMNS[table], tuples[table]) for table in sorted(tuples)]


def closings(rows: Iterable[tuple[str, CurrentRow]]) -> list[RowUpdate]:
    """How rows that stood get their `known_to`: the only change that a row ever sees."""
    by_table: dict[str, list[tuple[Any, ...]]] = {}
    for stream, row in rows:
        keys = tuple(getattr(row.place, key) for key in SHAPES[row.place.table].keys)
        values = (row.known_to, _id(stream), *keys, row.step.valid_from.isoformat(), row.step.valid_to.isoformat())
        by_table.setdefault(row.place.table, []).append(values)
    return [
        RowUpdate(
            table,
            ("known_to",),
            ("originator_id", *SHAPES[table].keys, "valid_from", "valid_to"),
            ("timestamptz", "uuid", *(_KEY_TYPES[key] for key in SHAPES[table].keys), "date", "date"),
            of_table,
            f" AND t.known_to = '{FOREVER}'",
        )
        for table, of_table in sorted(by_table.items())
    ]


class StoredRows:
    """The standing rows of one agency, read place by place."""

    def __init__(
        self, connection: Connection, stream: str, is_recorded_here: Callable[[str], bool], *, is_new: bool = False
    ) -> None:
        self._connection, self._id, self._is_new = connection, _id(stream), is_new
        self._is_recorded_here = is_recorded_here

    def standing(self, place: RowKey, since: date, until: date) -> list[CurrentRow]:
        """The standing rows of a place with `valid_to > since` and `valid_to <= until`, by `valid_from`.

        In `current_rows.py`.
        """
        if not self._may_be_stored(place):
            return []
        keys = [getattr(place, key) for key in SHAPES[place.table].keys]
        values = (self._id, *keys, since.isoformat(), until.isoformat())
        return [_standing_row(place, row) for row in run(self._connection, _standing_query(place.table), values)]

    def standing_at(self, places: Sequence[RowKey]) -> dict[RowKey, list[CurrentRow]]:
        """All standing rows of some places of one table that differ in their key alone. In `current_rows.py`."""
        found: dict[str, list[Any]] = {place.key: [] for place in places}
        keys = [place.key for place in places if self._may_be_stored(place)]
        if keys:
            query = _standing_at(dialect_of(self._connection), places[0].table)
            for key, *row in run(self._connection, query, (self._id, many(self._connection, keys))):
                found[key].append(row)
        return {place: [_standing_row(place, row) for row in found[place.key]] for place in places}

    def _may_be_stored(self, place: RowKey) -> bool:
        """Not of an agency that is new, nor of an event that is recorded just now."""
        return not self._is_new and not (place.key and self._is_recorded_here(place.key.rpartition(":")[2]))


def _standing_row(place: RowKey, row: Sequence[Any]) -> CurrentRow:
    first, until, known_from, *values = row
    period = Period(_day(first), _day(until), SHAPES[place.table].back(values))  # type: ignore[arg-type]  # never null
    return CurrentRow(place, period, _instant(known_from), FOREVER, True)


@cache
def _standing_query(table: str) -> str:
    shape = SHAPES[table]
    where = "".join(f" AND {key} = ${number}" for number, key in enumerate(shape.keys, start=2))
    columns = "".join(f", {column}" for column in shape.columns)
    last = len(shape.keys) + 2
    standing = f"FROM {table} WHERE originator_id = $1{where} AND known_to = '{FOREVER}'"
    # Rows that stand at a place never overlap: of those begun by the day only the last may reach beyond it. Without it
    # the index on the first days of a busy year would give all that was ever closed in it.
    begun = f"(SELECT valid_from {standing} AND valid_from <= ${last} ORDER BY valid_from DESC LIMIT 1)"
    since = "" if "key" in shape.keys else f" AND valid_from >= COALESCE({begun}, ${last})"
    return (
        f"SELECT valid_from, valid_to, known_from{columns} {standing} "
        f"AND valid_to > ${last} AND valid_to <= ${last + 1}{since} ORDER BY valid_from"
    )


@cache
def _standing_at(dialect: Dialect, table: str) -> str:
    columns = ", ".join(f"t.{name}" for name in ("valid_from", "valid_to", "known_from", *SHAPES[table].columns))
    standing = f"t.originator_id = $1 AND t.key = k.key AND t.known_to = '{FOREVER}'"
    return " ".join(("SELECT k.key,", columns, "FROM", each_of(dialect, table, "t", standing), "ORDER BY 1, 2"))


def all_standing(connection: Connection, stream: str) -> Iterator[CurrentRow]:
    """Every standing row of an agency, by table and place, in order of days."""
    for table, shape in SHAPES.items():
        names = ", ".join((*shape.keys, "valid_from", "valid_to", "known_from", *shape.columns))
        order = ", ".join((*shape.keys, "valid_from"))
        query = (
            f"SELECT {names} FROM {table} WHERE originator_id = {mark(connection)} "  # noqa: S608  # names of ours
            f"AND known_to = '{FOREVER}' ORDER BY {order}"
        )
        for row in connection.exec_driver_sql(query, (_id(stream),)):
            values = dict(zip((*shape.keys, "from", "to", "known"), row, strict=False))
            place = RowKey(table, values.get("year", 0), values.get("key", ""))
            rest = tuple(row)[len(shape.keys) + 3 :]
            step = Period(_day(values["from"]), _day(values["to"]), shape.back(rest))  # type: ignore[arg-type]  # never null
            yield CurrentRow(place, step, _instant(values["known"]), FOREVER, True)


def _id(stream: str) -> str:
    return stream_id(stream).hex


def stored(connection: Connection, stream: str) -> Tuples:
    """Everything that is kept of an agency beside its events, standing or closed."""
    found: Tuples = {}
    for table, (columns, kinds) in COLUMNS.items():
        names = ", ".join(columns[1:])
        query = f"SELECT {names} FROM {table} WHERE originator_id = {mark(connection)}"  # noqa: S608  # names of ours
        rows = connection.exec_driver_sql(query, (_id(stream),)).fetchall()
        if rows:
            by_column = [
                map(_plain, values) if kind in _OF_TIME else values
                for kind, values in zip(kinds[1:], zip(*rows, strict=True), strict=True)
            ]
            found[table] = list(zip(repeat(_id(stream)), *by_column))  # repeat has no end
        else:
            found[table] = []
    return found


_OF_TIME = frozenset({"date", "timestamptz"})


@lru_cache(maxsize=50_000)
def _plain(value: Any) -> Any:
    """A time as `tuples_of` writes it, whatever the driver makes of it. The same days come again and again."""
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, date) else value


def delete(connection: Connection, stream: str) -> None:
    """Take away everything that is kept of an agency beside its events: only to put what was made anew in its place."""
    for table in COLUMNS:
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE originator_id = {mark(connection)}", (_id(stream),))  # noqa: S608
