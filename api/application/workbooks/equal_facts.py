"""Rows of a workbook that say what is recorded already, or what an earlier row of the same file says (R46).

They are recorded all the same when somebody says so: two complaints of one day may well read alike. A part of the rows
is looked up in one query; of rows that were seen a hash is kept, not their words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from domain.events import Event
from domain.folding import compared
from domain.ledger.ledger import Reader
from domain.measures.text.implements import implements
from domain.similar import content_key, same_words, sealed_content
from domain.store.log.event_index_sql import MOST_SIMILAR
from domain.store.log.mapper import EventMapper
from domain.store.log.streams_by_key import counting_under
from domain.values import Instant


class EqualEvent(NamedTuple):
    """A fact that stands in the ledger."""

    event: str
    recorded_at: Instant


class EqualRow(NamedTuple):
    """A row, and what says the same."""

    row: int
    earlier: int | None
    """The first row of the file that says so."""
    events: tuple[EqualEvent, ...]
    """The latest first, at most MOST_SIMILAR."""


class _Decided(NamedTuple):
    row: int
    event: Event
    key: str
    words: list[str | None]


class EqualFacts:
    """Gathers the decided facts of a part of the rows, then says which have equals."""

    def __init__(self, reader: Reader, mapper: EventMapper) -> None:
        self._reader, self._mapper = reader, mapper
        self._part: list[_Decided] = []
        self._first: dict[bytes, int] = {}
        """By a hash of what a row says: the first row that says so."""

    def note(self, row: int, event: Event) -> None:
        """A row was decided, with an `OpenVault`."""
        key = content_key(event)
        if key is not None:
            self._part.append(_Decided(row, event, key, [one.sealed for one in sealed_content(event)]))

    @implements("R46")
    def taken(self) -> list[EqualRow]:
        """The rows noted since the last call that say what a fact or an earlier row says."""
        part, self._part = sorted(self._part, key=lambda one: one.row), []
        stored = self._stored(part)
        found = []
        for one in part:
            before = stored.get((one.event.stream, one.key), ())
            events = [event for event, words in before if same_words(one.words, words)]
            said = _hashed(one)
            first = self._first.setdefault(said, one.row)
            if events or first != one.row:
                named = tuple(EqualEvent(event.id, event.recorded_at) for event in reversed(events[-MOST_SIMILAR:]))
                found.append(EqualRow(one.row, None if first == one.row else first, named))
        return found

    def _stored(self, part: Sequence[_Decided]) -> dict[tuple[str, str], list[tuple[Event, list[str | None]]]]:
        """The facts that count under the keys of a part, with their words in clear, in recording order."""
        if not part:
            return {}
        streams, keys = sorted({one.event.stream for one in part}), sorted({one.key for one in part})
        found: dict[tuple[str, str], list[tuple[Event, list[str | None]]]] = {}
        for stream, events in counting_under(self._reader.connection, self._mapper, streams, keys).items():
            for event in events:
                key = content_key(event)
                if key is not None:
                    words = self._reader.vault.open_many(sealed_content(event))
                    found.setdefault((stream, key), []).append((event, list(words)))
        return found


def _hashed(one: _Decided) -> bytes:
    """What a row says, folded as equal words are compared."""
    said = "\0".join([one.event.stream, one.key, *(compared(word or "") for word in one.words)])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()[:16]
