"""Which passwords are good enough, and that nobody rubs out the mark of one that was handed out."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, update

from domain.errors import Invalid
from domain.store.access import passwords
from domain.store.access.access_audit import COMMAND_LINE, AccessAction
from domain.store.access.accounts import account_of, create_account, set_password
from domain.store.access.passwords import hash_password, password_fits, require_good
from domain.store.access.tokens import create_person
from domain.store.db.engine import writing
from domain.store.db.schema import accounts
from domain.values import Role

NAMES = ("zhangsan", "张三丰")
IN_EARNEST = passwords._hasher
"""As the service has it: imported before tests take a cheap one."""


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 201,
        "aaaaaaaaaaaa",
        "1234567890",
        "13912345678",
        "２０２４０１０１２３４５",
        "0987654321",
        "qwertyuiop",
        "asdfghjkl;",
        "1qaz2wsx3edc",
        "1q2w3e4r5t",
        "abcdefghij",
        "abcd-abcd-abcd",
        "xyzzy9xyzzy9",
        "password1234",
        "P@ssw0rd2024",
        "Admin-123456",
        "密码密码密码密码1",
        "大亚湾2024安协1234",
        "zhangsan2024",
        "ZhangSan-1990",
        "张三丰张三丰2024ab",
    ],
)
def test_what_is_guessed_first_is_no_password(password: str) -> None:
    """Refused at its field with a reason and a remedy in both languages; what was typed is not repeated."""
    with pytest.raises(Invalid) as refused:
        require_good(password, *NAMES)
    assert refused.value.pointer == "/password"
    assert refused.value.remedy
    assert refused.value.remedy_en
    assert password not in refused.value.text + refused.value.text_en


@pytest.mark.parametrize(
    "password",
    [
        "three quiet herons",
        "four loud bitterns",
        "k3mq-wz7t-p2vh-abcd",
        "我家的猫爱吃烤红薯吗",
        "zhangsan eats noodles daily",
    ],
)
def test_words_in_a_row_make_a_good_one(password: str) -> None:
    """Also those that hold one's name among enough else."""
    require_good(password, *NAMES)


def test_the_mark_of_a_handed_out_password_is_sealed(engine: Engine) -> None:
    """It stands after making and resetting, goes when the owner changes the password, and whoever empties it in the
    database makes the account unusable."""
    with writing(engine) as connection:
        person = create_person(connection, "张三")
        account = create_account(connection, "zhang", "-", person, Role.AUDITOR, by=COMMAND_LINE)

        def handed_out() -> bool:
            found = account_of(connection, "zhang")
            assert found is not None
            return found[0].handed_out_at is not None

        assert handed_out()
        set_password(connection, account, "--", by=COMMAND_LINE, act=AccessAction.OWN_PASSWORD)
        assert not handed_out()
        set_password(connection, account, "---", by=COMMAND_LINE)
        assert handed_out()
        connection.execute(update(accounts).values(handed_out_at=None))
        assert account_of(connection, "zhang") is None


def test_a_try_at_a_password_is_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2id, three passes over 64 MiB, as RFC 9106 advises where memory is short: tests alone have it cheaper."""
    monkeypatch.setattr(passwords, "_hasher", IN_EARNEST)
    kept = hash_password("three quiet herons")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert password_fits(kept, "three quiet herons")
    assert not password_fits(kept, "three quiet heron")
