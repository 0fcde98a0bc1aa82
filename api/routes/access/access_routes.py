"""Accounts and tokens over HTTP: the administrator's routes (api.md: admin has users and tokens only).

What is a secret is in the answer that makes it, once, and nowhere else: not in the log, not in a list. Every change
leaves a row in `access_changes`, written where it is made (`domain/store`).
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import structlog
from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints
from starlette.responses import Response

from api.application.privacy.callers import Caller
from api.application.questions.service.access_questions import accounts_listed, tokens_listed
from api.http.documentation.openapi import access_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import Cursor, Limit
from api.http.responses import answered
from domain.commands.fields import Body, Day, Id, Label, Uscc
from domain.errors import Invalid
from domain.store.access.access_audit import By
from domain.store.access.accounts import create_account, disable_account, set_password, sign_out
from domain.store.access.admin import (
    BOUND,
    account_row,
    end_of,
    made_password,
    names_of,
    require_another_admin,
    revoke_by_id,
    token_of,
)
from domain.store.access.passwords import hash_password
from domain.store.access.tokens import create_person, create_token, is_person, token_hash
from domain.store.db.engine import Connection, writing
from domain.values import ROLE_NAMES, Role, instant

router = APIRouter(route_class=GuardedRoute)
TAG = "账户与令牌"
log = structlog.get_logger("steward")
Password = Annotated[str, StringConstraints(strict=True)]
"""Its length is checked where it is hashed, so that the message is the same everywhere."""


class _Holder(Body):
    """Whose it is: a person known already, by id, or a new one, by name; and in which role."""

    role: Role
    uscc: Uscc | None = None
    person_id: Id | None = None
    person: Label | None = None


class NewAccount(_Holder):
    """An account. Without a password one is made."""

    VERBATIM: ClassVar[frozenset[str]] = frozenset({"password"})

    login: Annotated[str, StringConstraints(strict=True, max_length=200)]
    password: Password | None = None


class NewToken(_Holder):
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


@router.get("/v1/accounts", tags=[TAG], **question_docs("accounts"))
def accounts(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """账户，按登录名 / The accounts by login, disabled ones too."""
    return answered(request, accounts_listed, limit, cursor)


@router.post("/v1/accounts", tags=[TAG], **access_docs("create_account"))
def create(request: Request, body: NewAccount) -> Response:
    """新建账户；密码只在这次回答里，首次登录须更改 / Make an account; a password that was made is in this answer only.

    Whoever signs in with it the first time has to change it.
    """
    password = body.password if body.password is not None else made_password()
    hashed = hash_password(password, body.login, body.person or "")
    with writing(request.app.state.service.ledger.engine) as connection:
        person_id = _person(connection, body)
        created = create_account(connection, body.login, hashed, person_id, body.role, body.uscc, by=_by(request))
        row = account_row(connection, created)
    _note(request, "account created", account=created, role=body.role)
    return _done(asdict(row) | ({} if body.password is not None else {"password": password}))


@router.post("/v1/accounts/{id}/password", tags=[TAG], **access_docs("reset_password"))
def reset_password(request: Request, id: str, body: NewPassword) -> Response:  # noqa: A002  # the contract's name
    """重设密码，结束其全部会话，下次登录须更改 / Another password, to be changed at the next sign-in; sessions end."""
    password = body.password if body.password is not None else made_password()
    with request.app.state.service.ledger.reading() as reader:
        names = names_of(reader.connection, id)
    hashed = hash_password(password, *names)
    with writing(request.app.state.service.ledger.engine) as connection:
        set_password(connection, id, hashed, by=_by(request))
        row = account_row(connection, id)
    _note(request, "password reset", account=id)
    return _done(asdict(row) | ({} if body.password is not None else {"password": password}))


@router.post("/v1/accounts/{id}/access", tags=[TAG], **access_docs("set_access"))
def set_access(request: Request, id: str, body: AccessWanted) -> Response:  # noqa: A002
    """停用、启用账户，或结束其会话 / Disable or enable an account, or end its sessions."""
    with writing(request.app.state.service.ledger.engine) as connection:
        if body.access == "signed_out":
            sign_out(connection, id, by=_by(request))
        else:
            if body.access == "disabled":
                require_another_admin(connection, id)
            disable_account(connection, id, disabled=body.access == "disabled", by=_by(request))
        row = account_row(connection, id)
    _note(request, "account " + body.access, account=id)
    return _done(asdict(row))


@router.get("/v1/tokens", tags=[TAG], **question_docs("tokens"))
def tokens(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """令牌的编号、持有人和期限，没有令牌本身 / The tokens' ids, holders and terms, never the tokens."""
    return answered(request, tokens_listed, limit, cursor)


@router.post("/v1/tokens", tags=[TAG], **access_docs("create_token"))
def create_token_(request: Request, body: NewToken) -> Response:
    """新建令牌；令牌只在这次回答里 / Make a token; it is in this answer only."""
    until = None if body.expires_on is None else end_of(body.expires_on)
    if until is not None and until <= instant(datetime.now(UTC)):
        raise Invalid(
            "最后有效日已过",
            "the last valid day has passed",
            pointer="/expires_on",
            remedy="请填写今天或以后的日期",
            remedy_en="Give today or later.",
        )
    with writing(request.app.state.service.ledger.engine) as connection:
        secret = create_token(connection, _person(connection, body), body.role, body.uscc, until, by=_by(request))
        row = token_of(connection, token_hash(secret))
    _note(request, "token created", token=row.id, role=body.role)
    return _done(asdict(row) | {"token": secret})


@router.post("/v1/tokens/{id}/revocation", tags=[TAG], **access_docs("revoke_token"))
def revoke(request: Request, id: str, body: Revocation) -> Response:  # noqa: A002
    """撤销令牌，立即生效 / End a token now."""
    with writing(request.app.state.service.ledger.engine) as connection:
        row = revoke_by_id(connection, id, by=_by(request))
    _note(request, "token revoked", token=row.id)
    return _done(asdict(row))


def _person(connection: Connection, body: _Holder) -> str:
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


def _by(request: Request) -> By:
    """Who changes it: so it stands in the record (`domain/store/access/access_audit.py`)."""
    caller: Caller = request.state.caller
    return By(caller.person_id, caller.via)


def _note(request: Request, what: str, **which: Any) -> None:
    """The same in the log of the service, which is outside the database; never a secret or a name."""
    log.info("access", act=what, by=_by(request).person_id, **{name: str(value) for name, value in which.items()})


def _done(content: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(content), 201, {"Cache-Control": "no-store"}, "application/json")
