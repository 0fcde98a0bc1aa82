"""What lists are searched and sorted by: fragments of names, in any order, and columns.

Projects found by fragments of the client's name or code, or of the contract's number; one query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, Uuid, text

from domain.folding import compared
from domain.store.db.dialect import Dialect, dialect_of, holds_text, read_day
from domain.values import Instant, agency_stream, loose_uscc
from projections.rows.write.conduct_rows import PROJECTS
from projections.rows.write.current_rows import NEVER, ONE_DAY
from projections.rows.write.status_rows import STATUS


class Ordering(NamedTuple):
    """A column of a list by its name in the interface, and whether what is greatest comes first."""

    by: str
    descending: bool = False

    def sql(self, columns: Mapping[str, str], last: str) -> str:
        """What follows ORDER BY; rows that have nothing in the column come last, either way.

        `columns`: the expression of each column; `last`: what decides between equals. Raises: KeyError.
        """
        column, way = columns[self.by], " DESC" if self.descending else ""
        if column == last:  # never null, and an index may give this order
            return f"{last}{way}"
        return f"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column}{way}, {last}"


def ordering(sort: str | None, order: str, default: str) -> Ordering:
    """As a request asks for it: `sort` is a column, by default `default`; `order` is `asc` or `desc`."""
    return Ordering(sort or default, order == "desc")


MOST_FRAGMENTS = 8
"""So many fragments are looked for each by itself; what is typed beyond them counts as one."""


def searched_for(words: str) -> dict[str, str]:
    """What is looked for in `Status.search`, as parameters: a whole code however it was typed, else fragments.

    White space parts fragments, and each has to be found, in any order. Of nothing but unseen characters: none.
    """
    code = loose_uscc(words)
    typed = [code] if code != words else words.split(maxsplit=MOST_FRAGMENTS - 1)
    found = dict.fromkeys(filter(None, map(compared, typed)))
    return {f"q_{place}": one for place, one in enumerate(found)}


def says(dialect: Dialect, column: str, fragments: Mapping[str, str]) -> str:
    """The condition that a folded column holds each of the fragments that `searched_for` gives."""
    return " AND ".join(["1 = 1", *(holds_text(dialect, column, f":{name}") for name in fragments)])


def named_so(dialect: Dialect, fragments: Mapping[str, str], more: str = "") -> str:
    """The condition that agency `h` has, or until the day has had, a name (or its code) with each fragment (R7)."""
    return f"h.originator_id IN ({named_ids(dialect, fragments, more)})"  # looked through once, not by agency


def named_ids(dialect: Dialect, fragments: Mapping[str, str], more: str = "") -> str:
    """The query for the agencies of `named_so`, each as often as it has had such a name."""
    was = f"FROM {STATUS} f WHERE f.valid_from <= :day AND f.known_from <= :known AND f.known_to > :known"
    return f"SELECT f.originator_id {was} AND {says(dialect, 'f.search', fragments)}{more}"


def has_name(dialect: Dialect, alias: str, fragments: Mapping[str, str]) -> str:
    """What `named_so` finds, asked of each row: for who reads a few rows of which most are such."""
    return f"EXISTS ({named_ids(dialect, fragments)} AND f.originator_id = {alias}.originator_id)"


MOST_NAMED = 300
"""Where a search finds no more agencies, what is asked for is asked of them; else of each row whether it is theirs."""


def of_named(connection: Connection, alias: str, fragments: Mapping[str, str], values: dict[str, object]) -> str:
    """The condition that a row is of an agency with these fragments in a name or the code, for a page of a long list.

    Those that are few are found first and put to `values` as `named`, a list of ids; `values` has `day` and `known`.
    """
    dialect = dialect_of(connection)
    asked = {name: values[name] for name in ("day", "known")} | dict(fragments)
    ids = text(f"{named_ids(dialect, fragments)} LIMIT {MOST_NAMED + 1}").columns(originator_id=Uuid)
    found = connection.scalars(ids, asked).all()
    values |= fragments
    if len(found) > MOST_NAMED:
        return has_name(dialect, alias, fragments)
    if not found:
        return "1 = 0"
    values["named"] = list(dict.fromkeys(found))
    return f"{alias}.originator_id IN :named"


_FIRST_AGENCIES = 50
_EDGE = """SELECT {pick}(h.stream), count(*) FROM
(SELECT stream FROM stream_heads WHERE stream > 'agency/' AND stream < 'agency0' ORDER BY stream{way} LIMIT :many) h"""


def agencies_in_order(connection: Connection, *, descending: bool) -> Iterator[tuple[str, str] | None]:
    """The streams between which the first agencies lie, of more and more of them; at last of all: None.

    For a page of a list by agency, which seldom reaches further than the first ones.
    """
    edge = text(_EDGE.format(pick="min" if descending else "max", way=" DESC" if descending else ""))
    many = _FIRST_AGENCIES
    while True:
        last, found = connection.execute(edge, {"many": many}).one()
        if found < many:
            yield None
            return
        yield (last, "agency0") if descending else ("agency/", last)
        many *= 5


class ProjectRow(NamedTuple):
    """A project that fits. `ended_on`: its last day, where there is one."""

    uscc: str
    project_id: str
    started_on: date
    ended_on: date | None


def projects_named(
    connection: Connection, known_at: Instant, words: str, *, uscc: str | None = None, limit: int
) -> list[ProjectRow]:
    """The projects, all or of one agency, the latest first. What was annulled finds nothing; nothing said, nobody."""
    fragments = searched_for(words)
    if not fragments:
        return []
    query = " ".join(
        (
            "SELECT h.stream, p.key, p.valid_from, p.valid_to",
            f"FROM {PROJECTS} p JOIN stream_heads h ON h.originator_id = p.originator_id",
            "WHERE p.known_from <= :known AND p.known_to > :known AND",
            says(dialect_of(connection), "p.search", fragments),
            "" if uscc is None else "AND h.stream = :stream",
            "ORDER BY p.valid_from DESC, p.key LIMIT :limit",
        )
    )
    values: dict[str, object] = {"known": known_at, "limit": limit, **fragments}
    if uscc is not None:
        values["stream"] = agency_stream(uscc)
    found = []
    for stream, key, first, to in connection.execute(text(query), values):
        end = read_day(to)
        last = None if end == NEVER else end - ONE_DAY
        found.append(ProjectRow(stream.removeprefix("agency/"), key, read_day(first), last))
    return found
