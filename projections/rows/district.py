"""The whole district at one basis: agencies that pass filters, and the ranking of a year. One query each, in pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from domain.values import GRADE_RANK, Grade, Tier
from projections.rows.look_up import (
    VERSION,
    Asked,
    Hit,
    all_records_of,
    columns_of,
    hit_of,
    parameters_of,
    tables_of,
)
from projections.rows.scores import NO_SCORE, shown

_STREAMS = {"begin": "agency/", "end": "agency0"}
"""Streams of agencies lie between the two: `0` follows `/`."""


class Filters(NamedTuple):
    """What a list of agencies is narrowed by; None: not at all."""

    tier: str | None = None
    grade: str | None = None
    category: str | None = None
    filing: str | None = None
    q: str | None = None


NO_FILTERS = Filters()


def _found(dialect: str, basis: Asked) -> str:
    """Every agency known at the basis with its total in hundredths and its grade's place, best first.

    Conduct has whole hundredths, so the sum with the rounded rest is the score of record (R26).
    """
    book = basis.book
    fence = " OFFSET 0" if dialect == "postgresql" else ""  # else what is worked out once would be copied about
    every = (
        f"SELECT h.originator_id AS originator_id, {columns_of(basis)} FROM {tables_of(dialect)} "  # noqa: S608
        f"WHERE h.stream > :begin AND h.stream < :end AND st.warning IS NOT NULL ORDER BY h.stream{fence}"
    )
    left = f"{_hundredths(book.conduct.full)} - lapse_cost - {_hundredths(book.conduct.bad_record_points)} * records"
    total = f"CASE WHEN {left} > 0 THEN {left} ELSE 0 END + coalesce(sc_rest, {shown(NO_SCORE, book).rest})"
    if book.total.cap is not None:
        total = f"CASE WHEN {total} > {_hundredths(book.total.cap)} THEN {_hundredths(book.total.cap)} ELSE {total} END"
    grades = book.grades
    grade = (
        f"CASE WHEN coalesce(sc_override, '[]') <> '[]' THEN {GRADE_RANK[Grade.UNQUALIFIED]} "
        "WHEN NOT assessed THEN NULL "
        f"WHEN total >= {_hundredths(grades.excellent)} THEN {GRADE_RANK[Grade.EXCELLENT]} "
        f"WHEN total >= {_hundredths(grades.qualified)} THEN {GRADE_RANK[Grade.QUALIFIED]} "
        f"ELSE {GRADE_RANK[Grade.UNQUALIFIED]} END"
    )
    with_total = f"SELECT e.*, {total} AS total FROM ({every}) e"  # noqa: S608  # names and numbers of ours
    return f"SELECT t.*, {grade} AS grade FROM ({with_total}) t"  # noqa: S608  # the same


def _hundredths(points: Any) -> int:
    return int(points * 100)


def agencies(
    connection: Connection, basis: Asked, filters: Filters = NO_FILTERS, *, after: str = "", limit: int | None = None
) -> Iterator[Hit]:
    """The agencies known at a basis that pass the filters, by USCC, those after one USCC, at most so many."""
    dialect = connection.dialect.name
    position = "strpos" if dialect == "postgresql" else "instr"
    conditions = {
        "tier": f"coalesce(sa_tier, '{Tier.NONE}') = :tier",
        "grade": "grade = :grade",
        "category": "st_category = :category",
        "filing": "st_filing = :filing",
        "q": f"{position}(st_search, :q) > 0",
    }
    given = {name: value for name, value in filters._asdict().items() if value is not None}
    where = " AND ".join(["1 = 1", *(conditions[name] for name in given)])
    if filters.grade is not None:
        given["grade"] = GRADE_RANK[Grade(filters.grade)]
    if filters.q is not None:
        given["q"] = filters.q.casefold()
    query = (
        f"SELECT h.*, {VERSION}, {all_records_of(basis)} FROM ({_found(dialect, basis)}) h "  # noqa: S608
        f"WHERE {where} ORDER BY h.stream"
    )
    values = parameters_of(basis) | _STREAMS | given
    if after:
        values["begin"] = f"agency/{after}"
    if limit is not None:
        query, values = f"{query} LIMIT :limit", values | {"limit": limit}
    for row in connection.execute(text(query), values):
        yield hit_of(row)


class Place(NamedTuple):
    """An agency's place in a ranking; no rank when it is not assessed (R29, R30)."""

    hit: Hit
    rank: int | None


def ranking(connection: Connection, basis: Asked, *, offset: int = 0, limit: int | None = None) -> Iterator[Place]:
    """Per category by rank, then those without one; equal scores share a rank (1, 2, 2, 4)."""
    ranked = (
        "SELECT f.*, CASE WHEN assessed AND grade IS NOT NULL THEN 0 ELSE 1 END AS unranked "  # noqa: S608
        f"FROM ({_found(connection.dialect.name, basis)}) f"
    )
    order = "unranked, h.st_category, CASE unranked WHEN 0 THEN grade END, CASE unranked WHEN 0 THEN -total END"
    query = (
        f"SELECT h.*, {VERSION}, 0 AS all_records, rank() OVER (PARTITION BY unranked, h.st_category "  # noqa: S608
        f"ORDER BY grade, total DESC) AS place FROM ({ranked}) h ORDER BY {order}, h.stream"
    )
    values: dict[str, Any] = parameters_of(basis) | _STREAMS
    if limit is not None:
        query, values = f"{query} LIMIT :limit OFFSET :offset", values | {"limit": limit, "offset": offset}
    for row in connection.execute(text(query), values):
        yield Place(hit_of(row), None if row.unranked else row.place)
