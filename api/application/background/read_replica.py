"""A read replica (`STEWARD_READ_DATABASE_URL`): questions go there, as long as it says what the primary would say.

Each question first asks the primary how far it stands, which is one look at its memory, and is answered by a replica
that has come as far, on the same timeline and with the same history (`replica_places.py`). So nobody misses a fact that
was acknowledged before they asked, their own or another's, and an answer `known_at` now is as complete as the
primary's. A replica that does not come so far in a moment, is lost in the middle of an answer, or is none any more, is
left out: the question is asked of the primary, from the start. A thread looks at it every second and lets it in again.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import structlog

from api.application.background.degraded import Degraded, DegradedReason
from api.application.background.which_database import NotByReplica
from api.settings import Settings
from domain.errors import Busy, Refusal
from domain.store.db.db_errors import DatabaseRefused, is_of_database
from domain.store.db.engine import Connection, Engine, open_engine, reading
from domain.store.db.migrate import require_current
from domain.store.db.postgresql import end_patience, hurry_unless_it_answers
from domain.store.keys.master_key import use_keys
from domain.store.log.replica_places import (
    PrimaryPlace,
    ReplicaPlace,
    has_same_history,
    held_by,
    is_pooled,
    lacks_newest,
    primary_place,
    replica_place,
)
from domain.store.log.sequencer import sealed_until
from projections.rebuild.rebuild import rows_made_by

log = structlog.get_logger("steward")

NAME = "background.replica"
"""Under which `readyz` says that it is left out: questions are answered all the same."""
ANSWER_SECONDS = 5.0
"""How long one answer of the replica is waited for, whatever the primary's limit: the primary is there to be asked."""
LOOK_SECONDS = 1.0
MOST_SAMPLES = 4_000
"""Of where the primary stood, one a look: an hour. What lags by more is said to lag by that."""
_STEP_SECONDS, _LONGEST_STEP_SECONDS = 0.002, 0.02
_ADMITTED = "steward_admitted"
"""Under which name a connection's `info` keeps on which timeline its server was found to have the primary's history."""
_VISIBLE_TRIES, _VISIBLE_SECONDS = 4, 0.25
"""A replica may show an event a moment before the primary does, which waits for a replica to acknowledge."""

UNWATCHED = DegradedReason(NAME, "只读副本尚未检查", "the read replica has not been looked at yet")
NO_REPLICA = DegradedReason(
    NAME,
    "STEWARD_READ_DATABASE_URL 所指的服务器可以写入，不是只读副本（已被提升？）；查询改问主库",
    "the server of STEWARD_READ_DATABASE_URL takes writes: it is no replica (was it promoted?); the primary is asked",
)
OTHER_CLUSTER = DegradedReason(
    NAME,
    "只读副本属于另一个 PostgreSQL 集群；查询改问主库",
    "the read replica is of another PostgreSQL cluster than the primary; the primary is asked",
)
OTHER_HISTORY = DegradedReason(
    NAME,
    "只读副本的记录与主库不同（主库切换后没有跟上新主库？）；查询改问主库",
    "the read replica's history is not the primary's (does it follow an old primary?); the primary is asked",
)
POOL_BETWEEN = DegradedReason(
    NAME,
    "只读副本前有按事务的连接池，无法确认由哪台服务器回答；请直接连接副本",
    "a pool lies before the read replica, so that nobody can tell which server answers: connect to the replica itself",
)
OTHER_ROWS = DegradedReason(
    NAME,
    "只读副本的读模型与主库的版本不同；查询改问主库",
    "the read replica's read models are of another version than the primary's; the primary is asked",
)


class ReplicaState(NamedTuple):
    """How the replica is doing, as it was looked at last."""

    in_use: bool
    why: DegradedReason | None
    """Why it is left out; None while it is in use, or about to be again."""
    behind_seconds: float
    behind_events: int
    """By how many places of the log."""


class _Looked(NamedTuple):
    at: ReplicaPlace
    sealed: int
    made_by: int


class ReadReplica:
    """The replica of one process. `start` begins to look at it, `stop` ends."""

    def __init__(self, primary: Engine, url: str, settings: Settings) -> None:
        self._primary, self._wait, self._limit = primary, settings.read_wait_seconds, settings.read_lag_seconds
        self._engine = open_engine(url, answer_seconds=ANSWER_SECONDS)
        use_keys(self._engine, settings.keys)
        self._why: DegradedReason | None = UNWATCHED
        self._rests = False
        """A question has met it too far behind: not asked before it was looked at again."""
        self._behind_seconds, self._behind_events = 0.0, 0
        self._replayed, self._sealed = 0, 0
        self._samples: deque[tuple[float, int]] = deque(maxlen=MOST_SAMPLES)
        self.answered_by = {"replica": 0, "primary": 0}
        """How many snapshots were opened for questions since the process began, and where."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="steward-replica", daemon=True)

    def start(self) -> None:
        """Look at it at once, then again and again."""
        self._thread.start()

    def stop(self) -> None:
        """End, and close its connections."""
        self._stop.set()
        hurry_unless_it_answers(self._engine)
        if self._thread.is_alive():
            self._thread.join(ANSWER_SECONDS)
        self._engine.dispose()
        end_patience(self._engine)

    @property
    def state(self) -> ReplicaState:
        """How it is doing."""
        return ReplicaState(self._why is None and not self._rests, self._why, self._behind_seconds, self._behind_events)

    def reasons(self) -> tuple[DegradedReason, ...]:
        """Why it is left out, for `readyz`; nothing while it is in use."""
        return () if self._why is None else (self._why,)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot of the replica that holds all that the primary had acknowledged before this was called.

        Raises: NotByReplica, before or in the middle; Busy when the primary does not say how far it stands.
        """
        place = None if self._why is not None or self._rests else primary_place(self._primary)
        if place is None:
            raise NotByReplica
        try:
            with reading(self._engine, partial(self._require_caught_up, place)) as connection:
                yield connection
        except NotByReplica:
            self._rests = True
            raise
        except Exception as error:
            if not is_of_database(error):
                raise
            self._rests = True
            log.warning("replica_lost", error=f"{type(error).__name__}: {error}"[:300])
            raise NotByReplica from error

    # ---- each question ----

    def _require_caught_up(self, place: PrimaryPlace, connection: Connection) -> None:
        """Raises: NotByReplica."""
        at = self._waited_for(place, connection)
        if at.bytes < place.bytes:
            raise NotByReplica
        self._require_same_history(place, at, connection)

    def _waited_for(self, place: PrimaryPlace, connection: Connection) -> ReplicaPlace:
        """Where the replica stands: as far as the primary, unless the time is over first. Raises: NotByReplica."""
        until, step = time.monotonic() + self._wait, _STEP_SECONDS
        while True:
            at = replica_place(connection)
            if at is None:
                raise self._leave_out(NO_REPLICA)
            if at.cluster != place.cluster:
                raise self._leave_out(OTHER_CLUSTER)
            if is_pooled(connection):
                raise self._leave_out(POOL_BETWEEN)
            if at.bytes >= place.bytes or time.monotonic() > until:
                return at
            time.sleep(step)
            step = min(2 * step, _LONGEST_STEP_SECONDS)

    def _require_same_history(self, place: PrimaryPlace, at: ReplicaPlace, connection: Connection) -> None:
        """It lacks nothing; once a connection and timeline: nor has it anything else. Raises: NotByReplica."""
        if lacks_newest(place, at, connection):
            raise self._leave_out(OTHER_HISTORY)
        if connection.info.get(_ADMITTED) == place.timeline:
            return
        with connection.begin():
            held = held_by(connection)
        for _ in range(_VISIBLE_TRIES):
            if has_same_history(self._primary, held):
                connection.info[_ADMITTED] = place.timeline
                return
            time.sleep(_VISIBLE_SECONDS)
        raise self._leave_out(OTHER_HISTORY)

    def _leave_out(self, why: DegradedReason) -> NotByReplica:
        """Ask it no more until it was looked at and found well; what to raise."""
        if self._why is None:
            log.warning("replica_left_out", why=why.text_en)
        self._why = why
        return NotByReplica(why.text_en)

    # ---- looking at it ----

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except Exception:  # whatever it was, the next look has to come
                self._why = UNWATCHED
                log.exception("replica_not_looked_at")
            self._stop.wait(LOOK_SECONDS)

    def look(self) -> None:
        """Look once: how far it lags, whether it is the primary's, and so whether it is in use."""
        try:
            place = primary_place(self._primary)
            with reading(self._primary) as connection:
                sealed, made_by = sealed_until(connection)[0], rows_made_by(connection)
        except Busy:
            return  # without the primary no question is answered: nothing is known of the replica either
        if place is None:
            return
        self._samples.append((time.monotonic(), place.bytes))
        try:
            found = self._looked_at(place)
        except (NotByReplica, Busy, DatabaseRefused) as error:
            if isinstance(error, Refusal):
                self._leave_out(_unusable(error))
            self._behind_seconds, self._behind_events = self._lag(), max(0, sealed - self._sealed)
            return
        self._replayed, self._sealed = found.at.bytes, found.sealed
        self._behind_seconds, self._behind_events = self._lag(), max(0, sealed - found.sealed)
        caught_up = found.at.bytes >= place.bytes
        if caught_up and found.made_by != made_by:
            self._leave_out(OTHER_ROWS)
        elif self._behind_seconds > self._limit:
            self._leave_out(_behind(self._behind_seconds, self._behind_events))
        else:
            if self._why is not None:
                log.info("replica_in_use", after=self._why.text_en)
            self._why, self._rests = None, not caught_up

    def _looked_at(self, place: PrimaryPlace) -> _Looked:
        """Raises: NotByReplica, Busy, DatabaseRefused."""
        if self._why is not None:
            require_current(self._engine)
        stood: list[ReplicaPlace] = []

        def measure(connection: Connection) -> None:
            stood.append(self._waited_for(place, connection))
            if stood[0].bytes >= place.bytes:
                self._require_same_history(place, stood[0], connection)

        with reading(self._engine, measure) as connection:
            return _Looked(stood[0], sealed_until(connection)[0], rows_made_by(connection))

    def _lag(self) -> float:
        """For how many seconds it has lacked something: since the primary went past where it stood last."""
        now, since = time.monotonic(), None
        for at, place in reversed(self._samples):
            if place <= self._replayed:
                break
            since = at
        return 0.0 if since is None else now - since


def replica_set(primary: Engine, settings: Settings, degraded: Degraded) -> ReadReplica | None:
    """The replica that the settings name, if any; `readyz` says when it is left out."""
    if not settings.read_database_url:
        return None
    replica = ReadReplica(primary, settings.read_database_url, settings)
    degraded.watch(replica.reasons)
    return replica


def _unusable(refusal: Refusal) -> DegradedReason:
    return DegradedReason(
        NAME,
        f"只读副本无法使用（{refusal.text}）；查询改问主库",
        f"the read replica cannot be used ({refusal.text_en}); the primary is asked",
    )


def _behind(seconds: float, events: int) -> DegradedReason:
    return DegradedReason(
        NAME,
        f"只读副本落后 {seconds:.0f} 秒、{events} 条日志；查询改问主库",
        f"the read replica is {seconds:.0f} s and {events} places of the log behind; the primary is asked",
    )
