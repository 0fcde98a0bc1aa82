"""For which enterprise a client was told something: who has left it reads no more of it (R39, R41).

Revision ID: 0039
Revises: 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_KINDS = "('complaint_outcome', 'survey_invited', 'invitation_due', 'corrected')"
_ONLY = """(SELECT min(a.uscc) FROM accounts a WHERE a.person_id = messages.person_id AND NOT EXISTS (
SELECT 1 FROM accounts b WHERE b.person_id = a.person_id AND (b.role <> 'client' OR b.uscc <> a.uscc)))"""


def upgrade() -> None:
    """What was told to somebody who was only ever a client, and of one enterprise, was told for that one.

    Of anybody else nobody knows: those messages are shown to no client any more.
    """
    op.add_column("messages", sa.Column("enterprise", sa.Text))
    op.execute(f"UPDATE messages SET enterprise = {_ONLY} WHERE kind IN {_KINDS}")  # noqa: S608  # names of ours


def downgrade() -> None:
    """No fact rests on it."""
    op.drop_column("messages", "enterprise")
