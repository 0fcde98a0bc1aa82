"""Seals on the rows that say who may do what (`domain/store/access/row_macs.py`).

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Digest

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column in each; what is there is sealed when the service starts."""
    for table in ("persons", "tokens", "accounts", "sessions"):
        op.add_column(table, sa.Column("seal", Digest))


def downgrade() -> None:
    """Never: an older version would write rows without seals."""
    raise NotImplementedError("an older version of the software writes no seals")
