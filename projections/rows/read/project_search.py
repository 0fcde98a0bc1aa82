"""Projects found by fragments of the client's name or code, or of the contract's number; one query."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from domain.store.db.dialect import dialect_of, read_day
from domain.values import Instant, agency_stream
from projections.rows.read.row_sql import says, searched_for
from projections.rows.write.conduct_rows import PROJECTS
from projections.rows.write.current_rows import NEVER, ONE_DAY


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
    values: dict[str, Any] = {"known": known_at, "limit": limit, **fragments}
    if uscc is not None:
        values["stream"] = agency_stream(uscc)
    found = []
    for stream, key, first, to in connection.execute(text(query), values):
        end = read_day(to)
        last = None if end == NEVER else end - ONE_DAY
        found.append(ProjectRow(stream.removeprefix("agency/"), key, read_day(first), last))
    return found
