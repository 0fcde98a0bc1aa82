"""Published results, and what waits to be dealt with: reports, appeals, objections, impacts.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn, Name

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty: the rows are built from the events when the service starts."""
    op.create_table(
        "published_result",
        *_bitemporal(sa.Column("year", sa.Integer, nullable=False), sa.Column("key", Name, nullable=False)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("category", Name),
        sa.Column("grade", sa.Text),
        sa.Column("total", sa.Text),
        sa.Column("hundredths", sa.Integer),
        sa.Column("rank", sa.Integer),
        sa.Column("assessed", sa.Integer, nullable=False),
        sa.Column("deadline", sa.Date),
        sa.Column("revised", sa.Integer, nullable=False),
    )
    op.create_index("published_result_look_up", "published_result", ["originator_id", "year", "version"])
    op.create_index("published_result_year", "published_result", ["year"])
    op.create_table(
        "matter",
        *_bitemporal(sa.Column("key", Name, nullable=False)),
        sa.Column("kind", Name, nullable=False),
        sa.Column("status", Name, nullable=False),
        sa.Column("begun_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("about", sa.Text),
        sa.Column("about_year", sa.Integer),
        sa.Column("is_open", sa.Integer, nullable=False),
    )
    op.create_index("matter_look_up", "matter", ["originator_id", "key", "known_to"])
    op.create_index("matter_waiting", "matter", ["kind", "status", "known_to"])


def downgrade() -> None:
    """Never: an older version would record events without their rows."""
    raise NotImplementedError("an older version of the software would record events without their rows")


def _bitemporal(*key: sa.Column[Any]) -> list[sa.Column[Any]]:
    return [
        sa.Column("originator_id", sa.Uuid, nullable=False),
        *key,
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=False),
        sa.Column("known_from", InstantColumn, nullable=False),
        sa.Column("known_to", InstantColumn, nullable=False),
    ]
