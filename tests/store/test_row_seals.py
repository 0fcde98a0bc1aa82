"""Seals of the rows that say who may do what: only the software's own values are ever sealed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from domain.errors import Contradiction
from domain.store.access.access_audit import COMMAND_LINE, newest
from domain.store.access.accounts import (
    account_of,
    begin_session,
    create_account,
    disable_account,
    find_session,
    set_password,
    sign_out,
)
from domain.store.access.admin import require_another_admin
from domain.store.access.row_macs import RowKeyMissing, RowsUnsealed, ensure_seals, key_of
from domain.store.access.tokens import create_person, create_token, find_token
from domain.store.db.engine import reading, writing
from domain.store.db.schema import accounts, tokens
from domain.store.keys.master_key import use_keys
from domain.values import Role


def test_a_role_written_into_the_database_stays_unknown_whatever_is_done_to_the_account(engine: Engine) -> None:
    """A reset of the password, disabling and enabling are refused with the rule and a remedy, and change nothing."""
    with writing(engine) as connection:
        person = create_person(connection, "张三")
        account = create_account(connection, "zhang", "-", person, Role.CLIENT, "91441300MA51C1EN7F", by=COMMAND_LINE)
        found = account_of(connection, "zhang")
        assert found is not None
        secret = begin_session(connection, found[0], "-")
        connection.execute(update(accounts).where(accounts.c.id == account).values(role="admin", uscc=None))
    with writing(engine) as connection:
        assert find_session(connection, secret) is None
        before = connection.execute(select(accounts)).all()
        changes = (
            partial(set_password, password_hash="--"),
            disable_account,
            partial(disable_account, disabled=False),
            sign_out,
        )
        for change in changes:
            with pytest.raises(Contradiction, match="counts only as this software wrote it") as refused:
                change(connection, account, by=COMMAND_LINE)
            assert "steward audit" in refused.value.remedy_en
        assert connection.execute(select(accounts)).all() == before
        assert newest(connection) == 1, "only its making is noted"
        assert account_of(connection, "zhang") is None
        back = update(accounts).where(accounts.c.id == account).values(role="client", uscc="91441300MA51C1EN7F")
        connection.execute(back)
        assert account_of(connection, "zhang") is not None, "the seal is still that of the row as it was written"


def test_an_administrator_written_into_the_database_is_none_that_is_left(engine: Engine) -> None:
    """The last one whose row the software wrote stays, whatever other rows say that they are administrators too."""
    with writing(engine) as connection:
        person = create_person(connection, "张三")
        last = create_account(connection, "zhang", "-", person, Role.ADMIN, by=COMMAND_LINE)
        other = create_account(connection, "wang", "-", person, Role.AUDITOR, by=COMMAND_LINE)
        connection.execute(update(accounts).where(accounts.c.id == other).values(role="admin"))
        with pytest.raises(Contradiction, match="last enabled administrator"):
            require_another_admin(connection, last)
        create_account(connection, "li", "-", person, Role.ADMIN, by=COMMAND_LINE)
        require_another_admin(connection, last)


def test_rows_without_a_seal_are_sealed_once_and_for_one_ledger(engine: Engine, tmp_path: Path) -> None:
    """At the first start of this version; not later, and not because the database says that it is another ledger."""
    use_keys(engine, tmp_path / "keys")

    def unsealed_token() -> str:
        with writing(engine) as connection:
            secret = create_token(connection, create_person(connection, "张三"), Role.ADMIN, by=COMMAND_LINE)
            connection.execute(update(tokens).where(tokens.c.role == Role.ADMIN).values(seal=None))
        return secret

    def works(secret: str) -> bool:
        with reading(engine) as connection:
            return find_token(connection, secret) is not None

    first = unsealed_token()
    assert not works(first)
    ensure_seals(engine, "ledger-1")
    assert works(first)
    second = unsealed_token()
    ensure_seals(engine, "ledger-1")
    assert not works(second)
    with pytest.raises(RowsUnsealed) as refused:
        ensure_seals(engine, "ledger-2")
    assert "STEWARD_KEY_DIR" in refused.value.remedy_en
    assert not works(second)


def test_a_lost_key_is_missed_and_not_made_anew(engine: Engine, tmp_path: Path) -> None:
    """Another key in its place would make every token unknown without a word."""
    keys = use_keys(engine, tmp_path / "lost")
    (keys.folder).mkdir(mode=0o700)
    (keys.folder / "rows-1.sealed").touch(mode=0o600)
    with pytest.raises(RowKeyMissing, match=r"rows\.key"), reading(engine) as connection:
        key_of(connection)
    assert not (keys.folder / "rows.key").exists()
