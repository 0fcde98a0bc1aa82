"""What waits is counted from an index of its own: the open matters by kind and last day (R40).

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; the rows of the new kinds are built anew from the events when the service starts."""
    where = sa.text("is_open = 1")
    columns = ["kind", "known_to", "due_on", "valid_from", "valid_to", "about_year"]
    op.create_index("matter_open", "matter", columns, postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    """Never: an older version would not write the rows of the new kinds."""
    raise NotImplementedError("an older version of the software knows fewer kinds of matters")
