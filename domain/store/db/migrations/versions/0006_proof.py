"""The Merkle tree over the log, signed checkpoints of it, and the heads that the checkpoints commit to.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import Digest, InstantColumn, Name, Position

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MESSAGE = "rows of %s are never changed or deleted: what was signed stays signed / 已签名的内容只增不改"
SAME = {"tree_nodes": "level = NEW.level AND place = NEW.place", "checkpoints": "size = NEW.size"}


def upgrade() -> None:
    """Make the tables, empty: the next sealing fills them from the first event on."""
    op.create_table(
        "tree_nodes",
        sa.Column("level", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("place", Position, nullable=False, autoincrement=False),
        sa.Column("hash", Digest, nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name="tree_nodes_pk"),
        sa.CheckConstraint("length(hash) = 32", name="tree_nodes_hash_length"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", Position, nullable=False, autoincrement=False),
        sa.Column("root", Digest, nullable=False),
        sa.Column("heads_count", sa.Integer, nullable=False),
        sa.Column("heads_root", Digest, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("sealed_at", InstantColumn, nullable=False),
        sa.PrimaryKeyConstraint("size", name="checkpoints_pk"),
    )
    op.create_table(
        "sealed_heads",
        sa.Column("stream", Name, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("hash", Digest, nullable=False),
        sa.Column("highest", sa.Integer, nullable=False),
        sa.Column("changed_at", Position, nullable=False),
        sa.PrimaryKeyConstraint("stream", name="sealed_heads_pk"),
    )
    op.create_index("sealed_heads_changed_at", "sealed_heads", ["changed_at"])
    _refuse_change_postgresql() if op.get_bind().dialect.name == "postgresql" else _refuse_change_sqlite()


def downgrade() -> None:
    """Never: what was signed would be lost."""
    raise NotImplementedError("checkpoints are not undone: others hold them")


def _refuse_change_postgresql() -> None:
    """As for the log (0001)."""
    for table in SAME:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION steward_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM CURRENT_USER, PUBLIC")


def _refuse_change_sqlite() -> None:
    """As for the log (0001): `INSERT OR REPLACE` needs a trigger of its own."""
    for table, condition in SAME.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE % table}'); END"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE {condition})"  # noqa: S608  # constants only
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} {refuse}")
