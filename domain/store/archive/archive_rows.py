"""Which tables go into an archive, and rows as lines of JSON: the same from either database.

Left out is what follows from the rest and is made again (the tree, heads' order, keys of events, read models, hints),
and what ends with the machine: sessions, failed sign-ins and pages of forms. A table that comes later is taken by
itself; a test asks which of the three it belongs to.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column, Date, LargeBinary, Table, Uuid

from domain.store.db.schema import READ_MODELS, metadata

DERIVED = frozenset(
    {"events", "log_index", "sealer", "tree_nodes", "event_keys", "annulled", "read_model_build", "rebuilt"}
    | {"hint", "hint_state", "hint_book", *READ_MODELS}
)
"""Made again from the events, which have members of their own."""
FLEETING = frozenset({"sessions", "sign_in_failures", "form_answers"})
CHECKPOINTS = "checkpoints"
NUMBERED = {"consultations": "id"}
"""Rows that the database numbers by itself: the number is not taken along, their order is."""


def archived_tables() -> list[Table]:
    """In an order in which a row stands after what it refers to."""
    return [table for table in metadata.sorted_tables if table.name not in DERIVED | FLEETING]


def columns_of(table: Table) -> list[Column[Any]]:
    """What is written of a row, in the order of names."""
    left_out = NUMBERED.get(table.name)
    return sorted((column for column in table.columns if column.name != left_out), key=lambda column: column.name)


def line_of(row: Mapping[str, Any]) -> bytes:
    """A row as one line: bytes as base64, days and instants as text."""
    return msgspec.json.encode({name: _plain(value) for name, value in row.items()}) + b"\n"


def row_of(table: Table, line: bytes) -> dict[str, object]:
    """A line as a row. Raises: ValueError for a column that is not there, or a value of another kind."""
    found = msgspec.json.decode(line, type=dict[str, object])
    strange = found.keys() - table.columns.keys()
    if strange:
        raise ValueError(f"{table.name} has no column {', '.join(sorted(strange))}")
    return {name: None if value is None else _reader(table.columns[name])(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, date):
        return value.isoformat()
    return value.hex if isinstance(value, UUID) else value


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, LargeBinary):
        return _decoded
    if isinstance(column.type, Date):
        return date.fromisoformat
    return UUID if isinstance(column.type, Uuid) else lambda value: value


def _decoded(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError) as error:
        raise ValueError("this is not base64") from error
