"""Targets of webhooks choose kinds of messages, and are deleted (R41).

Revision ID: 0035
Revises: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that are there are told of every kind, as before."""
    op.add_column("delivery_targets", sa.Column("kinds", sa.Text))
    op.add_column("delivery_targets", sa.Column("deleted_at", InstantColumn))


def downgrade() -> None:
    """No fact rests on it."""
    op.drop_column("delivery_targets", "deleted_at")
    op.drop_column("delivery_targets", "kinds")
