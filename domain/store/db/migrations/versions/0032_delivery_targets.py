"""Programs and robots that are told as a person in a role would be (R41).

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn, Name

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None is told of anything until an administrator makes it."""
    op.create_table(
        "delivery_targets",
        sa.Column("id", Name, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("channel", Name, nullable=False),
        sa.Column("role", Name, nullable=False),
        sa.Column("uscc", sa.Text),
        sa.Column("subject", Name, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("created_at", InstantColumn, nullable=False),
        sa.Column("created_by", Name, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("disabled_at", InstantColumn),
        sa.PrimaryKeyConstraint("id", name="delivery_targets_pk"),
    )


def downgrade() -> None:
    """No fact rests on it."""
    op.drop_table("delivery_targets")
