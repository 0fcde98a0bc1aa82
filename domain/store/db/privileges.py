"""PostgreSQL: the role that serving runs under, which can neither change nor delete the log.

`steward_service` cannot log in; logins are made members of it. It exists once per cluster, for all ledgers in it.
Where the migrating login may not make roles, the revocation in the first revision still stops accidents of the owner.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.store.db.postgresql import SERVICE_ROLE
from domain.store.db.schema import READ_MODELS

GRANTS: dict[str, tuple[str, ...]] = {
    "events": ("SELECT", "INSERT"),
    "log_index": ("SELECT", "INSERT"),
    "tree_nodes": ("SELECT", "INSERT"),
    "checkpoints": ("SELECT", "INSERT"),
    "sealed_heads": ("SELECT", "INSERT", "UPDATE"),
    "stream_heads": ("SELECT", "INSERT", "UPDATE"),
    "sealer": ("SELECT", "UPDATE"),
    "vault": ("SELECT", "INSERT"),
    "vault_secrets": ("SELECT", "INSERT"),
    "person_index": ("SELECT", "INSERT", "DELETE"),
    "evidence_files": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "evidence_uses": ("SELECT", "INSERT"),
    "master_keys": ("SELECT", "INSERT", "UPDATE"),
    "consultations": ("SELECT", "INSERT", "DELETE"),
    "persons": ("SELECT", "INSERT"),
    "tokens": ("SELECT", "INSERT", "UPDATE"),
    "accounts": ("SELECT", "INSERT", "UPDATE"),
    "sessions": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "access_changes": ("SELECT", "INSERT"),
    "sign_in_failures": ("SELECT", "INSERT", "DELETE"),
    "form_answers": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "workbook_runs": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "messages": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "message_place": ("SELECT", "UPDATE"),
    "contact_addresses": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "message_preferences": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "delivery_targets": ("SELECT", "INSERT", "UPDATE"),
    "deliveries": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "association_profile": ("SELECT", "INSERT", "UPDATE"),
    "idempotency": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "survey_links": ("SELECT", "INSERT", "UPDATE"),
    "import_pieces": ("SELECT", "INSERT"),
    "batch_rows": ("SELECT", "INSERT"),
    "event_keys": ("SELECT", "INSERT"),
    "annulled": ("SELECT", "INSERT"),
    "read_model_build": ("SELECT", "UPDATE"),
    "rebuilt": ("SELECT",),
    **dict.fromkeys(("hint", "hint_state"), ("SELECT", "INSERT", "DELETE")),
    "hint_book": ("SELECT", "UPDATE"),
    **dict.fromkeys(READ_MODELS, ("SELECT", "INSERT", "UPDATE")),
    "alembic_version": ("SELECT",),
}
"""What serving needs, table by table. Rows of the vault and read models are thrown away by their owner only; of
consultations the database lets nobody delete one that is younger than `consultations.LEAST_DAYS`."""

COLUMN_GRANTS: dict[str, tuple[str, ...]] = {
    "vault": ("key", "master", "hint", "erased_at"),
    "vault_secrets": ("key", "master"),
    "persons": ("seal",),
}
"""Columns that serving may change: a key is destroyed when its subject is erased, and wrapped anew by another master
key. That a subject was there, and when it was made, stays."""

INSUFFICIENT_PRIVILEGE = "42501"
_RACES = frozenset({"23505", "42710", "XX000"})
"""Unique violation, duplicate object, "tuple concurrently updated": another database of the cluster did it just now."""


def ensure_service_role(connection: Connection) -> None:
    """Make the role and the login a member of it, as far as the login may. Begins and ends its own transactions."""
    version = connection.dialect.server_version_info or (0,)
    may = "SET" if version >= (16,) else "MEMBER"
    block = f"""DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE_ROLE}') THEN
            CREATE ROLE {SERVICE_ROLE} NOLOGIN;
        END IF;
        IF NOT pg_has_role(session_user, '{SERVICE_ROLE}', '{may}') THEN
            EXECUTE format('GRANT {SERVICE_ROLE} TO %I', session_user);
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        RAISE NOTICE 'the role {SERVICE_ROLE} could not be made or granted: %', SQLERRM;
    END $$"""
    for attempt in range(1, 21):
        try:
            with connection.begin():
                connection.exec_driver_sql(block.replace("%", "%%"))
            return
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) not in _RACES or attempt == 20:
                raise
            time.sleep(0.02 * attempt)


def missing_grants(connection: Connection) -> list[str]:
    """Every `GRANT` that serving still lacks here, as somebody who may give it writes it; none when nothing is missing.

    What counts is what the role may, and a login that is no member of it needs the same itself. A login that owns the
    tables, in a cluster without the role, has all but what is of the database.
    """
    exists = text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)")
    role = SERVICE_ROLE if connection.scalar(exists, {"role": SERVICE_ROLE}) else ""
    found = [] if not role else [*_missing_on_tables(connection, role), *_missing_column_grants(connection)]
    return found + _missing_on_database(connection, role)


def ensure_grants(connection: Connection) -> list[str]:
    """Give what is missing, as far as this login may, in the caller's transaction; what is left for somebody else."""
    left = []
    for grant in missing_grants(connection):
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(grant.replace("%", "%%"))
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != INSUFFICIENT_PRIVILEGE:
                raise
            left.append(grant)
    return left


def missing_membership(connection: Connection) -> str | None:
    """The `GRANT` of the role that a login lacks which cannot read the tables; None when there is no role to grant."""
    query = text(
        "SELECT format('GRANT %I TO %I', rolname, session_user) FROM pg_roles "
        "WHERE rolname = :role AND NOT pg_has_role(session_user, oid, 'MEMBER')"
    )
    found: str | None = connection.scalar(query, {"role": SERVICE_ROLE})
    return found


def _missing_on_database(connection: Connection, role: str) -> list[str]:
    """Temporary tables hold a year's results until they are put in place; by default PUBLIC may."""
    lacking = text(
        "SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), who) "
        "FROM CAST(coalesce(nullif(:role, ''), CAST(current_user AS text)) AS name) AS who "
        "WHERE NOT has_database_privilege(who, current_database(), 'TEMPORARY')"
    )
    return list(connection.scalars(lacking, {"role": role}))


def _missing_on_tables(connection: Connection, role: str) -> list[str]:
    wanted = [(table, right) for table, rights in GRANTS.items() for right in rights]
    lacking = text(
        "SELECT format('GRANT %s ON %I TO %I', wanted.right, wanted.table, CAST(:role AS text)) "
        'FROM unnest(CAST(:tables AS text[]), CAST(:rights AS text[])) AS wanted("table", "right") '
        "WHERE NOT has_table_privilege(:role, to_regclass(wanted.table), wanted.right) "
        "UNION ALL SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), CAST(:role AS text)) "
        "WHERE NOT has_schema_privilege(:role, current_schema(), 'USAGE')"
    )
    tables, rights = map(list, zip(*wanted, strict=True))
    return list(connection.scalars(lacking, {"role": role, "tables": tables, "rights": rights}))


def _missing_column_grants(connection: Connection) -> list[str]:
    lacking = text(
        "SELECT format('GRANT UPDATE (%I) ON %I TO %I', wanted.col, wanted.table, CAST(:role AS text)) "
        'FROM unnest(CAST(:tables AS text[]), CAST(:columns AS text[])) AS wanted("table", col) '
        "WHERE NOT has_column_privilege(:role, to_regclass(wanted.table), wanted.col, 'UPDATE')"
    )
    wanted = [(table, column) for table, columns in COLUMN_GRANTS.items() for column in columns]
    tables, columns = map(list, zip(*wanted, strict=True))
    return list(connection.scalars(lacking, {"role": SERVICE_ROLE, "tables": tables, "columns": columns}))
