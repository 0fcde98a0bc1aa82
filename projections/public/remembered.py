"""What is costly to compute for today, kept until something is recorded that it depends on.

Notices and hints are worked out by replay, which takes seconds over a large district. Of an agency of which nothing
new was recorded, nor of another with which it shares a certificate (R37), they are the same for the rest of the day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

from domain.store.db.engine import Connection
from domain.store.log.event_index_sql import streams_sharing
from domain.store.log.stream_heads import versions
from domain.values import FOREVER
from projections.answers.districts import DueNotice, HintFound
from projections.public.public import Public
from projections.replay.known_at import Basis
from projections.replay.queries import Hints, ReplayQueries

R = TypeVar("R")
_MANY = 200
"""With more changed agencies than this, whom they touch is not looked up: all are worked out anew."""


class _Remembered(NamedTuple, Generic[R]):
    version: int
    rows: list[R]


class _PerAgency(Generic[R]):
    """The rows of one kind. One thread at a time works them out: the others would only do the same beside it."""

    def __init__(self, touched: Callable[[Connection, list[str]], Iterable[str]]) -> None:
        self._touched = touched
        self._lock = Lock()
        self._at: Any = None
        self._kept: dict[str, _Remembered[R]] = {}

    def rows(self, questions: ReplayQueries, work: Callable[[Basis], list[R]]) -> list[R]:
        """The rows of every agency in this snapshot, by USCC."""
        connection = questions.reader.connection
        law = questions.reader.law(FOREVER)
        at = (questions.today, law and (tuple(one.sha256 for one in law.rulebooks), law.calendar.sha256))
        with self._lock:
            if at != self._at:
                self._at, self._kept = at, {}
            now = versions(connection, "agency/")
            changed = [stream for stream, version in now.items() if self._version(stream) != version]
            stale = set(changed)
            if len(changed) > _MANY:
                stale = set(now)
            elif changed:
                stale |= set(self._touched(connection, changed)) & now.keys()
            only = [stream.partition("/")[2] for stream in stale]
            for basis in questions.district(only=only):
                stream = basis.trail.events[0].stream
                self._kept[stream] = _Remembered(now[stream], work(basis))
            return [row for stream in now if stream in self._kept for row in self._kept[stream].rows]

    def _version(self, stream: str) -> int | None:
        kept = self._kept.get(stream)
        return None if kept is None else kept.version


class Remembered:
    """What one process remembers of one ledger."""

    def __init__(self) -> None:
        self._notices = _PerAgency[DueNotice](lambda connection, changed: ())
        self._hints = _PerAgency[HintFound](streams_sharing)
        self._categories: tuple[Any, list[str]] = (None, [])

    def notices(self, questions: ReplayQueries) -> list[DueNotice]:
        """The notices of the district that are due by today, sent or not, as known now (R18)."""
        return self._notices.rows(questions, questions.notices)

    def hints(self, questions: ReplayQueries) -> list[HintFound]:
        """The hints of the district by today, open or settled, as known now (R37)."""
        return self._hints.rows(questions, Hints(questions.reader, None).of)

    def categories(self, public: Public) -> list[str]:
        """The categories of the agencies on file today, looked up again once anything was recorded (art.9)."""
        state = public.state()
        if state != self._categories[0]:
            self._categories = (state, public.categories())
        return self._categories[1]
