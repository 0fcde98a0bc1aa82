"""How long this process waits for an answer of PostgreSQL on a connection that is open.

A server that was frozen (stopped, a hung disk, a host that is gone while its address still acknowledges) keeps its
connections and says nothing: the driver would wait for ever, and so would whoever asked, and the end of the process.
So each wait has a limit, kept by one thread: past it the connection's socket is shut, upon which the driver reports a
lost connection, as it does when the server has really gone.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from threading import Event, Lock, Thread
from typing import Any

import psycopg2
from psycopg2 import extensions

PATIENCE_OPTION = "steward_patience"
"""The execution option under which an engine carries its patience."""
LOOK_SECONDS = 0.2
HURRIED_SECONDS = 1.0
"""How long a wait may still last when the process is to end and the server does not answer."""


class Patience:
    """The waits of one engine's connections."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._until = seconds, float("inf")
        self._lock, self._waits, self._number = Lock(), dict[int, tuple[float, int]](), 0
        self._ended, self._thread = Event(), Thread(target=self._look, name="steward-patience", daemon=True)

    @property
    def is_over(self) -> bool:
        """No further connection is to be opened: the process ends, and the server does not answer."""
        return self._until != float("inf")

    def connection(self, dsn: str, async_: int = 0) -> PatientConnection:
        """psycopg2's `connection_factory`."""
        if self.is_over:
            raise psycopg2.OperationalError("the service is stopping, and the database does not answer")
        made = PatientConnection(dsn, async_)
        made.patience = self
        with self._lock:
            if self._thread.ident is None:
                self._thread.start()
        return made

    @contextmanager
    def waiting(self, file: int) -> Iterator[None]:
        """The block waits for the server behind this socket."""
        with self._lock:
            self._number += 1
            number = self._number
            self._waits[number] = min(time.monotonic() + self._seconds, self._until), file
        try:
            yield
        finally:
            with self._lock:  # a socket is never shut after its wait is over: its number may be another's by then
                del self._waits[number]

    def hurry(self) -> None:
        """The process is to end and the server does not answer: cut what waits soon, and open nothing more."""
        with self._lock:
            self._until = time.monotonic() + HURRIED_SECONDS
            self._waits = {number: (min(at, self._until), file) for number, (at, file) in self._waits.items()}

    def end(self) -> None:
        """No connection is left to watch."""
        self._ended.set()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            with self._lock:
                now = time.monotonic()
                for at, file in self._waits.values():
                    if at < now:
                        _shut(file)


def patience_of(engine: Any) -> Patience | None:
    """The patience of an engine that has one: PostgreSQL, opened for serving."""
    found: Patience | None = engine.get_execution_options().get(PATIENCE_OPTION)
    return found


class PatientConnection(extensions.connection):  # type: ignore[misc]  # the driver has no types
    """A connection on which nothing is waited for without limit."""

    patience: Patience | None = None

    def __init__(self, dsn: str, async_: int = 0) -> None:
        super().__init__(dsn, async_)
        self.cursor_factory = _PatientCursor

    def limited(self) -> Any:
        """A block that waits for the server."""
        return nullcontext() if self.patience is None or self.closed else self.patience.waiting(self.fileno())

    def commit(self) -> None:
        """Commit, and wait no longer for the answer than the limit."""
        with self.limited():
            super().commit()

    def rollback(self) -> None:
        """Roll back, and wait no longer for the answer than the limit."""
        with self.limited():
            super().rollback()


class _PatientCursor(extensions.cursor):  # type: ignore[misc]  # the same
    def execute(self, query: Any, vars: Any = None) -> Any:  # noqa: A002  # the driver's name
        with self.connection.limited():
            return super().execute(query, vars)

    def executemany(self, query: Any, vars_list: Sequence[Any]) -> Any:
        with self.connection.limited():
            return super().executemany(query, vars_list)


def _shut(file: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(file)) as one:
        one.shutdown(socket.SHUT_RDWR)
