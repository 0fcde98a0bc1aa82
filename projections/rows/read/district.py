"""The whole district at one basis: agencies that pass filters, and the ranking of a year. One query each, in pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.measures.rulebook.kinds import group_of, heading
from domain.measures.text.implements import implements
from domain.store.db.dialect import Dialect, dialect_of, worked_out_once
from domain.values import GRADE_RANK, Grade, Tier, agency_stream
from projections.rows.read.row_sql import (
    VERSION,
    AgencyRow,
    QueryBasis,
    aliases,
    all_records_of,
    columns_of,
    grouped,
    hit_of,
    named_so,
    parameters_of,
    searched_for,
    statement,
    tables_of,
)
from projections.rows.write.score_rows import NO_SCORE, shown

_STREAMS = {"begin": "agency/", "end": "agency0"}
"""Streams of agencies lie between the two: `0` follows `/`."""


class Filters(NamedTuple):
    """What a list of agencies is narrowed by; None: not at all."""

    tier: str | None = None
    grade: str | None = None
    category: str | None = None
    filing: str | None = None
    q: str | None = None
    uscc: str | None = None
    """Only this agency."""


NO_FILTERS = Filters()


@implements("annex1.note2", "annex1.note3", "R26", "R27")
def _found(dialect: Dialect, basis: QueryBasis) -> str:
    """Every agency known at the basis with its total in hundredths and its grade's place, best first.

    Conduct has whole hundredths, so the sum with the rounded rest is the score of record (R26).
    """
    book = basis.book
    known = "" if basis.log is None else ", h.known AS known"
    every = (
        f"SELECT h.originator_id AS originator_id{known}, {columns_of(basis)} FROM {tables_of(dialect, basis)} "  # noqa: S608
        f"WHERE h.stream > :begin AND h.stream < :end AND st.warning IS NOT NULL "
        f"ORDER BY h.stream{worked_out_once(dialect)}"
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
    connection: Connection,
    basis: QueryBasis,
    filters: Filters = NO_FILTERS,
    *,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[AgencyRow]:
    """The agencies known at a basis that pass the filters, by USCC; a page of them."""
    dialect = dialect_of(connection)
    fragments = {} if filters.q is None else searched_for(filters.q)
    conditions = {
        "tier": f"coalesce(sa_tier, '{Tier.NONE}') = :tier",
        "grade": "grade = :grade",
        "category": f"{grouped(basis.known_categories, 'st_category_key')} = :category",
        "filing": "st_filing = :filing",
        "q": named_so(dialect, fragments),
        "uscc": "stream = :uscc",
    }
    given: dict[str, Any] = {name: value for name, value in filters._asdict().items() if value is not None}
    where = " AND ".join(["1 = 1", *(conditions[name] for name in given)])
    if filters.grade is not None:
        given["grade"] = GRADE_RANK[Grade(filters.grade)]
    if filters.q is not None:
        given |= fragments
    if filters.category is not None:
        given |= {"category": str(group_of(filters.category, basis.known_categories))} | aliases(basis.known_categories)
    if filters.uscc is not None:
        given["uscc"] = agency_stream(filters.uscc)
    query = (
        f"SELECT h.*, {VERSION}, {all_records_of(basis)} FROM ({_found(dialect, basis)}) h "  # noqa: S608
        f"WHERE {where} ORDER BY h.stream"
    )
    values = parameters_of(basis) | _STREAMS | given
    if limit is not None:
        query, values = f"{query} LIMIT :limit OFFSET :offset", values | {"limit": limit, "offset": offset}
    for row in connection.execute(statement(basis, query), values):
        yield hit_of(row._mapping)


class RankingPlace(NamedTuple):
    """An agency's place in a ranking; no rank when it is not assessed (R29, R30)."""

    hit: AgencyRow
    rank: int | None
    group: str | None
    """The category in which it is ranked (R47)."""


@implements("art.19", "R30")
def ranking(
    connection: Connection,
    basis: QueryBasis,
    *,
    uscc: str | None = None,
    categories: Sequence[str] = (),
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[RankingPlace]:
    """Per category by rank, then those without one; equal scores share a rank (1, 2, 2, 4).

    A page, one agency, or some categories (none named: all), as `group_of` gives them (R47).
    """
    group = grouped(basis.known_categories, "f.st_category_key")
    ranked = (
        f"SELECT f.*, {group} AS category_group, "  # noqa: S608  # names of ours
        "CASE WHEN assessed AND grade IS NOT NULL THEN 0 ELSE 1 END AS unranked "
        f"FROM ({_found(dialect_of(connection), basis)}) f"
    )
    order = "unranked, h.category_group, CASE unranked WHEN 0 THEN grade END, CASE unranked WHEN 0 THEN -total END"
    places = (
        "SELECT r.*, rank() OVER (PARTITION BY unranked, category_group ORDER BY grade, total DESC) AS place "  # noqa: S608
        f"FROM ({ranked}) r"
    )
    values: dict[str, Any] = parameters_of(basis) | _STREAMS | aliases(basis.known_categories)
    narrowed = "1 = 1"
    if uscc is not None:
        narrowed += " AND h.stream = :uscc"
        values["uscc"] = agency_stream(uscc)
    if categories:
        named = {f"category_{place}": name for place, name in enumerate(categories)}
        narrowed += f" AND h.category_group IN ({', '.join(f':{name}' for name in named)})"
        values |= named
    query = (
        f"SELECT h.*, {VERSION}, 0 AS all_records FROM ({places}) h WHERE {narrowed} "  # noqa: S608  # names of ours
        f"ORDER BY {order}, h.stream"
    )
    if limit is not None:
        query, values = f"{query} LIMIT :limit OFFSET :offset", values | {"limit": limit, "offset": offset}
    for row in connection.execute(statement(basis, query), values):
        yield RankingPlace(hit_of(row._mapping), None if row.unranked else row.place, row.category_group)


class Count(NamedTuple):
    """How many agencies of one category are alike, and what they have together."""

    category: str | None
    filing: str | None
    tier: str
    assessed: bool
    grade: Grade | None
    complete: bool
    agencies: int
    records: int
    all_records: int
    hundredths: int
    """The sum of their totals, in hundredths of a point."""


def counts(connection: Connection, basis: QueryBasis) -> list[Count]:
    """The agencies known at a basis, counted by what distinguishes them: statistics are sums of these."""
    places = {place: grade for grade, place in GRADE_RANK.items()}
    known = basis.known_categories
    alike = (
        f"{grouped(known, 'st_category_key')}, st_filing, coalesce(sa_tier, '{Tier.NONE}'), assessed, grade, "
        "coalesce(sc_forms, 0) > 0 AND coalesce(sc_scores, 0) > 0"
    )
    every = f"SELECT h.*, {all_records_of(basis)} FROM ({_found(dialect_of(connection), basis)}) h"  # noqa: S608
    query = (
        f"SELECT {alike}, min(st_category) AS words, count(*), sum(records), sum(all_records), sum(total) "  # noqa: S608
        f"FROM ({every}) c "
        "GROUP BY 1, 2, 3, 4, 5, 6"
    )
    found = connection.execute(statement(basis, query), parameters_of(basis) | _STREAMS | aliases(known)).all()
    words: dict[str | None, str | None] = {}
    for row in found:
        words[row[0]] = min(filter(None, (words.get(row[0]), row.words)), default=None)
    return [
        Count(
            heading(group, words[group], known),
            filing,
            tier,
            bool(assessed),
            None if grade is None else places[grade],
            bool(complete),
            int(number),
            int(records),
            int(every_record),
            int(hundredths),
        )
        for group, filing, tier, assessed, grade, complete, _, number, records, every_record, hundredths in found
    ]
