"""What the audit finds when accounts and tokens are not what the record of their changes says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, true
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.row_macs import TABLES, change, seal_of
from domain.store.access.tokens import create_person, create_token
from domain.store.db.engine import open_engine, open_migration_engine, writing
from domain.store.db.migrate import migrate
from domain.store.db.schema import access_changes, accounts, tokens
from domain.store.keys.master_key import use_keys
from domain.values import Role
from tests.databases import BOTH, Databases
from tests.http.world import World
from tests.proof.held import Held


@pytest.fixture(params=BOTH)
def held(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Held:
    """A ledger whose people have tokens, with one more that is revoked, and a disabled account."""
    url = databases.migrated(request.param, tmp_path)
    with TestClient(create_app(Settings(database_url=url, data_dir=tmp_path, key_dir=tmp_path / "keys"))) as client:
        world = World(client)
        admin = world.people[Role.ADMIN]
        account = world.must(admin.post("/v1/accounts", {"login": "zhang", "person": "张三", "role": "auditor"}))
        world.must(admin.post(f"/v1/accounts/{account['id']}/access", {"access": "disabled"}))
        token = world.must(admin.post("/v1/tokens", {"person": "接口", "role": "auditor"}))
        world.must(admin.post(f"/v1/tokens/{token['id']}/revocation", {"revoked": True}))
    return Held(url, tmp_path)


def _found(held: Held) -> list[tuple[str, str]]:
    return [(one.table, one.place) for one in held.audit(rows=False).found]


def _rows(held: Held, table: Any) -> list[Any]:
    with open_engine(held.url).connect() as connection:
        return list(connection.execute(select(table).order_by(table.primary_key.columns.values()[0])))


def test_all_is_as_it_was_noted(held: Held) -> None:
    """Nothing is found where nothing was done."""
    assert _found(held) == []
    assert len(_rows(held, access_changes)) == len(_rows(held, tokens)) + 3


def test_a_row_taken_out_of_the_middle_leaves_a_gap(held: Held) -> None:
    """Also the first: numbers begin at 1. That of somebody's token leaves the token without a maker as well."""
    held.tamperer.run("DELETE FROM access_changes WHERE number = 1")
    assert ("access_changes", "number 1") in _found(held)
    row = _rows(held, access_changes)[1]
    held.tamperer.run(f"DELETE FROM access_changes WHERE number = {row.number}")
    assert ("tokens", row.subject) in _found(held)
    command = held.command("audit", "--no-rows")
    assert command.returncode == 10
    assert "access_changes: number 1: a gap" in command.stdout


def test_the_end_taken_away_leaves_a_token_that_nobody_made(held: Held) -> None:
    """The record is dense, and does not know of it; a checkpoint may have named a row that is gone as well."""
    made = next(row for row in _rows(held, access_changes)[::-1] if row.act == "token_created")
    held.tamperer.run(f"DELETE FROM access_changes WHERE number >= {made.number}")
    assert ("tokens", made.subject) in _found(held)


def test_a_token_or_account_that_is_gone_is_named(held: Held) -> None:
    """The record says that it was made, and the software deletes none."""
    account = _rows(held, accounts)[0].id
    held.tamperer.run(f"DELETE FROM accounts WHERE id = '{account}'")
    number = next(row.number for row in _rows(held, access_changes) if row.subject == account)
    assert _found(held) == [("access_changes", f"number {number}")]


@pytest.mark.parametrize(("table", "column"), [("tokens", "revoked_at"), ("accounts", "disabled_at")])
def test_a_row_put_back_as_it_once_was_is_named(held: Held, table: str, column: str) -> None:
    """With the seal of then, so that it works again: a revoked token, a disabled account."""
    engine = open_engine(held.url)
    use_keys(engine, held.settings.keys)
    of = TABLES[table]
    with engine.connect() as connection:
        row = connection.execute(select(of).where(of.c[column].is_not(None))).one()
        seal = seal_of(connection, table, {**row._mapping, column: None})
    engine.dispose()
    place = "?" if held.tamperer.is_sqlite else "%s"
    with held.tamperer.open() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = NULL, seal = {place} WHERE {column} IS NOT NULL", (seal,))
    subject = row.id if table == "accounts" else row.token_sha256.hex()[:16]
    assert _found(held) == [(table, subject)]


def test_an_invented_row_is_named(held: Held) -> None:
    """Somebody else's name on a change: no row without the key of the rows."""
    number = len(_rows(held, access_changes)) + 1
    held.tamperer.run(
        f"INSERT INTO access_changes SELECT {number}, at, 'somebody', via, act, person_id, role, uscc, subject, "
        "seal, reason FROM access_changes WHERE number = 1"
    )
    assert _found(held) == [("access_changes", str(number)), ("persons", "somebody")]


ADDED_SINCE = (
    ("sealer", "cluster"),
    ("sealer", "floor"),
    ("sealer", "waiting_position"),  # 0010
    ("agency_status", "category_key"),
    ("published_result", "category_key"),  # 0011
    ("accounts", "handed_out_at"),  # 0012
    ("project_period", "search"),  # 0015
    *(("accounts", name) for name in ("invitation_sha256", "invited_until", "invitation", "language")),  # 0014
    *(("accounts", name) for name in ("factor", "factor_at", "factor_step", "recovery", "subject")),  # 0014, 0016
    ("agency_status", "service"),  # 0034
    ("read_model_build", "serves_from"),  # 0038
)
"""The columns that a database of migration 0008 does not have."""


@pytest.fixture
def no_access_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints as they were before there was a record of access."""
    monkeypatch.setattr("domain.store.proof.tree_writer.last_seal", lambda _: None)


@pytest.mark.usefixtures("no_access_line")
def test_a_database_from_before_upgrades_and_audits_clean(held: Held) -> None:
    """Made by migration 0008, with tokens and accounts that no record tells of; the next change is the first."""
    engine = open_engine(held.url)
    use_keys(engine, held.settings.keys)
    with writing(engine) as connection:  # seals covered no such column, as they do while it is empty
        change(connection, "accounts", true(), handed_out_at=None)
    engine.dispose()
    with open_migration_engine(held.url).begin() as connection:
        connection.execute(text("DROP TABLE access_changes"))
        connection.execute(text("DROP TABLE association_profile"))  # 0013
        connection.execute(text("DROP INDEX matter_open"))  # 0017
        for table in ("hint", "hint_state", "hint_book"):
            connection.execute(text(f"DROP TABLE {table}"))  # 0018
        connection.execute(text("DROP TABLE batch_rows"))  # 0019
        connection.execute(text("DROP TABLE person_index"))  # 0020
        connection.execute(text("DROP TABLE form_answers"))  # 0021
        for table in ("evidence_files", "evidence_uses"):
            connection.execute(text(f"DROP TABLE {table}"))  # 0022
        for table in ("messages", "message_place"):
            connection.execute(text(f"DROP TABLE {table}"))  # 0024
        connection.execute(text("DROP TABLE workbook_runs"))  # 0027
        for table in ("delivery_targets", "deliveries", "message_preferences", "contact_addresses"):
            connection.execute(text(f"DROP TABLE {table}"))  # 0031, 0032
        for table, column in ADDED_SINCE:
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0008'"))
    migrate(held.url)
    assert _rows(held, access_changes) == []
    assert _rows(held, tokens) != []
    assert _found(held) == []
    engine = open_engine(held.url)
    use_keys(engine, held.settings.keys)
    with writing(engine) as connection:
        create_token(connection, create_person(connection, "张三"), Role.AUDITOR, by=COMMAND_LINE)
    engine.dispose()
    assert [row.number for row in _rows(held, access_changes)] == [1]
    assert _found(held) == []
