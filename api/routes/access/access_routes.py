"""Accounts and tokens over HTTP: the administrator's routes (api.md: admin has users and tokens only).

What is a secret is in the answer that makes it, once, and nowhere else: not in the log, not in a list.
"""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.application.access_acts import (
    AccessWanted,
    NewAccount,
    NewPassword,
    NewToken,
    Revocation,
    make_account,
    make_token,
    reset_password,
    revoke_token,
    set_access,
)
from api.application.answers.access import AccessToken, AccountShown
from api.application.questions.service.access_questions import accounts_listed, tokens_listed
from api.http.documentation.openapi import access_docs, question_docs
from api.http.guard import GuardedRoute
from api.http.query_params import Cursor, Limit
from api.http.responses import answered

router = APIRouter(route_class=GuardedRoute)
TAG = "账户与令牌"


@router.get("/v1/accounts", tags=[TAG], **question_docs("accounts"))
def accounts(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """账户，按登录名 / The accounts by login, disabled ones too."""
    return answered(request, accounts_listed, limit, cursor)


@router.post("/v1/accounts", tags=[TAG], **access_docs("create_account"))
def create(request: Request, body: NewAccount) -> Response:
    """新建账户；密码只在这次回答里，首次登录须更改 / Make an account; a password that was made is in this answer only.

    Whoever signs in with it the first time has to change it.
    """
    service, caller = request.app.state.service, request.state.caller
    return _done(make_account(service, caller, body))


@router.post("/v1/accounts/{id}/password", tags=[TAG], **access_docs("reset_password"))
def reset(request: Request, id: str, body: NewPassword) -> Response:  # noqa: A002  # the contract's name
    """重设密码，结束其全部会话，下次登录须更改 / Another password, to be changed at the next sign-in; sessions end."""
    service, caller = request.app.state.service, request.state.caller
    return _done(reset_password(service, caller, id, body))


@router.post("/v1/accounts/{id}/access", tags=[TAG], **access_docs("set_access"))
def change_access(request: Request, id: str, body: AccessWanted) -> Response:  # noqa: A002
    """停用、启用账户，或结束其会话 / Disable or enable an account, or end its sessions."""
    service, caller = request.app.state.service, request.state.caller
    return _done(set_access(service, caller, id, body))


@router.get("/v1/tokens", tags=[TAG], **question_docs("tokens"))
def tokens(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """令牌的编号、持有人和期限，没有令牌本身 / The tokens' ids, holders and terms, never the tokens."""
    return answered(request, tokens_listed, limit, cursor)


@router.post("/v1/tokens", tags=[TAG], **access_docs("create_token"))
def create_token(request: Request, body: NewToken) -> Response:
    """新建令牌；令牌只在这次回答里 / Make a token; it is in this answer only."""
    service, caller = request.app.state.service, request.state.caller
    return _done(make_token(service, caller, body))


@router.post("/v1/tokens/{id}/revocation", tags=[TAG], **access_docs("revoke_token"))
def revoke(request: Request, id: str, body: Revocation) -> Response:  # noqa: A002
    """撤销令牌，立即生效 / End a token now."""
    service, caller = request.app.state.service, request.state.caller
    return _done(revoke_token(service, caller, id, body))


def _done(content: AccountShown | AccessToken) -> Response:
    return Response(msgspec.json.encode(content), 201, {"Cache-Control": "no-store"}, "application/json")
