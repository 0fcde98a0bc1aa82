"""All items of a list as one JSON document or as a line each (NDJSON), written part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import msgspec

from api.application.exports.table_columns import Row


class JsonFile:
    """`{...echo, "items": [...]}`, as a page of the list has it, with all of them."""

    def __init__(self, file: BinaryIO, echo: Mapping[str, Any]) -> None:
        self._file, self.rows = file, 0
        file.write(msgspec.json.encode(echo).removesuffix(b"}") + b',"items":[')

    def add(self, rows: Sequence[Row]) -> None:
        """The next items."""
        for row in rows:
            self._file.write((b"," if self.rows else b"") + msgspec.json.encode(row))
            self.rows += 1

    def close(self) -> None:
        """All are in."""
        self._file.write(b"]}")


class NdjsonFile:
    """An item a line; each says of itself on which basis it stands."""

    def __init__(self, file: BinaryIO, echo: Mapping[str, Any]) -> None:
        self._file, self._echo, self.rows = file, dict(echo), 0

    def add(self, rows: Sequence[Row]) -> None:
        """The next items."""
        for row in rows:
            self._file.write(msgspec.json.encode({**row, **self._echo}) + b"\n")
            self.rows += 1

    def close(self) -> None:
        """All are in."""
