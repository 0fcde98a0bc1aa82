"""Migrating: once, whole, whoever else tries; and a database that does not fit is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from domain.store.db import migrate as migrating
from domain.store.db.db_errors import (
    DatabaseForeign,
    DatabaseHalfMigrated,
    DatabaseNewer,
    DatabaseOlder,
    DatabaseRefused,
)
from domain.store.db.engine import open_engine, open_migration_engine
from domain.store.db.migrate import migrate, require_current
from domain.store.db.schema import APPEND_ONLY, TRIGGERS, metadata
from domain.store.db.state import MIGRATIONS, State, known_revisions, state_of
from tests.processes import FORK
from tests.store.workers import finish, migrate_at_once, start


def _as_owner(url: str, *statements: str) -> None:
    with open_migration_engine(url).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _refused_as(url: str, kind: type[DatabaseRefused]) -> DatabaseRefused:
    """Both serving and migrating refuse it, in both languages and with a remedy."""
    engine = open_engine(url)
    with pytest.raises(kind) as refused:
        require_current(engine)
    engine.dispose()
    with pytest.raises(kind):
        migrate(url)
    assert refused.value.text
    assert refused.value.remedy
    assert refused.value.remedy_en
    return refused.value


def test_what_the_code_reads_is_what_migrations_make(url: str) -> None:
    """Tables, columns, types, keys and indexes of the metadata and of a migrated database are the same."""
    only_postgresql = {"events_transaction_id_position"}
    with open_migration_engine(url).connect() as connection:
        sqlite = connection.dialect.name == "sqlite"

        def compared(_: object, name: str | None, kind: str, *__: object) -> bool:
            return not (sqlite and kind == "index" and name in only_postgresql)

        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": compared})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(url: str) -> None:
    """The second start of a service finds nothing to do and serves."""
    migrate(url)
    engine = open_engine(url)
    require_current(engine)
    engine.dispose()


def test_eight_processes_migrate_one_new_database(new_url: str) -> None:
    """All eight succeed at once on an empty database, and it is fit for serving."""
    barrier = FORK.Barrier(8)
    assert finish([start(migrate_at_once, new_url, barrier) for _ in range(8)]) == [0] * 8
    with open_migration_engine(new_url).connect() as connection:
        assert list(connection.scalars(text("SELECT version_num FROM alembic_version"))) == [known_revisions()[0]]
        assert connection.scalar(text("SELECT count(*) FROM sealer")) == 1


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    """They are read from the names of files; Alembic, which reads the files, knows the same in the same order."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    walked = ScriptDirectory.from_config(config).walk_revisions()
    assert known_revisions() == tuple(script.revision for script in walked)


def test_an_upgrade_that_fails_leaves_nothing(new_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade is one transaction in SQLite too: after an error at its end the database is empty as before."""
    whole = migrating.upgrade_to_head

    def broken(connection: Connection) -> None:
        whole(connection)
        raise RuntimeError("power cut")

    monkeypatch.setattr(migrating, "upgrade_to_head", broken)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(new_url)
    with open_migration_engine(new_url).connect() as connection:
        assert state_of(connection) is State.EMPTY
    monkeypatch.undo()
    migrate(new_url)


def test_an_empty_database_is_not_served(new_url: str) -> None:
    """Serving never creates tables by itself; it says what to run."""
    engine = open_engine(new_url)
    with pytest.raises(DatabaseOlder) as refused:
        require_current(engine)
    engine.dispose()
    assert "steward serve" in refused.value.remedy_en


def test_a_newer_database_is_refused(url: str) -> None:
    """A revision that this code does not know comes from a later version: named, and not touched."""
    _as_owner(url, "UPDATE alembic_version SET version_num = '9999'")
    assert "9999" in _refused_as(url, DatabaseNewer).text_en


def test_a_missing_table_is_half_migrated(url: str) -> None:
    """The version says head, but a table is not there: its name is in the refusal."""
    _as_owner(url, "DROP TABLE import_pieces")
    assert "table import_pieces" in _refused_as(url, DatabaseHalfMigrated).text_en


def test_a_missing_column_is_half_migrated(url: str) -> None:
    """The version says head, but a column is not there."""
    _as_owner(url, "ALTER TABLE tokens DROP COLUMN last_used_at")
    assert "column tokens.last_used_at" in _refused_as(url, DatabaseHalfMigrated).text_en


@pytest.mark.parametrize("nth", range(-1, 4))
def test_a_missing_trigger_is_half_migrated(url: str, nth: int) -> None:
    """Without the triggers that protect the log and the records of consultations and access nothing is served."""
    sqlite = url.startswith("sqlite")
    name = sorted(TRIGGERS["sqlite" if sqlite else "postgresql"])[nth]
    table = next(one for one in APPEND_ONLY if name.startswith(one))
    _as_owner(url, f"DROP TRIGGER {name}" if sqlite else f"DROP TRIGGER {name} ON {table}")
    assert name in _refused_as(url, DatabaseHalfMigrated).text_en


@pytest.mark.postgres
def test_a_trigger_that_is_switched_off_is_missing(postgres_url: str) -> None:
    """A disabled trigger protects nothing, so it counts as missing."""
    _as_owner(postgres_url, "ALTER TABLE events DISABLE TRIGGER events_append_only")
    assert "events_append_only" in _refused_as(postgres_url, DatabaseHalfMigrated).text_en


def test_tables_without_a_version_are_half_migrated(url: str) -> None:
    """Our tables with no recorded version: nobody knows what they are."""
    _as_owner(url, "DELETE FROM alembic_version")
    assert "the recorded version of tables" in _refused_as(url, DatabaseHalfMigrated).text_en


def test_another_database_is_refused(new_url: str) -> None:
    """A database with other tables only is somebody else's, even if Alembic made it: not one table is added."""
    _as_owner(new_url, "CREATE TABLE invoices (id INTEGER)", "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    _as_owner(new_url, "INSERT INTO alembic_version VALUES ('abc')")
    _refused_as(new_url, DatabaseForeign)
    _as_owner(new_url, "DROP TABLE invoices", "DROP TABLE alembic_version")
    migrate(new_url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file named by mistake is neither opened nor overwritten."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database at all, " * 50)
    before = file.read_bytes()
    _refused_as(f"sqlite:///{file}", DatabaseForeign)
    assert file.read_bytes() == before
