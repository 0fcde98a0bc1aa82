"""Files of evidence: whose they are, and which of them proves which fact.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn, Name

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: evidence recorded so far lies elsewhere."""
    op.create_table(
        "evidence_files",
        sa.Column("id", Name, nullable=False),
        *(sa.Column(name, Name, nullable=False) for name in ("address", "sha256", "media_type", "owner")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("size", "thumbnail")),
        sa.Column("stored_at", InstantColumn, nullable=False),
        sa.Column("claim", sa.LargeBinary),
        sa.Column("gone_at", InstantColumn),
        sa.PrimaryKeyConstraint("id", name="evidence_files_pk"),
    )
    op.create_index("evidence_files_sha256", "evidence_files", ["sha256", "owner"])
    op.create_index("evidence_files_address", "evidence_files", ["address"])
    claimed = sa.text("claim IS NOT NULL")
    op.create_index(
        "evidence_files_claimed", "evidence_files", ["stored_at"], postgresql_where=claimed, sqlite_where=claimed
    )
    op.create_table(
        "evidence_uses",
        *(sa.Column(name, Name, nullable=False) for name in ("event_id", "sha256", "file_id", "stream", "subject_id")),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "sha256", name="evidence_uses_pk"),
    )
    for column in ("sha256", "file_id", "subject_id", "stream"):
        op.create_index(f"evidence_uses_{column}", "evidence_uses", [column])


def downgrade() -> None:
    """Nothing would open the files again."""
    op.drop_table("evidence_uses")
    op.drop_table("evidence_files")
