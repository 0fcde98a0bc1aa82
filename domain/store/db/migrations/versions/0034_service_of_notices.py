"""The service of an agency's notices beside its standing (R41).

Revision ID: 0034
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: the rows are built anew from the events when the service starts."""
    op.add_column("agency_status", sa.Column("service", sa.Text))


def downgrade() -> None:
    """Never: an older version would write rows without it."""
    raise NotImplementedError("an older version of the software does not show the service of notices")
