"""What the ledger asks of the read models: rows that answer questions, kept in step with the events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from domain.commands.base import Command
from domain.events import Event
from domain.law import Law
from domain.ledger.reader import Reader
from domain.store.db.engine import Connection
from domain.store.db.statements import Insert, RowUpdate
from domain.store.log.event_index_sql import StoredEntries
from domain.trail.keys import DayWindow
from domain.values import Instant

Recorded = dict[str, tuple[list[Event], StoredEntries]]
"""What one transaction records, by stream, with the entries in which the events stand already."""


class Touched(NamedTuple):
    """A published result that a recorded event would change (R36)."""

    impact_id: str
    result_id: str
    cause: str
    year: int


class Projected(NamedTuple):
    """What events change of the read models, to be written with them."""

    writes: list[Insert | RowUpdate]
    touched: list[Touched]


class ReadModels(Protocol):
    """What keeps the rows that answer questions in step with the events, in the same transaction."""

    def looked_up(
        self, command: Command, path_id: str | None
    ) -> tuple[Iterable[str], Iterable[str], Iterable[DayWindow]]:
        """Keys, ids and windows of the events that the command's decision and rows will need: a hint, read at once."""
        ...

    def opened(self, connection: Connection) -> None:
        """The ledger is new: there is nothing to build."""
        ...

    def require_own(self, connection: Connection, made_by: int | None = None) -> None:
        """Refuse to answer from or add to rows that another version has made. Raises: RowsOfAnother.

        `made_by`: which version that was, where it is known already.
        """
        ...

    def recorded(
        self,
        connection: Connection,
        recorded: dict[str, tuple[list[Event], StoredEntries]],
        law: Law,
        published: frozenset[int],
    ) -> Projected:
        """What these events change, to be written with them. `published`: years that have results to be touched."""
        ...

    def adopted(self, reader: Reader, law: Law, at: Instant) -> None:
        """Another law is known from an instant on: rewrite the rows of every agency under it (R4)."""
        ...
