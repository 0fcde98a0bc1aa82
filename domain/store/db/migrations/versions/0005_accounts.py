"""Accounts for the pages, their sessions, and failed sign-ins.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Digest, InstantColumn, Name

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty: an administrator makes the first account (`steward account create`)."""
    op.create_table(
        "accounts",
        sa.Column("id", Name, primary_key=True),
        sa.Column("login", Name, nullable=False, unique=True),
        sa.Column("person_id", Name, sa.ForeignKey("persons.id"), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("uscc", sa.Text),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("created_at", InstantColumn, nullable=False),
        sa.Column("disabled_at", InstantColumn),
    )
    op.create_table(
        "sessions",
        sa.Column("session_sha256", Digest, primary_key=True),
        sa.Column("account_id", Name, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("created_at", InstantColumn, nullable=False),
        sa.Column("last_used_at", InstantColumn, nullable=False),
        sa.Column("expires_at", InstantColumn, nullable=False),
        sa.Column("ended_at", InstantColumn),
    )
    op.create_index("sessions_account_id", "sessions", ["account_id"])
    op.create_table(
        "sign_in_failures",
        sa.Column("login_sha256", Digest, nullable=False),
        sa.Column("source", Name, nullable=False),
        sa.Column("failed_at", InstantColumn, nullable=False),
    )
    op.create_index("sign_in_failures_source", "sign_in_failures", ["source", "failed_at"])


def downgrade() -> None:
    """Never: an older version would not know who may sign in."""
    raise NotImplementedError("an older version of the software knows no accounts")
