"""What sealing and proving cost those who record, what a proof costs, and how fast an audit reads everything again.

The audit's floor is what nobody can go without: every event's bytes read once, and one SHA-256 over each.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.application.background.checkpoint_signer import CheckpointSigner, proven_up
from api.application.background.housekeeper import Housekeeper
from api.application.privacy.reading_log import ReadingLog
from api.cli.operating.auditing import audited
from api.settings import Settings
from bench import floor
from bench.generate import History
from bench.measure import Finding, finding, in_turns, median, rate
from bench.place import Place, fill, place
from bench.recording import append
from domain.proof.tree import inclusion_ranges, needed
from domain.store.db.engine import reading
from domain.store.db.schema import events
from domain.store.proof.proof_reader import inclusion_proof, placed
from tests.postgres_server import PostgresServer

FACTS = 50
"""Of each agency that is audited."""
PROOFS = 300
"""A repetition."""
SEAL_SECONDS = 0.3


def measure(server: PostgresServer, repetitions: int, appended: int, audited_events: int) -> list[Finding]:
    """The lines of the report."""
    ways = {
        "sealed": append.way(server, "ledger", append.WRITERS, appended, beside=_housekeeping),
        "left": append.way(server, "ledger", append.WRITERS, appended),
    }
    found = in_turns(ways, repetitions)
    lines = [
        finding(
            f"append, {append.WRITERS} writers, sealed and signed meanwhile",
            "facts/s",
            found["sealed"],
            found["left"],
            least=0.8,
            note=f"every {SEAL_SECONDS} s, against the same without",
        )
    ]
    with tempfile.TemporaryDirectory() as folder, place(server, "proof") as made:
        settings = _settings(made, Path(folder))
        count = _proven(made, settings, audited_events)
        ids = _some(made)
        proofs = in_turns(
            {"ours": lambda: _proofs(made, ids, count), "floor": lambda: _by_hand(made, ids, count)}, repetitions
        )
        reads = in_turns(
            {
                "audit": lambda: rate(lambda: audited(made.ledger, settings, rows=False), count),
                "floor": lambda: rate(lambda: _hashed(made), count),
            },
            repetitions,
        )
    lines.append(
        finding(
            "an event's inclusion proof",
            "s",
            proofs["ours"],
            proofs["floor"],
            most=5,
            note=f"{count:,} events; floor: the same rows by psycopg2",
        )
    )
    lines.append(
        finding(
            "audit of the log",
            "events/s",
            reads["audit"],
            reads["floor"],
            note=f"{count:,} events; floor: reading the bytes and one SHA-256 over each, "
            f"{median(reads['floor']):,.0f} events/s",
        )
    )
    return lines


def _settings(made: Place, folder: Path) -> Settings:
    return Settings(database_url=made.url, key_dir=folder / "keys", checkpoint_dir=folder / "checkpoints")


@contextmanager
def _housekeeping(made: Place) -> Iterator[None]:
    """What goes on in a service beside the requests, as often as when every moment something is recorded."""
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(made, Path(folder))
        keeper = Housekeeper(made.engine, settings, CheckpointSigner(made.engine, settings), ReadingLog(made.engine))

        def work() -> None:
            while not stop.wait(SEAL_SECONDS):
                keeper.tidy()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def _proven(made: Place, settings: Settings, count: int) -> int:
    """Record about so many events, and sign them; how many there are."""
    for number in range(max(1, count // FACTS)):
        fill(made.ledger, History(number).facts(FACTS))
    signed = proven_up(made.ledger, CheckpointSigner(made.engine, settings))
    if signed is None:
        raise RuntimeError("nothing was signed")
    return signed.size


def _some(made: Place) -> list[str]:
    with reading(made.engine) as connection:
        ids = list(connection.scalars(select(events.c.event_id).order_by(events.c.position)))
    return random.Random(1).choices(ids, k=PROOFS)


def _proofs(made: Place, ids: list[str], size: int) -> float:
    """Seconds for one, by the service's own functions."""
    began = time.perf_counter()
    with reading(made.engine) as connection:
        for event_id in ids:
            found = placed(connection, event_id)
            if found is None or found.log_index is None or not inclusion_proof(connection, found.log_index, size):
                raise RuntimeError("no proof")
    return (time.perf_counter() - began) / len(ids)


_EVENT = "SELECT l.log_index, e.* FROM events e JOIN log_index l USING (position) WHERE e.event_id = %s"
_NODES = "SELECT level, place, hash FROM tree_nodes WHERE (level, place) IN %s"


def _by_hand(made: Place, ids: list[str], size: int) -> float:
    """Seconds for the rows of one."""
    connection = floor.connect(made.url)
    with connection.cursor() as cursor:
        began = time.perf_counter()
        for event_id in ids:
            cursor.execute(_EVENT, (event_id,))
            index = cursor.fetchone()[0]
            cursor.execute(_NODES, (tuple(map(tuple, needed(inclusion_ranges(index - 1, size)))),))
            cursor.fetchall()
        took = time.perf_counter() - began
    connection.close()
    return took / len(ids)


def _hashed(made: Place) -> Any:
    connection = floor.connect(made.url)
    with connection.cursor("all") as cursor:
        cursor.itersize = 2_000
        cursor.execute("SELECT state FROM events ORDER BY position")
        last = b""
        for (state,) in cursor:
            last = hashlib.sha256(b"\x00" + bytes(state)).digest()
    connection.close()
    return last
