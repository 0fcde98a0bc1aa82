"""Looking the rows up: one query for an agency or a page of the district, at any basis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, text

from domain.law import Law
from domain.measures.rulebook.kinds import Known, others
from domain.measures.rulebook.rulebook import Rulebook, assessment_year_of
from domain.store.db.dialect import Dialect, dialect_of, join_one, left_join_first
from domain.values import Instant
from projections.replay.known_at import EARLIEST
from projections.rows.read.row_answers import RowValues, whole_status
from projections.rows.score_values import NO_SCORE, SCORES
from projections.rows.write.conduct_rows import FILED, LAPSES, PROJECTS, PROVISIONAL
from projections.rows.write.status_rows import NOTHING, SANCTIONS, STATUS
from projections.rows.write.tables import SHAPES
from projections.rows.write.worklist_rows import MATTERS, SUCCEEDED

_text = lru_cache(maxsize=256)(text)  # SQLAlchemy looks a text through for parameters: as long as asking a long one
_KNOWN = "{a}.known_from <= :known AND {a}.known_to > :known"
_HOLDS = "{a}.originator_id = h.originator_id AND {a}.valid_from <= :day AND {a}.valid_to > :day AND " + _KNOWN


class QueryBasis(NamedTuple):
    """A basis as the rows are asked for it, with the assessment year in question."""

    law: Law
    as_of: date
    known_at: Instant
    year: int
    status_on: date
    """The day on which the agency is described: in a ranking, the last day of its year."""
    log: int | None = None
    """With `log:N`: every agency is known up to its last event among the first N entries of the log ..."""
    law_at: Instant = EARLIEST
    """... and from this instant on, when the law of those entries was adopted, as that law judges it."""

    @property
    def known_categories(self) -> Known:
        """The categories that the rulebook of the day on which agencies are described lists (R47)."""
        return self.law.rulebooks.on(self.status_on).categories.known

    @property
    def book(self) -> Rulebook:
        """The rulebook that judges the year's sheet (R4)."""
        return self.law.rulebooks.for_sheet(self.year, self.as_of)


def asked(law: Law, as_of: date, known_at: Instant) -> QueryBasis:
    """The basis, with the assessment year of `as_of`."""
    return QueryBasis(law, as_of, known_at, assessment_year_of(as_of, law.rulebooks.on(as_of)), as_of)


def asked_of_year(law: Law, as_of: date, known_at: Instant, year: int) -> QueryBasis:
    """The basis of a year's ranking: agencies as they were at its end, or are by `as_of` if that is earlier."""
    first, last = law.rulebooks.span_of(year)
    return QueryBasis(law, as_of, known_at, year, max(first, min(last, as_of)))


class AgencyRow(NamedTuple):
    """An agency that was found, with its last version known at the basis."""

    uscc: str
    version: int
    found: RowValues


def statement(basis: QueryBasis, query: str) -> TextClause:
    """The query at its basis. With `log:N` each agency is known at an instant of its own, worked out with its head.

    Adoptions exclude recorders (`heads.lock_law`), so the log has both in the order of their instants.
    """
    return _text(query if basis.log is None else query.replace(":known", "h.known"))


def row_on(dialect: Dialect, table: str, alias: str, more: str = "", day: str = ":day", *, many: bool = False) -> str:
    """Join the one row of a table that holds on the day as known at the instant. `many`: to all agencies at once."""
    where = _HOLDS.format(a=alias).replace(":day", day) + more
    order = f"{alias}.valid_from DESC, {alias}.known_from DESC"
    return (join_one if many else left_join_first)(dialect, table, alias, where, order)


def withheld(kind: str, of: str = "h", more: str = "") -> str:
    """The condition that publicity of a kind (`result_rows.py`) has ended for an agency by the day (art.27, R42)."""
    held = _HOLDS.format(a="w").replace("h.originator_id", f"{of}.originator_id")
    return " ".join(("EXISTS (SELECT 1 FROM", MATTERS, f"w WHERE w.kind = '{kind}' AND {held}{more})"))


def _records(year: str) -> str:
    """The count of bad records of one year: one probe of the index."""
    return (
        f"(SELECT b.records FROM bad_record_count b WHERE b.year = {year} AND {_HOLDS.format(a='b')} "  # noqa: S608
        "ORDER BY b.valid_from DESC, b.known_from DESC LIMIT 1)"
    )


def _all_records(years: Sequence[int]) -> str:
    """The count over some years: a probe a year, so that no year's history is walked through; none for who has none."""
    values = ", ".join(f"({int(year)})" for year in years)
    return (
        "CASE WHEN EXISTS (SELECT 1 FROM bad_record_count n WHERE n.originator_id = h.originator_id) THEN "  # noqa: S608
        f"(SELECT coalesce(sum({_records('y.column1')}), 0) FROM (VALUES {values}) y "
        "WHERE y.column1 <= :last_year) ELSE 0 END"
    )


def _overlaps(table: str) -> str:
    """Whether a period of the agency holds some day of the year up to the day asked about (R29)."""
    return (
        f"EXISTS (SELECT 1 FROM {table} p WHERE p.originator_id = h.originator_id AND p.valid_from <= :upto "  # noqa: S608
        f"AND p.valid_to > :first AND {_KNOWN.format(a='p')})"
    )


def _lapses(value: str) -> str:
    """A sum over the lapses of the year that have appeared by the day and were known."""
    return (
        f"(SELECT coalesce(sum({value}), 0) FROM {LAPSES} l WHERE l.originator_id = h.originator_id "  # noqa: S608
        f"AND l.year = :year AND l.valid_from <= :day AND {_KNOWN.format(a='l')})"
    )


def grouped(known: Known, column: str = "st.category_key") -> str:
    """The category that a folded spelling means (R47): the one that the rulebook lists it under, else itself."""
    if not known:
        return column
    cases = "".join(f" WHEN :alias_{place} THEN :listed_{place}" for place in range(len(others(known))))
    return f"CASE {column}{cases} ELSE {column} END"


def aliases(known: Known) -> dict[str, str]:
    """The parameters of `grouped`."""
    found: dict[str, str] = {}
    for place, (spelling, name) in enumerate(sorted(others(known).items())):
        found |= {f"alias_{place}": spelling, f"listed_{place}": name}
    return found


def _columns(alias: str, table: str) -> str:
    return ", ".join(f"{alias}.{column} AS {alias}_{column}" for column in SHAPES[table].columns)


def _cost(book: Rulebook) -> str:
    points = book.conduct.lapse_points
    cases = " ".join(f"WHEN {item} THEN {int(points[item] * 100)}" for item in sorted(points))
    return f"CASE l.item {cases} ELSE 0 END"


def parameters_of(basis: QueryBasis) -> dict[str, object]:
    first, last = basis.law.rulebooks.span_of(basis.year)
    upto = min(last, basis.as_of)
    if first > upto:  # no day of the year is in question: no period can hold one
        first, upto = date.max, date.min
    return {
        "day": basis.as_of.isoformat(),
        "known": basis.known_at,
        "year": basis.year,
        "first": first.isoformat(),
        "upto": upto.isoformat(),
        "status_day": basis.status_on.isoformat(),
        "log": basis.log,
        "law_at": basis.law_at,
        "gone": f"{SUCCEEDED}:{SUCCEEDED}",
        "last_year": _last_year(basis),
    }


def _last_year(basis: QueryBasis) -> int:
    """The last year whose bad records can stand by the day: a 16.8 of a year is made after that year began."""
    books = basis.law.rulebooks
    return max(_first_year(basis), assessment_year_of(basis.as_of, books.on(basis.as_of)))


def _first_year(basis: QueryBasis) -> int:
    books = basis.law.rulebooks
    return assessment_year_of(books.first_day, books.on(books.first_day))


def _years(basis: QueryBasis) -> range:
    """All those years and some more: decades, so that a query is written, and planned, only once in ten of them."""
    first = min(_first_year(basis), basis.year)
    last = max(_last_year(basis), basis.year)
    return range(first, first + 10 * ((last - first) // 10 + 1))


VERSION = (
    "(SELECT max(e.originator_version) FROM events e WHERE e.originator_id = h.originator_id "
    "AND e.recorded_at <= :known) AS version"
)


def all_records_of(basis: QueryBasis) -> str:
    return f"{_all_records(_years(basis))} AS all_records"


PROVISIONAL_LAPSES = f"{_lapses(f'CASE l.item WHEN {PROVISIONAL} THEN 1 ELSE 0 END')} AS provisional"


def shown_of(basis: QueryBasis) -> str:
    """What is read of an agency that is shown, and neither counted nor sorted by: of a page, not of the district."""
    return f"{VERSION}, {all_records_of(basis)}, {PROVISIONAL_LAPSES}"


def columns_of(basis: QueryBasis, *, many: bool = False) -> str:
    """What a look-up reads besides what is only shown, of one agency or of `many`."""
    return ", ".join(
        (
            "h.stream AS stream",
            _columns("st", STATUS),
            _columns("sa", SANCTIONS),
            _columns("sc", SCORES),
            f"coalesce({_records(':year')}, 0) AS records",
            f"{_lapses(_cost(basis.book))} AS lapse_cost",
            f"({_overlaps(PROJECTS)} AND {_overlaps(FILED)} AND NOT {_GONE_AMONG if many else _GONE}) AS assessed",
        )
    )


_GONE_BY = f"g.key = :gone AND {_KNOWN.format(a='g')} AND g.valid_from <= :upto AND g.valid_to > :upto)"
_GONE = " ".join(("EXISTS (SELECT 1 FROM", MATTERS, "g WHERE g.originator_id = h.originator_id AND", _GONE_BY))
"""Others stand in the agency's place by the end of what is asked about (R43)."""
_OF_KIND = f"g WHERE g.kind = '{SUCCEEDED}' AND"
_GONE_AMONG = " ".join(("h.originator_id IN (SELECT g.originator_id FROM", MATTERS, _OF_KIND, _GONE_BY))
"""The same of many agencies: those that are gone are few, and looked for once by the index of their kind."""
_HEADS_IN_LOG = (
    "(SELECT s.*, (SELECT CASE WHEN e.recorded_at > :law_at THEN e.recorded_at ELSE :law_at END FROM events e "
    "JOIN log_index i ON i.position = e.position WHERE e.originator_id = s.originator_id AND i.log_index <= :log "
    "ORDER BY e.originator_version DESC LIMIT 1) AS known FROM stream_heads s) h"
)


def described_of(dialect: Dialect, basis: QueryBasis) -> str:
    """Agencies with what they are described as."""
    return f"{_heads(basis)} {row_on(dialect, STATUS, 'st', day=':status_day', many=True)}"


def tables_of(dialect: Dialect, basis: QueryBasis, *, many: bool = False) -> str:
    """Agencies with the rows that hold: of all of them, or of one."""
    return " ".join(
        (
            _heads(basis),
            row_on(dialect, STATUS, "st", day=":status_day", many=many),
            row_on(dialect, SANCTIONS, "sa", many=many),
            row_on(dialect, SCORES, "sc", " AND sc.year = :year", many=many),
        )
    )


def _heads(basis: QueryBasis) -> str:
    return "stream_heads h" if basis.log is None else _HEADS_IN_LOG


def look_up(connection: Connection, stream: str, basis: QueryBasis) -> AgencyRow | None:
    """One agency at a basis; None when it was not known then."""
    query = look_up_query(dialect_of(connection), basis)
    row = connection.execute(statement(basis, query), {**parameters_of(basis), "stream": stream}).one_or_none()
    return None if row is None else hit_of(row._mapping)


_QUERIES: dict[tuple[Dialect, str, range, bool], str] = {}
"""One a rulebook and decade: putting it together takes longer than asking it."""


def look_up_query(dialect: Dialect, basis: QueryBasis) -> str:
    """The question for the agency `:stream` at an instant, with when it was last recorded about: for `QuickReads`."""
    key = (dialect, basis.book.sha256, _years(basis), basis.log is None)
    if key not in _QUERIES:
        _QUERIES[key] = (
            f"SELECT {columns_of(basis)}, {shown_of(basis)}, h.last_recorded_at AS last_recorded_at "  # noqa: S608
            f"FROM {tables_of(dialect, basis)} WHERE h.stream = :stream AND st.warning IS NOT NULL"
        )
    return _QUERIES[key]


def hit_of(values: Mapping[Any, Any]) -> AgencyRow:
    """What a row of a look-up says."""

    def part(alias: str, table: str, default: Any) -> Any:
        shape = SHAPES[table]
        given = [values[f"{alias}_{column}"] for column in shape.columns]
        return default if given[-1] is None else shape.back(given)

    found = RowValues(
        status=whole_status(part("st", STATUS, None), values["stream"]),
        sanction=part("sa", SANCTIONS, NOTHING),
        score=part("sc", SCORES, NO_SCORE),
        records=int(values["records"]),
        all_records=int(values["all_records"]),
        lapse_cost=int(values["lapse_cost"]),
        provisional=bool(values["provisional"]),
        assessed=bool(values["assessed"]),
    )
    return AgencyRow(values["stream"].removeprefix("agency/"), values["version"], found)
