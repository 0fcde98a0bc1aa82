"""Firms that the public may read of: on file, blacklisted, or with a published result; found by name or code.

Nothing is worked out that is not told in a public list. A name is looked for as it is, folded (`domain/folding.py`),
and as it was while the firm stood on the register; what was filed and returned, or annulled since, finds nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, Uuid, bindparam, text

from domain.measures.text.implements import implements
from domain.store.db.dialect import dialect_of, read_day
from domain.values import agency_stream
from projections.rows.read.published import TOLD, StandingResult, standing_result
from projections.rows.read.register import NOT_TOLD, OnDay, listed_openly
from projections.rows.read.row_sql import row_on
from projections.rows.read.searching import named_ids, of_named, searched_for
from projections.rows.write.result_rows import RESULTS, WITHHELD, WITHHELD_RESULT
from projections.rows.write.status_rows import SANCTIONS, STATUS
from projections.rows.write.tables import SHAPES
from projections.rows.write.worklist_rows import MATTERS

_COLUMNS = ", ".join(f"r.{column}" for column in SHAPES[RESULTS].columns)
_THEN = "{a}.valid_from <= :day AND {a}.known_from <= :known"
_RESULT = f"FROM {RESULTS} r WHERE r.originator_id = {{of}}.originator_id AND {_THEN.format(a='r')}"


def _public(on: OnDay) -> str:
    """The condition that some public list tells of a firm."""
    told = f" AND NOT {NOT_TOLD}" if on.repairs else ""
    return f"(st.filing = 'filed' OR {listed_openly(on)} OR EXISTS (SELECT 1 {_RESULT.format(of='h')}{told}))"


class FirmRow(NamedTuple):
    """What rows say of a firm on the day. `warning`: the notice that stands, as JSON."""

    uscc: str
    name: str | None
    category: str | None
    on_file: bool
    since: date | None
    """The first day of its blacklisting; None: it is not blacklisted."""
    until: date | None
    warning: str


def firms_named(connection: Connection, on: OnDay, words: str, *, after: str | None, limit: int) -> list[FirmRow]:
    """The public firms with these fragments in a name or the code, by USCC, after one; nobody for nothing said."""
    fragments = searched_for(words)
    if not fragments:
        return []
    values: dict[str, object] = {"day": on.day.isoformat(), "known": on.known_at}
    of_any = of_named(connection, "h", fragments, values)
    told = f"(({TOLD}) OR ({listed_openly(on)} AND f.valid_to > :day))"
    named = f"EXISTS ({named_ids(dialect_of(connection), fragments)} AND f.originator_id = h.originator_id AND {told})"
    more = f"h.stream > :after AND {of_any} AND {named}"
    return _rows(connection, on, more, values | {"after": agency_stream(after or ""), "limit": limit})


def firm_of(connection: Connection, on: OnDay, uscc: str) -> FirmRow | None:
    """One public firm; None for one of which no public list tells."""
    return next(iter(_rows(connection, on, "h.stream = :stream", {"stream": agency_stream(uscc), "limit": 1})), None)


def _rows(connection: Connection, on: OnDay, more: str, values: dict[str, object]) -> list[FirmRow]:
    dialect = dialect_of(connection)
    query = " ".join(
        (
            "SELECT h.stream, st.name, st.category, st.filing,",
            f"CASE WHEN {listed_openly(on)} THEN 1 ELSE 0 END, sa.since, sa.until, st.warning",
            f"FROM stream_heads h {row_on(dialect, STATUS, 'st')} {row_on(dialect, SANCTIONS, 'sa')}",
            "WHERE h.stream > 'agency/' AND h.stream < 'agency0' AND st.warning IS NOT NULL",
            f"AND {_public(on)} AND {more}",
            "ORDER BY h.stream LIMIT :limit",
        )
    )
    wanted = text(query)
    if "named" in values:
        wanted = wanted.bindparams(bindparam("named", type_=Uuid, expanding=True))
    found = connection.execute(wanted, {"day": on.day.isoformat(), "known": on.known_at, **values})
    return [
        FirmRow(
            stream.removeprefix("agency/"),
            name,
            category,
            filing == "filed",
            since and read_day(since) if listed else None,
            until and read_day(until) if listed else None,
            warning,
        )
        for stream, name, category, filing, listed, since, until, warning in found
    ]


_STANDING = " ".join(
    (
        f"SELECT h.stream, r.key, r.valid_from, r.known_from, r.year, {_COLUMNS}",
        f"FROM {RESULTS} r JOIN stream_heads h ON h.originator_id = r.originator_id WHERE h.stream IN :streams",
        f"AND {_THEN.format(a='r')} AND NOT EXISTS (SELECT 1",
        f"FROM {RESULTS} s WHERE s.originator_id = r.originator_id AND s.year = r.year AND {_THEN.format(a='s')}",
        "AND s.version > r.version){told} ORDER BY h.stream, r.year DESC",
    )
)


def results_of(connection: Connection, on: OnDay, usccs: Sequence[str]) -> dict[str, list[tuple[int, StandingResult]]]:
    """The standing results of these firms (R32, R34) with their years, the latest first, by USCC; one query."""
    found: dict[str, list[tuple[int, StandingResult]]] = {}
    query = _STANDING.replace("{told}", f" AND NOT {NOT_TOLD}" if on.repairs else "")
    for stream, event_id, day, known_from, year, *rest in _of_streams(connection, query, on, usccs):
        one = standing_result(stream, event_id, day, known_from, rest)
        found.setdefault(one.uscc, []).append((year, one))
    return found


_ENDED = " ".join(
    (
        "SELECT w.about, w.about_year FROM",
        MATTERS,
        "w JOIN stream_heads h ON h.originator_id = w.originator_id",
        f"WHERE h.stream IN :streams AND w.kind IN ('{WITHHELD}', '{WITHHELD_RESULT}')",
        f"AND {_THEN.format(a='w')} AND w.valid_to > :day AND w.known_to > :known",
    )
)


class NotTold(NamedTuple):
    """What the public is not told any more of firms: records, and years of results (R42)."""

    records: frozenset[str] = frozenset()
    years: frozenset[int] = frozenset()


@implements("art.27", "R42")
def not_told(connection: Connection, on: OnDay, usccs: Sequence[str]) -> NotTold:
    """What has ended its publicity of these firms by the day; nothing while the reading is not confirmed."""
    rows = list(_of_streams(connection, _ENDED, on, usccs)) if on.repairs else []
    records = (about for about, _ in rows if about is not None)
    return NotTold(frozenset(records), frozenset(year for about, year in rows if about is None))


_NAMES = " ".join(
    (
        "SELECT h.stream, f.name",
        f"FROM {STATUS} f JOIN stream_heads h ON h.originator_id = f.originator_id",
        f"WHERE h.stream IN :streams AND f.filing = 'filed' AND f.name IS NOT NULL AND {_THEN.format(a='f')}",
        "AND f.known_to > :known ORDER BY h.stream, f.valid_from DESC",
    )
)


def names_on_file(connection: Connection, on: OnDay, usccs: Sequence[str]) -> dict[str, list[str]]:
    """The names under which these firms have stood on the register, the last one first, each once, by USCC."""
    found: dict[str, dict[str, None]] = {}
    for stream, name in _of_streams(connection, _NAMES, on, usccs):
        found.setdefault(stream.removeprefix("agency/"), {})[name] = None
    return {uscc: list(names) for uscc, names in found.items()}


def _of_streams(connection: Connection, query: str, on: OnDay, usccs: Sequence[str]) -> Any:
    wanted = text(query).bindparams(bindparam("streams", type_=Text, expanding=True))
    values = {"streams": [agency_stream(one) for one in usccs], "day": on.day.isoformat(), "known": on.known_at}
    return connection.execute(wanted, values) if usccs else ()
