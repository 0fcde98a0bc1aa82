"""People are found by their whole name: keyed hashes that go with the key (`domain/store/log/person_index.py`).

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Digest, Name

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty: who is recorded already is indexed when the service starts."""
    op.create_table(
        "person_index",
        sa.Column("mac", Digest, nullable=False),
        sa.Column("subject_id", Name, nullable=False),
        sa.Column("event_id", Name, nullable=False),
        sa.PrimaryKeyConstraint("mac", "event_id", "subject_id", name="person_index_pk"),
    )
    op.create_index("person_index_subject_id", "person_index", ["subject_id"])


def downgrade() -> None:
    """Without the search."""
    op.drop_table("person_index")
