"""Invitations and second factors, both of an account; why somebody's second factor was taken off.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Digest, InstantColumn, Name

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: nobody was invited, and nobody has a second factor."""
    op.add_column("accounts", sa.Column("invitation_sha256", Digest))
    op.add_column("accounts", sa.Column("invited_until", InstantColumn))
    op.add_column("accounts", sa.Column("invitation", Name))
    op.add_column("accounts", sa.Column("language", Name))
    op.add_column("accounts", sa.Column("factor", sa.LargeBinary))
    op.add_column("accounts", sa.Column("factor_at", InstantColumn))
    op.add_column("accounts", sa.Column("factor_step", sa.Integer))
    op.add_column("accounts", sa.Column("recovery", sa.LargeBinary))
    op.add_column("access_changes", sa.Column("reason", sa.Text))


def downgrade() -> None:
    """Never: an older version would let people in without their second factor."""
    raise NotImplementedError("an older version of the software knows no second factor")
