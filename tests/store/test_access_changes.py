"""The record of who changed who may do what: one row for every change, with it or not at all, and for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from domain.errors import Contradiction
from domain.store.access.access_audit import COMMAND_LINE, AccessAction, AccessChange, AccessFilter, By, found, newest
from domain.store.access.accounts import create_account, disable_account, set_password, sign_out
from domain.store.access.admin import revoke_by_id
from domain.store.access.association import association_then, name_association
from domain.store.access.row_macs import is_sealed
from domain.store.access.tokens import create_person, create_token, token_hash, token_id
from domain.store.db.engine import open_migration_engine, reading, writing
from domain.store.db.schema import access_changes, association_profile, tokens
from domain.values import FOREVER, Role
from tests.store.makers import undone

USCC = "91441300MA51C1EN7F"
REFUSED = r"never changed or deleted|permission denied"


GETTING_IN = {
    *(AccessAction.INVITED, AccessAction.INVITATION_USED, AccessAction.INVITATION_REVOKED),
    *(AccessAction.FACTOR_ON, AccessAction.FACTOR_OFF, AccessAction.FACTOR_RESET),
    *(AccessAction.RECOVERY_CODES, AccessAction.RECOVERY_USED, AccessAction.SUBJECT_LINKED),
}
"""Of invitations and second factors: `tests/http/test_getting_in.py`."""
OF_TARGETS = {one for one in AccessAction if one.value.startswith("target_")}
"""What programs are told: `tests/http/test_webhooks.py`."""


def _noted(engine: Engine, person: str | None = None) -> list[AccessChange]:
    """What is there, the first first."""
    with reading(engine) as connection:
        return found(connection, AccessFilter(person), up_to=newest(connection), offset=0, limit=100)[::-1]


@pytest.mark.shows("art.28")
def test_every_name_of_the_association_is_kept(engine: Engine) -> None:
    """A paper bears the name of its basis; one from before names were kept is written down with what replaces it."""
    with writing(engine) as connection:
        assert association_then(connection, FOREVER) is None
        name_association(connection, "甲协会", None, "p1")
        name_association(connection, "甲协会", b"logo", "p1")
    named = [row for row in _noted(engine) if row.act is AccessAction.ASSOCIATION_NAMED]
    assert [(row.reason, row.by_person) for row in named] == [("甲协会", "p1")], "another logo is no other name"
    with writing(engine) as connection:
        name_association(connection, "乙协会", None, "p2")
        assert association_then(connection, named[0].at) == "甲协会"
        assert association_then(connection, FOREVER) == "乙协会"
        assert association_then(connection, "2000-01-01T00:00:00.000000Z") == "甲协会"


def test_a_name_from_before_names_were_kept_is_not_lost(engine: Engine) -> None:
    """As a ledger has it that was set up by an earlier version."""
    with writing(engine) as connection:
        connection.execute(
            insert(association_profile).values(id=1, name="旧协会", logo=None, changed_at=FOREVER, changed_by="p0")
        )
        assert association_then(connection, FOREVER) == "旧协会"
        name_association(connection, "新协会", None, "p1")
        assert association_then(connection, "2000-01-01T00:00:00.000000Z") == "旧协会"
        assert association_then(connection, FOREVER) == "新协会"


def test_every_change_is_noted_by_who_makes_it(engine: Engine) -> None:
    """Numbered from 1 without a gap, sealed, with holder and subject, and never a secret."""
    with writing(engine) as connection:
        admin, holder = create_person(connection, "管理员"), create_person(connection, "张三")
        by = By(admin, "page")
        account = create_account(connection, "zhang", "-", holder, Role.CLIENT, USCC, by=by)
        set_password(connection, account, "--", by=by)
        set_password(connection, account, "---", by=By(holder, "page"), act=AccessAction.OWN_PASSWORD)
        disable_account(connection, account, by=by)
        disable_account(connection, account, by=by, disabled=False)
        sign_out(connection, account, by=by)
        secret = create_token(connection, holder, Role.AUDITOR, by=COMMAND_LINE)
        revoke_by_id(connection, secret, by=By(admin, "api"))
    rows, token = _noted(engine), token_id(token_hash(secret))
    assert [row.number for row in rows] == list(range(1, 9))
    of_account = ("account_created", "password_reset", "own_password", "account_disabled")
    assert [(row.act, row.subject) for row in rows] == [
        *((AccessAction(name), account) for name in of_account),
        (AccessAction.ACCOUNT_ENABLED, account),
        (AccessAction.SIGNED_OUT, account),
        (AccessAction.TOKEN_CREATED, token),
        (AccessAction.TOKEN_REVOKED, token),
    ]
    assert {row.act for row in rows} == set(AccessAction) - GETTING_IN - OF_TARGETS - {AccessAction.ASSOCIATION_NAMED}
    ways = [(admin, "page")] * 2 + [(holder, "page")] + [(admin, "page")] * 3 + [(None, "cli"), (admin, "api")]
    assert [(row.by_person, row.via) for row in rows] == ways
    assert {row.person_id for row in rows} == {holder}
    assert [(row.role, row.uscc) for row in rows] == [("client", USCC)] * 6 + [("auditor", None)] * 2
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert _noted(engine, holder) == rows
    assert len(_noted(engine, admin)) == 6
    with reading(engine) as connection:
        stored = connection.execute(select(access_changes)).all()
        assert all(is_sealed(connection, "access_changes", row._mapping) for row in stored)
    assert secret not in str(stored)


def test_what_is_undone_or_refused_is_not_noted(engine: Engine) -> None:
    """In the transaction of the change: neither is there without the other, and the number is given again."""
    with writing(engine) as connection:
        person = create_person(connection, "张三")
        create_account(connection, "zhang", "-", person, Role.ADMIN, by=COMMAND_LINE)
    with undone(engine) as connection:
        create_token(connection, person, Role.ADMIN, by=COMMAND_LINE)
        assert newest(connection) == 2
    with pytest.raises(Contradiction), writing(engine) as connection:
        create_account(connection, "zhang", "-", person, Role.ADMIN, by=COMMAND_LINE)
    assert [row.number for row in _noted(engine)] == [1]
    with writing(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(tokens)) == 0
        create_token(connection, person, Role.ADMIN, by=COMMAND_LINE)
    assert [row.number for row in _noted(engine)] == [1, 2]


def test_who_changes_at_the_same_time_gets_the_next_number(engine: Engine) -> None:
    """Six threads make five tokens each: none is refused, and the numbers have no gap."""
    with writing(engine) as connection:
        person = create_person(connection, "张三")

    def make() -> None:
        for _ in range(5):
            with writing(engine) as connection:
                create_token(connection, person, Role.AUDITOR, by=COMMAND_LINE)

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(make) for _ in range(6)]:
            done.result()
    assert [row.number for row in _noted(engine)] == list(range(1, 31))


def test_the_database_keeps_them(engine: Engine) -> None:
    """Changing, deleting, emptying and replacing are refused to serving and to the owner of the tables."""
    with writing(engine) as connection:
        person = create_person(connection, "张三")
        create_token(connection, person, Role.AUDITOR, by=By(person, "api"))
    before = _noted(engine)
    own = {
        "postgresql": "TRUNCATE access_changes",
        "sqlite": "INSERT OR REPLACE INTO access_changes SELECT * FROM access_changes",
    }
    statements = ["UPDATE access_changes SET by_person = NULL", "DELETE FROM access_changes", own[engine.dialect.name]]
    for opened in (engine, open_migration_engine(engine.url)):
        for statement in statements:
            with pytest.raises(DBAPIError, match=REFUSED), writing(opened) as connection:
                connection.execute(text(statement))
    assert _noted(engine) == before
