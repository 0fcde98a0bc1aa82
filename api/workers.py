"""Several processes of the service behind one address: started, watched, replaced when one dies, stopped together.

The address is taken once and handed to each; the kernel gives every connection to one of them. What goes on behind is
started in each and done once (sequencing, signing, outbox and clean-up exclude each other in the database). What one
process counts for itself, the limit of requests a minute, is divided among them.

`python -m api.workers FD PIPE` is one of them: it ends when the pipe does, so that none outlives its parent.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType

import structlog

from api.settings import Settings

log = structlog.get_logger("steward")

SIGNALS = (signal.SIGTERM, signal.SIGINT)
FINAL = frozenset({2, 3, 13})
"""Exit codes by which one refuses to serve: wrong usage, a database not to be served, the address. As long as others
serve they go on, as beside a later version that has only added to the tables; where nobody does, all is over."""
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
"""Before another takes the place of one that ended: twice as long each time, but for one that lived for longer than the
longest."""


class _WorkerPlace:
    """Of one worker: its process, since when it lives, and when the next is due once it has ended."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process, self.since = process, time.monotonic()
        self.is_empty, self.pause, self.due = False, 0.0, 0.0

    def ended(self) -> float:
        """It has ended; for how long its place stays empty, in seconds."""
        now = time.monotonic()
        longer = min(2 * self.pause, LONGEST_PAUSE_SECONDS) if now - self.since <= LONGEST_PAUSE_SECONDS else 0.0
        self.is_empty, self.pause = True, max(PAUSE_SECONDS, longer)
        self.due = now + self.pause
        return self.pause

    def taken(self, process: subprocess.Popen[bytes]) -> None:
        """Another has taken it."""
        self.process, self.since, self.is_empty = process, time.monotonic(), False


class Workers:
    """So many processes. `run` returns the exit code when all have ended."""

    def __init__(self, settings: Settings, held: socket.socket, count: int) -> None:
        self._held, self._count = held, count
        self._environment = {**os.environ, **_settings_of(settings, count)}
        self._pipe, self._kept = os.pipe()
        self._places: list[_WorkerPlace] = []
        self._ending = False
        self._code = 0

    def run(self) -> int:
        """Start them, and keep so many running until a signal asks to stop."""
        before = {one: signal.signal(one, self._end) for one in SIGNALS}
        try:
            self._places = [_WorkerPlace(self._started()) for _ in range(self._count)]
            while self._serving() or not self._ending:
                for one in self._places:
                    self._watch(one)
                time.sleep(0.1)
        finally:
            os.close(self._kept)
            os.close(self._pipe)
            for sig, handler in before.items():
                signal.signal(sig, handler)
        return self._code

    def _started(self) -> subprocess.Popen[bytes]:
        handed = self._held.fileno(), self._pipe
        command = [sys.executable, "-m", "api.workers", *map(str, handed)]
        return subprocess.Popen(command, env=self._environment, pass_fds=handed)  # noqa: S603  # this module

    def _serving(self) -> list[subprocess.Popen[bytes]]:
        return [one.process for one in self._places if one.process.poll() is None]

    def _watch(self, place: _WorkerPlace) -> None:
        """Note that one has ended, or let another take its place once it is time."""
        if place.is_empty:
            if not self._ending and time.monotonic() >= place.due:
                place.taken(self._started())
            return
        code = place.process.poll()
        if code is None:
            return
        pause = place.ended()
        if self._ending:
            return
        refuses = code in FINAL
        log.error("worker_refuses" if refuses else "worker_died", pid=place.process.pid, code=code, again_in=pause)
        if refuses and not self._serving():
            self._code = code
            self._end(signal.SIGTERM, None)

    def _end(self, sig: int, _: FrameType | None) -> None:
        """Every one of them is asked once more with each signal: a second one does not wait for what is under way."""
        self._ending = True
        for one in self._serving():
            one.send_signal(sig)


def _settings_of(settings: Settings, count: int) -> dict[str, str]:
    """What a worker cannot read from the environment: what the command line said, and its part of the limits."""
    found = {"DATABASE_URL": settings.database, "HOST": settings.host, "PORT": str(settings.port)}
    for name in ("rate_per_token", "rate_per_address"):
        limit = getattr(settings, name)
        found[name.upper()] = str(-(-limit // count))
    found["CONNECTIONS"] = str(-(-settings.connections // count))
    return {f"STEWARD_{name}": value for name, value in found.items()}


def _end_with(pipe: int) -> None:
    """Wait for the parent's end; then stop as if it had asked."""
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def main(held: int, pipe: int) -> None:
    """One of them."""
    from api.server import serve

    os.set_inheritable(held, False)
    threading.Thread(target=_end_with, args=(pipe,), name="steward-parent", daemon=True).start()
    serve(Settings(), socket.socket(fileno=held), prepared=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
