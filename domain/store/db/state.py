"""What a database is: a ledger of this version, of another one, half of one, or something else."""

from __future__ import annotations

from enum import Enum
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from domain.store.db.db_errors import DatabaseHalfMigrated, DatabaseNewer, foreign
from domain.store.db.dialect import dialect_of, is_postgresql
from domain.store.db.privileges import INSUFFICIENT_PRIVILEGE, missing_membership
from domain.store.db.schema import TRIGGERS, metadata, read_model_build

VERSION_TABLE = "alembic_version"
NOBODY = "~"
"""After every revision: no program may go on serving."""
MIGRATIONS = Path(__file__).parent / "migrations"


class State(Enum):
    """What may be done with the database: fill it, upgrade it, or serve it."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    """A later program has migrated it, and has only added: one that serves already may go on."""


@cache
def known_revisions() -> tuple[str, ...]:
    """Every revision that this code knows, the newest first: the names of their files, so that only who migrates waits
    for Alembic (`tests/store/test_migrations.py` asks Alembic itself)."""
    return tuple(sorted((one.name[:4] for one in (MIGRATIONS / "versions").glob("[0-9]*.py")), reverse=True))


def state_of(connection: Connection, *, serving: bool = False) -> State:
    """What version, tables, columns and triggers say. Raises: DatabaseNewer, DatabaseHalfMigrated, DatabaseForeign.

    `serving`: asked by a program that serves already, for which `NEWER` is one that it may go on serving.
    """
    there = set(inspect(connection).get_table_names())
    ours = there & set(metadata.tables)
    if not ours and there - {VERSION_TABLE}:
        raise foreign()
    revisions = _revisions(connection) if VERSION_TABLE in there else []
    unknown = [one for one in revisions if one not in known_revisions()]
    if unknown and not (serving and _serves_from(connection) <= known_revisions()[0]):
        raise DatabaseNewer(
            f"数据库版本 {', '.join(unknown)} 比本程序新",
            f"the database is of revision {', '.join(unknown)}, which this version of the software does not know",
            remedy="请升级本程序后再启动;不要用旧程序打开新数据库",
            remedy_en="upgrade the software; never open a newer database with an older version",
        )
    if not revisions:
        if ours:
            raise half_migrated(f"{_listed(ours)} 的版本记录", f"the recorded version of tables {_listed(ours)}")
        return State.EMPTY
    if not unknown and revisions != [known_revisions()[0]]:
        return State.OLDER
    if missing := _missing(connection, there):
        raise half_migrated(_listed(missing), _listed(missing))
    return State.NEWER if unknown else State.CURRENT


def _serves_from(connection: Connection) -> str:
    """The revision of the oldest program that may go on; beyond all of them where the database does not say."""
    if "serves_from" not in {one["name"] for one in inspect(connection).get_columns("read_model_build")}:
        return NOBODY
    return connection.scalar(select(read_model_build.c.serves_from)) or NOBODY


def _revisions(connection: Connection) -> list[str]:
    try:
        with connection.begin_nested():
            return list(connection.scalars(text("SELECT version_num FROM alembic_version")))
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != INSUFFICIENT_PRIVILEGE:
            raise
        grant = missing_membership(connection) or "GRANT SELECT ON alembic_version"
        raise half_migrated(f"数据库权限 ({grant})", f"this login's privileges on the tables ({grant})") from error


def _missing(connection: Connection, there: set[str]) -> set[str]:
    """Names of the tables, columns and triggers that this version needs and the database lacks."""
    missing = {f"table {name}" for name in metadata.tables if name not in there}
    found = _columns(connection)
    for name in there & set(metadata.tables):
        needed = {column.name for column in metadata.tables[name].columns}
        missing |= {f"column {name}.{column}" for column in needed - found.get(name, set())}
    return missing | {f"trigger {name}" for name in TRIGGERS[dialect_of(connection)] - _triggers(connection)}


def _columns(connection: Connection) -> dict[str, set[str]]:
    """The columns of every table, in one question: whoever asks for each table in turn, as a reflection of their types
    does, asks for as long as the rest of a start takes."""
    query = (
        "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
        "WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p') "
        "AND relnamespace = current_schema()::regnamespace"
        if is_postgresql(connection)
        else "SELECT m.name, p.name FROM sqlite_master AS m JOIN pragma_table_xinfo(m.name) AS p WHERE m.type = 'table'"
    )
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(text(query)):
        columns.setdefault(table, set()).add(column)
    return columns


def _triggers(connection: Connection) -> set[str]:
    """The triggers that exist and are switched on."""
    if not is_postgresql(connection):
        return set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    query = (
        "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND tgenabled = 'A' AND relnamespace = current_schema()::regnamespace"
    )
    return set(connection.scalars(text(query)))


def holds_events(connection: Connection) -> bool:
    """Whether anything was ever recorded here; False for a database without our tables."""
    if not inspect(connection).has_table("events"):
        return False
    return connection.execute(text("SELECT 1 FROM events LIMIT 1")).first() is not None


def half_migrated(missing: str, missing_en: str) -> DatabaseHalfMigrated:
    """The refusal for a database that lacks something which its version has."""
    return DatabaseHalfMigrated(
        f"数据库只迁移了一半,缺少:{missing}",
        f"the database is half migrated, missing: {missing_en}",
        remedy="缺权限时请用数据库所有者的账号运行一次 steward serve;否则请从备份恢复或换用新的空数据库,不要手工改表",
        remedy_en="if privileges are missing, run steward serve once with the login that owns the tables; otherwise "
        "restore a backup or start with an empty database, and do not mend tables by hand",
    )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
