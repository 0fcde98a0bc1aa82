"""The database's own errors, named, with what the caller may do about them. All others are passed on as they came."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import sqlalchemy.exc

from domain.errors import Busy, Collided, Refusal

DBAPIError = sqlalchemy.exc.DBAPIError
"""Any error of a database's driver, for who tells of it."""


class DatabaseRefused(Refusal):
    """The database is not one that this version of the software may serve."""


class DatabaseForeign(DatabaseRefused):
    """The database holds something else than a ledger."""


class DatabaseOlder(DatabaseRefused):
    """The database is empty or of an earlier version: it has to be migrated first."""


class DatabaseNewer(DatabaseRefused):
    """A later version of the software has migrated it."""


class RowsOfAnother(DatabaseRefused):
    """A later version of the software has made the read models: this one neither answers from them nor adds to them."""


class DatabaseEncoded(DatabaseRefused):
    """The database cannot hold every character: its encoding is not UTF-8."""


class DatabaseHalfMigrated(DatabaseRefused):
    """The version of the database and its tables, columns or triggers do not belong together."""


class WritesStopped(DatabaseRefused):
    """The database takes no writes until somebody has looked: what each kind means stands in `guard.py`."""


class DatabaseDamaged(WritesStopped):
    """SQLite finds its file damaged: nothing is read from it or written to it."""


_AGAIN = (
    "请稍后重试（HTTP 请用同一 Idempotency-Key）",
    "try again in a moment (over HTTP with the same Idempotency-Key)",
)
_BUSY: dict[str, tuple[str, str, str, str]] = {
    "locked": ("数据库被其他写入占用", "the database is held by another writer", *_AGAIN),
    "conflict": ("与同时进行的另一写入冲突", "the write collided with another one at the same moment", *_AGAIN),
    "crowded": ("数据库连接已用尽", "all database connections are in use", *_AGAIN),
    "lost": (
        "数据库无法连接或连接中断",
        "the database cannot be reached, or the connection was lost",
        "请检查数据库服务与 STEWARD_DATABASE_URL,然后重试（HTTP 请用同一 Idempotency-Key）",
        "check the database server and STEWARD_DATABASE_URL, then try again (over HTTP with the same Idempotency-Key)",
    ),
    "full": (
        "数据库所在磁盘已满",
        "the disk that holds the database is full",
        "请腾出磁盘空间后重试;此前已确认的事实不受影响",
        "free space on the disk and try again; every acknowledged fact is safe",
    ),
    "readonly": (
        "数据库为只读,无法写入",
        "the database is read-only and cannot be written",
        "请检查数据库文件及其目录的权限,或确认所连接的不是只读副本",
        "check the permissions of the database file and its folder, or that this is not a read-only replica",
    ),
    "replica": (
        "所连接的 PostgreSQL 是只读副本,无法写入",
        "the PostgreSQL server that answers is a read-only replica",
        "主库切换后会自动改连;请用同一 Idempotency-Key 重试,并核对 STEWARD_DATABASE_URL 指向主库",
        "after a failover the service finds the new primary by itself: try again with the same Idempotency-Key, and "
        "check that STEWARD_DATABASE_URL leads to the primary",
    ),
    "unopened": (
        "数据库文件无法打开",
        "the database file cannot be opened",
        "请检查路径是否存在以及运行用户的权限",
        "check that the path exists and that the service's user may read and write it",
    ),
    "input/output": (
        "读写数据库文件时出现输入输出错误",
        "reading or writing the database file failed with an input/output error",
        "请检查磁盘与文件系统,必要时从备份恢复",
        "check the disk and the file system; restore from a backup if need be",
    ),
}
_POSTGRESQL = {
    "40001": "conflict",
    "40P01": "conflict",
    "55P03": "locked",
    "57014": "locked",
    "53100": "full",
    "53200": "crowded",
    "53300": "crowded",
    "25006": "readonly",
    "57P01": "lost",
    "57P02": "lost",
    "57P03": "lost",
}
_RECOVERING = "0A000"
"""Asked for something that a replica cannot do, such as a transaction that writes: "... during recovery"."""
_SQLITE = {
    "SQLITE_BUSY": "locked",
    "SQLITE_LOCKED": "locked",
    "SQLITE_FULL": "full",
    "SQLITE_READONLY": "readonly",
    "SQLITE_PERM": "readonly",
    "SQLITE_CANTOPEN": "unopened",
    "SQLITE_IOERR": "input/output",
    "SQLITE_NOTADB": "foreign",
    "SQLITE_CORRUPT": "damaged",
}


@contextmanager
def named_trouble(*, writes: bool = True) -> Iterator[None]:
    """Turn what the database says while the block runs into `Busy`, `DatabaseForeign` or `DatabaseDamaged`.

    A write in a block that only reads is a mistake of ours, not of a replica: that error is passed on.
    """
    try:
        yield
    except (sqlalchemy.exc.DBAPIError, sqlalchemy.exc.TimeoutError, sqlite3.Error, psycopg2.Error) as error:
        kind = _kind_of(error)
        if kind is None or (kind == "readonly" and not writes):
            raise
        raise _refusal(kind, str(error)) from error


def _kind_of(error: Exception) -> str | None:
    """Which of the named troubles it is; None when it is none of those (a bug, say)."""
    if isinstance(error, sqlalchemy.exc.TimeoutError):
        return "crowded"
    cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "")
        return next((kind for prefix, kind in _SQLITE.items() if name.startswith(prefix)), None)
    if isinstance(cause, psycopg2.Error):
        if cause.pgcode == _RECOVERING and ("recovery" in str(cause) or "hot standby" in str(cause)):
            return "replica"
        return _POSTGRESQL.get(cause.pgcode or "") or ("lost" if _lost(cause) else None)
    return None


def has_other_server(error: Exception, *, writes: bool) -> bool:
    """Whether PostgreSQL is gone, or read-only where it was to write: no other connection to it is worth trying."""
    kind = _kind_of(error)
    return kind in ("lost", "replica") or (kind == "readonly" and writes)


def is_of_database(error: BaseException) -> bool:
    """Whether a database's driver or pool raised this, named (`named_trouble`) or not."""
    kinds = (sqlalchemy.exc.DBAPIError, sqlalchemy.exc.TimeoutError, sqlite3.Error, psycopg2.Error)
    return isinstance(error, kinds) or isinstance(error.__cause__, kinds)


def _lost(error: psycopg2.Error) -> bool:
    """No SQLSTATE came with it: the server did not answer, so the connection is missing or gone. Or class 08."""
    if error.pgcode is None:
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return str(error.pgcode).startswith("08")


def _refusal(kind: str, said: str) -> Refusal:
    if kind == "foreign":
        return foreign()
    if kind == "damaged":
        return damaged(said.partition("\n")[0][:200])
    text, text_en, remedy, remedy_en = _BUSY[kind]
    return (Collided if kind == "conflict" else Busy)(text, text_en, remedy=remedy, remedy_en=remedy_en)


def rows_of_another(*, is_later: bool) -> DatabaseRefused:
    """The refusal to use rows that another version of the software has made."""
    if not is_later:
        return DatabaseOlder(
            "读模型由另一版本的程序生成",
            "the read models were made by another version of the software",
            remedy="请用数据库所有者的账号运行 steward rebuild 或 steward migrate",
            remedy_en="run steward rebuild or steward migrate with the login that owns the tables",
        )
    return RowsOfAnother(
        "读模型已由较新版本的程序接管，本程序不再作答，也不再记录",
        "a later version of the software has taken over the read models: this one neither answers nor records",
        remedy="请改向新版本的实例（用同一 Idempotency-Key 重试），并停止本实例；确要退回本版本时运行 steward rebuild",
        remedy_en="Ask an instance of the later version (again with the same Idempotency-Key) and stop this one. To go "
        "back to this version on purpose, run steward rebuild.",
    )


def foreign() -> DatabaseForeign:
    """The refusal for a database or file that holds something else."""
    return DatabaseForeign(
        "该数据库中是其他内容,不是本台账",
        "this database holds something else, not a ledger",
        remedy="请为台账指定一个新的空数据库",
        remedy_en="name a new, empty database for the ledger",
    )


def damaged(said: str) -> DatabaseDamaged:
    """The refusal for a SQLite file of which SQLite says this."""
    return DatabaseDamaged(
        f"数据库文件已损坏（{said}），不再读写",
        f"the database file is damaged ({said}): nothing is read from it or written to it",
        remedy="请停止服务，保留现有文件，用 steward restore FILE 恢复备份；-wal 文件若不属于该文件也会造成损坏",
        remedy_en="Stop the service, keep the file, and restore a backup with steward restore FILE. A -wal file that "
        "does not belong to the file does this too.",
    )
