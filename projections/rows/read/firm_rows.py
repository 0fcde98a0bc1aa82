"""Firms that the public may read of: on file, blacklisted, or with a published result; found by name or code.

Nothing is worked out that is not told in a public list. A name is looked for as it is, folded (`domain/folding.py`),
and as it was while the firm stood on the register; what was filed and returned, or annulled since, finds nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, bindparam, text

from domain.store.db.dialect import dialect_of, read_day
from domain.values import Tier, agency_stream
from projections.rows.read.published import StandingResult, standing_result
from projections.rows.read.register import OnDay
from projections.rows.read.row_sql import named_so, row_on, searched_for
from projections.rows.write.result_rows import RESULTS
from projections.rows.write.status_rows import SANCTIONS, STATUS
from projections.rows.write.tables import SHAPES

_COLUMNS = ", ".join(f"r.{column}" for column in SHAPES[RESULTS].columns)
_THEN = "{a}.valid_from <= :day AND {a}.known_from <= :known"
_RESULT = f"FROM {RESULTS} r WHERE r.originator_id = {{of}}.originator_id AND {_THEN.format(a='r')}"
_TOLD = (
    f" AND (f.filing = 'filed' OR EXISTS (SELECT 1 {_RESULT.format(of='f')} "  # names of ours
    "AND r.valid_from >= f.valid_from AND r.valid_from < f.valid_to) "
    f"OR (sa.tier = '{Tier.BLACKLISTED}' AND f.valid_to > :day))"
)
"""The names that some public list tells or has told: of the register, of results, of the blacklist today."""
_PUBLIC = (
    f"(st.filing = 'filed' OR sa.tier = '{Tier.BLACKLISTED}' "  # names of ours
    f"OR EXISTS (SELECT 1 {_RESULT.format(of='h')}))"
)


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
    more = f"h.stream > :after AND {named_so(dialect_of(connection), fragments, _TOLD)}"
    return _rows(connection, on, more, {"after": agency_stream(after or ""), "limit": limit, **fragments})


def firm_of(connection: Connection, on: OnDay, uscc: str) -> FirmRow | None:
    """One public firm; None for one of which no public list tells."""
    return next(iter(_rows(connection, on, "h.stream = :stream", {"stream": agency_stream(uscc), "limit": 1})), None)


def _rows(connection: Connection, on: OnDay, more: str, values: dict[str, Any]) -> list[FirmRow]:
    dialect = dialect_of(connection)
    query = " ".join(
        (
            "SELECT h.stream, st.name, st.category, st.filing, sa.tier, sa.since, sa.until, st.warning",
            f"FROM stream_heads h {row_on(dialect, STATUS, 'st')} {row_on(dialect, SANCTIONS, 'sa')}",
            f"WHERE h.stream > 'agency/' AND h.stream < 'agency0' AND st.warning IS NOT NULL AND {_PUBLIC} AND {more}",
            "ORDER BY h.stream LIMIT :limit",
        )
    )
    found = connection.execute(text(query), {"day": on.day.isoformat(), "known": on.known_at, **values})
    return [
        FirmRow(
            stream.removeprefix("agency/"),
            name,
            category,
            filing == "filed",
            since and read_day(since) if tier == Tier.BLACKLISTED else None,
            until and read_day(until) if tier == Tier.BLACKLISTED else None,
            warning,
        )
        for stream, name, category, filing, tier, since, until, warning in found
    ]


_STANDING = " ".join(
    (
        f"SELECT h.stream, r.key, r.valid_from, r.known_from, r.year, {_COLUMNS}",
        f"FROM {RESULTS} r JOIN stream_heads h ON h.originator_id = r.originator_id WHERE h.stream IN :streams",
        f"AND {_THEN.format(a='r')} AND NOT EXISTS (SELECT 1",
        f"FROM {RESULTS} s WHERE s.originator_id = r.originator_id AND s.year = r.year AND {_THEN.format(a='s')}",
        "AND s.version > r.version) ORDER BY h.stream, r.year DESC",
    )
)


def results_of(connection: Connection, on: OnDay, usccs: Sequence[str]) -> dict[str, list[tuple[int, StandingResult]]]:
    """The standing results of these firms (R32, R34) with their years, the latest first, by USCC; one query."""
    found: dict[str, list[tuple[int, StandingResult]]] = {}
    for stream, event_id, day, known_from, year, *rest in _of_streams(connection, _STANDING, on, usccs):
        one = standing_result(stream, event_id, day, known_from, rest)
        found.setdefault(one.uscc, []).append((year, one))
    return found


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
