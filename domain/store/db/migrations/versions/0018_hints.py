"""Hints are kept: worked out agency by agency once something was recorded, asked for without a replay (R37, R40).

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Name

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: every agency's hints are worked out when the service starts."""
    op.create_table(
        "hint",
        sa.Column("originator_id", sa.Uuid, nullable=False),
        sa.Column("id", Name, nullable=False),
        sa.Column("rule", Name, nullable=False),
        sa.Column("behaviour", Name),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("status", Name, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="hint_pk"),
    )
    op.create_index("hint_waiting", "hint", ["status", "day", "id"])
    op.create_index("hint_of_agency", "hint", ["originator_id"])
    op.create_table(
        "hint_state",
        sa.Column("originator_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("originator_id", name="hint_state_pk"),
    )
    op.create_table(
        "hint_book",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("made_of", Name, nullable=False),
        sa.PrimaryKeyConstraint("id", name="hint_book_pk"),
        sa.CheckConstraint("id = 1", name="hint_book_one_row"),
    )
    op.execute("INSERT INTO hint_book (id, turn, made_of) VALUES (1, 0, '')")


def downgrade() -> None:
    """Without them: they are worked out by replay again."""
    for table in ("hint_book", "hint_state", "hint"):
        op.drop_table(table)
