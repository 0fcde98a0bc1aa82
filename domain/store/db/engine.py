"""Opening the database, and the two kinds of transaction: one that writes, one that reads a single moment.

SQLite and PostgreSQL go the same way from here on; what differs between them stands in this file.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from domain.spans import span
from domain.store.db.copies import make_folder, sync_folder
from domain.store.db.db_errors import damaged, named_trouble
from domain.store.db.dialect import is_postgresql
from domain.store.db.postgresql import WAIT_MS, dropped_if_other, postgresql_engine, serve_under_role, several_hosts
from domain.store.db.write_guard import GUARD_OPTION, Guard, guard_of

__all__ = ["Connection", "Engine"]
"""A transaction and a database, for who hands them on and writes no SQL."""

_BEGIN = "steward_begin"
KEYS_OPTION = "steward_keys"
"""The execution option under which an engine carries its master keys (`master_key.py`)."""
CHECKPOINT_SECONDS = 2.0


def database_url(text: str | URL) -> URL:
    """The URL with the driver that we use; `ValueError` for a database that we do not know, or one in memory."""
    try:
        url = make_url(several_hosts(text) if isinstance(text, str) else text)
    except ArgumentError as error:
        raise ValueError(str(error)) from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg2"):
        return url.set(drivername="postgresql+psycopg2")
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ValueError(f"neither sqlite:/// nor postgresql://: {url.drivername}")
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ValueError("the ledger needs a database file: sqlite:///path/to/file.db")
    return url


def embedded_file(url: str | URL) -> Path | None:
    """The file of an embedded database, whether it is there or not; None for PostgreSQL. Raises: ValueError."""
    made = database_url(url)
    return Path(made.database or "") if made.get_backend_name() == "sqlite" else None


def key_folder(url: str | URL, data_dir: Path | None = None) -> Path:
    """Where the keys of a database lie if nobody names a folder: beside the embedded file, else in the data folder."""
    named = os.environ.get("STEWARD_KEY_DIR")
    if named:
        return Path(named)
    if (file := embedded_file(url)) is not None:
        return file.parent / "keys"
    return (data_dir or Path(os.environ.get("STEWARD_DATA_DIR") or "data")) / "keys"


def open_engine(url: str | URL, *, answer_seconds: float | None = None) -> Engine:
    """An engine for serving. On PostgreSQL every connection takes the role `steward_service` when its login may.

    `answer_seconds`: how long one answer of PostgreSQL is waited for (`patience.py`); by default without limit.
    A new SQLite file is made readable by its owner only (0600), as is the folder if it has to be made (0700).
    Raises: ValueError; Busy when the file cannot be made. PostgreSQL is first reached when first used.
    """
    engine = _engine(database_url(url), answer_seconds, pool_size=8, max_overflow=24, pool_timeout=WAIT_MS / 1000)
    if is_postgresql(engine):
        serve_under_role(engine)
    return engine


def open_migration_engine(url: str | URL, *, keep: bool = False) -> Engine:
    """An engine for migrating: the login itself, no role, and no connection is kept unless one is asked for."""
    return _engine(database_url(url), poolclass=NullPool) if not keep else _engine(database_url(url), pool_size=1)


@contextmanager
def writing(engine: Engine, *, beside: bool = False) -> Iterator[Connection]:
    """A transaction that may write: committed at the end of the block, rolled back on any error.

    SQLite takes the write lock at once (`BEGIN IMMEDIATE`), so that what is read in it stays true until the end.
    PostgreSQL runs READ COMMITTED: what must not change is locked (`heads.lock_head`). `beside`: for what is no fact,
    and goes on while a ledger takes none (`guard.py`). Raises: Busy, WritesStopped.
    """
    guard = guard_of(engine)
    with (
        span("database write", {"db.system.name": engine.dialect.name}),
        guard.noticing(),
        named_trouble(),
        guard.turn(WAIT_MS / 1000),
        engine.connect().execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}) as connection,
        dropped_if_other(engine, connection, writes=True),
        connection.begin(),
    ):
        guard.require_writable(beside=beside)
        yield connection
        guard.require_file()
    guard.require_file()


@contextmanager
def reading(engine: Engine, first: Callable[[Connection], None] | None = None) -> Iterator[Connection]:
    """A transaction that sees one moment of the whole database, and cannot write. Raises: Busy, DatabaseDamaged.

    `first` is called on its connection, on PostgreSQL, before that moment is chosen.
    """
    guard = guard_of(engine)
    guard.require_readable()
    with (
        span("database read", {"db.system.name": engine.dialect.name}),
        guard.noticing(),
        named_trouble(writes=False),
        engine.connect() as connection,
        dropped_if_other(engine, connection, writes=False),
    ):
        if first is not None:
            first(connection)
        if is_postgresql(engine):
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def require_sound(engine: Engine, *, thoroughly: bool = False) -> None:
    """SQLite: the file is whole as far as a quick look tells; `thoroughly`: indexes agree with their tables too.

    Raises: DatabaseDamaged, and then nothing is read from it or written to it; DatabaseForeign.
    """
    if is_postgresql(engine):
        return
    guard = guard_of(engine)
    with guard.noticing():
        said = _alone(engine, f"PRAGMA {'integrity_check' if thoroughly else 'quick_check'}(1)")[0]
        if said != "ok":
            raise damaged(str(said).partition("\n")[0])
    guard.found_sound()


def was_stopped_uncleanly(url: str | URL) -> bool:
    """SQLite: whether a log of changes lies beside the file: whoever wrote it has not ended in order, or still runs."""
    file = embedded_file(url)
    log = Path(f"{file}-wal")
    return file is not None and log.exists() and log.stat().st_size > 0


def _engine(url: URL, answer_seconds: float | None = None, **pool: Any) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, **pool)
    engine = postgresql_engine(url, answer_seconds, **pool)
    engine.update_execution_options(**{GUARD_OPTION: Guard()})
    return engine


def _sqlite_engine(url: URL, **pool: Any) -> Engine:
    """An engine whose connections open an existing file and never create one."""
    file = Path(url.database or "").absolute()
    _make_private(file)
    guard, is_fixed = Guard(file), _takes_no_writes(file)
    engine = create_engine(url, connect_args={"timeout": WAIT_MS / 1000}, **pool)
    engine.update_execution_options(**{GUARD_OPTION: guard})

    def connect(_: Any, __: Any, arguments: list[Any], keywords: dict[str, object]) -> None:
        guard.connecting()
        arguments[0], keywords["uri"] = f"{file.as_uri()}?{'immutable=1' if is_fixed else 'mode=rw'}", True

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", lambda *_: guard.connected())
    event.listen(engine, "connect", _prepare_sqlite)
    if not is_fixed:
        event.listen(engine, "connect", lambda dbapi, _: _use_wal(dbapi))
    event.listen(engine, "close", lambda *_: guard.closed())
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(file: Path) -> None:
    """Make the file, and its folders as far as they are missing, for the owner only.

    A file that is there is never opened here: closing any descriptor of it would drop the locks that this process's
    connections hold on it (POSIX), and the next process to close the database would take their log away.
    """
    with named_trouble():
        try:
            make_folder(file.absolute().parent)
            with suppress(FileExistsError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
                sync_folder(file.absolute().parent)
        except OSError as error:
            unopened = sqlite3.OperationalError(str(error))
            unopened.sqlite_errorname = "SQLITE_CANTOPEN"
            raise unopened from error


def _takes_no_writes(file: Path) -> bool:
    """Whether a file lies as it is on media that take no writes, an auditor's copy: nobody can change it, and SQLite
    need put nothing beside it to read it. With a log of changes beside it, it is not whole without that.
    """
    return not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)) and not Path(f"{file}-wal").exists()


def _prepare_sqlite(dbapi: Any, _: ConnectionPoolEntry) -> None:
    dbapi.isolation_level = None  # the driver would begin by itself, and never with IMMEDIATE
    dbapi.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
    dbapi.execute("PRAGMA synchronous = FULL")
    dbapi.execute("PRAGMA foreign_keys = ON")
    dbapi.execute("PRAGMA secure_delete = ON")  # what is taken out is overwritten: destroyed keys do not lie about


def leave_no_trace(engine: Engine) -> bool:
    """SQLite: bring the log of changes into the database and empty it, so that what was overwritten is in neither.

    Readers of an older moment are waited for, for a while; False when they were still there (try again later).
    PostgreSQL keeps old rows until VACUUM: nothing is done, and True.
    """
    if is_postgresql(engine):
        return True
    until = time.monotonic() + CHECKPOINT_SECONDS
    while _alone(engine, "PRAGMA wal_checkpoint(TRUNCATE)")[0] != 0:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def written_anew(engine: Engine) -> bool:
    """SQLite: rewrite the whole file (VACUUM), so that nothing deleted is left in it. Raises: Busy."""
    _alone(engine, "VACUUM")
    return leave_no_trace(engine)


def _alone(engine: Engine, statement: str) -> Any:
    """Run a statement that SQLite allows in no transaction, which SQLAlchemy would begin; the first row."""
    with named_trouble(), closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def _use_wal(dbapi: Any) -> None:
    """Changing to WAL does not wait for other processes that do the same at the same moment: try until it is done."""
    until = time.monotonic() + WAIT_MS / 1000
    while True:
        try:
            if dbapi.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
                return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
        else:
            raise sqlite3.NotSupportedError("this file system cannot hold a SQLite database in WAL mode")
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
