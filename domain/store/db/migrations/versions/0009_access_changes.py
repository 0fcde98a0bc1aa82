"""A record of its own of who changed who may do what (`domain/store/access/access_audit.py`).

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Digest, InstantColumn, Name, Position

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "access_changes"
MESSAGE = f"rows of {TABLE} are never changed or deleted: who changed access stays known / 权限变更记录只增不改"


def upgrade() -> None:
    """Make it, empty: what accounts and tokens there are, nobody knows who made."""
    op.create_table(
        TABLE,
        sa.Column("number", Position, nullable=False, autoincrement=False),
        sa.Column("at", InstantColumn, nullable=False),
        sa.Column("by_person", Name),
        *(sa.Column(name, Name, nullable=False) for name in ("via", "act", "person_id", "role")),
        sa.Column("uscc", Name),
        sa.Column("subject", Name, nullable=False),
        sa.Column("seal", Digest, nullable=False),
        sa.PrimaryKeyConstraint("number", name="access_changes_pk"),
    )
    _refuse_change_postgresql() if op.get_bind().dialect.name == "postgresql" else _refuse_change_sqlite()


def downgrade() -> None:
    """Never: an older version would change access and not say so."""
    raise NotImplementedError("an older version of the software notes no changes of access")


def _refuse_change_postgresql() -> None:
    """As for the log (0001)."""
    op.execute(
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION steward_refuse_change()"
    )
    op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_append_only")
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {TABLE} FROM CURRENT_USER, PUBLIC")


def _refuse_change_sqlite() -> None:
    """As for the log (0001): `INSERT OR REPLACE` needs a trigger of its own."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    op.execute(f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} {refuse}")
    op.execute(f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} {refuse}")
    taken = f"EXISTS (SELECT 1 FROM {TABLE} WHERE number = NEW.number)"  # noqa: S608  # constants only
    op.execute(f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} WHEN {taken} {refuse}")
