"""What leaves the service to reach people (R41): addresses, what each wants to be told there, and the deliveries.

Revision ID: 0031
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn, Name

revision = "0031"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has an address yet, so nothing of what was told before is sent."""
    op.create_table(
        "contact_addresses",
        sa.Column("person_id", Name, nullable=False),
        sa.Column("subject", Name, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("code_sealed", sa.Text),
        sa.Column("code_until", InstantColumn),
        sa.Column("tries_left", sa.Integer, nullable=False),
        sa.Column("language", Name, nullable=False),
        sa.Column("given_at", InstantColumn, nullable=False),
        sa.Column("verified_at", InstantColumn),
        sa.PrimaryKeyConstraint("person_id", name="contact_addresses_pk"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="contact_addresses_person_id_fk"),
    )
    op.create_table(
        "message_preferences",
        sa.Column("person_id", Name, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("email", Name, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "kind", name="message_preferences_pk"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="message_preferences_person_id_fk"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", Name, nullable=False),
        sa.Column("channel", Name, nullable=False),
        sa.Column("recipient", Name, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("uscc", sa.Text),
        sa.Column("year", sa.Integer),
        sa.Column("due_on", sa.Date),
        sa.Column("made_at", InstantColumn, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", InstantColumn, nullable=False),
        sa.Column("claim", Name),
        sa.Column("failure", sa.Text),
        sa.Column("done_at", InstantColumn),
        sa.PrimaryKeyConstraint("id", name="deliveries_pk"),
    )
    op.create_index("deliveries_state", "deliveries", ["state", "next_at"])
    op.create_index("deliveries_made_at", "deliveries", ["made_at"])
    op.create_index("deliveries_cause", "deliveries", ["cause"])
    op.create_index("deliveries_recipient", "deliveries", ["recipient", "kind"])


def downgrade() -> None:
    """No fact rests on it."""
    for table in ("deliveries", "message_preferences", "contact_addresses"):
        op.drop_table(table)
