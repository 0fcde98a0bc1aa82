"""Whom an identity provider (OpenID Connect) knows an account's owner as, where an administrator has said so.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: nobody signs in by a provider."""
    op.add_column("accounts", sa.Column("subject", sa.Text))


def downgrade() -> None:
    """Never: an older version could not check the seals of such rows."""
    raise NotImplementedError("an older version of the software knows no subjects of a provider")
