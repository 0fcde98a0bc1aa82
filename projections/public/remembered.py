"""What is asked with every page, kept until something is recorded that it depends on, or the day is over."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from domain.ledger.reader import Reader
from domain.store.db.engine import Connection
from domain.store.log.stream_heads import AllRecorded, head_of, versions
from domain.values import LEDGER_STREAM, Instant
from projections.public.public import Public
from projections.rows.read.district import CountedAgency, counted
from projections.rows.read.row_sql import QueryBasis

R = TypeVar("R")
_ANSWERS = 500
"""So many answers are kept: those about the whole district, and of those agencies and enterprises that are at work."""
_SECONDS = 60.0
"""Nothing is believed for longer: rows that were rebuilt are seen then, though nothing was recorded."""
_MOVED = 200
"""Where more agencies have moved, all are looked up: as after an import."""


class _AnswerOfNow(NamedTuple):
    state: Hashable
    at: float
    answer: Any


class _CountedOnce(NamedTuple):
    state: Hashable
    since: float
    versions: Mapping[str, tuple[int, Instant | None]]
    rows: dict[str, CountedAgency]


class Remembered:
    """What one process remembers of one ledger. An answer is of a snapshot whose state is named, never of a newer one:
    who asks in another state works it out again."""

    def __init__(self) -> None:
        self._categories: tuple[Any, list[str]] = (None, [])
        self._hints: AllRecorded | None = None
        self._left: AllRecorded | None = None
        self._kept: OrderedDict[Hashable, _AnswerOfNow] = OrderedDict()
        self._counted: _CountedOnce | None = None
        self._lock = Lock()

    def hints_follow(self, reader: Reader) -> bool:
        """Whether all hints were worked out, as far as is remembered, and nothing was recorded since (R37)."""
        return reader.recorded() == self._hints

    def note_hints(self, reader: Reader) -> None:
        """All hints are worked out in this snapshot."""
        self._hints = reader.recorded()

    def hints_are_left(self, reader: Reader) -> bool:
        """Whether working hints out was left to who does it behind, and nothing was recorded since."""
        return reader.recorded() == self._left

    def leave_hints(self, events: AllRecorded) -> None:
        """What of so many events gives hints that are not worked out yet is too much for who waits for an answer."""
        self._left = events

    def answer(self, asked: Hashable, state: Hashable, work: Callable[[], R]) -> R:
        """The answer to a question about now, worked out again in another state: what it depends on, the day too."""
        kept, now = self._kept.get(asked), time.monotonic()
        if kept is not None and kept.state == state and now - kept.at < _SECONDS:
            found: R = kept.answer
        else:
            found = work()
            kept = _AnswerOfNow(state, now, found)
        with self._lock:
            self._kept[asked] = kept
            self._kept.move_to_end(asked)
            while len(self._kept) > _ANSWERS:
                self._kept.popitem(last=False)
        return found

    def counted(self, connection: Connection, at: QueryBasis) -> Mapping[str, CountedAgency]:
        """What the statistics take of each agency now: of those that have moved since it was asked last, looked up.

        What rows say of an agency follows from its own facts, the law and the day.
        """
        law = head_of(connection, LEDGER_STREAM)
        state = at.as_of, None if law is None else (law.version, law.last_recorded_at)
        now = versions(connection, "agency/")
        kept = self._counted
        if kept is None or kept.state != state or time.monotonic() - kept.since > _SECONDS:
            kept = _CountedOnce(state, time.monotonic(), now, counted(connection, at))
        else:
            moved = {stream for stream, version in now.items() if kept.versions.get(stream) != version}
            again = counted(connection, at, sorted(moved) if len(moved) <= _MOVED else None) if moved else {}
            others = {stream: one for stream, one in kept.rows.items() if stream not in moved}
            kept = kept._replace(versions=now, rows={**others, **again})
        self._counted = kept
        return kept.rows

    def categories(self, public: Public) -> list[str]:
        """The categories of the agencies on file today, looked up again once anything was recorded (art.9)."""
        state = public.state()
        if state != self._categories[0]:
            self._categories = (state, public.categories())
        return self._categories[1]
