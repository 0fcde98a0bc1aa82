"""The whole district at one basis: agencies that pass filters, and the ranking of a year. One query each, in pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, text

from domain.measures.rulebook.kinds import group_of
from domain.measures.text.implements import implements
from domain.store.db.dialect import Dialect, by_code_points, dialect_of, worked_out_once
from domain.values import FOREVER, GRADE_RANK, Grade, Tier, agency_stream
from projections.rows.read.row_sql import (
    AgencyRow,
    QueryBasis,
    aliases,
    all_records_of,
    columns_of,
    described_of,
    grouped,
    hit_of,
    parameters_of,
    shown_of,
    statement,
    tables_of,
)
from projections.rows.read.searching import Ordering, named_so, searched_for
from projections.rows.score_values import NO_SCORE, shown

_STREAMS = {"begin": "agency/", "end": "agency0"}
"""Streams of agencies lie between the two: `0` follows `/`."""
_IS_AGENCY, _ANY = "h.stream > :begin AND h.stream < :end AND st.warning IS NOT NULL", "1 = 1"
_CHOSEN = "h.originator_id IN (SELECT h.originator_id FROM {agencies})"
_PAGE = "SELECT h.*, {shown} FROM (SELECT h.* FROM {found} ORDER BY {order}{part}) h ORDER BY {order}"


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
BY_CODE, BY_RANK = Ordering("code"), Ordering("rank")
_TIERS = " ".join(f"WHEN '{tier}' THEN {place}" for place, tier in enumerate(Tier))


_DESCRIBED = frozenset({"code", "name", "category", "filing"})
"""Columns that say who an agency is: a page by one of them is chosen before anything is summed."""


def _columns(dialect: Dialect, basis: QueryBasis, st: str = "st_") -> dict[str, str]:
    """What a list of agencies can be sorted by; a total and a grade have only those that are assessed (R29).

    `st`: how the columns of its description are named.
    """
    return {
        "code": "h.stream",
        "name": by_code_points(dialect, f"{st}name"),
        "category": by_code_points(dialect, grouped(basis.known_categories, f"{st}category_key")),
        "filing": f"{st}filing",
        "tier": f"CASE coalesce(sa_tier, '{Tier.NONE}') {_TIERS} END",
        "grade": "grade",
        "total": "CASE WHEN assessed THEN total END",
        "bad_records": "records",
    }


@implements("annex1.note2", "annex1.note3", "R26", "R27")
def _found(dialect: Dialect, basis: QueryBasis, described: str = "1 = 1") -> str:
    """Every agency known at the basis with its total in hundredths and its grade's place.

    Conduct has whole hundredths, so the sum with the rounded rest is the score of record (R26). `described`: a
    condition on who it is (`h`) and what it is described as (`st`), before anything is summed.
    """
    book = basis.book
    known = "" if basis.log is None else ", h.known AS known"
    every = worked_out_once(
        dialect,
        f"SELECT h.originator_id AS originator_id{known}, {columns_of(basis, many=True)} "  # noqa: S608
        f"FROM {tables_of(dialect, basis, many=True)} WHERE {_IS_AGENCY} AND {described}",
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
    return f"SELECT t.*, {grade} AS grade FROM (SELECT e.*, {total} AS total FROM ({every}) e) t"  # noqa: S608  # ours


def _hundredths(points: Any) -> int:
    return int(points * 100)


def agencies(
    connection: Connection,
    basis: QueryBasis,
    filters: Filters = NO_FILTERS,
    order: Ordering = BY_CODE,
    *,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[AgencyRow]:
    """The agencies known at a basis that pass the filters, by USCC or another column; a page of them."""
    narrowed, dialect = _narrowed(connection, basis, filters), dialect_of(connection)
    sorted_by, values = order.sql(_columns(dialect, basis), "h.stream"), dict(narrowed.values)
    described, part = narrowed.described, ""
    if order.by == "category":
        values |= aliases(basis.known_categories)
    if limit is not None:
        part, values = " LIMIT :limit OFFSET :offset", values | {"limit": limit, "offset": offset}
        if order.by in _DESCRIBED and narrowed.judged == _ANY:
            chosen = f"{described_of(dialect, basis)} WHERE {_IS_AGENCY} AND {described} ORDER BY "
            chosen += order.sql(_columns(dialect, basis, "st."), "h.stream")
            described, part = _CHOSEN.format(agencies=chosen + part), ""
    found = f"({_found(dialect, basis, described)}) h WHERE {narrowed.judged}"
    for row in connection.execute(statement(basis, _shown(basis, found, sorted_by, part)), values):
        yield hit_of(row._mapping)


def agencies_counted(connection: Connection, basis: QueryBasis, filters: Filters = NO_FILTERS) -> int:
    """How many agencies known at a basis pass the filters: who is judged is summed up only where a filter asks it."""
    narrowed, dialect = _narrowed(connection, basis, filters), dialect_of(connection)
    counted = f"{described_of(dialect, basis)} WHERE {_IS_AGENCY} AND {narrowed.described}"
    if narrowed.judged != _ANY:
        counted = f"({_found(dialect, basis, narrowed.described)}) h WHERE {narrowed.judged}"
    query = " ".join(("SELECT count(*) FROM", counted))
    values = {name: value for name, value in narrowed.values.items() if f":{name}" in query or basis.log is not None}
    return int(connection.execute(statement(basis, query), values).scalar_one())


def _shown(basis: QueryBasis, found: str, sorted_by: str, part: str) -> str:
    """The rows of a page, in their order; what is only shown is read of these alone."""
    return _PAGE.format(shown=shown_of(basis), found=found, order=sorted_by, part=part)


class _Narrowed(NamedTuple):
    """The conditions for agencies to pass filters, and their parameters."""

    described: str
    """On who an agency is and what it is described as."""
    judged: str
    """On the sums over its records."""
    values: Mapping[str, Any]


def _narrowed(connection: Connection, basis: QueryBasis, filters: Filters) -> _Narrowed:
    fragments = {} if filters.q is None else searched_for(filters.q)
    described = {
        "category": f"{grouped(basis.known_categories, 'st.category_key')} = :category",
        "filing": "st.filing = :filing",
        "q": named_so(dialect_of(connection), fragments),
        "uscc": "h.stream = :uscc",
    }
    judged = {"tier": f"coalesce(sa_tier, '{Tier.NONE}') = :tier", "grade": "grade = :grade"}
    given: dict[str, object] = {name: value for name, value in filters._asdict().items() if value is not None}
    first, then = (" AND ".join(kind[name] for name in given if name in kind) or _ANY for kind in (described, judged))
    if filters.grade is not None:
        given["grade"] = GRADE_RANK[Grade(filters.grade)]
    if filters.q is not None:
        given |= fragments
    if filters.category is not None:
        given["category"] = str(group_of(filters.category, basis.known_categories))
        given |= aliases(basis.known_categories)
    if filters.uscc is not None:
        given["uscc"] = agency_stream(filters.uscc)
    return _Narrowed(first, then, parameters_of(basis) | _STREAMS | given)


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
    q: str | None = None,
    order: Ordering = BY_RANK,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[RankingPlace]:
    """Per category by rank, or within it by another column, then those without one; equals share a rank (1, 2, 2, 4).

    A page, one agency, or some categories (none named: all), as `group_of` gives them (R47). `q`: those with these
    fragments in a name or the code, with the rank that they have among all.
    """
    group = grouped(basis.known_categories, "f.st_category_key")
    ranked = (
        f"SELECT f.*, {group} AS category_group, "  # noqa: S608  # names of ours
        "CASE WHEN assessed AND grade IS NOT NULL THEN 0 ELSE 1 END AS unranked "
        f"FROM ({_found(dialect_of(connection), basis)}) f"
    )
    within = {
        "rank": "CASE unranked WHEN 0 THEN place END",
        "code": "h.stream",
        "name": by_code_points(dialect_of(connection), "st_name"),
        "total": "CASE WHEN assessed THEN total END",
        "grade": "grade",
    }
    sorted_by = f"unranked, h.category_group, {order.sql(within, 'h.stream')}"
    places = (
        "SELECT r.*, rank() OVER (PARTITION BY unranked, category_group ORDER BY grade, total DESC) AS place "  # noqa: S608
        f"FROM ({ranked}) r"
    )
    values: dict[str, object] = parameters_of(basis) | _STREAMS | aliases(basis.known_categories)
    narrowed = "1 = 1"
    if uscc is not None:
        narrowed += " AND h.stream = :uscc"
        values["uscc"] = agency_stream(uscc)
    if q is not None:
        fragments = searched_for(q)
        narrowed += f" AND {named_so(dialect_of(connection), fragments)}"
        values |= fragments
    if categories:
        named = {f"category_{place}": name for place, name in enumerate(categories)}
        narrowed += f" AND h.category_group IN ({', '.join(f':{name}' for name in named)})"
        values |= named
    part = "" if limit is None else " LIMIT :limit OFFSET :offset"
    values |= {} if limit is None else {"limit": limit, "offset": offset}
    page = statement(basis, _shown(basis, f"({places}) h WHERE {narrowed}", sorted_by, part))
    for row in connection.execute(page, values):
        yield RankingPlace(hit_of(row._mapping), None if row.unranked else row.place, row.category_group)


class CountedAgency(NamedTuple):
    """What the statistics take of one agency."""

    group: str | None
    words: str | None
    """Its category as it is written, of which `group` is the folded key (R47)."""
    filing: str | None
    tier: str
    assessed: bool
    place: int | None
    """That of its grade."""
    complete: bool
    records: int
    all_records: int
    hundredths: int


def counted(connection: Connection, basis: QueryBasis, among: Sequence[str] | None = None) -> dict[str, CountedAgency]:
    """The agencies known at a basis, or these of them, by stream."""
    known = basis.known_categories
    columns = (
        f"h.stream, {grouped(known, 'st_category_key')}, st_category, st_filing, coalesce(sa_tier, '{Tier.NONE}'), "
        "assessed, grade, coalesce(sc_forms, 0) > 0 AND coalesce(sc_scores, 0) > 0, records"
    )
    described = "1 = 1" if among is None else "h.stream IN :among"
    found = _found(dialect_of(connection), basis, described)
    query = statement(basis, f"SELECT {columns}, {all_records_of(basis)}, total FROM ({found}) h")  # noqa: S608  # ours
    values: dict[str, object] = parameters_of(basis) | _STREAMS | aliases(known)
    if among is not None:
        query, values = query.bindparams(bindparam("among", expanding=True)), values | {"among": list(among)}
    return {stream: CountedAgency(*rest) for stream, *rest in connection.execute(query, values)}


def was_in_business(connection: Connection, first: date, last: date) -> bool:
    """Whether some project ran on one of these days (R10): without any, a year has nobody to assess (R29)."""
    query = text(
        "SELECT 1 FROM project_period WHERE known_to = :forever AND valid_from <= :last AND valid_to > :first LIMIT 1"
    )
    values = {"forever": FOREVER, "first": first.isoformat(), "last": last.isoformat()}
    return connection.scalar(query, values) is not None
