"""What waits is listed and counted from its index alone, kind by kind in the order of the list (R40).

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_BEFORE = ["kind", "known_to", "due_on", "valid_from", "valid_to", "about_year"]
_NOW = ["kind", "known_to", "due_on", "begun_on", "key", "originator_id"]
_NOW += ["valid_from", "valid_to", "about_year", "status", "is_open"]


def upgrade() -> None:
    """The index of open matters, wider: nothing but the index changes."""
    _made_anew(_NOW)


def downgrade() -> None:
    """As it was: lists are read more slowly."""
    _made_anew(_BEFORE)


def _made_anew(columns: list[str]) -> None:
    where = sa.text("is_open = 1")
    op.drop_index("matter_open", "matter")
    op.create_index("matter_open", "matter", columns, postgresql_where=where, sqlite_where=where)
