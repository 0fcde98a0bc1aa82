"""The service in processes that die: forked, one after the other, from a process that has made the application already.

All share one listening socket, which outlives them: a client that comes while none lives waits until the next one does.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvicorn

from api.app import create_app
from api.application.delivering.courier import Courier
from api.server import SWITCH_SECONDS, log_as_json, server_config
from api.settings import Settings
from drills.common import Failed
from drills.kills.points import KillPoint, arm, arm_inside
from tests.processes import process

LEASE_SECONDS = 3.0
"""After which a delivery that a dead process had claimed is due again, at the pace of a drill."""
DELAYS = (1.0,) * 10_000
"""After a failed try a delivery is due again a second later, as often as it takes: nothing backs off for long."""
AWAY_SECONDS = 1.0
PATIENCE_SECONDS = 600.0
_PARENT_DEATH = 1  # PR_SET_PDEATHSIG, prctl(2)
INSIDE = "inside"
Plan = tuple[KillPoint, str, int] | int | None
"""Where the process dies: a step with its moment and turn; after so much work inside statements; or when it is told."""


class DyingService:
    """One service whose processes follow each other. `port` is the same for all."""

    def __init__(self, url: str, folder: Path) -> None:
        self._here, there = Pipe()
        self._maker = process(_make, url, str(folder), there, daemon=False)
        self._maker.start()
        there.close()
        self.port: int = self._received()

    def start(self, plan: Plan) -> int:
        """Another process; its id."""
        self._here.send(plan)
        return int(self._received())

    def died(self, seconds: float, *, without_database: bool = False) -> int | None:
        """Wait for the present process to die; the signal that ended it, None when it lives still.

        `without_database`: the database was away, so one that was about to start may have given up (0 then).
        """
        if not self._here.poll(seconds):
            return None
        status = int(self._received())
        if not os.WIFSIGNALED(status) and without_database:
            return 0
        if not os.WIFSIGNALED(status):
            raise Failed(f"the service ended by itself with exit code {os.waitstatus_to_exitcode(status)}: see its log")
        return os.WTERMSIG(status)

    def close(self) -> None:
        """No more of them."""
        with suppress(OSError):
            self._here.send("end")
        self._maker.join(30)
        if self._maker.is_alive():
            self._maker.kill()
        self._here.close()

    def _received(self) -> Any:
        if not self._here.poll(PATIENCE_SECONDS):
            raise Failed("the process that starts the service says nothing")
        try:
            return self._here.recv()
        except EOFError:
            raise Failed("the process that starts the service has ended") from None


def _make(url: str, folder: str, pipe: Connection) -> None:
    """The process that others are forked from: one thread, the application made, nothing opened."""
    _end_with_parent()
    log = os.open(Path(folder) / "service.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    settings = Settings(
        database_url=url,
        data_dir=Path(folder),
        key_dir=Path(folder) / "keys",
        seal_seconds=0.05,
        rate_per_token=0,
        rate_per_address=0,
        webhook_networks="127.0.0.0/8",
        log_level="warning",
    )
    held = socket.create_server(("127.0.0.1", 0), backlog=128)
    defaults = Courier.__init__.__kwdefaults__ or {}
    defaults |= {"lease": LEASE_SECONDS, "delays": DELAYS, "away": AWAY_SECONDS}
    app = create_app(settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    log_as_json(settings.log_level)
    pipe.send(held.getsockname()[1])
    while (plan := pipe.recv()) != "end":
        pid = os.fork()
        if pid == 0:
            _end_with_parent()
            pipe.close()
            if isinstance(plan, int):
                arm_inside(plan)
            elif plan is not None:
                arm(*plan)
            uvicorn.Server(server_config(app, settings)).run([held])
            os._exit(0)
        pipe.send(pid)
        _, status = os.waitpid(pid, 0)
        pipe.send(status)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)


def kill(pid: int) -> None:
    """End a process as a power cut would."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
