"""Reading is recorded too: who was answered what about which agency.

Noted in memory behind the answer and written down in batches by the housekeeper, so that no answer waits for it. When
too many wait, the next answer waits until they are written: none is lost silently. A killed process loses the last
moments (at most what one round of the housekeeper had not reached yet).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from api.application.privacy.authorisation import Caller
from domain.store.access import access_log as consultations
from domain.store.access.access_log import Consultation
from domain.store.db.engine import Engine, writing
from domain.values import instant

MOST_WAITING = 5_000
BATCH = 1_000
_BASIS = frozenset({"as_of_2", "known_at_2", "from", "to", "status"})
"""Query parameters, besides as_of and known_at, that say on what basis was asked; what people type in is not kept."""
MOST_CHARACTERS = 64


class NotedReading(NamedTuple):
    """What is taken down while somebody waits for the answer; it is worked out when it is written."""

    at: float
    """Seconds since 1970."""
    caller: Caller
    uscc: str
    route: str
    query: bytes
    """The query string as it came."""
    path: Mapping[str, Any]
    """The parameters of the path."""


class ReadingLog:
    """The consultations of one process that are not written down yet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[NotedReading] = deque()
        self._lock = threading.Lock()

    def note(self, noted: NotedReading) -> bool:
        """Note an answered question; whether so many wait that they have to be written first (`flush`)."""
        self._waiting.append(noted)
        return len(self._waiting) >= MOST_WAITING

    def flush(self) -> None:
        """Write down what waits; one thread at a time, so that nothing is written twice. Raises: Busy."""
        with self._lock:
            while self._waiting:
                batch = [self._waiting[place] for place in range(min(BATCH, len(self._waiting)))]
                with writing(self._engine, beside=True) as connection:
                    consultations.note(connection, list(map(_consultation, batch)))
                for _ in batch:  # only now: a batch that failed is tried again
                    self._waiting.popleft()

    @property
    def waiting(self) -> int:
        """How many are not written down yet."""
        return len(self._waiting)

    def prune(self, days: int) -> bool:
        """Delete a piece of what is older than it has to be kept; whether there may be more."""
        with writing(self._engine, beside=True) as connection:
            return consultations.prune(connection, days, datetime.now(UTC)) >= consultations.PIECE


def _consultation(noted: NotedReading) -> Consultation:
    given = dict(parse_qsl(noted.query.decode("latin-1"), keep_blank_values=True))
    more: list[str] = [f"{name}={given[name]}" for name in sorted(given) if name in _BASIS]
    more += [f"{name}={value}" for name, value in sorted(noted.path.items()) if name != "uscc"]
    return Consultation(
        at=instant(datetime.fromtimestamp(noted.at, UTC)),
        person_id=noted.caller.person_id,
        role=noted.caller.role,
        via=noted.caller.via,
        uscc=noted.uscc,
        route=noted.route,
        as_of=_short(given.get("as_of")),
        known_at=_short(given.get("known_at")),
        asked=_short("&".join(more)) or None,
    )


def _short(text: str | None) -> str | None:
    return None if text is None else text[:MOST_CHARACTERS]
