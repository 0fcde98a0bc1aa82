"""Bringing a database to this version, once, whoever else is trying; one that is not at this version is not served."""

from __future__ import annotations

from sqlalchemy import URL, Connection, Engine, text

from domain.store.db.db_errors import DatabaseEncoded, DatabaseHalfMigrated, DatabaseOlder, named_trouble
from domain.store.db.dialect import is_postgresql
from domain.store.db.engine import open_migration_engine, reading, writing
from domain.store.db.postgresql import SERVICE_ROLE
from domain.store.db.privileges import ensure_grants, ensure_service_role, missing_grants
from domain.store.db.state import MIGRATIONS, State, half_migrated, state_of

MIGRATION_LOCK = 0x57E7A2D_0001
"""Key of the advisory lock, one for all versions of this software."""
MIGRATION_WAIT_MS = 120_000


def migrate(database: Engine | URL | str) -> None:
    """Upgrade to the newest revision under a lock; nothing happens when it is there already.

    Any number of processes may call it at once: one migrates, the others wait. All of an upgrade is one transaction.
    Raises: DatabaseNewer, DatabaseHalfMigrated, DatabaseForeign, Busy.
    """
    engine = open_migration_engine(database.url if isinstance(database, Engine) else database)
    if not is_postgresql(engine):
        _migrate_sqlite(engine)
    else:
        _migrate_postgresql(engine)
    if isinstance(database, Engine):
        database.dispose()  # its connections may have been opened before there was a role to take


def bring_to_this_version(engine: Engine) -> None:
    """Migrate where it is needed, and only look once where it is not. Raises: as `migrate` and `require_current`."""
    # SQLite by a guard of its own: one that has found the file whole would take somebody else's for a damaged ledger
    first = engine if is_postgresql(engine) else open_migration_engine(engine.url)
    try:
        require_current(first)
    except (DatabaseOlder, DatabaseHalfMigrated):  # of rights that are missing: whoever may gives them
        migrate(engine)
        require_current(engine)  # whoever lacks a right is told so now, not by the command that needs it


def require_current(engine: Engine, *, serving: bool = False) -> None:
    """Refuse, by name, a database that this version must not serve.

    `serving`: it serves already; a later version that has only added to the tables meanwhile does not stop it.
    Raises: DatabaseOlder, DatabaseNewer, DatabaseHalfMigrated, DatabaseForeign, Busy.
    """
    with reading(engine) as connection:
        _require_utf8(connection)
        state = state_of(connection, serving=serving)
        known = state in (State.CURRENT, State.NEWER)
        lacking = missing_grants(connection) if known and is_postgresql(engine) else []
    if not known:
        raise DatabaseOlder(
            "数据库尚未建立或版本较旧",
            "the database is empty or of an older version",
            remedy="请先备份,再运行 steward serve(会自动迁移)",
            remedy_en="make a backup, then run steward serve, which migrates it",
        )
    if lacking:
        grants = "; ".join(lacking)
        raise half_migrated(f"{SERVICE_ROLE} 的权限 ({grants})", f"privileges of {SERVICE_ROLE} ({grants})")


def _require_utf8(connection: Connection) -> None:
    """PostgreSQL: names and reasons are written in Chinese, which other encodings refuse or keep as they please."""
    if not is_postgresql(connection):
        return
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise DatabaseEncoded(
            f"数据库的编码是 {encoding},不是 UTF8,无法记录中文",
            f"the database's encoding is {encoding}, not UTF8: Chinese text cannot be recorded in it",
            remedy="请用 CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0 另建数据库",
            remedy_en="make another one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
        )


def _migrate_sqlite(engine: Engine) -> None:
    """`BEGIN IMMEDIATE` is the lock, and SQLite's DDL is transactional once the driver leaves transactions to us."""
    with reading(engine) as connection:  # most starts need no lock at all
        if state_of(connection) is State.CURRENT:
            return
    with writing(engine) as connection:
        if state_of(connection) is not State.CURRENT:
            upgrade_to_head(connection)


def _migrate_postgresql(engine: Engine) -> None:
    """The lock belongs to the session: it outlives the transactions under it, and a killed process frees it."""
    with named_trouble(), engine.connect() as connection:
        with connection.begin():
            _require_utf8(connection)
        if _complete(connection):
            return
        with connection.begin():
            connection.execute(text(f"SET lock_timeout = {MIGRATION_WAIT_MS}"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        with connection.begin():
            state_of(connection)  # what is to be refused is refused before a role is made
        ensure_service_role(connection)
        with connection.begin():
            if state_of(connection) is not State.CURRENT:
                upgrade_to_head(connection)
            ensure_grants(connection)  # what this login may not give is named by `require_current`


def _complete(connection: Connection) -> bool:
    """Nothing is left to do, or nothing that this login could do: a login that only serves owns no table."""
    with connection.begin():
        if state_of(connection) is not State.CURRENT:
            return False
        owner = "SELECT pg_has_role(session_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass('events')"
        return not connection.scalar(text(owner)) or not missing_grants(connection)


def upgrade_to_head(connection: Connection) -> None:
    """Run every migration that is missing, on this connection and in its transaction."""
    upgrade_to(connection, "head")


def upgrade_to(connection: Connection, revision: str) -> None:
    """Run the migrations as far as a revision, on this connection, without a configuration file."""
    from alembic import command  # loads slowly, and most processes find nothing to migrate
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
