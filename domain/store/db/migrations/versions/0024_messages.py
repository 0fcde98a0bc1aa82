"""Messages to people (R41), and how far in the log they have been told.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn, Name, Position

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is told of what was recorded before: it has been dealt with, or waits among the matters."""
    op.create_table(
        "messages",
        sa.Column("id", Name, nullable=False),
        sa.Column("person_id", Name, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("uscc", sa.Text),
        sa.Column("year", sa.Integer),
        sa.Column("due_on", sa.Date),
        sa.Column("at", InstantColumn, nullable=False),
        sa.Column("read_at", InstantColumn),
        sa.PrimaryKeyConstraint("id", name="messages_pk"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="messages_person_fk"),
    )
    op.create_index("messages_person", "messages", ["person_id", "read_at", "at"])
    op.create_index("messages_cause", "messages", ["cause"])
    op.create_index("messages_at", "messages", ["at"])
    op.create_table(
        "message_place",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("log_index", Position, nullable=False),
        sa.Column("reminded_on", sa.Date),
        sa.PrimaryKeyConstraint("id", name="message_place_pk"),
        sa.CheckConstraint("id = 1", name="message_place_one_row"),
    )
    op.execute("INSERT INTO message_place (id, log_index) SELECT 1, COALESCE(max(log_index), 0) FROM log_index")


def downgrade() -> None:
    """No fact rests on it."""
    op.drop_table("message_place")
    op.drop_table("messages")
