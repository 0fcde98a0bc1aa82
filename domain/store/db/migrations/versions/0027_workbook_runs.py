"""Workbooks on their way, so that a file need not be sent again after a restart.

Revision ID: 0027
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn, Name

revision = "0027"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: files that were being checked lay in the processes alone, which have ended."""
    op.create_table(
        "workbook_runs",
        sa.Column("id", Name, nullable=False),
        *(sa.Column(name, Name, nullable=False) for name in ("owner", "role", "kind", "sha256", "state")),
        *(sa.Column(name, Name) for name in ("part", "holder")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("done", "facts", "recorded")),
        *(sa.Column(name, InstantColumn, nullable=False) for name in ("created_at", "beat_at")),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("found", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="workbook_runs_pk"),
    )
    op.create_index("workbook_runs_owner", "workbook_runs", ["owner", "created_at"])
    op.create_index("workbook_runs_created", "workbook_runs", ["created_at"])


def downgrade() -> None:
    """No fact rests on it."""
    op.drop_table("workbook_runs")
