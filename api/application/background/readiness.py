"""Whether the service does all it is for: asked by `GET /readyz`, shown in the metrics.

Who notices that something stands still says so in `degraded.py`. Here the rest is found out: whether the database
answers at all, in time, is of this version and takes writes, and whether what goes on behind still goes on.

What a running service consists of, as routes, pages and questions are given it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from api.application.answers.law import ReplicaShown, StandsStill
from api.application.background.checkpoint_signer import CheckpointSigner
from api.application.background.degraded import Degraded, DegradedReason
from api.application.background.housekeeper import Housekeeper
from api.application.background.outside_witnesses import OutsideWitnesses
from api.application.background.read_replica import ReadReplica, ReplicaState
from api.application.background.which_database import NotByReplica, asked_where
from api.application.privacy.reading_log import ReadingLog
from api.settings import Settings
from domain.errors import Refusal
from domain.ledger.ledger import Ledger
from domain.ledger.reader import Reader
from domain.store.db.db_errors import RowsOfAnother
from domain.store.db.migrate import require_current
from domain.store.db.postgresql import drop_connections, takes_writes
from domain.store.files.objects import Objects
from domain.store.proof.proof_reader import HeadsKept
from projections.public.remembered import Remembered

ANSWER_SECONDS = 3.0
"""A database that takes longer for a few words does not answer: whoever asks for readiness waits no longer either."""
ROUND_SECONDS = 60.0
"""How long ago the last round of what goes on behind may have ended."""
BEARABLE = "background."
"""What begins so is to be seen to, but facts are recorded, ordered and signed without it."""
READ_ONLY = DegradedReason(
    "read-only",
    "数据库只读：是只读副本，或 default_transaction_read_only 已开启；此时无法记录",
    "the database takes no writes: it is a replica, or default_transaction_read_only is on",
)
NO_ANSWER = DegradedReason(
    "database", f"数据库在 {ANSWER_SECONDS:g} 秒内没有回答", f"the database did not answer within {ANSWER_SECONDS:g} s"
)
NO_ROUNDS = DegradedReason(
    "housekeeping",
    "后台任务（封存、签署）已停滞",
    "what goes on behind (sequencing, signing) has not come round for a while",
)


class Readiness:
    """Asks the database in a thread of its own: those of the requests may all be waiting for it."""

    def __init__(self, ledger: Ledger, housekeeper: Housekeeper, degraded: Degraded) -> None:
        self._ledger, self._housekeeper, self._degraded = ledger, housekeeper, degraded
        self._thread = ThreadPoolExecutor(1, "steward-readiness")

    async def reasons(self) -> Sequence[DegradedReason]:
        """All that stands still, the database first. Raises: DatabaseRefused for one that must not be served."""
        asked = asyncio.get_running_loop().run_in_executor(self._thread, self._of_the_database)
        try:
            found = await asyncio.wait_for(asked, ANSWER_SECONDS)
        except TimeoutError:
            found = [NO_ANSWER]
        last = self._housekeeper.last_round
        if last is not None and time.monotonic() - last > ROUND_SECONDS:
            found = [*found, NO_ROUNDS]
        return [*found, *self._degraded.reasons()]

    def close(self) -> None:
        """Ask nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _of_the_database(self) -> list[DegradedReason]:
        engine = self._ledger.engine
        require_current(engine, serving=True)
        try:
            with self._ledger.reading() as reader:
                pool, writes = engine.pool, takes_writes(reader.connection)
        except RowsOfAnother as why:
            return [DegradedReason("rows-of-another", f"{why.text}；{why.remedy}", f"{why.text_en}. {why.remedy_en}")]
        if not writes:
            drop_connections(engine, pool)  # the next ones find the primary, where there is another one by now
        return [] if writes else [READ_ONLY]


def is_ready(reasons: Sequence[DegradedReason]) -> bool:
    """Whether it can serve: nothing stands still but what can wait."""
    return all(one.name.startswith(BEARABLE) for one in reasons)


def shown(reasons: Sequence[DegradedReason]) -> tuple[StandsStill, ...]:
    """What stands still, as clients see it."""
    return tuple(StandsStill(name=one.name, detail=one.text, detail_en=one.text_en) for one in reasons)


def replica_shown(state: ReplicaState) -> ReplicaShown:
    """The read replica, as clients see it."""
    return ReplicaShown(
        in_use=state.in_use, behind_seconds=int(state.behind_seconds), behind_events=state.behind_events
    )


def named(refusal: Refusal) -> str:
    """A refusal in one line of English, for a reason."""
    return f"{type(refusal).__name__}: {refusal.text_en}"


@dataclass(frozen=True)
class Service:
    """What the routes need."""

    settings: Settings
    ledger: Ledger
    housekeeper: Housekeeper
    readings: ReadingLog
    notary: CheckpointSigner
    files: Objects
    witnesses: OutsideWitnesses
    degraded: Degraded = field(default_factory=Degraded)
    heads: HeadsKept = field(default_factory=HeadsKept)
    remembered: Remembered = field(default_factory=Remembered)
    wake_courier: Callable[[], None] = lambda: None
    """Something waits to leave the service: look now."""
    replica: ReadReplica | None = None
    """Where questions go, if one is set."""

    def start_asking(self) -> None:
        """Begin to ask those outside: witnesses, and the read replica how it is doing."""
        self.witnesses.start()
        if self.replica is not None:
            self.replica.start()

    def stop_asking(self) -> None:
        """Ask them no more."""
        self.witnesses.stop()
        if self.replica is not None:
            self.replica.stop()

    @contextmanager
    def asking(self) -> Iterator[Reader]:
        """A snapshot for a question: of the replica where the request at hand may ask it and it can answer, else of
        the primary; all snapshots of one request are of the same. Raises: NotByReplica where they cannot be; Busy;
        RowsOfAnother.
        """
        where = asked_where()
        with ExitStack() as kept:
            if self.replica is not None and where is not None and where.by_replica is not False:
                try:
                    connection = kept.enter_context(self.replica.reading())
                except NotByReplica:
                    if where.by_replica:
                        raise
                else:
                    where.by_replica = True
                    self.ledger.read_models.require_own(connection)
                    self.replica.answered_by["replica"] += 1
                    yield Reader(self.ledger.memory, connection, is_snapshot=True)
                    return
            if where is not None:
                where.by_replica = False
            if self.replica is not None:
                self.replica.answered_by["primary"] += 1
            yield kept.enter_context(self.ledger.reading())
