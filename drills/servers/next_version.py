"""The version after this one, made of this one's files: what a release may change, changed in a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

from domain.store.db.schema import SERVES_FROM
from domain.store.db.state import known_revisions
from drills.common import Failed
from drills.servers.two_logins import ROOT
from projections.rows.write.projector import MADE_BY

REVISION = "9001"
MARK = "nextversion"
"""What its rows let an agency be found by, and ours do not."""
CHANGED = ("schema", "projector", "status_rows")
"""The modules that it may have otherwise than ours."""
_MIGRATION = '''"""What a later version adds.

Revision ID: {revision}
Revises: {before}
"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column and a table that earlier versions know nothing of{contracts}."""
    op.add_column("agency_status", sa.Column("added_later", sa.Text))
    op.create_table("added_later", sa.Column("id", sa.Integer, primary_key=True))
{more}

def downgrade() -> None:
    """Nothing."""
'''
_TABLES = """
READ_MODELS["agency_status"].append_column(Column("added_later", Text))
Table("added_later", metadata, Column("id", Integer, primary_key=True))
"""
_CONTRACT = "    op.execute(\"UPDATE read_model_build SET serves_from = '{revision}'\")\n"


def next_version(folder: Path, *, other_rows: bool = False, contracts: bool = False) -> Path:
    """A copy of this version with a further migration; the folder to run it in.

    `other_rows`: its read models are others, too. `contracts`: earlier programs cannot serve what it migrates to.
    """
    for name in ("domain", "projections", "api", "demo"):  # with the byte code of what stays as it is
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(*(f"{one}.*.pyc" for one in CHANGED)))
    more = _CONTRACT.format(revision=REVISION) if contracts else ""
    said = {"revision": REVISION, "before": known_revisions()[0], "more": more}
    migration = _MIGRATION.format(**said, contracts=", and which they cannot serve" if contracts else "")
    versions = folder / "domain/store/db/migrations/versions"
    (versions / f"{REVISION}_added_later.py").write_text(migration, "utf-8")
    with (folder / "domain/store/db/schema.py").open("a", encoding="utf-8") as schema:
        schema.write(_TABLES)
    if contracts:
        _change(folder / "domain/store/db/schema.py", f'SERVES_FROM = "{SERVES_FROM}"', f'SERVES_FROM = "{REVISION}"')
    if other_rows:
        rows = folder / "projections/rows/write"
        _change(rows / "projector.py", f"MADE_BY = {MADE_BY}\n", f"MADE_BY = {MADE_BY + 1}\n")
        _change(rows / "status_rows.py", "agency.uscc, *_before(", f'agency.uscc, "{MARK}", *_before(')
    return folder


def _change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    if text.count(before) != 1:
        raise Failed(f"{file.name} has not {before!r} once: the next version cannot be made of it")
    file.write_text(text.replace(before, after), "utf-8")
