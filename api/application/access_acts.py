"""Accounts and tokens are made, changed and ended: the administrator's alone (api.md: admin has users and tokens only).

What is a secret is in the answer that makes it, once, and nowhere else: not in the log, not in a list. Every change
leaves a row in `access_changes`, written where it is made (`domain/store`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

import structlog
from msgspec import UNSET
from pydantic import Field, StringConstraints

from api.application.answers.access import AccessToken, AccountShown
from api.application.background.readiness import Service
from api.application.privacy.authorisation import Caller
from api.application.questions.service.access_questions import account_shown, token_shown
from domain.commands.fields import Body, Day, Id, Label, Uscc
from domain.errors import Contradiction, Invalid
from domain.store.access.access_audit import By
from domain.store.access.accounts import (
    create_account,
    disable_account,
    link_subject,
    linked_as,
    set_password,
    sign_out,
)
from domain.store.access.admin import (
    BOUND,
    account_found,
    account_row,
    end_of,
    made_password,
    names_of,
    require_another_admin,
    revoke_by_id,
    token_of,
)
from domain.store.access.passwords import hash_password
from domain.store.access.second_factor import reset_factor
from domain.store.access.tokens import create_person, create_token, is_person, token_hash
from domain.store.db.engine import Connection, writing
from domain.values import ROLE_NAMES, Role, instant

log = structlog.get_logger("steward")
Password = Annotated[str, StringConstraints(strict=True)]
"""Its length is checked where it is hashed, so that the message is the same everywhere."""


class AccountHolder(Body):
    """Whose it is: a person known already, by id, or a new one, by name; and in which role."""

    role: Role
    uscc: Uscc | None = None
    person_id: Id | None = None
    person: Label | None = None


class NewAccount(AccountHolder):
    """An account. Without a password one is made."""

    VERBATIM: ClassVar[frozenset[str]] = frozenset({"password"})

    login: Annotated[str, StringConstraints(strict=True, max_length=200)]
    password: Password | None = None


class FactorReset(Body):
    """Why somebody's second factor is taken off: it stands in the record of changes."""

    reason: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=4, max_length=500)]


class SubjectLinked(Body):
    """By which subject of the identity provider the account may be signed in to; without one by none."""

    subject: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, max_length=255)] | None = None


class NewToken(AccountHolder):
    """A token, valid up to and with `expires_on` (Shanghai), or without end."""

    expires_on: Day | None = None


class NewPassword(Body):
    """Another password of an account; without one, one is made."""

    VERBATIM: ClassVar[frozenset[str]] = frozenset({"password"})

    password: Password | None = None


class AccessWanted(Body):
    """Open an account again, close it with its sessions, or only end its sessions."""

    access: Literal["enabled", "disabled", "signed_out"]


class Revocation(Body):
    """Said in so many words, since it cannot be taken back."""

    revoked: Annotated[Literal[True], Field(description="撤销后不能恢复 / it cannot be taken back")]


Beside = Callable[[Connection, Any], None]
"""What else is written in the transaction of an act, with its answer: pages keep there where their form leads."""


def nothing(_: Connection, __: Any) -> None:
    """Nothing else."""


def make_account(service: Service, caller: Caller, body: NewAccount, beside: Beside = nothing) -> AccountShown:
    """Make an account; a password that was made is in this answer only.

    Whoever signs in with it the first time has to change it.
    """
    password = body.password if body.password is not None else made_password()
    hashed = hash_password(password, body.login, body.person or "")
    with writing(service.ledger.engine) as connection:
        person_id = holder_of(connection, body)
        created = create_account(connection, body.login, hashed, person_id, body.role, body.uscc, by=by_caller(caller))
        made = account_shown(account_row(connection, created), UNSET if body.password is not None else password)
        beside(connection, made)
    log_change(caller, "account created", account=created, role=body.role)
    return made


def reset_password(
    service: Service, caller: Caller, id_: str, body: NewPassword, beside: Beside = nothing
) -> AccountShown:
    """Another password, to be changed at the next sign-in; sessions end."""
    password = body.password if body.password is not None else made_password()
    with service.ledger.reading() as reader:
        names = names_of(reader.connection, id_)
    hashed = hash_password(password, *names)
    with writing(service.ledger.engine) as connection:
        set_password(connection, id_, hashed, by=by_caller(caller))
        made = account_shown(account_row(connection, id_), UNSET if body.password is not None else password)
        beside(connection, made)
    log_change(caller, "password reset", account=id_)
    return made


def set_access(
    service: Service, caller: Caller, id_: str, body: AccessWanted, beside: Beside = nothing
) -> AccountShown:
    """Disable or enable an account, or end its sessions."""
    with writing(service.ledger.engine) as connection:
        if body.access == "signed_out":
            sign_out(connection, id_, by=by_caller(caller))
        else:
            if body.access == "disabled":
                require_another_admin(connection, id_)
            disable_account(connection, id_, disabled=body.access == "disabled", by=by_caller(caller))
        made = account_shown(account_row(connection, id_))
        beside(connection, made)
    log_change(caller, "account " + body.access, account=id_)
    return made


def take_off_factor(
    service: Service, caller: Caller, id_: str, body: FactorReset, beside: Beside = nothing
) -> AccountShown:
    """Take off a second factor that is lost; sessions end. The owner sets up another one where the role needs it."""
    with writing(service.ledger.engine) as connection:
        reset_factor(connection, id_, body.reason, by=by_caller(caller))
        made = account_shown(account_row(connection, id_))
        beside(connection, made)
    log_change(caller, "second factor reset", account=id_)
    return made


def link_account(
    service: Service, caller: Caller, id_: str, body: SubjectLinked, beside: Beside = nothing
) -> AccountShown:
    """Let a subject of the identity provider sign in to an account, or nobody; its sessions end.

    Raises: NotFound; Contradiction where no provider is set up, or the subject is another account's.
    """
    issuer = service.settings.oidc_issuer
    if body.subject and not issuer:
        raise Contradiction(
            "没有设置身份提供方",
            "no identity provider is set up",
            pointer="/subject",
            remedy="请先设置 STEWARD_OIDC_ISSUER（见运维手册）",
            remedy_en="Set STEWARD_OIDC_ISSUER first (operations manual).",
        )
    with writing(service.ledger.engine) as connection:
        account_found(connection, id_)
        subject = linked_as(issuer, body.subject) if body.subject else None
        link_subject(connection, id_, subject, by=by_caller(caller))
        made = account_shown(account_row(connection, id_))
        beside(connection, made)
    log_change(caller, "subject linked" if body.subject else "subject unlinked", account=id_)
    return made


def make_token(service: Service, caller: Caller, body: NewToken, beside: Beside = nothing) -> AccessToken:
    """Make a token; it is in this answer only."""
    until = None if body.expires_on is None else end_of(body.expires_on)
    if until is not None and until <= instant(datetime.now(UTC)):
        raise Invalid(
            "最后有效日已过",
            "the last valid day has passed",
            pointer="/expires_on",
            remedy="请填写今天或以后的日期",
            remedy_en="Give today or later.",
        )
    with writing(service.ledger.engine) as connection:
        secret = create_token(
            connection, holder_of(connection, body), body.role, body.uscc, until, by=by_caller(caller)
        )
        row = token_of(connection, token_hash(secret))
        made = token_shown(row, secret)
        beside(connection, made)
    log_change(caller, "token created", token=row.id, role=body.role)
    return made


def revoke_token(service: Service, caller: Caller, id_: str, body: Revocation, beside: Beside = nothing) -> AccessToken:
    """End a token now."""
    with writing(service.ledger.engine) as connection:
        row = revoke_by_id(connection, id_, by=by_caller(caller))
        made = token_shown(row)
        beside(connection, made)
    log_change(caller, "token revoked", token=row.id)
    return made


def holder_of(connection: Connection, body: AccountHolder) -> str:
    """The holder's id, made if need be. Raises: Invalid where person, role and enterprise do not fit together."""
    if (body.uscc is not None) != (body.role in BOUND):
        needs, (name, name_en) = body.role in BOUND, ROLE_NAMES[body.role]
        raise Invalid(
            f"角色“{name}”{'须填' if needs else '不填'}所属单位的统一社会信用代码",
            f"the role {name_en} {'needs' if needs else 'takes no'} USCC of an enterprise",
            pointer="/uscc",
        )
    if (body.person_id is None) == (body.person is None):
        raise Invalid(
            "请选择已有人员，或填写新人员的姓名，二者取一",
            "name a person who is known, or a new one: one of both",
            pointer="/person",
        )
    if body.person is not None:
        return create_person(connection, body.person)
    if body.person_id is None or not is_person(connection, body.person_id):
        raise Invalid("没有这个人员编号", "there is no person with this id", pointer="/person_id")
    return body.person_id


def by_caller(caller: Caller) -> By:
    """Who changes it: so it stands in the record (`domain/store/access/access_audit.py`)."""
    return By(caller.person_id, caller.via)


def log_change(caller: Caller, what: str, **which: Any) -> None:
    """Write a change of access to the log of the service, outside the database; never a secret or a name."""
    log.info("access", act=what, by=by_caller(caller).person_id, **{name: str(value) for name, value in which.items()})
