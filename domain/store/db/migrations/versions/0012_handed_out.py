"""Which accounts have a password that somebody else has seen (`domain/store/access/accounts.py`).

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: of the accounts that are there nobody knows who has seen their passwords."""
    op.add_column("accounts", sa.Column("handed_out_at", InstantColumn))


def downgrade() -> None:
    """Never: an older version would not ask for another password, and could not check the seals of such rows."""
    raise NotImplementedError("an older version of the software does not know handed-out passwords")
