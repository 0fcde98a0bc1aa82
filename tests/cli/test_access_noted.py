"""What the command line changes about access stands in the record, by nobody who is known."""

from __future__ import annotations

from domain.store.access.access_audit import AccessFilter, found, newest
from domain.store.db.engine import open_engine, reading
from tests.cli.conftest import Run


def test_accounts_and_tokens_at_the_command_line_are_noted(run: Run, new_url: str) -> None:
    """Each command is one row by `cli`; refused ones are none."""
    at = ("--database", new_url)
    assert run("account", "create", "zhao", *at, "--role", "auditor", "--person", "赵").exit_code == 0
    for act in ("password", "disable", "enable"):
        assert run("account", act, "zhao", *at).exit_code == 0
        assert run("account", act, "nobody", *at).exit_code == 4
    secret = run("token", "create", *at, "--role", "auditor", "--person", "赵").stdout.strip()
    assert run("token", "revoke", secret, *at).exit_code == 0
    assert run("token", "revoke", secret, *at).exit_code == 5
    engine = open_engine(new_url)
    with reading(engine) as connection:
        rows = found(connection, AccessFilter(), up_to=newest(connection), offset=0, limit=100)[::-1]
    engine.dispose()
    assert [row.act for row in rows] == [
        "account_created",
        "password_reset",
        "account_disabled",
        "account_enabled",
        "token_created",
        "token_revoked",
    ]
    assert {(row.by_person, row.via) for row in rows} == {(None, "cli")}
    assert len({row.person_id for row in rows}) == 1
