"""Which facts were recorded together, row by row (`domain/store/log/batch_rows.py`).

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Name

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: nothing was recorded in batches before."""
    op.create_table(
        "batch_rows",
        sa.Column("batch", Name, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("event_id", Name, nullable=False),
        sa.PrimaryKeyConstraint("batch", "number", name="batch_rows_pk"),
    )


def downgrade() -> None:
    """The facts stay; that they came together is forgotten."""
    op.drop_table("batch_rows")
