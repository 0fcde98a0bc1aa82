"""Persons and their tokens."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import Engine, select

from domain.errors import Contradiction, Invalid
from domain.store.access.access_audit import COMMAND_LINE
from domain.store.access.admin import revoke_by_id
from domain.store.access.tokens import (
    create_person,
    create_token,
    find_token,
    is_stale,
    person_named,
    person_names,
    touch_token,
)
from domain.store.db.engine import reading, writing
from domain.store.db.schema import tokens


def test_a_person_is_found_by_name_or_id(engine: Engine) -> None:
    """Names need not be unique, ids are: with two of one name only the id will do."""
    with writing(engine) as connection:
        first = create_person(connection, "张伟")
        assert person_named(connection, "张伟") == first
        second = create_person(connection, "张伟")
        with pytest.raises(Invalid, match="several"):
            person_named(connection, "张伟")
        assert person_named(connection, second) == second
        assert person_named(connection, "李娜") is None
        assert person_names(connection, {first, second, "nobody"}) == {first: "张伟", second: "张伟"}


def test_only_the_hash_of_a_token_is_kept(engine: Engine) -> None:
    """256 random bits under a known prefix; the table holds their SHA-256 and nothing that leads back."""
    with writing(engine) as connection:
        person = create_person(connection, "张三")
        secret = create_token(connection, person, "agency", "91440300MA5EXAMPLE", None, by=COMMAND_LINE)
    assert secret.startswith("stw_")
    assert len(secret) == 4 + 43
    with reading(engine) as connection:
        row = connection.execute(select(tokens)).one()
        token = find_token(connection, secret)
    assert row.token_sha256 == hashlib.sha256(secret.encode()).digest()
    assert token is not None
    assert (token.person_id, token.person_name, token.role, token.uscc) == (
        person,
        "张三",
        "agency",
        "91440300MA5EXAMPLE",
    )
    assert (token.expires_at, token.last_used_at) == (None, None)


def test_a_token_that_ended_is_not_found(engine: Engine) -> None:
    """Unknown, expired (at the very instant) and revoked tokens are all the same: none."""
    with writing(engine) as connection:
        person = create_person(connection, "张三")
        secret = create_token(connection, person, "auditor", None, "2030-01-01T00:00:00.000000Z", by=COMMAND_LINE)
        assert find_token(connection, secret) is not None
        assert find_token(connection, secret, "2029-12-31T23:59:59.999999Z") is not None
        assert find_token(connection, secret, "2030-01-01T00:00:00.000000Z") is None
        assert find_token(connection, secret + "x") is None
        assert revoke_by_id(connection, secret, by=COMMAND_LINE).revoked_at is not None
        with pytest.raises(Contradiction):
            revoke_by_id(connection, secret, by=COMMAND_LINE)
        assert find_token(connection, secret) is None


def test_the_last_use_is_noted_to_the_minute(engine: Engine) -> None:
    """Most requests write nothing: only the first one in a minute does."""
    first, soon, later = (f"2026-01-01T00:0{minute}.000000Z" for minute in ("0:00", "0:59", "1:01"))
    with writing(engine) as connection:
        secret = create_token(connection, create_person(connection, "张三"), "admin", by=COMMAND_LINE)

        def use(now: str) -> bool:
            token = find_token(connection, secret, now)
            assert token is not None
            stale = is_stale(token, now)
            assert touch_token(connection, token, now) == stale
            return stale

        assert [use(first), use(soon), use(later), use(later)] == [True, False, True, False]
        assert connection.scalar(select(tokens.c.last_used_at)) == later
