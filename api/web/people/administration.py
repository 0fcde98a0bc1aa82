"""Accounts and tokens as pages, for the administrator: what the API's routes of the same name answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.application.access_acts import (
    AccessWanted,
    FactorReset,
    InvitationWanted,
    NewAccount,
    NewPassword,
    NewToken,
    Revocation,
    change_invitation,
    make_account,
    make_token,
    reset_password,
    revoke_token,
    set_access,
    take_off_factor,
)
from api.application.answers.access import AccessToken, AccountShown
from api.application.idempotency import Answered
from api.application.privacy.authorisation import rights_of
from api.application.questions.inquiry import Answer, require_right
from api.application.questions.service.access_questions import account_shown, accounts_listed, tokens_listed
from api.http.public_address import base_of
from api.http.query_params import Cursor, LooseText, LooseUscc
from api.web.forms.form_filling import Refused, refused
from api.web.frame.page_acts import STAY, carried_out, valid
from api.web.frame.page_guard import PageRoute, text_of
from api.web.frame.page_problems import PageAnswer
from api.web.frame.page_questions import ask
from api.web.frame.render import page
from domain.store.access.admin import account_counts, account_found, known_people
from domain.values import Bilingual, Role
from projections.answers.scalars import plain

router = APIRouter(route_class=PageRoute)
_LISTS: dict[str, Callable[..., Answer]] = {"accounts": accounts_listed, "tokens": tokens_listed}
ROWS, MOST_PEOPLE, NOT_FOUND = 50, 500, 404
STATES: dict[str, Bilingual] = {
    "enabled": ("启用", "enabled"),
    "disabled": ("停用", "disabled"),
    "handed_out": ("密码还未由本人更改", "password still handed out"),
    "invited": ("已邀请，还未设密码", "invited, no password yet"),
    "without_second_factor": ("未启用两步验证", "without a second factor"),
}
_HOLDER = ("role", "uscc", "person_id", "person")
_FIELDS = (*_HOLDER, "login", "expires_on")


@router.get("/admin")
async def admin(request: Request) -> Response:
    """How many accounts and tokens there are, and the way to them."""
    return await run_in_threadpool(_admin, request)


def _admin(request: Request) -> Response:
    with request.app.state.service.ledger.reading() as reader:
        counts = account_counts(reader.connection)
    return page(request, "admin.html", name="admin", counts=counts, enabled=sum(counts.get(one, 0) for one in Role))


@router.get("/admin/accounts")
async def accounts(
    request: Request,
    q: LooseText = "",
    role: LooseText = "",
    uscc: LooseUscc = "",
    state: LooseText = "",
    cursor: Cursor = None,
) -> Response:
    """Who may sign in, searched and filtered, and the form for another account."""
    sought = {"q": q.strip(), "role": role if role in set(Role) else "", "uscc": uscc}
    sought["state"] = state if state in STATES else ""
    return await _list(request, "accounts", cursor=cursor, sought=sought)


@router.get("/admin/accounts/{account}")
async def one_account(request: Request, account: str) -> Response:
    """One account and what can be done with it, each said before it is done."""
    return await run_in_threadpool(_one, request, account, 200, None)


def _one(
    request: Request, id_: str, status: int, problem: Refused | None, made: dict[str, Any] | None = None
) -> Response:
    with request.app.state.service.ledger.reading() as reader:
        found = account_found(reader.connection, id_)
    reason = text_of(request.state.form, "reason") if request.method == "POST" else ""
    return page(
        request,
        "admin-account.html",
        name="admin-account",
        status=status,
        one=plain(account_shown(found)),
        refused=problem,
        made=made,
        base=base_of(request),
        reason=reason,
    )


@router.post("/admin/accounts")
async def change_accounts(request: Request) -> Response:
    """A new account, another password, or other access, by the button that was pressed."""
    form = request.state.form
    act, _, which = text_of(form, "act").partition(":")
    if act == STAY:
        return await _list(request, "accounts", given=_given(form, "login"))
    if act == "create":
        return await _create_account(request)
    if act == "password":
        made = await _told(request, reset_password, NewPassword, {}, which)
    elif act in ("again", "revoked"):
        made = await _told(request, change_invitation, InvitationWanted, {"invitation": act}, which)
    elif act == "factor":
        made = await _told(request, take_off_factor, FactorReset, {"reason": text_of(form, "reason")}, which)
    else:
        made = await _told(request, set_access, AccessWanted, {"access": act}, which)
    if made.refused and act == "factor" and made.status != NOT_FOUND:
        places = {"/reason": "reason"}
        return await run_in_threadpool(_one, request, which, made.status, refused(made.content, places))
    if made.refused:
        return await _list(request, "accounts", made, problem=refused(made.content, {}))
    if act == "again":
        return await run_in_threadpool(_one, request, which, 200, None, made.content)
    if act == "password":
        return await _list(request, "accounts", made)
    return RedirectResponse(f"/admin/accounts/{which}", 303, {"Cache-Control": "no-store"})


@router.get("/admin/tokens")
async def tokens(request: Request, cursor: Cursor = None) -> Response:
    """Which machines may speak to the service, and the form for another token."""
    return await _list(request, "tokens", cursor=cursor)


@router.post("/admin/tokens")
async def change_tokens(request: Request) -> Response:
    """A new token, or the end of one."""
    form = request.state.form
    act, _, which = text_of(form, "act").partition(":")
    if act == STAY:
        return await _list(request, "tokens", given=_given(form, "expires_on"))
    if act == "revoke":
        made = await _told(request, revoke_token, Revocation, {"revoked": True}, which)
        if not made.refused:
            return RedirectResponse(f"/admin/tokens#{which}", 303, {"Cache-Control": "no-store"})
        return await _list(request, "tokens", made, problem=refused(made.content, {}))
    given = _given(form, "expires_on")
    made = await _told(request, make_token, NewToken, _body(given))
    if made.refused:
        return await _list(request, "tokens", made, given, refused(made.content, _places("expires_on")))
    return await _list(request, "tokens", made)


def _people(request: Request) -> list[tuple[str, str]]:
    with request.app.state.service.ledger.reading() as reader:
        return known_people(reader.connection, MOST_PEOPLE)


async def _told(
    request: Request,
    act: Callable[..., AccountShown | AccessToken],
    kind: type[BaseModel],
    body: dict[str, Any],
    *which: str,
) -> PageAnswer:
    """Carry out an act on accounts or tokens, which the page's row lets administrators alone do."""
    service, caller = request.app.state.service, request.state.visitor.caller

    def do() -> Answered:
        require_right(rights_of("POST", "/v1/accounts"), caller, None)
        return Answered(plain(act(service, caller, *which, valid(kind, body))), replayed=False)

    return await carried_out(request, "/v1/accounts", do)


async def every(
    request: Request, question: Callable[..., Answer], cursor: str | None = None, **given: str
) -> list[dict[str, Any]]:
    """All items of a list, page after page, from the beginning or from a cursor on."""
    items: list[dict[str, Any]] = []
    while True:
        part = await ask(request, question, limit=500, cursor=cursor, **given)
        items += part["items"]
        cursor = part["next_cursor"]
        if cursor is None:
            return items


async def _create_account(request: Request) -> Response:
    given = _given(request.state.form, "login")
    made = await _told(request, make_account, NewAccount, _body(given))
    if made.refused:
        return await _list(request, "accounts", made, given, refused(made.content, _places("login")))
    return await _list(request, "accounts", made)


def _given(form: Any, own: str) -> dict[str, str]:
    return {name: text_of(form, name) for name in (own, *_HOLDER)}


def _body(given: dict[str, str]) -> dict[str, str]:
    """What was filled in: an empty field is no value."""
    return {name: value.strip() for name, value in given.items() if value.strip()}


def _places(own: str) -> dict[str, str]:
    return {f"/{name}": name for name in (own, *_HOLDER)}


async def _list(
    request: Request,
    kind: str,
    made: PageAnswer | None = None,
    given: dict[str, str] | None = None,
    problem: Refused | None = None,
    cursor: str | None = None,
    sought: dict[str, str] | None = None,
) -> Response:
    """The list with its form; `made`: what has just been done, with the secret that is shown this once."""
    asked = {name: value for name, value in (sought or {}).items() if value}
    part = await ask(request, _LISTS[kind], limit=ROWS, cursor=cursor, **asked)
    people = await run_in_threadpool(_people, request)
    status = made.status if made is not None and made.refused else 200
    path, following = f"/admin/{kind}", part["next_cursor"]
    return page(
        request,
        f"admin-{kind}.html",
        name=f"admin-{kind}",
        status=status,
        items=part["items"],
        given=dict.fromkeys(_FIELDS, "") | (given or {}),
        filled=given is not None,
        refused=problem,
        roles=list(Role),
        people=people,
        sought=dict.fromkeys(("q", "role", "uscc", "state"), "") | (sought or {}),
        states=STATES,
        made=made.content if made is not None and not made.refused else None,
        paged=cursor is not None,
        first=path + (f"?{urlencode(asked)}" if asked else ""),
        following=None if following is None else f"{path}?{urlencode({**asked, 'cursor': following})}",
    )
