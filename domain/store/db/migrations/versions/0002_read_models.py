"""Read models: keys to find events by, and bitemporal rows written with each event.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from domain.store.db.column_types import InstantColumn, Name

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty: the rows are built from the events when the service starts."""
    op.create_table(
        "event_keys",
        sa.Column("originator_id", sa.Uuid, nullable=False),
        sa.Column("key", Name, nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("originator_id", "key", "version", name="event_keys_pk"),
    )
    op.create_table(
        "annulled",
        sa.Column("originator_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("by_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("originator_id", "version", name="annulled_pk"),
    )
    op.create_table(
        "read_model_build",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("made_by", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="read_model_build_pk"),
        sa.CheckConstraint("id = 1", name="read_model_build_one_row"),
    )
    op.create_table(
        "rebuilt",
        sa.Column("originator_id", sa.Uuid, nullable=False),
        sa.Column("stream", Name, nullable=False),
        *(_number(name) for name in ("version", "adoptions", "made_by", "differences")),
        sa.Column("rows", sa.LargeBinary),
        sa.PrimaryKeyConstraint("originator_id", name="rebuilt_pk"),
    )
    op.execute("INSERT INTO read_model_build (id, made_by) VALUES (1, 0)")
    op.create_index("events_originator_id_recorded_at", "events", ["originator_id", "recorded_at"])
    for name, key, values, look_up in _tables():
        op.create_table(name, *_bitemporal(key), *values)
        op.create_index(f"{name}_look_up", name, ["originator_id", *look_up])


def downgrade() -> None:
    """Never: an older version would record events without their rows."""
    raise NotImplementedError("an older version of the software would record events without their rows")


def _bitemporal(key: tuple[sa.Column[Any], ...]) -> list[sa.Column[Any]]:
    return [
        sa.Column("originator_id", sa.Uuid, nullable=False),
        *key,
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=False),
        sa.Column("known_from", InstantColumn, nullable=False),
        sa.Column("known_to", InstantColumn, nullable=False),
    ]


def _tables() -> list[tuple[str, tuple[sa.Column[Any], ...], list[sa.Column[Any]], tuple[str, ...]]]:
    by_day, by_knowledge = ("valid_from", "known_from"), ("known_to", "valid_to")
    return [
        (
            "agency_status",
            (),
            [
                _text("name", True),
                sa.Column("category", Name),
                _text("filing", True),
                *map(_text, ("warning", "advice", "search")),
            ],
            by_day,
        ),
        ("filed_period", (), [], by_knowledge),
        ("project_period", (_key(),), [], by_knowledge),
        ("conduct_lapse", (_number("year"), _key()), [_number("item")], ("year", "known_to", "valid_from")),
        ("bad_record_count", (_number("year"),), [_number("records")], ("year", *by_day)),
        (
            "sanction_status",
            (),
            [
                _text("tier"),
                _number("verified"),
                sa.Column("since", sa.Date),
                sa.Column("until", sa.Date),
                _text("events"),
            ],
            by_day,
        ),
        (
            "annual_score",
            (_number("year"),),
            [
                *map(_number, ("forms", "a", "b", "c", "scores", "hundredths")),
                *map(_text, ("honours", "override", "quality_shown", "effect_shown", "honours_shown")),
                _number("rest"),
            ],
            ("year", *by_day),
        ),
    ]


def _key() -> sa.Column[Any]:
    return sa.Column("key", Name, nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False)


def _text(name: str, optional: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=optional)
