"""What the association is called on pages, and its logo (`domain/store/access/association.py`).

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn, Name

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: pages show the district's name until the administrator says another."""
    op.create_table(
        "association_profile",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("logo", sa.LargeBinary),
        sa.Column("changed_at", InstantColumn, nullable=False),
        sa.Column("changed_by", Name, nullable=False),
        sa.PrimaryKeyConstraint("id", name="association_profile_pk"),
        sa.CheckConstraint("id = 1", name="association_profile_one_row"),
    )


def downgrade() -> None:
    """Name and logo are typed again."""
    op.drop_table("association_profile")
