"""Rows and heads of agencies that no event knows of: nobody recorded them, so somebody wrote them into the database.

The comparison agency by agency (`reproject.py`) begins with what has events, so it cannot meet them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, text

from domain.store.db.schema import SERVES_FROM, hint_state, read_model_build, stream_heads
from domain.values import stream_id
from projections.rows.write.projector import MADE_BY
from projections.rows.write.tables import COLUMNS

TABLES = (*COLUMNS, "rebuilt")
_OF_AGENCY = "e.stream >= 'agency/' AND e.stream < 'agency0'"
_NO_EVENT = "NOT EXISTS (SELECT 1 FROM events e WHERE e.originator_id = t.originator_id"


class Orphan(NamedTuple):
    """What is kept and follows from no event, or the other way round. `stream`: its name, or its number in hex."""

    stream: str
    table: str
    text: str
    text_en: str

    def as_json(self) -> dict[str, object]:
        """The problem by the names of its parts."""
        return {
            "uscc": self.stream.removeprefix("agency/"),
            "table": self.table,
            "problem": self.text,
            "problem_en": self.text_en,
        }


def orphans(connection: Connection) -> Iterator[Orphan]:
    """All of them, and events whose stream has no head."""
    names = {stream_id(name).hex: name for name in connection.scalars(select(stream_heads.c.stream))}
    for table in (*TABLES, "hint"):
        query = f"SELECT DISTINCT t.originator_id FROM {table} t WHERE {_NO_EVENT} AND {_OF_AGENCY})"  # noqa: S608  # names of ours
        for id_ in sorted(_hex(one) for one in connection.scalars(text(query))):
            yield Orphan(names.get(id_, id_), table, "没有任何记录的行", "rows of which there is no event")
    for name in sorted(connection.scalars(text(f"SELECT stream FROM stream_heads t WHERE {_NO_EVENT})"))):  # noqa: S608
        yield Orphan(name, "stream_heads", "没有任何记录的机构", "a head without an event")
    headless = (
        "SELECT DISTINCT stream FROM events e "
        "WHERE NOT EXISTS (SELECT 1 FROM stream_heads h WHERE h.originator_id = e.originator_id)"
    )
    for name in sorted(connection.scalars(text(headless))):
        yield Orphan(name, "stream_heads", "有记录而没有记录头", "events without a head")
    built = connection.scalar(select(func.count()).select_from(read_model_build))
    if built != 1:
        yield Orphan("", "read_model_build", f"应有 1 行，实有 {built} 行", f"{built} rows in place of one")


def remove(connection: Connection) -> None:
    """Take away what `orphans` names, but for events without a head: those stay, and are told."""
    for table in (*TABLES, "hint"):
        connection.execute(text(f"DELETE FROM {table} AS t WHERE {_NO_EVENT} AND {_OF_AGENCY})"))  # noqa: S608
    connection.execute(text(f"DELETE FROM stream_heads AS t WHERE {_NO_EVENT})"))  # noqa: S608
    connection.execute(hint_state.delete())  # every hint is worked out anew
    if connection.execute(read_model_build.update().values(made_by=MADE_BY)).rowcount != 1:
        connection.execute(read_model_build.delete())
        connection.execute(read_model_build.insert().values(id=1, made_by=MADE_BY, serves_from=SERVES_FROM))


def _hex(found: Any) -> str:
    return str(getattr(found, "hex", found))
