"""Which programs may go on serving these tables while a later one has migrated them (docs/upgrades.md).

Revision ID: 0038
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Name

revision = "0038"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Programs from this revision on: earlier ones do not know to ask."""
    with op.batch_alter_table("read_model_build") as table:
        table.add_column(sa.Column("serves_from", Name, nullable=False, server_default="0038"))


def downgrade() -> None:
    """Every program before refuses whatever it does not know."""
    with op.batch_alter_table("read_model_build") as table:
        table.drop_column("serves_from")
