"""PostgreSQL: serving runs under a role that can add to the log and can do nothing else to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError

from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.tokens import create_person, create_token, find_token, touch_token
from domain.store.db.db_errors import DatabaseHalfMigrated
from domain.store.db.engine import open_engine, open_migration_engine, reading, writing
from domain.store.db.migrate import migrate, require_current
from domain.store.db.postgresql import SERVICE_ROLE
from domain.store.db.privileges import COLUMN_GRANTS, GRANTS
from domain.store.db.schema import metadata
from domain.store.keys.vault import Vault
from domain.store.log.sequencer import seal
from tests.postgres_server import PostgresServer
from tests.processes import FORK
from tests.store.makers import append
from tests.store.workers import finish, migrate_at_once, start

pytestmark = pytest.mark.postgres
_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of our own: roles belong to a whole cluster, and are not to be left behind in somebody else's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PGURL", raising=False)
        with PostgresServer() as running:
            yield running


def _as_superuser(url: str | URL, *statements: str) -> None:
    with open_migration_engine(url).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _new_database(server: PostgresServer) -> str:
    return server.create_database(f"role_{next(_numbers)}")


def _login(url: str, rights: str = "", *, owner: bool = False) -> URL:
    """A new login for the database, which it may own."""
    name = f"login_{next(_numbers)}"
    _as_superuser(url, f"CREATE ROLE {name} LOGIN PASSWORD 'secret' {rights}")
    if owner:
        _as_superuser(url, f'ALTER DATABASE "{make_url(url).database}" OWNER TO {name}')
    return make_url(url).set(username=name, password="secret")


def _works(url: str | URL) -> None:
    """All that serving does: appending, sealing, the vault, persons and tokens."""
    engine = open_engine(url)
    require_current(engine)
    append(engine, count=2)
    seal(engine)
    with writing(engine) as connection:
        sealed = Vault(connection).seal("张三", hint="AB-123")
        secret = create_token(connection, create_person(connection, "张三"), "admin", by=COMMAND_LINE)
        token = find_token(connection, secret)
        assert token is not None
        touch_token(connection, token)
    with reading(engine) as connection:
        assert Vault(connection).open(sealed) == "张三"
    engine.dispose()


def _cannot_touch_the_log(url: str | URL) -> None:
    """Refused by privilege, before any trigger is asked: the log, and who changed access."""
    engine = open_engine(url)
    changes = {
        "events": "UPDATE events SET actor = 'x'",
        "log_index": "UPDATE log_index SET log_index = 9",
        "tree_nodes": "UPDATE tree_nodes SET place = 9",
        "checkpoints": "UPDATE checkpoints SET note = 'x'",
        "access_changes": "UPDATE access_changes SET act = 'x'",
    }
    for table, change in changes.items():
        for statement in (change, f"DELETE FROM {table}", f"TRUNCATE {table}"):  # noqa: S608
            with pytest.raises(DBAPIError, match=f"permission denied for table {table}"), writing(engine) as connection:
                connection.execute(text(statement))
    engine.dispose()


def test_without_the_right_to_make_roles_the_owner_is_held_back(server: PostgresServer) -> None:
    """The login may not make the role: migrating still works, and the owner's own rights to change the log are gone.

    First in this module: no other test has made the role in this cluster yet.
    """
    login = _login(_new_database(server), owner=True)
    migrate(login)
    engine = open_engine(login)
    with reading(engine) as connection:
        assert (
            connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": SERVICE_ROLE}) == 0
        )
        assert connection.scalar(text("SELECT current_user")) == login.username
    engine.dispose()
    _works(login)
    _cannot_touch_the_log(login)


def test_databases_of_one_cluster_migrated_at_once(server: PostgresServer) -> None:
    """Six databases make the same role at the same moment, with a login that has to grant it to itself: all succeed."""
    first = _new_database(server)
    login = _login(first, "CREATEROLE CREATEDB")
    urls = [_new_database(server) for _ in range(6)]
    for url in urls:
        _as_superuser(url, f"GRANT ALL ON SCHEMA public TO {login.username}")
    barrier = FORK.Barrier(6)
    logins = [login.set(database=make_url(url).database).render_as_string(hide_password=False) for url in urls]
    assert finish([start(migrate_at_once, url, barrier) for url in logins]) == [0] * 6
    for url in logins:
        _works(url)
        _cannot_touch_the_log(url)
    engine = open_engine(logins[0])
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT current_user")) == SERVICE_ROLE
    engine.dispose()


def test_even_a_superuser_serves_under_the_role(server: PostgresServer) -> None:
    """The one login that no privilege binds puts its rights away when it serves."""
    url = _new_database(server)
    migrate(url)
    _works(url)
    _cannot_touch_the_log(url)


def test_a_login_that_owns_nothing_can_serve(server: PostgresServer) -> None:
    """A member of the role that is not the owner: migrating finds nothing to do, and serving works."""
    url = _new_database(server)
    migrate(url)
    login = _login(url)
    _as_superuser(url, f"GRANT {SERVICE_ROLE} TO {login.username}")
    migrate(login)
    _works(login)
    _cannot_touch_the_log(login)
    engine = open_engine(login)
    for statement in ("DROP TABLE events", "DELETE FROM vault", "DELETE FROM tokens", "CREATE TABLE t (x int)"):
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), writing(engine) as connection:
            connection.execute(text(statement))
    engine.dispose()


def test_a_stranger_cannot_serve(server: PostgresServer) -> None:
    """A login outside the role is refused by name, with the GRANT that it lacks."""
    url = _new_database(server)
    migrate(url)
    login = _login(url)
    engine = open_engine(login)
    with pytest.raises(DatabaseHalfMigrated, match=f"GRANT {SERVICE_ROLE} TO {login.username}"):
        require_current(engine)
    engine.dispose()


def test_a_privilege_that_is_missing_is_noticed_and_restored(server: PostgresServer) -> None:
    """Taken away by hand, it is missed at start-up rather than at the first command; migrating grants it again."""
    url = _new_database(server)
    migrate(url)
    _as_superuser(url, f"REVOKE INSERT ON vault FROM {SERVICE_ROLE}")
    engine = open_engine(url)
    with pytest.raises(DatabaseHalfMigrated, match="GRANT INSERT ON vault"):
        require_current(engine)
    migrate(engine)
    require_current(engine)
    engine.dispose()


def test_the_role_may_do_what_is_listed_and_no_more(server: PostgresServer) -> None:
    """What the role may do in the database is GRANTS, table by table; only what is kept for a while may be deleted."""
    url = _new_database(server)
    migrate(url)
    assert set(GRANTS) == set(metadata.tables) | {"alembic_version"}
    query = text(
        "SELECT table_name, privilege_type FROM information_schema.table_privileges "
        "WHERE grantee IN (:role, 'PUBLIC') AND table_schema = 'public'"
    )
    with open_migration_engine(url).connect() as connection:
        found = {(row.table_name, row.privilege_type) for row in connection.execute(query, {"role": SERVICE_ROLE})}
    assert found == {(table, right) for table, rights in GRANTS.items() for right in rights}
    assert {table for table, right in found if right in ("DELETE", "TRUNCATE")} == {
        "consultations",
        "contact_addresses",
        "deliveries",
        "evidence_files",
        "form_answers",
        "hint",
        "hint_state",
        "idempotency",
        "message_preferences",
        "messages",
        "person_index",
        "sessions",
        "sign_in_failures",
        "workbook_runs",
    }


def test_of_the_vault_only_keys_may_be_changed(server: PostgresServer) -> None:
    """By column: a key can be destroyed or wrapped anew; whose it was and since when stays. Of persons the seal."""
    url = _new_database(server)
    migrate(url)
    query = text(
        "SELECT table_name, column_name FROM information_schema.column_privileges "
        "WHERE grantee = :role AND privilege_type = 'UPDATE' AND table_name IN ('vault', 'vault_secrets', 'persons')"
    )
    with open_migration_engine(url).connect() as connection:
        found = {(row.table_name, row.column_name) for row in connection.execute(query, {"role": SERVICE_ROLE})}
    assert found == {(table, column) for table, columns in COLUMN_GRANTS.items() for column in columns}
    engine = open_engine(url)
    for statement in ("UPDATE vault SET subject_id = 'x'", "UPDATE vault SET created_at = now()", "DELETE FROM vault"):
        with pytest.raises(DBAPIError, match="permission denied"), writing(engine) as connection:
            connection.execute(text(statement))
    engine.dispose()


def test_a_missing_right_to_a_column_is_noticed_and_restored(server: PostgresServer) -> None:
    """As with a whole table: missed at start-up, granted again by migrating."""
    url = _new_database(server)
    migrate(url)
    _as_superuser(url, f"REVOKE UPDATE (erased_at) ON vault FROM {SERVICE_ROLE}")
    engine = open_engine(url)
    with pytest.raises(DatabaseHalfMigrated, match=r"GRANT UPDATE \(erased_at\) ON vault"):
        require_current(engine)
    migrate(engine)
    require_current(engine)
    engine.dispose()


def _deployed(server: PostgresServer) -> tuple[str, URL, URL]:
    """A database as `deploy/` makes it: PUBLIC may nothing, one login owns it, another is a member of the role."""
    url = _new_database(server)
    owner, app = _login(url, owner=True), _login(url)
    name = make_url(url).database
    _as_superuser(
        url,
        f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{name}" TO {app.username}',
        f"GRANT {SERVICE_ROLE} TO {app.username}",
    )
    migrate(owner)
    return url, owner, app


def test_migrating_as_the_owner_gives_the_right_to_temporary_tables(server: PostgresServer) -> None:
    """A deployment made before the right was needed: its next migration by the owner gives it, and a year can be
    published by the login that serves."""
    _, _, app = _deployed(server)
    engine = open_engine(app)
    require_current(engine)
    with writing(engine) as connection:
        connection.execute(text("CREATE TEMPORARY TABLE staged (x int) ON COMMIT DROP"))
    engine.dispose()


def test_every_missing_right_is_named_at_once(server: PostgresServer) -> None:
    """On the database, on tables and on columns: the refusal lists each as a GRANT that can be copied."""
    url, _, app = _deployed(server)
    name = make_url(url).database
    _as_superuser(
        url,
        f'REVOKE TEMPORARY ON DATABASE "{name}" FROM {SERVICE_ROLE}',
        f"REVOKE INSERT ON vault FROM {SERVICE_ROLE}",
        f"REVOKE UPDATE (erased_at) ON vault FROM {SERVICE_ROLE}",
    )
    engine = open_engine(app)
    with pytest.raises(DatabaseHalfMigrated) as refused:
        require_current(engine)
    for grant in (f"GRANT TEMPORARY ON DATABASE {name}", "GRANT INSERT ON vault", "GRANT UPDATE (erased_at) ON vault"):
        assert grant in refused.value.text
        assert grant in refused.value.text_en
    engine.dispose()


def test_a_right_that_the_owner_cannot_give_is_left_to_be_named(server: PostgresServer) -> None:
    """Who owns the tables but not the database migrates all the same; starting then names what a superuser has to
    give, and the refusal is gone when it is given."""
    url = _new_database(server)
    owner, name = _login(url), make_url(url).database
    _as_superuser(
        url,
        f"GRANT ALL ON SCHEMA public TO {owner.username}",
        f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{name}" TO {owner.username}',
        f"GRANT {SERVICE_ROLE} TO {owner.username}",
    )
    migrate(owner)
    engine = open_engine(owner)
    with pytest.raises(DatabaseHalfMigrated, match="GRANT TEMPORARY ON DATABASE"):
        require_current(engine)
    _as_superuser(url, f'GRANT TEMPORARY ON DATABASE "{name}" TO {SERVICE_ROLE}')
    require_current(engine)
    engine.dispose()
