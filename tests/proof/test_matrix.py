"""Every table of the schema x a row changed, removed, added, on both databases: docs/proof.md says what is found."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli.running import DATABASE_REFUSED, DIFFERENT, TAMPERED
from domain.store.db.db_errors import DatabaseRefused
from domain.store.db.engine import open_migration_engine
from domain.store.db.migrate import require_current
from domain.store.db.schema import metadata
from domain.store.db.state import VERSION_TABLE
from tests.databases import Databases
from tests.proof.held import Held
from tests.proof.tampering import Tamperer, add_a_row, change_a_row, remove_a_row
from tests.proof.test_tampering import NOT_NOTICED
from tests.traceability import ROOT

NOTHING = "—"
_ROW = re.compile(r"\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|")
_CELL = re.compile(r"(—|\d+)(?: `(\w+)`)?")
_WHOLE = (ROOT / "docs" / "proof.md").read_text("utf-8").partition("## Every table")[2].partition("\n## ")[0]
SAID = {row[0]: row[1:] for row in _ROW.findall(_WHOLE)}
"""Per table what docs/proof.md says of a row changed, removed, added, and its remark."""
TABLES = sorted([*metadata.tables, VERSION_TABLE])
DOING: dict[str, Callable[[Tamperer, str], None]] = {
    "changed": lambda tamperer, table: change_a_row(tamperer, table, NOT_NOTICED),
    "removed": remove_a_row,
    "added": add_a_row,
}


def test_the_page_speaks_of_every_table() -> None:
    """A new table needs a line there; what is not found has a remark that says why, and what it could do."""
    assert sorted(SAID) == TABLES
    for table, (*cells, remark) in SAID.items():
        assert all(_CELL.fullmatch(one.strip()) for one in cells), table
        assert remark.strip() or not any(NOTHING in one for one in cells), table


def _copied(first: Held, folder: Path, databases: Databases) -> Held:
    if first.tamperer.is_sqlite:
        shutil.copytree(first.folder, folder)
        return Held(f"sqlite:///{folder / 'ledger.db'}", folder)
    return Held(databases.copied(first.url), first.folder)


def found_out(held: Held) -> tuple[str, set[str]]:
    """The exit code of `steward audit`, as the page writes it, and the tables that it names."""
    try:
        require_current(open_migration_engine(held.url))
    except DatabaseRefused:
        return str(DATABASE_REFUSED), set()
    done = held.audit()
    code = TAMPERED if done.found else DIFFERENT if done.others else None
    return NOTHING if code is None else str(code), {one.table for one in (*done.found, *done.others)}


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_a_row_changed_removed_and_added(
    table: str, original: tuple[Held, str, bytes], tmp_path: Path, databases: Databases
) -> None:
    """Each is named by its table, or by the one that the page names, with the exit code that it says."""
    for what, said in zip(DOING, SAID[table][:3], strict=True):
        held = _copied(original[0], tmp_path / what, databases)
        if what != "added" and not _has_rows(held, table):
            add_a_row(held.tamperer, table)
        DOING[what](held.tamperer, table)
        match = _CELL.fullmatch(said.strip())
        assert match is not None
        code, tables = found_out(held)
        assert code == match[1], f"{table} {what}: {code} {tables}"
        assert code in (NOTHING, str(DATABASE_REFUSED)) or (match[2] or table) in tables, f"{table} {what}: {tables}"


def _has_rows(held: Held, table: str) -> bool:
    with held.tamperer.open() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
        return bool(cursor.fetchall())
