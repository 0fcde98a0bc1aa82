"""Signing in by an identity provider: away to it and back, to the account that an administrator linked."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.http.limits.rates import address_of
from api.http.oidc import SECONDS, arrive, depart, farewell, is_offered, opened, sealed
from api.http.public_address import base_of
from api.http.query_params import Address, LooseText
from api.web.frame.page_guard import PageRoute
from api.web.frame.render import page
from api.web.frame.visitors import Visitor, remember
from api.web.people.sign_in import BY_PROVIDER, LEAVING, code_form, own_page, start_of
from domain.errors import Busy, Forbidden, NotFound
from domain.store.access.access_audit import By
from domain.store.access.accounts import (
    account_by_id,
    account_of,
    account_of_subject,
    begin_session,
    end_session,
    set_password,
)
from domain.store.access.invitations import NO_PASSWORD
from domain.store.access.row_macs import key_of
from domain.store.access.second_factor import ticket_for
from domain.store.db.engine import writing

router = APIRouter(route_class=PageRoute)
AWAY, BACK, KEPT = "/sign-in/oidc", "/sign-in/oidc/back", "steward_oidc"
PROVIDER_SECONDS = 86_400
"""How long the browser remembers that it signed in by the provider: longer than a session there is of no use."""


@router.get(AWAY)
async def away(request: Request, onward: Annotated[Address, Query(alias="next")] = "") -> Response:
    """To the provider."""
    return await run_in_threadpool(_away, request, own_page(onward))


def _away(request: Request, onward: str) -> Response:
    _require_offered(request)
    leaving = depart(request.app.state.service.settings, _back(request), onward)
    response = RedirectResponse(leaving.address, 303, {"Cache-Control": "no-store"})
    remember(response, request, sealed(leaving.journey, _key(request)), name=KEPT, seconds=SECONDS)
    return response


@router.get(BACK)
async def back(
    request: Request,
    code: Address = "",
    state: LooseText = "",
    error: LooseText = "",
    error_description: Address = "",  # a provider may send these
    error_uri: Address = "",
    iss: Address = "",
    session_state: Address = "",
) -> Response:
    """From the provider: the session of the linked account begins; nobody's account is made."""
    response = await run_in_threadpool(_back_from, request, code, state, error, iss)
    response.delete_cookie(KEPT)
    return response


def _back_from(request: Request, code: str, state: str, error: str, iss: str) -> Response:
    _require_offered(request)
    settings, engine = request.app.state.service.settings, request.app.state.service.ledger.engine
    journey = opened(request.cookies.get(KEPT, ""), _key(request))
    if journey is None or not hmac.compare_digest(journey.state.encode(), state.encode()):
        raise Forbidden(
            "这次登录不是从这个浏览器开始的，或已超过十分钟",
            "this sign-in was not begun in this browser, or more than ten minutes ago",
            remedy="请重新登录",
            remedy_en="Sign in again.",
        )
    if error == "access_denied":
        raise Forbidden(
            "您在身份提供方取消了登录，或它不允许您使用本系统",
            "you cancelled at the identity provider, or it does not let you use this service",
            remedy="请重新登录，或用密码登录",
            remedy_en="Sign in again, or by password.",
        )
    if error or not code or iss not in ("", settings.oidc_issuer):
        raise Forbidden(
            "身份提供方没有确认您的登录",
            "the identity provider did not confirm who you are",
            remedy="请重新登录，或用密码登录",
            remedy_en="Sign in again, or by password.",
        )
    subject = arrive(settings, _back(request), journey, code)
    before: Visitor | None = request.state.visitor
    with writing(engine, beside=True) as connection:
        account = account_of_subject(connection, subject)
        if account is None:
            raise Forbidden(
                "身份提供方认识您，但没有账户与您对应",
                "the identity provider knows you, but no account is linked to you",
                remedy=f"请把这个编号告诉管理员：{subject.rpartition('|')[2]}",
                remedy_en=f"Tell the administrator this id: {subject.rpartition('|')[2]}",
            )
        if account.handed_out_at is not None:
            # Somebody else knows that password, and its owner perhaps never got it: it is void, not asked for.
            by = By(account.person_id, "page")
            set_password(connection, account.id, NO_PASSWORD, by=by, handed_out=False)
            account = account_by_id(connection, account.id)
        if account.factor_at is not None:
            found = account_of(connection, account.login)
            ticket = ticket_for(connection, account.id, "" if found is None else found[1])
            return code_form(request, 200, ticket, journey.onward, "", None)
        secret = begin_session(connection, account, address_of(request.scope))
        if before is not None:
            end_session(connection, before.session.session_sha256)
    response = RedirectResponse(own_page(journey.onward) or start_of(account), 303, {"Cache-Control": "no-store"})
    remember(response, request, secret)
    remember(response, request, "1", name=BY_PROVIDER, seconds=PROVIDER_SECONDS)
    return response


@router.get(LEAVING)
async def leaving(request: Request) -> Response:
    """After signing out here: on to the provider, where the session may go on; by a page, as forms lead nowhere else.

    Where the provider has no address for it, or does not answer, the page says so.
    """
    return await run_in_threadpool(_leaving, request)


def _leaving(request: Request) -> Response:
    _require_offered(request)
    try:
        there = farewell(request.app.state.service.settings, base_of(request) + "/")
    except Busy:
        there = None
    response = page(request, "signed-out.html", name="sign-in", storable=False, there=there)
    response.delete_cookie(BY_PROVIDER)
    return response


def _back(request: Request) -> str:
    return base_of(request) + BACK


def _key(request: Request) -> bytes:
    with request.app.state.service.ledger.reading() as reader:
        return key_of(reader.connection)


def _require_offered(request: Request) -> None:
    if not is_offered(request.app.state.service.settings):
        raise NotFound("没有设置身份提供方", "no identity provider is set up")
