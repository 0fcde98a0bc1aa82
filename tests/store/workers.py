"""What other processes run in the tests. Each function is the target of a process of its own."""

from __future__ import annotations

import sys
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier
from typing import Any

from domain.errors import Busy
from domain.store.db.engine import open_engine
from domain.store.db.migrate import migrate, require_current
from tests.processes import PATIENCE_S, process
from tests.store.makers import append


def start(target: Any, *arguments: Any) -> ForkServerProcess:
    """Run a function in a new process."""
    started = process(target, *arguments)
    started.start()
    return started


def finish(processes: list[ForkServerProcess]) -> list[int | None]:
    """Wait for all to end; their exit codes."""
    for one in processes:
        one.join(PATIENCE_S)
        if one.is_alive():
            one.kill()
            one.join()
    return [one.exitcode for one in processes]


def migrate_at_once(url: str, barrier: Barrier) -> None:
    """Migrate at the same moment as the others, then find the database fit for serving."""
    engine = open_engine(url)
    barrier.wait(PATIENCE_S)
    migrate(engine)
    require_current(engine)
    engine.dispose()


def append_many(url: str, stream: str, times: int, barrier: Barrier) -> None:
    """Append one event a transaction, as often as asked, however the others push."""
    engine = open_engine(url)
    barrier.wait(PATIENCE_S)
    for _ in range(times):
        while True:
            with suppress(Busy):  # whose turn does not come within ten seconds has recorded nothing, and tries again
                append(engine, stream)
                break
    engine.dispose()


def append_until_killed(url: str, stream: str, batch: int) -> None:
    """Append batches for ever, and say so on standard output after each commit."""
    engine = open_engine(url)
    while True:
        facts = append(engine, stream, batch)
        sys.stdout.write(f"{facts[-1].version}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    append_until_killed(sys.argv[1], sys.argv[2], int(sys.argv[3]))


def append_once(url: str) -> None:
    """Append one fact and leave, as a short command beside the service does: the last to close tidies the log away."""
    engine = open_engine(url)
    append(engine)
    engine.dispose()
