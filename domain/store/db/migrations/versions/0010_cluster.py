"""The log's horizon is bound to the PostgreSQL cluster whose transaction ids it counts (`sequencer.py`).

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Name, Position

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which cluster it is, is noted when the service starts; the floor rises by itself with the next sealing."""
    op.add_column("sealer", sa.Column("cluster", Name))
    op.add_column("sealer", sa.Column("floor", Position, nullable=False, server_default="0"))
    op.add_column("sealer", sa.Column("waiting_position", Position))


def downgrade() -> None:
    """Never: an older version would seal by a horizon of another cluster."""
    raise NotImplementedError("an older version of the software does not know to which cluster a horizon belongs")
