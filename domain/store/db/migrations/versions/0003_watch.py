"""Certificates are found across agencies (R37).

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index over the few keys that are looked for in all agencies at once."""
    of_certificates = sa.text("key LIKE 'cert:%'")
    op.create_index(
        "event_keys_certificate", "event_keys", ["key"], postgresql_where=of_certificates, sqlite_where=of_certificates
    )


def downgrade() -> None:
    """Never: an older version would record events without the keys of their certificates."""
    raise NotImplementedError("an older version of the software would record events without these keys")
