"""Master keys, subjects erased, and who consulted what.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn, Name, Position

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MESSAGE = "rows of consultations are never changed, and kept for at least 30 days / 查阅记录只增不改,至少保存30天"


def upgrade() -> None:
    """Columns and tables; the keys themselves are wrapped when the service starts (`domain/store/keys/wrapping.py`)."""
    op.add_column("vault", sa.Column("master", Name))
    op.add_column("vault", sa.Column("erased_at", InstantColumn))
    op.add_column("vault_secrets", sa.Column("master", Name))
    op.create_table(
        "master_keys",
        sa.Column("id", Name, primary_key=True),
        sa.Column("created_at", InstantColumn, nullable=False),
        sa.Column("retired_at", InstantColumn),
        sa.Column("scrubbed_at", InstantColumn),
    )
    op.create_table(
        "consultations",
        sa.Column("id", Position, sa.Identity(always=True), primary_key=True),
        sa.Column("at", InstantColumn, nullable=False),
        *(sa.Column(name, Name, nullable=False) for name in ("person_id", "role", "via", "uscc", "route")),
        *(sa.Column(name, sa.Text) for name in ("as_of", "known_at", "asked")),
    )
    op.create_index("consultations_uscc", "consultations", ["uscc", "id"])
    op.create_index("consultations_person_id", "consultations", ["person_id", "id"])
    op.create_index("consultations_at", "consultations", ["at"])
    _keep_postgresql() if op.get_bind().dialect.name == "postgresql" else _keep_sqlite()


def downgrade() -> None:
    """Never: an older version could not open the wrapped keys."""
    raise NotImplementedError("an older version of the software knows no master key")


def _keep_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER consultations_append_only BEFORE UPDATE OR TRUNCATE ON consultations "
        "FOR EACH STATEMENT EXECUTE FUNCTION steward_refuse_change()"
    )
    op.execute(
        "CREATE FUNCTION steward_refuse_early() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'insufficient_privilege'; END $$"
    )
    op.execute(
        "CREATE TRIGGER consultations_kept BEFORE DELETE ON consultations FOR EACH ROW "
        "WHEN (OLD.at > now() - interval '30 days') EXECUTE FUNCTION steward_refuse_early()"
    )
    for trigger in ("consultations_append_only", "consultations_kept"):
        op.execute(f"ALTER TABLE consultations ENABLE ALWAYS TRIGGER {trigger}")


def _keep_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    young = "OLD.at > strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-30 days')"
    op.execute(f"CREATE TRIGGER consultations_no_update BEFORE UPDATE ON consultations {refuse}")
    op.execute(f"CREATE TRIGGER consultations_no_delete BEFORE DELETE ON consultations WHEN {young} {refuse}")
    taken = "EXISTS (SELECT 1 FROM consultations WHERE id = NEW.id)"
    op.execute(f"CREATE TRIGGER consultations_no_replace BEFORE INSERT ON consultations WHEN {taken} {refuse}")
