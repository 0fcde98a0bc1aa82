"""When a database takes no writes, and noticing that its file is not the one that was opened.

Each engine has one guard. It knows what was found out (`stop`) until that is over (`go_on`), and, for SQLite, the
device and inode of the file and of its log of changes (`-wal`). They are compared when a transaction that writes
begins, before it commits, and again before anybody is told that it did: what was acknowledged stands in a file that
still had its name afterwards. A deleted or replaced file is noticed by questions only where they need a new connection;
the connections that are open go on to answer from the file that was opened.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Lock, get_ident

from sqlalchemy import Connection, Engine

from domain.store.db.db_errors import DatabaseDamaged, DatabaseForeign, WritesStopped, damaged

GUARD_OPTION = "steward_guard"
"""The execution option under which an engine carries its guard."""
Identity = tuple[int, int]


class FileReplaced(WritesStopped):
    """The database's file was deleted, moved away or replaced while it was open."""


class OtherCluster(WritesStopped):
    """The rows come from another PostgreSQL cluster: their transaction ids mean nothing in this one."""


class _Waiter:
    """Who waits for a turn, or has it: which thread, and a lock that is free once it is its turn."""

    def __init__(self) -> None:
        self.thread, self.lock = get_ident(), Lock()
        self.lock.acquire()


class WriterTurns:
    """SQLite's writers of one process, one after the other in the order in which they came.

    SQLite itself has them look again every tenth of a second, so whoever writes again at once finds the lock free and
    the others do not: a task that writes row after row kept requests and sequencing waiting for ten seconds and more.

    Ctrl-C may strike the main thread between any two steps, in what ends a turn too; the turn is then ended when the
    block's context is let go of. Until then nobody waits for it in that thread: a thread has one turn, so an earlier
    one that is still there was interrupted.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._queue: deque[_Waiter] = deque()

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for one's turn, have it for the block. Raises: sqlite3.OperationalError (SQLITE_BUSY) after so long."""
        mine = _Waiter()
        try:
            self._come(mine)
            if not mine.lock.acquire(timeout=seconds):
                busy = sqlite3.OperationalError("database is locked")
                busy.sqlite_errorname = "SQLITE_BUSY"
                raise busy
            yield
        finally:
            try:
                self._leave(mine)
            except KeyboardInterrupt:
                self._leave(mine)
                raise

    def _come(self, mine: _Waiter) -> None:
        with self._lock:
            for one in [one for one in self._queue if one.thread == mine.thread]:
                self._queue.remove(one)
            self._queue.append(mine)
            self._wake_first()

    def _leave(self, mine: _Waiter) -> None:
        """As often as one likes: what an interrupt has left out is done by the next."""
        with self._lock:
            if mine in self._queue:
                self._queue.remove(mine)
            self._wake_first()

    def _wake_first(self) -> None:
        if self._queue:
            with suppress(RuntimeError):  # it knows already
                self._queue[0].lock.release()


class Guard:
    """What one engine's database may not do at the moment, and why. Safe to use from any thread."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = Lock()
        self._turns = None if file is None else WriterTurns()
        self._stops: dict[type[WritesStopped], WritesStopped] = {}
        self._opened: Identity | None = None
        self._log: Identity | None = None
        self._connections = 0
        self._sound = False

    def turn(self, seconds: float) -> AbstractContextManager[None]:
        """One's turn to write, waited for at most so long; PostgreSQL's writers need none."""
        return nullcontext() if self._turns is None else self._turns.turn(seconds)

    def found_sound(self) -> None:
        """The file was looked at, and is a whole database."""
        self._sound = True

    def stop(self, why: WritesStopped) -> None:
        """Take no writes for this reason, until it is over."""
        with self._lock:
            self._stops[type(why)] = why

    def go_on(self, kind: type[WritesStopped]) -> None:
        """This reason is over; nothing happens where it was none."""
        with self._lock:
            self._stops.pop(kind, None)

    def stops(self) -> tuple[WritesStopped, ...]:
        """Every reason why nothing is written now, the file's own state looked at anew."""
        with self._lock:
            found = tuple(self._stops.values())
        try:
            self.require_file()
        except WritesStopped as why:
            return found if type(why) in {type(one) for one in found} else (*found, why)
        return found

    def require_readable(self) -> None:
        """Raises: DatabaseDamaged for a database that was found damaged: an answer from it may be wrong."""
        with self._lock:
            damaged = self._stops.get(DatabaseDamaged)
        if damaged is not None:
            raise damaged

    def require_file(self) -> None:
        """The file and its log of changes have their names still. Raises: FileReplaced, DatabaseDamaged."""
        self.require_readable()
        if self._file is None:
            return
        with self._lock:
            if self._opened is not None and _identity(self._file) != self._opened:
                raise _replaced(self._file)
            log = _log_of(self._file)
            if self._log is None:
                self._log = _identity(log) if self._connections else None
            elif _identity(log) != self._log:
                raise _replaced(log)

    def require_writable(self, *, beside: bool = False) -> None:
        """Raises: the reason why nothing may be written. `beside`: what is no fact and must go on, as signing in."""
        self.require_file()
        with self._lock:
            why = None if beside else next(iter(self._stops.values()), None)
        if why is not None:
            raise why

    @contextmanager
    def noticing(self) -> Iterator[None]:
        """A database that shows to be damaged while the block runs is not used again. Raises: DatabaseDamaged.

        A file that was found sound and now is "not a database" is damaged; one that never was is somebody else's.
        """
        try:
            yield
        except DatabaseDamaged as found:
            self.stop(found)
            raise
        except DatabaseForeign as foreign:
            if not self._sound:
                raise
            broken = damaged("file is not a database")
            self.stop(broken)
            raise broken from foreign

    def connecting(self) -> None:
        """A connection is about to be made: to the file that was opened first. Raises: FileReplaced."""
        self.require_file()
        with self._lock:
            if self._opened is None and self._file is not None:
                self._opened = _identity(self._file)

    def connected(self) -> None:
        """A connection was made."""
        with self._lock:
            self._connections += 1

    def closed(self) -> None:
        """A connection was closed; with the last one SQLite may take its log of changes away."""
        with self._lock:
            self._connections -= 1
            if self._connections <= 0:
                self._connections, self._log = 0, None


def guard_of(database: Engine | Connection) -> Guard:
    """The guard of an engine, or of the engine behind a connection."""
    engine = database.engine
    found = engine.get_execution_options().get(GUARD_OPTION)
    if not isinstance(found, Guard):
        raise TypeError("every engine of ours is made by domain.store.db.engine")
    return found


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def _identity(file: Path) -> Identity | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _replaced(file: Path) -> FileReplaced:
    return FileReplaced(
        f"数据库文件 {file.name} 在服务运行中被删除、移走或替换",
        f"the database file {file.name} was deleted, moved away or replaced while the service had it open",
        remedy="服务不再写入。请把原文件移回原处（服务会自行继续），或停止服务，用 steward restore FILE 恢复后再启动",
        remedy_en="Nothing is written any more. Move the file back to its place, and the service goes on; or stop the "
        "service, restore with steward restore FILE and start again.",
    )
