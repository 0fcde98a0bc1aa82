"""The first tables: the log, its heads and seals, the vault, persons and tokens, and what retries need.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Digest, InstantColumn, Name, Position, Transaction

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MESSAGE = "rows of %s are never changed or deleted: annul the fact by a further event / 事件只增不改,请以新的事件撤销"


def upgrade() -> None:
    """Make everything, in the caller's transaction."""
    dialect = op.get_bind().dialect.name
    _log(dialect)
    _vault_and_people()
    _retries()
    op.execute("INSERT INTO sealer (id, last_log_index) VALUES (1, 0)")
    _refuse_change_postgresql() if dialect == "postgresql" else _refuse_change_sqlite()


def downgrade() -> None:
    """Never: what has been recorded stays recorded."""
    raise NotImplementedError("the first revision is not undone: the log would be lost")


def _log(dialect: str) -> None:
    op.create_table(
        "events",
        sa.Column("position", Position, sa.Identity(always=True), nullable=False),
        sa.Column("originator_id", sa.Uuid, nullable=False),
        sa.Column("originator_version", sa.Integer, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("stream", Name, nullable=False),
        sa.Column("event_id", Name, nullable=False),
        sa.Column("occurred_on", sa.Date, nullable=False),
        sa.Column("recorded_at", InstantColumn, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column(
            "transaction_id",
            Transaction,
            server_default=sa.text("pg_current_xact_id()") if dialect == "postgresql" else None,
        ),
        sa.Column("leaf_hash", Digest, nullable=False),
        sa.PrimaryKeyConstraint("position", name="events_pk"),
        sa.UniqueConstraint("event_id", name="events_event_id_key"),
        sa.UniqueConstraint("originator_id", "originator_version", name="events_originator_id_originator_version_key"),
        sa.CheckConstraint("length(leaf_hash) = 32", name="events_leaf_hash_length"),
        sa.CheckConstraint("originator_version > 0", name="events_version_from_one"),
    )
    if dialect == "postgresql":
        op.create_index("events_transaction_id_position", "events", ["transaction_id", "position"])
    op.create_table(
        "stream_heads",
        sa.Column("originator_id", sa.Uuid, nullable=False),
        sa.Column("stream", Name, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_recorded_at", InstantColumn),
        sa.Column("hash", Digest, nullable=False),
        sa.PrimaryKeyConstraint("originator_id", name="stream_heads_pk"),
        sa.UniqueConstraint("stream", name="stream_heads_stream_key"),
    )
    if dialect == "postgresql":  # room on the page, so that advancing a head touches no index
        op.execute("ALTER TABLE stream_heads SET (fillfactor = 70)")
    op.create_table(
        "log_index",
        sa.Column("log_index", Position, autoincrement=False, nullable=False),
        sa.Column("position", Position, nullable=False),
        sa.PrimaryKeyConstraint("log_index", name="log_index_pk"),
        sa.UniqueConstraint("position", name="log_index_position_key"),
    )
    op.create_table(
        "sealer",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("horizon", Transaction),
        sa.Column("last_log_index", Position, nullable=False),
        sa.Column("sealed_at", InstantColumn),
        sa.Column("waiting_for", Transaction),
        sa.Column("waiting_since", InstantColumn),
        sa.PrimaryKeyConstraint("id", name="sealer_pk"),
        sa.CheckConstraint("id = 1", name="sealer_one_row"),
    )


def _vault_and_people() -> None:
    op.create_table(
        "vault",
        sa.Column("subject_id", Name, nullable=False),
        sa.Column("key", Digest, nullable=False),
        sa.Column("created_at", InstantColumn, nullable=False),
        sa.Column("hint", Digest),
        sa.PrimaryKeyConstraint("subject_id", name="vault_pk"),
        sa.UniqueConstraint("hint", name="vault_hint_key"),
    )
    op.create_table(
        "vault_secrets",
        sa.Column("name", Name, nullable=False),
        sa.Column("key", Digest, nullable=False),
        sa.PrimaryKeyConstraint("name", name="vault_secrets_pk"),
    )
    op.create_table(
        "persons",
        sa.Column("id", Name, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", InstantColumn, nullable=False),
        sa.PrimaryKeyConstraint("id", name="persons_pk"),
    )
    op.create_table(
        "tokens",
        sa.Column("token_sha256", Digest, nullable=False),
        sa.Column("person_id", Name, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("uscc", sa.Text),
        sa.Column("created_at", InstantColumn, nullable=False),
        sa.Column("expires_at", InstantColumn),
        sa.Column("revoked_at", InstantColumn),
        sa.Column("last_used_at", InstantColumn),
        sa.PrimaryKeyConstraint("token_sha256", name="tokens_pk"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="tokens_person_id_fk"),
    )


def _retries() -> None:
    op.create_table(
        "idempotency",
        sa.Column("token_sha256", Digest, nullable=False),
        sa.Column("key", Name, nullable=False),
        sa.Column("body_sha256", Digest, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("created_at", InstantColumn, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", "key", name="idempotency_pk"),
    )
    op.create_table(
        "survey_links",
        sa.Column("secret_sha256", Digest, nullable=False),
        sa.Column("uscc", sa.Text, nullable=False),
        sa.Column("invitation_id", Name, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("used_at", InstantColumn),
        sa.PrimaryKeyConstraint("secret_sha256", name="survey_links_pk"),
    )
    op.create_table(
        "import_pieces",
        sa.Column("file_sha256", Digest, nullable=False),
        sa.Column("piece", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("first_line", sa.Integer, nullable=False),
        sa.Column("last_line", sa.Integer, nullable=False),
        sa.Column("recorded_at", InstantColumn, nullable=False),
        sa.PrimaryKeyConstraint("file_sha256", "piece", name="import_pieces_pk"),
    )


def _refuse_change_postgresql() -> None:
    """One statement trigger per table, fired always: `session_replication_role` does not switch it off."""
    op.execute(
        sa.text(
            "CREATE FUNCTION steward_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{MESSAGE.replace('%s', '%')}', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; "
            "END $$"
        )
    )
    for table in ("events", "log_index"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION steward_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM CURRENT_USER, PUBLIC")


def _refuse_change_sqlite() -> None:
    """`INSERT OR REPLACE` deletes without firing delete triggers, so it needs a trigger of its own."""
    same = {
        "events": "position = NEW.position OR event_id = NEW.event_id OR "
        "(originator_id = NEW.originator_id AND originator_version = NEW.originator_version)",
        "log_index": "log_index = NEW.log_index OR position = NEW.position",
    }
    for table, condition in same.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE % table}'); END"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE {condition})"  # noqa: S608  # constants only
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} {refuse}")
