"""What a search for a project looks through: client and contract, folded (`projections/rows/write/conduct_rows.py`).

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: the rows are made anew from the log, as the version of the projections has changed."""
    op.add_column("project_period", sa.Column("search", sa.Text, nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("project_period", "search", server_default=None)


def downgrade() -> None:
    """Without the search."""
    op.drop_column("project_period", "search")
