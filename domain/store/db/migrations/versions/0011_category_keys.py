"""By what categories are compared and names are searched: a folded spelling beside the words (R47).

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Name

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty: the rows are built anew from the events when the service starts."""
    for table in ("agency_status", "published_result"):
        op.add_column(table, sa.Column("category_key", Name))


def downgrade() -> None:
    """Never: an older version would write rows without them."""
    raise NotImplementedError("an older version of the software compares categories by their words")
