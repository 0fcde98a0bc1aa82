"""Where a form of the pages led, and what is shown there once, encrypted under the session's secret.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Digest, InstantColumn

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: rows live as long as a session."""
    op.create_table(
        "form_answers",
        sa.Column("form_sha256", Digest, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("created_at", InstantColumn, nullable=False),
        sa.PrimaryKeyConstraint("form_sha256", name="form_answers_pk"),
    )
    op.create_index("form_answers_created", "form_answers", ["created_at"])


def downgrade() -> None:
    """Nothing rests on it but forms that are under way."""
    op.drop_table("form_answers")
